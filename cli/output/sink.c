/*
 * Sinks: see sink.h. One struct for all of them; each has its own functions, and its own part of the struct.
 */
#include "capture/queue.h"
#include "cli/output/ring.h"
#include "cli/output/sink.h"
#include "cli/output/stream.h"
#include "cli/output/style.h"
#include "cli/output/trace.h"
#include "decoder/sinks/sinks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAST_SNAPLEN = 16 };

struct text {
    struct cli_stream stream;
    struct vfu_text text;
    struct vfu_json json;
    bool is_json;
};

struct cli_sink {
    const struct cli_output_how *how;
    bool (*event)(void *sink, const struct vfu_event *event);
    bool (*flush)(void *sink);
    bool (*close)(struct cli_sink *s, struct vfu_error *error);
    const char *name; /* for people */
    size_t keep;      /* bytes of each message; 0: all */
    atomic_bool own_give_up, *give_up;
    bool failed; /* and the person was told */
    bool said_dropped;
    struct vfu_queue *queue; /* NULL: called directly */
    struct text *text;       /* one of these */
    struct cli_ring *capture;
    struct cli_trace *trace;
};

/* The sink is broken: say so once. Always false. */
static bool fail(struct cli_sink *s, const struct vfu_error *error)
{
    if (!s->failed)
        cli_error("%s", error->text);
    s->failed = true;
    return false;
}

static struct cli_sink *new_sink(const char *name, const struct cli_output_how *how)
{
    struct cli_sink *s = calloc(1, sizeof *s);

    if (!s) {
        cli_error("out of memory");
        return NULL;
    }
    s->how = how;
    s->name = name;
    s->give_up = how->queued ? &s->own_give_up : how->give_up;
    return s;
}

/* --- text --- */

static bool text_event(void *context, const struct vfu_event *event)
{
    struct cli_sink *s = context;
    struct text *t = s->text;
    struct vfu_error error;

    if (t->is_json)
        vfu_json_event(&t->json, event, &t->stream.writer);
    else
        vfu_text_event(&t->text, event, &t->stream.writer);
    return cli_stream_good(&t->stream, &error) || fail(s, &error);
}

static bool text_flush(void *context)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return cli_stream_flush(&s->text->stream, &error) || fail(s, &error);
}

static bool text_close(struct cli_sink *s, struct vfu_error *error)
{
    bool ok = cli_stream_close(&s->text->stream, error);

    free(s->text);
    return ok;
}

static bool text_open(struct cli_sink *s, const struct cli_args *args, bool to_stderr)
{
    const char *path = cli_value(args, "output");
    struct text *t = s->text;
    struct vfu_error error;

    t->is_json = cli_has(args, "json");
    t->json.hex = t->text.hex = cli_has(args, "hex");
    t->text.tree = cli_has(args, "verbose");
    if (!path && to_stderr) {
        cli_stream_use(&t->stream, STDERR_FILENO, s->name, s->give_up);
    } else if (!cli_stream_open(&t->stream, path ? path : "-", VFU_OUT_TEXT, s->give_up, &error)) {
        cli_error("%s", error.text);
        return false;
    }
    return cli_parse_time(cli_value(args, "time"), &t->text.time_format) &&
           cli_parse_colour(cli_value(args, "color"), t->stream.out.fd, &t->text.colour);
}

struct cli_sink *cli_sink_text(const struct cli_args *args, const struct cli_output_how *how, bool to_stderr)
{
    const char *path = cli_value(args, "output");
    struct vfu_error error;
    struct cli_sink *s = new_sink(path ? path : to_stderr ? "standard error" : "standard output", how);

    if (!s)
        return NULL;
    s->event = text_event;
    s->flush = text_flush;
    s->close = text_close;
    s->text = calloc(1, sizeof *s->text);
    if (s->text && text_open(s, args, to_stderr))
        return s;
    if (!s->text)
        cli_error("out of memory");
    else
        cli_stream_close(&s->text->stream, &error);
    free(s->text);
    free(s);
    return NULL;
}

/* --- a capture --- */

static bool capture_event(void *context, const struct vfu_event *event)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return cli_ring_event(s->capture, event, &error) || fail(s, &error);
}

static bool capture_flush(void *context)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return cli_ring_flush(s->capture, &error) || fail(s, &error);
}

static bool capture_close(struct cli_sink *s, struct vfu_error *error)
{
    return cli_ring_close(s->capture, error);
}

struct cli_sink *cli_sink_capture(const struct cli_args *args, const struct cli_output_how *how, const char *path,
                                  uint32_t snaplen)
{
    struct cli_sink *s = new_sink(path, how);

    if (!s)
        return NULL;
    s->event = capture_event;
    s->flush = capture_flush;
    s->close = capture_close;
    s->keep = snaplen < LEAST_SNAPLEN && snaplen ? LEAST_SNAPLEN : snaplen;
    s->capture = cli_ring_open(args, path, snaplen, s->give_up);
    if (s->capture)
        return s;
    free(s);
    return NULL;
}

/* --- a trace --- */

static bool trace_event(void *context, const struct vfu_event *event)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return cli_trace_event(s->trace, event, &error) || fail(s, &error);
}

static bool trace_flush(void *context)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return cli_trace_flush(s->trace, &error) || fail(s, &error);
}

static bool trace_close(struct cli_sink *s, struct vfu_error *error)
{
    return cli_trace_close(s->trace, error);
}

struct cli_sink *cli_sink_trace(const struct cli_args *args, const struct cli_output_how *how)
{
    const char *path = cli_value(args, "trace");
    struct cli_sink *s = new_sink(path, how);
    struct vfu_error error;

    if (!s)
        return NULL;
    s->event = trace_event;
    s->flush = trace_flush;
    s->close = trace_close;
    s->trace = cli_trace_open(path, s->give_up, &error);
    if (s->trace)
        return s;
    cli_error("%s", error.text);
    free(s);
    return NULL;
}

/* --- all of them --- */

bool cli_sink_start(struct cli_sink *s)
{
    struct vfu_sink as = { .event = s->event, .flush = s->flush, .context = s, .give_up = s->give_up };

    if (!s->how->queued)
        return true;
    s->queue = vfu_queue_new(&as, s->keep, s->how->lossless, s->how->interrupted);
    if (!s->queue)
        cli_error("%s: can't start its thread", s->name);
    return s->queue;
}

void cli_sink_begin(struct cli_sink *s, uint64_t time_ns)
{
    if (!s->text)
        return;
    s->text->text.started = true;
    s->text->text.first_ns = s->text->text.last_ns = time_ns;
}

void cli_sink_event(struct cli_sink *s, const struct vfu_event *event)
{
    if (!s->queue) {
        if (!s->failed)
            s->event(s, event);
    } else if (!vfu_queue_push(s->queue, event) && !s->said_dropped) {
        s->said_dropped = true;
        cli_error("%s: too slow, messages are left out of it (--lossless holds the traffic instead)", s->name);
    }
}

void cli_sink_flush(struct cli_sink *s)
{
    if (!s->queue && !s->failed)
        s->flush(s);
}

bool cli_sink_failed(const struct cli_sink *s)
{
    return s->queue ? vfu_queue_failed(s->queue) : s->failed;
}

uint64_t cli_sink_finish(struct cli_sink *s)
{
    uint64_t dropped = 0;

    if (s->queue)
        dropped = vfu_queue_close(s->queue);
    else if (!s->failed)
        s->flush(s);
    s->queue = NULL;
    if (dropped)
        cli_error("%s: %llu messages were left out, it was too slow (--lossless holds the traffic instead)", s->name,
                  (unsigned long long)dropped);
    return dropped;
}

bool cli_sink_close(struct cli_sink *s)
{
    struct vfu_error error;
    bool ok;

    if (!s)
        return true;
    if (!s->close(s, &error))
        fail(s, &error);
    ok = !s->failed;
    free(s);
    return ok;
}
