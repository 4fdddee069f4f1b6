/*
 * A page of live traffic: the events are counted in a thread of its own, so that no message waits for that.
 */
#include "cli/report/live.h"
#include "capture/clock.h"
#include "capture/queue.h"
#include "cli/signals.h"

#include <stdlib.h>

struct cli_live_report {
    struct cli_report *report;
    struct vfu_queue *queue;
};

static bool take(void *context, const struct vfu_event *event)
{
    struct cli_live_report *r = context;

    cli_report_event(r->report, event);
    if (!vfu_event_frames(event) && event->kind != VFU_EVENT_MEMORY)
        cli_report_listed(r->report, event);
    return true;
}

static bool flush(void *context)
{
    (void)context;
    return true;
}

bool cli_live_report_open(const struct cli_args *args, const char *source, struct cli_live_report **report)
{
    const struct cli_report_how how = { .path = cli_value(args, "report"), .source = source, .options = args->line, .live = true };
    struct vfu_sink sink = { .event = take, .flush = flush };
    struct cli_live_report *r;

    *report = NULL;
    if (!how.path)
        return true;
    r = calloc(1, sizeof *r);
    if (!r) {
        cli_error("out of memory");
        return false;
    }
    r->report = cli_report_open(&how);
    sink.context = r;
    if (r->report && (r->queue = vfu_queue_new(&sink, 0, false, cli_signals_pending)) != NULL) {
        *report = r;
        return true;
    }
    if (r->report)
        cli_error("%s: can't start its thread", how.path);
    cli_report_drop(r->report);
    free(r);
    return false;
}

void cli_live_report_event(void *report, const struct vfu_event *event)
{
    vfu_queue_push(((struct cli_live_report *)report)->queue, event);
}

enum cli_status cli_live_report_close(struct cli_live_report *r, const struct vfu_session *session)
{
    enum cli_status status;
    struct vfu_left_out left_out;

    if (!r)
        return CLI_OK;
    left_out = vfu_queue_close(r->queue);
    if (left_out.messages || left_out.events)
        cli_error("the report lacks %llu message%s and %llu event%s, which came too fast", (unsigned long long)left_out.messages,
                  vfu_plural(left_out.messages), (unsigned long long)left_out.events, vfu_plural(left_out.events));
    status = cli_report_finish(r->report, session, vfu_mono_ns());
    free(r);
    return status;
}
