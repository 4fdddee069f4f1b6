/*
 * What may stand between a field and a value, in filters as in the shell: operators, and what they mean for numbers.
 */
#ifndef VFU_DECODER_WIRE_COMPARE_H
#define VFU_DECODER_WIRE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vfu_operator { VFU_EQ, VFU_NE, VFU_LT, VFU_LE, VFU_GT, VFU_GE, VFU_IN, VFU_OPERATORS };
/* "==", "!=", ..., "in" */
extern const char *const vfu_operator_names[VFU_OPERATORS];

/* The operator that the whole text is; false: none. */
bool vfu_operator_by_name(const char *name, enum vfu_operator *op);
/* The operator that the text begins with, whatever follows: `>=5` (but not `in`, which is a word); its length, or 0. */
size_t vfu_operator_at(const char *text, enum vfu_operator *op);

/* Is it so? VFU_IN: from low to high, both included; the others have no high. */
bool vfu_compare(enum vfu_operator op, uint64_t number, uint64_t low, uint64_t high);

#endif
