/*
 * Where messages go: text or NDJSON to standard output or a file, a capture file, a summary at the end.
 */
#include "capture/file/outfile.h"
#include "capture/queue.h"
#include "cli/output/gate.h"
#include "cli/output/output.h"
#include "cli/output/plugins.h"
#include "cli/output/ring.h"
#include "cli/output/rules.h"
#include "cli/output/sink.h"
#include "decoder/sinks/sinks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
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
};

const struct cli_option *cli_output_option(size_t i)
{
    return i < sizeof options / sizeof *options ? &options[i] : NULL;
}

/* Plugins read guest memory: soon, or it is another's by then. */
enum { ASK_NAP_NS = 50000 };

struct cli_output {
    struct cli_output_how how;
    struct cli_sink *text, *capture, *trace; /* NULL: none */
    struct cli_sink *sinks[3];               /* those at work */
    size_t sink_count;
    struct vfu_summary *summary;
    bool sums;                    /* print it at the end */
    pthread_mutex_t summary_lock; /* with plugins events come from their thread */
    struct cli_gate *gate;        /* NULL: no filter */
    struct vfu_plugins *plugins;  /* NULL: none */
    struct vfu_queue *asking;     /* queued, with plugins: before everything else */
    bool said_asking;
    atomic_bool give_up_asking;
    bool gate_capture, begun;
    enum cli_fail_on fail_on;
    bool rule_broken; /* one that fail_on is about */
    bool is_json, to_stderr /* the capture has standard output */;
    uint64_t count, limit; /* messages so far, and --count */
};

/* --- opening --- */

static void pass(void *context, const struct vfu_event *event);
static void deliver(void *context, const struct vfu_event *event);

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
static bool ask_no_more(void *context);

/* Plugins are asked in a thread of their own, which then hands events to the sinks. */
static bool start_asking(struct cli_output *o)
{
    struct vfu_sink asking = { .event = ask_plugins, .flush = ask_no_more, .context = o, .nap_ns = ASK_NAP_NS,
                               .give_up = &o->give_up_asking, .patient = true };

    if (!o->plugins || !o->how.queued)
        return true;
    o->asking = vfu_queue_new(&asking, 0, o->how.lossless, o->how.interrupted);
    if (!o->asking)
        cli_error("plugins: can't start their thread");
    return o->asking;
}

static bool open_sinks(struct cli_output *o, const struct cli_args *args)
{
    const char *capture = cli_value(args, "write");
    uint64_t snaplen;

    if (!cli_number(args, "snaplen", 0, &snaplen) || !cli_ring_has_file(args, capture))
        return false;
    if (!cli_has(args, "quiet") && !(o->text = cli_sink_text(args, &o->how, o->to_stderr)))
        return false;
    if (capture &&
        !(o->capture = cli_sink_capture(args, &o->how, capture, snaplen > UINT32_MAX ? 0 : (uint32_t)snaplen)))
        return false;
    return !cli_value(args, "trace") || (o->trace = cli_sink_trace(args, &o->how));
}

/* The process of the plugins before any thread. */
static bool start_all(struct cli_output *o, const struct cli_args *args)
{
    struct cli_sink *const all[] = { o->text, o->trace, o->capture };
    const struct vfu_plugins_how how = { .live = o->how.live,
                                         .give_up = o->how.queued ? &o->give_up_asking : o->how.give_up,
                                         .take = deliver,
                                         .context = o };

    if (!cli_plugins_open(args, how, &o->plugins) || !start_asking(o))
        return false;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i])
            continue;
        if (!cli_sink_start(all[i]))
            return false;
        o->sinks[o->sink_count++] = all[i];
    }
    return true;
}

static bool open_all(struct cli_output *o, const struct cli_args *args)
{
    const char *capture = cli_value(args, "write");
    const char *text = cli_value(args, "output");

    if (!cli_number(args, "count", 0, &o->limit) || !open_gate(o, args) || !cli_rules_fail_on(args, &o->fail_on))
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
    return open_sinks(o, args) && start_all(o, args);
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
        if (!o->gate || o->gate_capture || o->sinks[i] != o->capture)
            cli_sink_event(o->sinks[i], event);
}

static void deliver(void *context, const struct vfu_event *event)
{
    struct cli_output *o = context;

    if (!o->begun && o->text) /* the first event there is, not the first that the filter shows */
        cli_sink_begin(o->text, event->time.wall_ns);
    o->begun = true;
    if (event->kind == VFU_EVENT_MEMORY) { /* of captures only, whatever the filter */
        if (o->capture)
            cli_sink_event(o->capture, event);
        return;
    }
    o->rule_broken |= cli_rules_failed(o->fail_on, event);
    if (o->gate && o->capture && !o->gate_capture)
        cli_sink_event(o->capture, event);
    if (o->gate)
        cli_gate_event(o->gate, event);
    else
        pass(o, event);
}

static bool ask_plugins(void *context, const struct vfu_event *event)
{
    vfu_plugins_event(((struct cli_output *)context)->plugins, event);
    return true;
}

static bool ask_no_more(void *context)
{
    vfu_plugins_idle(((struct cli_output *)context)->plugins);
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
    vfu_plugins_fd(o->plugins, no, fd);
}

bool cli_output_has_plugins(const struct cli_output *o)
{
    return o->plugins;
}

void cli_output_flush(struct cli_output *o)
{
    if (o->plugins && !o->asking)
        vfu_plugins_idle(o->plugins);
    if (o->gate)
        cli_gate_idle(o->gate);
    for (size_t i = 0; i < o->sink_count; i++)
        cli_sink_flush(o->sinks[i]);
}

bool cli_output_failed(const struct cli_output *o, bool all)
{
    size_t failed = 0;

    for (size_t i = 0; i < o->sink_count; i++)
        failed += cli_sink_failed(o->sinks[i]);
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
        vfu_summary_plugins(o->summary, plugins, vfu_plugins_cost(o->plugins, plugins, 32));
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

/* Let plugins and sinks take what is on its way; how many messages were left out. */
static uint64_t finish(struct cli_output *o)
{
    uint64_t dropped = 0;

    if (o->asking) {
        dropped = vfu_queue_close(o->asking);
        o->asking = NULL;
        if (dropped)
            cli_error("plugins: %llu messages were left out, they were too slow (--lossless holds the traffic instead)",
                      (unsigned long long)dropped);
    } else if (o->plugins) {
        vfu_plugins_idle(o->plugins);
    }
    if (o->gate)
        cli_gate_end(o->gate);
    for (size_t i = 0; i < o->sink_count; i++)
        dropped += cli_sink_finish(o->sinks[i]);
    return dropped;
}

enum cli_status cli_output_close(struct cli_output *o, const struct vfu_session *session)
{
    uint64_t dropped = finish(o);
    bool ok = cli_sink_close(o->text);

    ok &= cli_sink_close(o->capture);
    ok &= cli_sink_close(o->trace);
    if (o->sums && !print_summary(o, session, dropped, o->to_stderr ? STDERR_FILENO : STDOUT_FILENO))
        ok = false;
    ok = ok && !o->rule_broken;
    vfu_summary_free(o->summary);
    cli_gate_free(o->gate);
    vfu_plugins_close(o->plugins);
    free(o);
    return ok ? CLI_OK : CLI_FAILED;
}
