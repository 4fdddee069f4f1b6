/*
 * Operators: see compare.h.
 */
#include "decoder/wire/compare.h"

#include <string.h>

const char *const vfu_operator_names[VFU_OPERATORS] = {
    [VFU_EQ] = "==", [VFU_NE] = "!=", [VFU_LT] = "<", [VFU_LE] = "<=", [VFU_GT] = ">", [VFU_GE] = ">=", [VFU_IN] = "in",
};

bool vfu_operator_by_name(const char *name, enum vfu_operator *op)
{
    for (unsigned i = 0; i < VFU_OPERATORS; i++) {
        if (strcmp(vfu_operator_names[i], name) != 0)
            continue;
        *op = (enum vfu_operator)i;
        return true;
    }
    return false;
}

size_t vfu_operator_at(const char *text, enum vfu_operator *op)
{
    size_t longest = 0;

    for (unsigned i = 0; i < VFU_IN; i++) {
        size_t size = strlen(vfu_operator_names[i]);

        if (size <= longest || strncmp(text, vfu_operator_names[i], size) != 0)
            continue;
        *op = (enum vfu_operator)i;
        longest = size;
    }
    return longest;
}

bool vfu_compare(enum vfu_operator op, uint64_t number, uint64_t low, uint64_t high)
{
    switch (op) {
    case VFU_EQ:
        return number == low;
    case VFU_NE:
        return number != low;
    case VFU_LT:
        return number < low;
    case VFU_LE:
        return number <= low;
    case VFU_GT:
        return number > low;
    case VFU_GE:
        return number >= low;
    default:
        return number >= low && number <= high;
    }
}
