/*
 * Where messages go: text or NDJSON to standard output or a file, a capture file, a summary at the end.
 */
#include "output.h"
#include "capture/outfile.h"
#include "capture/queue.h"
#include "gate.h"
#include "style.h"
#include "rules.h"
#include "plugins.h"
#include "ring.h"
#include "traceout.h"
#include "decoder/sinks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cli_output_options[] = {
    { "write", 'w', "FILE", "write a capture file (- is standard output)" },
    { "snaplen", 's', "BYTES", "keep so many bytes of each message in the capture" },
    { "ring-size", 0, "BYTES", "-w FILE.1, FILE.2, ...: the next one when one is so large" },
    { "ring-files", 0, "N", "keep the last N of them (2)" },
    { "trigger", 0, "EXPR", "-w only the messages that this picks, and those before each" },
    { "before", 0, "N", "with --trigger: so many (1000)" },
    { "output", 'o', "FILE", "write the messages to FILE, not to standard output" },
    { "json", 0, NULL, "one JSON object a message" },
    { "verbose", 'v', NULL, "the whole field tree of each message" },
    { "hex", 'x', NULL, "payloads whole, in hex" },
    { "quiet", 'q', NULL, "no output a message" },
    { "summary", 'c', NULL, "a summary table at the end" },
    { "time", 't', "FORMAT", "times: absolute, relative (default) or delta", .values = "absolute relative delta" },
    { "trace", 0, "FILE", "write a trace for Perfetto or chrome://tracing" },
    { "count", 0, "N", "end after N messages" },
    { "filter", 0, "EXPR", "show only the messages that this picks; see FILTERS in the manual" },
    { "filter-capture", 0, NULL, "the filter picks what goes into the capture, too" },
    { "fail-on", 0, "SEVERITY", "exit status 1 on a violation (or suspicious: on anything that breaks a rule)",
      .values = "violation suspicious" },
    { "strict", 0, NULL, "what real peers break and live with counts as a violation too" },
    { "ignore", 0, "RULE", "leave a rule of the protocol out (all: check none); may be repeated" },
    { "rules", 0, NULL, "list the rules of the protocol, and end", cli_rules_list },
    { "plugin", 0, "NAME", "notes by this plugin on every device, or by the one in FILE on those it is for" },
    { "no-plugins", 0, NULL, "only the plugins of --plugin" },
    { "color", 0, "WHEN", "colours: auto (default), always or never", .values = "auto always never" },
    { 0 },
};

/* Plugins read guest memory: soon, or it is another's by then. */
enum { TEXT_BUFFER = 64 << 10, ASK_NAP_NS = 50000 };

/* What every sink has: who it is, how it is called, and how it went. */
struct sink {
    bool (*event)(void *context, const struct vfu_event *event);
    bool (*flush)(void *context);
    void *context;
    const char *name; /* for people */
    atomic_bool own_give_up, *give_up;
    bool failed; /* and the person was told */
    bool said_dropped;
    struct vfu_queue *queue; /* NULL: called directly */
};

struct text_sink {
    struct sink sink;
    struct vfu_outfile out;
    struct vfu_writer writer;
    struct vfu_text text;
    struct vfu_json json;
    bool is_json;
    struct vfu_error error;
    char buffer[TEXT_BUFFER];
};

struct capture_sink {
    struct sink sink;
    struct cli_ring *writer;
};

struct trace_sink {
    struct sink sink;
    struct cli_trace *trace;
};

struct cli_output {
    struct cli_output_how how;
    struct text_sink *text;
    struct capture_sink *capture;
    struct trace_sink *trace;
    struct vfu_summary *summary;
    bool sums;                    /* print it at the end */
    pthread_mutex_t summary_lock; /* with plugins events come from their thread */
    struct sink *sinks[3]; /* those there are */
    size_t sink_count;
    struct cli_gate *gate; /* NULL: no filter */
    struct cli_plugins *plugins; /* NULL: none */
    struct vfu_queue *asking;    /* queued, with plugins: before everything else */
    bool said_asking;
    bool gate_capture, begun;
    enum cli_fail_on fail_on;
    bool rule_broken; /* one that fail_on is about */
    bool is_json, to_stderr /* the capture has standard output */;
    uint64_t count, limit; /* messages so far, and --count */
};

/* --- the two sinks --- */

/* The sink is broken: say so once. Always false. */
static bool fail(struct sink *s, const struct vfu_error *error)
{
    if (!s->failed)
        cli_error("%s", error->text);
    s->failed = true;
    return false;
}

static bool text_out(void *context, const char *bytes, size_t size)
{
    struct text_sink *t = context;

    return vfu_outfile_write(&t->out, bytes, size, &t->error);
}

static bool text_event(void *context, const struct vfu_event *event)
{
    struct text_sink *t = context;

    if (t->is_json)
        vfu_json_event(&t->json, event, &t->writer);
    else
        vfu_text_event(&t->text, event, &t->writer);
    return !t->writer.failed || fail(&t->sink, &t->error);
}

static bool text_flush(void *context)
{
    struct text_sink *t = context;

    return vfu_writer_flush(&t->writer) || fail(&t->sink, &t->error);
}

static bool capture_event(void *context, const struct vfu_event *event)
{
    struct capture_sink *c = context;
    struct vfu_error error;

    return cli_ring_event(c->writer, event, &error) || fail(&c->sink, &error);
}

static bool capture_flush(void *context)
{
    struct capture_sink *c = context;
    struct vfu_error error;

    return cli_ring_flush(c->writer, &error) || fail(&c->sink, &error);
}

static bool trace_event(void *context, const struct vfu_event *event)
{
    struct trace_sink *t = context;
    struct vfu_error error;

    return cli_trace_event(t->trace, event, &error) || fail(&t->sink, &error);
}

static bool trace_flush(void *context)
{
    struct trace_sink *t = context;
    struct vfu_error error;

    return cli_trace_flush(t->trace, &error) || fail(&t->sink, &error);
}

/* --- opening --- */

static void init_sink(struct sink *s, void *context, const char *name, const struct cli_output_how *how)
{
    s->context = context;
    s->name = name;
    s->give_up = how->queued ? &s->own_give_up : how->give_up;
}

static bool open_text(struct cli_output *o, const struct cli_args *args)
{
    struct text_sink *t = calloc(1, sizeof *t);
    const char *path = cli_value(args, "output");
    struct vfu_error error;

    o->text = t;
    if (!t) {
        cli_error("out of memory");
        return false;
    }
    init_sink(&t->sink, t, path ? path : o->to_stderr ? "standard error" : "standard output", &o->how);
    t->sink.event = text_event;
    t->sink.flush = text_flush;
    t->out.give_up = t->sink.give_up;
    t->is_json = o->is_json;
    t->json.hex = t->text.hex = cli_has(args, "hex");
    t->text.tree = cli_has(args, "verbose");
    t->writer = vfu_writer(t->buffer, sizeof t->buffer, text_out, t);
    if (!path && o->to_stderr) {
        t->out.fd = STDERR_FILENO;
        t->out.path = t->sink.name;
    } else if (!vfu_outfile_open(&t->out, path ? path : "-", VFU_OUT_TEXT, &error)) {
        cli_error("%s", error.text);
        t->out.fd = -1;
        return false;
    }
    return cli_parse_time(cli_value(args, "time"), &t->text.time_format) &&
           cli_parse_colour(cli_value(args, "color"), t->out.fd, &t->text.colour);
}

static bool open_capture(struct cli_output *o, const struct cli_args *args, const char *path, uint64_t snaplen)
{
    struct capture_sink *c = calloc(1, sizeof *c);

    if (!c) {
        cli_error("out of memory");
        return false;
    }
    init_sink(&c->sink, c, path, &o->how);
    c->sink.event = capture_event;
    c->sink.flush = capture_flush;
    c->writer = cli_ring_open(args, path, (uint32_t)snaplen, c->sink.give_up);
    if (!c->writer) {
        free(c);
        return false;
    }
    o->capture = c;
    return true;
}

static bool open_trace(struct cli_output *o, const char *path)
{
    struct trace_sink *t = calloc(1, sizeof *t);
    struct vfu_error error;

    if (!t) {
        cli_error("out of memory");
        return false;
    }
    init_sink(&t->sink, t, path, &o->how);
    t->sink.event = trace_event;
    t->sink.flush = trace_flush;
    t->trace = cli_trace_open(path, t->sink.give_up, &error);
    if (!t->trace) {
        cli_error("%s", error.text);
        free(t);
        return false;
    }
    o->trace = t;
    return true;
}

/* Put the sink to work: in a thread of its own, or called directly. */
static bool start_sink(struct cli_output *o, struct sink *s, size_t keep)
{
    struct vfu_sink as = { .event = s->event, .flush = s->flush, .context = s->context, .give_up = s->give_up };

    if (o->how.queued) {
        s->queue = vfu_queue_new(&as, keep, o->how.lossless, o->how.interrupted);
        if (!s->queue) {
            cli_error("%s: can't start its thread", s->name);
            return false;
        }
    }
    o->sinks[o->sink_count++] = s;
    return true;
}

static void pass(void *context, const struct vfu_event *event);

static bool open_gate(struct cli_output *o, const struct cli_args *args)
{
    const char *text = cli_value(args, "filter");
    struct vfu_filter_error error;
    struct vfu_filter *filter;

    o->gate_capture = cli_has(args, "filter-capture");
    if (!text)
        return true;
    filter = vfu_filter_parse(text, &error);
    if (!filter) {
        cli_error("--filter: column %u: %s\n    %s\n    %*s^", error.column, error.text, text, (int)error.column - 1, "");
        return false;
    }
    o->gate = cli_gate_new(filter, !o->how.queued, pass, o);
    if (o->gate)
        return true;
    vfu_filter_free(filter);
    cli_error("out of memory");
    return false;
}

static bool ask_plugins(void *context, const struct vfu_event *event);
static bool nothing_to_flush(void *context);

/* Plugins are asked in a thread of their own, which then hands events to the sinks. */
static bool start_asking(struct cli_output *o)
{
    struct vfu_sink asking = { .event = ask_plugins, .flush = nothing_to_flush, .context = o, .nap_ns = ASK_NAP_NS };

    if (!o->plugins || !o->how.queued)
        return true;
    o->asking = vfu_queue_new(&asking, 0, o->how.lossless, o->how.interrupted);
    if (!o->asking)
        cli_error("plugins: can't start their thread");
    return o->asking;
}

static bool open_all(struct cli_output *o, const struct cli_args *args)
{
    const char *capture = cli_value(args, "write");
    const char *text = cli_value(args, "output");
    uint64_t snaplen;

    if (!cli_number(args, "snaplen", 0, &snaplen) || !cli_number(args, "count", 0, &o->limit))
        return false;
    if (snaplen > UINT32_MAX)
        snaplen = 0;
    if (!open_gate(o, args) || !cli_rules_fail_on(args, &o->fail_on))
        return false;
    o->to_stderr = capture && strcmp(capture, "-") == 0;
    if (o->to_stderr && text && strcmp(text, "-") == 0) {
        cli_error("-w - and -o -: only one of them can have standard output");
        return false;
    }
    o->is_json = cli_has(args, "json");
    o->sums = cli_has(args, "summary");
    if ((o->sums || o->how.sums) && !(o->summary = vfu_summary_new())) {
        cli_error("out of memory");
        return false;
    }
    if (!cli_has(args, "quiet") && !open_text(o, args))
        return false;
    if (!cli_ring_has_file(args, capture) || (capture && !open_capture(o, args, capture, snaplen)))
        return false;
    if (cli_value(args, "trace") && !open_trace(o, cli_value(args, "trace")))
        return false;
    return cli_plugins_open(args, o->how.live, &o->plugins) && start_asking(o) &&
           (!o->text || start_sink(o, &o->text->sink, 0)) && (!o->trace || start_sink(o, &o->trace->sink, 0)) &&
           (!o->capture || start_sink(o, &o->capture->sink, snaplen < 16 && snaplen ? 16 : snaplen));
}

struct cli_output *cli_output_open(const struct cli_args *args, const struct cli_output_how *how)
{
    struct cli_output *o = calloc(1, sizeof *o);

    if (!o) {
        cli_error("out of memory");
        return NULL;
    }
    o->how = *how;
    pthread_mutex_init(&o->summary_lock, NULL);
    if (open_all(o, args))
        return o;
    o->sums = false;
    cli_output_close(o, NULL);
    return NULL;
}

/* --- events --- */

static void hand_to(struct sink *s, const struct vfu_event *event)
{
    if (!s->queue) {
        if (!s->failed)
            s->event(s->context, event);
    } else if (!vfu_queue_push(s->queue, event) && !s->said_dropped) {
        s->said_dropped = true;
        cli_error("%s: too slow, messages are left out of it (--lossless holds the traffic instead)", s->name);
    }
}

/* What the filter lets through, or everything. */
static void pass(void *context, const struct vfu_event *event)
{
    struct cli_output *o = context;

    if (o->summary) {
        if (o->asking)
            pthread_mutex_lock(&o->summary_lock);
        vfu_summary_event(o->summary, event);
        if (o->asking)
            pthread_mutex_unlock(&o->summary_lock);
    }
    for (size_t i = 0; i < o->sink_count; i++)
        if (!o->gate || o->gate_capture || !o->capture || o->sinks[i] != &o->capture->sink)
            hand_to(o->sinks[i], event);
}

/* Times count from the first event there is, not the first that the filter shows. Before its thread sees any. */
static void begin(struct cli_output *o, const struct vfu_event *event)
{
    o->begun = true;
    if (!o->text)
        return;
    o->text->text.started = true;
    o->text->text.first_ns = o->text->text.last_ns = event->message.time_ns;
}

/* Guest memory that plugins read for the event which follows. */
static void memory(void *context, const struct vfu_event *event)
{
    struct cli_output *o = context;

    if (o->capture)
        hand_to(&o->capture->sink, event);
}

static void deliver(struct cli_output *o, const struct vfu_event *event)
{
    if (!o->begun)
        begin(o, event);
    if (event->kind == VFU_EVENT_MEMORY) { /* of captures only, whatever the filter */
        memory(o, event);
        return;
    }
    o->rule_broken |= cli_rules_failed(o->fail_on, event);
    if (o->gate && o->capture && !o->gate_capture)
        hand_to(&o->capture->sink, event);
    if (o->gate)
        cli_gate_event(o->gate, event);
    else
        pass(o, event);
}

static bool ask_plugins(void *context, const struct vfu_event *event)
{
    struct cli_output *o = context;
    struct vfu_event noted = *event;

    cli_plugins_event(o->plugins, &noted, o->how.live ? memory : NULL, o);
    deliver(o, &noted);
    return true;
}

static bool nothing_to_flush(void *context)
{
    (void)context;
    return true;
}

void cli_output_event(struct cli_output *o, const struct vfu_event *event)
{
    if (o->asking) {
        if (!vfu_queue_push(o->asking, event) && !o->said_asking) {
            o->said_asking = true;
            cli_error("plugins: too slow, messages are left out (--lossless holds the traffic instead)");
        }
    } else if (o->plugins) {
        ask_plugins(o, event);
    } else {
        deliver(o, event);
    }
    if (event->kind == VFU_EVENT_MESSAGE)
        o->count++;
}

void cli_output_map_fd(struct cli_output *o, uint64_t no, int fd)
{
    cli_plugins_fd(o->plugins, no, fd);
}

bool cli_output_has_plugins(const struct cli_output *o)
{
    return o->plugins;
}

void cli_output_flush(struct cli_output *o)
{
    if (o->gate)
        cli_gate_idle(o->gate);
    for (size_t i = 0; i < o->sink_count; i++)
        if (!o->sinks[i]->queue && !o->sinks[i]->failed)
            o->sinks[i]->flush(o->sinks[i]->context);
}

bool cli_output_failed(const struct cli_output *o, bool all)
{
    size_t failed = 0;

    for (size_t i = 0; i < o->sink_count; i++)
        failed += o->sinks[i]->queue ? vfu_queue_failed(o->sinks[i]->queue) : o->sinks[i]->failed;
    return failed && (!all || failed == o->sink_count);
}

bool cli_output_count_reached(const struct cli_output *o)
{
    return o->limit && o->count >= o->limit;
}

uint64_t cli_output_count(const struct cli_output *o)
{
    return o->limit;
}

bool cli_output_has_capture(const struct cli_output *o)
{
    return o->capture;
}

/* --- the end --- */

/* Let the sink take what is queued; how many messages it had to leave out. */
static uint64_t finish_sink(struct sink *s)
{
    uint64_t dropped = 0;

    if (s->queue)
        dropped = vfu_queue_close(s->queue);
    else if (!s->failed)
        s->flush(s->context);
    s->queue = NULL;
    if (dropped)
        cli_error("%s: %llu messages were left out, it was too slow (--lossless holds the traffic instead)", s->name,
                  (unsigned long long)dropped);
    return dropped;
}

static bool write_summary(void *context, const char *bytes, size_t size)
{
    struct vfu_outfile out = { .fd = *(int *)context, .path = "-" };
    struct vfu_error error;

    if (vfu_outfile_write(&out, bytes, size, &error))
        return true;
    cli_error("%s", error.text);
    return false;
}

static bool print_summary(const struct cli_output *o, const struct vfu_session *session, uint64_t dropped, int fd)
{
    struct vfu_summary_plugin plugins[32];
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, write_summary, &fd);

    if (o->plugins)
        vfu_summary_plugins(o->summary, plugins, cli_plugins_cost(o->plugins, plugins, 32));
    if (o->is_json)
        vfu_summary_json(o->summary, session, dropped, &w);
    else
        vfu_summary_text(o->summary, session, dropped, &w);
    return vfu_writer_flush(&w);
}

void cli_output_summary(struct cli_output *o, const struct vfu_session *session)
{
    pthread_mutex_lock(&o->summary_lock);
    if (o->summary)
        print_summary(o, session, 0, STDERR_FILENO);
    pthread_mutex_unlock(&o->summary_lock);
}

enum cli_status cli_output_close(struct cli_output *o, const struct vfu_session *session)
{
    bool ok = true;
    uint64_t dropped = 0;
    struct vfu_error error;

    if (o->asking) {
        dropped = vfu_queue_close(o->asking);
        o->asking = NULL;
        if (dropped)
            cli_error("plugins: %llu messages were left out, they were too slow (--lossless holds the traffic instead)",
                      (unsigned long long)dropped);
    }
    if (o->gate)
        cli_gate_end(o->gate);
    for (size_t i = 0; i < o->sink_count; i++)
        dropped += finish_sink(o->sinks[i]);
    if (o->text) {
        if (!vfu_outfile_close(&o->text->out, &error))
            fail(&o->text->sink, &error);
        ok = !o->text->sink.failed;
        free(o->text);
    }
    if (o->capture) {
        if (!cli_ring_close(o->capture->writer, &error))
            fail(&o->capture->sink, &error);
        ok = ok && !o->capture->sink.failed;
        free(o->capture);
    }
    if (o->trace) {
        if (!cli_trace_close(o->trace->trace, &error))
            fail(&o->trace->sink, &error);
        ok = ok && !o->trace->sink.failed;
        free(o->trace);
    }
    if (o->sums && !print_summary(o, session, dropped, o->to_stderr ? STDERR_FILENO : STDOUT_FILENO))
        ok = false;
    ok = ok && !o->rule_broken;
    vfu_summary_free(o->summary);
    cli_gate_free(o->gate);
    cli_plugins_close(o->plugins);
    free(o);
    return ok ? CLI_OK : CLI_FAILED;
}
