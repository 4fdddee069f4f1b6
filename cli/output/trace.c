/*
 * The trace of --trace. It holds payloads, so its file is made as a capture is: private to the user.
 */
#include "cli/output/inside.h"

#include <stdlib.h>

struct trace {
    const struct cli_run *run;
    const char *path;
    struct vfu_trace *trace;
    struct cli_stream stream;
};

static const struct cli_option options[] = {
    { "trace", 0, "FILE", "write a trace for Perfetto or chrome://tracing", .group = CLI_OUTPUT },
    { 0 },
};

static bool parse(struct cli_sink *s, const struct cli_args *args)
{
    const char *path = cli_value(args, options->name);
    struct trace *own;

    if (!path)
        return true;
    own = s->own = calloc(1, sizeof *own);
    if (own) {
        own->run = s->run;
        own->path = path;
        own->trace = vfu_trace_new();
    }
    if (own && own->trace)
        return true;
    cli_error("%s: out of memory", path);
    return false;
}

static bool open_stream(struct cli_sink *s, struct vfu_error *error)
{
    struct trace *own = s->own;

    return cli_stream_open(&own->stream, own->path, VFU_OUT_CAPTURE, s->give_up, error);
}

static bool trace_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct trace *own = context;

    vfu_trace_event(own->trace, event, &own->stream.writer);
    return cli_stream_good(&own->stream, error);
}

static bool flush(void *context, struct vfu_error *error)
{
    return cli_stream_flush(&((struct trace *)context)->stream, error);
}

static bool end(void *context, struct vfu_error *error)
{
    struct trace *own = context;

    vfu_trace_end(own->trace, &own->stream.writer);
    return cli_stream_good(&own->stream, error);
}

static bool close_trace(void *context, struct vfu_error *error)
{
    struct trace *own = context;
    bool ok = cli_stream_close(&own->stream, error);

    vfu_trace_free(own->trace);
    free(own);
    return ok;
}

const struct cli_sink_kind cli_sink_trace = {
    .name = "trace",
    .options = options,
    .file = options,
    .alone = true,
    .parse = parse,
    .open = open_stream,
    .event = trace_event,
    .flush = flush,
    .end = end,
    .close = close_trace,
};
