/*
 * The table of reasons.
 */
#include "decoder/reasons/inside.h"

const struct vfu_reason vfu_reason_table[REASONS] = {
    [REASON_REGION_END] = { "region-end", "Read and Write Operations", "the access goes beyond the end of its region",
                             { .means = "The server has no bytes there: the region's info, in the message that is named, gives its size. "
                                        "The command itself breaks the rule region-bounds.",
                               .todo = "Keep accesses inside the region, or make the region as large as the driver expects it." } },
};

const struct vfu_reason *vfu_reasons(size_t *count)
{
    *count = REASONS;
    return vfu_reason_table;
}
