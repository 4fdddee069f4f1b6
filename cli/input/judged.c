/*
 * Reading to judge: see judged.h.
 */
#include "cli/input/judged.h"

/* What waits too long at this time. */
static void take_overdue(const struct cli_judged *j, struct vfu_time now)
{
    struct vfu_event event;

    while (j->overdue_ns && vfu_session_overdue(j->session, now, j->overdue_ns, &event))
        cli_output_event(j->output, &event);
}

void cli_judged_read(const struct cli_judged *j)
{
    struct vfu_time last = { 0 };
    struct vfu_event event;
    enum vfu_captured got;

    while ((got = cli_inputs_next_of(j->inputs, j->which, &event)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT) {
        if (event.time.mono_ns > last.mono_ns)
            last = event.time;
        if (event.kind == VFU_EVENT_DISCONNECT) /* what waits is forgotten with it */
            take_overdue(j, event.time);
        cli_output_recorded(j->output, j->session, got == VFU_CAPTURED_MESSAGE, &event, j->notes);
    }
    take_overdue(j, last);
    cli_output_flush(j->output);
}
