/*
 * A capture that is read to be judged, as why and report do: what waits too long for its reply is told where the capture does not.
 */
#ifndef VFU_CLI_INPUT_JUDGED_H
#define VFU_CLI_INPUT_JUDGED_H

#include "cli/input/input.h"
#include "cli/output/output.h"

struct cli_judged {
    struct cli_inputs *inputs;
    size_t which;                /* of them */
    struct vfu_session *session;
    struct cli_output *output;
    uint64_t overdue_ns;         /* 0: never */
    bool notes;                  /* those of the capture count, too */
};

/* All its records, and what waits at the end, to the output, which is brought up to date. */
void cli_judged_read(const struct cli_judged *j);

#endif
