/*
 * The trace sink's file. It holds payloads, so it is made as a capture is: private to the user.
 */
#include "capture/file/outfile.h"
#include "cli/output/trace.h"
#include "decoder/sinks/trace.h"

#include <stdlib.h>

enum { BUFFER = 64 << 10 };

struct cli_trace {
    struct vfu_outfile out;
    struct vfu_trace *trace;
    struct vfu_writer writer;
    struct vfu_error error;
    char buffer[BUFFER];
};

static bool write_out(void *context, const char *bytes, size_t size)
{
    struct cli_trace *t = context;

    return vfu_outfile_write(&t->out, bytes, size, &t->error);
}

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
    t->out.give_up = give_up;
    t->writer = vfu_writer(t->buffer, sizeof t->buffer, write_out, t);
    if (vfu_outfile_open(&t->out, path, VFU_OUT_CAPTURE, error))
        return t;
    vfu_trace_free(t->trace);
    free(t);
    return NULL;
}

static bool outcome(const struct cli_trace *t, bool ok, struct vfu_error *error)
{
    if (!ok)
        *error = t->error;
    return ok;
}

bool cli_trace_event(struct cli_trace *t, const struct vfu_event *event, struct vfu_error *error)
{
    vfu_trace_event(t->trace, event, &t->writer);
    return outcome(t, !t->writer.failed, error);
}

bool cli_trace_flush(struct cli_trace *t, struct vfu_error *error)
{
    return outcome(t, vfu_writer_flush(&t->writer), error);
}

bool cli_trace_close(struct cli_trace *t, struct vfu_error *error)
{
    bool ok;

    vfu_trace_end(t->trace, &t->writer);
    ok = outcome(t, vfu_writer_flush(&t->writer), error);
    if (!vfu_outfile_close(&t->out, ok ? error : NULL))
        ok = false;
    vfu_trace_free(t->trace);
    free(t);
    return ok;
}
