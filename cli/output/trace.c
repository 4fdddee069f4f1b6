/*
 * The trace sink's file. It holds payloads, so it is made as a capture is: private to the user.
 */
#include "cli/output/stream.h"
#include "cli/output/trace.h"
#include "decoder/sinks/trace.h"

#include <stdlib.h>

struct cli_trace {
    struct cli_stream stream;
    struct vfu_trace *trace;
};

struct cli_trace *cli_trace_open(const char *path, atomic_bool *give_up, struct vfu_error *error)
{
    struct cli_trace *t = calloc(1, sizeof *t);

    if (t)
        t->trace = vfu_trace_new();
    if (!t || !t->trace) {
        free(t);
        vfu_fail(error, 0, "%s: out of memory", path);
        return NULL;
    }
    if (cli_stream_open(&t->stream, path, VFU_OUT_CAPTURE, give_up, error))
        return t;
    vfu_trace_free(t->trace);
    free(t);
    return NULL;
}

bool cli_trace_event(struct cli_trace *t, const struct vfu_event *event, struct vfu_error *error)
{
    vfu_trace_event(t->trace, event, &t->stream.writer);
    return cli_stream_good(&t->stream, error);
}

bool cli_trace_flush(struct cli_trace *t, struct vfu_error *error)
{
    return cli_stream_flush(&t->stream, error);
}

bool cli_trace_close(struct cli_trace *t, struct vfu_error *error)
{
    bool ok;

    vfu_trace_end(t->trace, &t->stream.writer);
    ok = cli_stream_close(&t->stream, error);
    vfu_trace_free(t->trace);
    free(t);
    return ok;
}
