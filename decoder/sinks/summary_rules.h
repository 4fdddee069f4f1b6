/*
 * Counts by rule, inside the summary. A fixed size.
 */
#ifndef VFU_DECODER_SINKS_SUMMARY_RULES_H
#define VFU_DECODER_SINKS_SUMMARY_RULES_H

#include "decoder/wire/event.h"
#include "decoder/wire/writer.h"

enum { VFU_SUMMARY_RULES = 128 };

struct vfu_summary_rule {
    uint64_t count, no; /* of the first; 0: of no message */
    uint32_t conn;
    struct vfu_problem problem; /* the first */
};

struct vfu_summary_rules {
    struct vfu_summary_rule rules[VFU_SUMMARY_RULES]; /* as in the table */
    uint8_t order[VFU_SUMMARY_RULES];                 /* by first occurrence, `broken` of them */
    unsigned broken;
};

void vfu_summary_problems(struct vfu_summary_rules *s, const struct vfu_event *event);
/* A table, with a heading; nothing if no rule was broken. */
void vfu_summary_rules_text(const struct vfu_summary_rules *s, struct vfu_writer *w);
/* The member "problems". */
void vfu_summary_rules_json(const struct vfu_summary_rules *s, struct vfu_writer *w);

#endif
