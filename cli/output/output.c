/*
 * Where events go: through plugins, which add notes, and the filter's gate, to the sinks that the options ask for.
 */
#include "cli/output/inside.h"
#include "cli/output/maps.h"
#include "cli/output/rules.h"

#include <stdlib.h>

/* Those that are about all sinks. */
static const struct cli_option options[] = {
    { "count", 0, "N", "end after N messages, of those that are picked", .group = CLI_PICKING },
    { "filter", 0, "EXPR", "show only the messages that this picks; see vfuscope help filters", .group = CLI_PICKING },
    { "since", 0, "TIME", "show only what came then or later: 0.25 or 250ms since the first record, or a date",
      .group = CLI_PICKING },
    { "until", 0, "TIME", "show only what came then or earlier", .group = CLI_PICKING },
    { "after-context", 'A', "N", "show N more messages behind each that the filter picks", .group = CLI_PICKING },
    { "before-context", 'B', "N", "show N more messages before each", .group = CLI_PICKING },
    { "context", 'C', "N", "both", .group = CLI_PICKING },
    { "filter-capture", 0, NULL, "filters, times and ranges pick what goes into the capture, too", .group = CLI_CAPTURE },
    { "fail-on", 0, "SEVERITY", "exit status 1 on a violation (misfit, suspicious: on that and worse)",
      .values = "violation misfit suspicious", .group = CLI_JUDGING },
    { "strict", 0, NULL, "what real peers break and live with counts as a violation too", .group = CLI_JUDGING },
    { "ignore", 0, "RULE", "leave a rule of the protocol out (all: check none); may be repeated",
      .group = CLI_JUDGING },
    { "rules", 0, NULL, "list the rules of the protocol, and end", cli_rules_list, .group = CLI_JUDGING },
    { "plugin", 0, "NAME", "notes by this plugin on every device, or by the one in FILE on those it is for",
      .group = CLI_JUDGING },
    { "no-plugins", 0, NULL, "only the plugins of --plugin", .group = CLI_JUDGING },
    CLI_MAPS_OPTIONS,
    { "color", 0, "WHEN", "colours: auto (default), always or never", .values = "auto always never",
      .group = CLI_OUTPUT },
    { "no-color", 0, NULL, "no colours, as --color=never", .group = CLI_OUTPUT },
    { 0 },
};

const struct cli_option *cli_output_option(size_t i)
{
    for (const struct cli_sink_kind *const *k = cli_sink_kinds; *k; k++)
        for (const struct cli_option *o = (*k)->options; o && o->name; o++)
            if (i-- == 0)
                return o;
    return i < sizeof options / sizeof *options - 1 ? &options[i] : NULL;
}

STAILQ_HEAD(sinks, cli_sink);

struct cli_output {
    struct cli_run run;
    struct sinks all;            /* in the order of the table */
    struct sinks beside, behind; /* the gate; all are behind it if there is none */
    struct cli_gate *gate;       /* NULL: no filter */
    bool begun, enough;    /* enough: and who carries the messages was told */
    uint64_t count, limit; /* messages so far, and --count */
};

static void each_event(const struct sinks *side, const struct vfu_event *event)
{
    struct cli_sink *s;

    STAILQ_FOREACH(s, side, side)
        cli_sink_event(s, event);
}

/* --- events --- */

/* What the filter lets through, or everything. */
static void pass(void *context, const struct vfu_event *event)
{
    struct cli_output *o = context;

    if (o->run.how.take_picked)
        o->run.how.take_picked(o->run.how.take_context, event);
    each_event(&o->behind, event);
}

/* Guest memory goes to those that keep it, whatever the filter. */
static void deliver_memory(const struct sinks *all, const struct vfu_event *event)
{
    struct cli_sink *s;

    STAILQ_FOREACH(s, all, entry)
        if (s->kind->memory)
            cli_sink_event(s, event);
}

/* Where a capture begins and ends, whatever the filter; all that stood before the end goes before it. */
static void deliver_frame(struct cli_output *o, const struct vfu_event *event)
{
    struct cli_sink *s;

    if (o->gate && event->kind == VFU_EVENT_END)
        cli_gate_end(o->gate);
    STAILQ_FOREACH(s, &o->all, entry)
        if (s->kind->frames)
            cli_sink_event(s, event);
}

static void deliver(void *context, const struct vfu_event *event)
{
    struct cli_output *o = context;

    if (o->run.how.watch)
        o->run.how.watch(o->run.how.watch_context, event);
    if (o->run.how.take) {
        o->run.how.take(o->run.how.take_context, event);
        if (!o->run.how.take_picked || vfu_event_frames(event))
            return;
        if (o->gate && event->kind != VFU_EVENT_MEMORY)
            cli_gate_event(o->gate, event);
        else
            pass(o, event);
        return;
    }
    if (vfu_event_frames(event)) {
        deliver_frame(o, event);
        return;
    }
    if (!o->begun)
        o->run.first_ns = event->time.wall_ns;
    o->begun = true;
    if (event->kind == VFU_EVENT_MEMORY) {
        deliver_memory(&o->all, event);
        return;
    }
    if (!o->gate) {
        pass(o, event);
        return;
    }
    each_event(&o->beside, event);
    cli_gate_event(o->gate, event);
    if (o->run.how.enough && !o->enough && cli_gate_done(o->gate)) {
        o->enough = true;
        o->run.how.enough();
    }
}

void cli_output_begin(struct cli_output *o, uint64_t wall_ns)
{
    o->run.first_ns = wall_ns;
    o->begun = true;
    if (o->gate)
        cli_gate_begin(o->gate, wall_ns);
}

void cli_output_event(struct cli_output *o, const struct vfu_event *event)
{
    if (o->run.registers)
        event = cli_registers_event(o->run.registers, event);
    if (o->run.plugins)
        cli_plugins_event(o->run.plugins, event);
    else
        deliver(o, event);
    if (event->kind == VFU_EVENT_MESSAGE)
        o->count++;
    else if (event->kind == VFU_EVENT_DISCONNECT && o->run.how.live)
        cli_hints_say(&o->run);
}

void cli_output_map_fd(struct cli_output *o, uint64_t no, int fd)
{
    cli_plugins_fd(o->run.plugins, no, fd);
}

void cli_output_settle(struct cli_output *o)
{
    cli_plugins_settle(o->run.plugins);
}

int cli_output_looked_fd(const struct cli_output *o) { return o->run.plugins ? cli_plugins_looked_fd(o->run.plugins) : -1; }

int cli_output_moved_fd(const struct cli_output *o) { return o->run.plugins ? cli_plugins_moved_fd(o->run.plugins) : -1; }

unsigned cli_output_look(struct cli_output *o, uint32_t conn) { return cli_plugins_look(o->run.plugins, conn); }

uint64_t cli_output_mark(const struct cli_output *o) { return cli_plugins_mark(o->run.plugins); }

uint64_t cli_output_looked(const struct cli_output *o) { return cli_plugins_looked(o->run.plugins); }

bool cli_output_has_plugins(const struct cli_output *o)
{
    return o->run.plugins;
}

bool cli_output_has_registers(const struct cli_output *o)
{
    return o->run.registers;
}

void cli_output_flush(struct cli_output *o)
{
    struct cli_sink *s;

    if (o->run.plugins)
        cli_plugins_flush(o->run.plugins);
    if (o->gate)
        cli_gate_idle(o->gate);
    STAILQ_FOREACH(s, &o->all, entry)
        cli_sink_flush(s);
}

void cli_output_end(struct cli_output *o)
{
    if (o->run.plugins)
        cli_plugins_flush(o->run.plugins);
    if (o->gate)
        cli_gate_end(o->gate);
}

void cli_output_so_far(struct cli_output *o, const struct vfu_doing *doing, unsigned doing_count)
{
    struct cli_sink *s;

    o->run.doing = doing;
    o->run.doing_count = doing_count;
    STAILQ_FOREACH(s, &o->all, entry)
        if (s->kind->so_far)
            s->kind->so_far(s->own);
    o->run.doing_count = 0;
}

enum vfu_why_status cli_output_why(struct cli_output *o, bool as_json, struct vfu_writer *w)
{
    struct cli_sink *s;

    STAILQ_FOREACH(s, &o->all, entry)
        if (s->kind == &cli_sink_why)
            return cli_why_write(s->own, as_json, w);
    return VFU_FINE;
}

void cli_output_hush(struct cli_output *o)
{
    atomic_store(&o->run.hushed, true);
}

bool cli_output_failed(const struct cli_output *o, bool all)
{
    const struct cli_sink *s;
    bool failed = false;

    STAILQ_FOREACH(s, &o->all, entry) {
        if (s->kind->collects)
            continue;
        failed = cli_sink_failed(s);
        if (failed != all)
            break;
    }
    return failed;
}

bool cli_output_count_reached(const struct cli_output *o)
{
    return o->gate ? cli_gate_done(o->gate) : o->limit && o->count >= o->limit;
}

uint64_t cli_output_count(const struct cli_output *o)
{
    return o->gate ? 0 : o->limit;
}

void cli_output_warn(const struct cli_output *o)
{
    const struct cli_sink *s;

    STAILQ_FOREACH(s, &o->all, entry)
        if (s->kind->memory && !s->no_memory)
            cli_error("the %s will hold guest memory: keep it as private as the guest", s->kind->name);
}

/* --- opening --- */

static bool open_gate(struct cli_output *o, const struct cli_args *args)
{
    struct cli_pick pick = { .filter = NULL };
    struct cli_context around;

    if (!cli_parse_context(args, &around) || !cli_parse_pick(args, o->run.how.ranges, &pick)) {
        cli_pick_free(&pick);
        return false;
    }
    if (!pick.filter)
        return true;
    pick.most = o->limit;
    o->gate = cli_gate_new(&pick, !o->run.how.queued, around, pass, o);
    if (o->gate)
        return true;
    cli_pick_free(&pick);
    cli_error("out of memory");
    return false;
}

/* Those that the options ask for; no file is touched before all options are understood. */
static bool open_sinks(struct cli_output *o, const struct cli_args *args)
{
    struct cli_sink *s;
    bool good = true;

    for (const struct cli_sink_kind *const *kind = cli_sink_kinds; *kind && good; kind++) {
        if (o->run.how.take || (o->run.how.only_why && *kind != &cli_sink_why))
            continue;
        good = cli_sink_new(*kind, args, &o->run, &s);
        if (!s)
            continue;
        STAILQ_INSERT_TAIL(&o->all, s, entry);
        STAILQ_INSERT_TAIL(o->gate && s->unfiltered ? &o->beside : &o->behind, s, side);
    }
    STAILQ_FOREACH(s, &o->all, entry)
        good = good && cli_sink_open(s);
    return good;
}

static bool start_sinks(struct cli_output *o)
{
    struct cli_sink *s;
    bool good = true;

    STAILQ_FOREACH(s, &o->all, entry)
        good = good && cli_sink_start(s);
    return good;
}

/* --- start and end --- */

/* UNREAD: there was nothing else to do than what nobody read to its end. */
static enum cli_status close_all(struct cli_output *o)
{
    bool alone = !o->run.how.live, failed = false, unread = false;
    struct cli_sink *s;

    while ((s = STAILQ_FIRST(&o->all)) != NULL) {
        bool writes = !s->kind->collects;
        enum cli_status status;

        STAILQ_REMOVE_HEAD(&o->all, entry);
        status = cli_sink_close(s);
        failed |= status == CLI_FAILED;
        unread |= status == CLI_UNREAD;
        alone &= status != CLI_OK || !writes;
    }
    cli_gate_free(o->gate);
    if (o->run.plugins)
        cli_plugins_close(o->run.plugins);
    cli_registers_free(o->run.registers);
    free(o);
    return failed ? CLI_FAILED : unread && alone ? CLI_UNREAD : CLI_OK;
}

/* Let plugins and sinks take what is on its way; what was left out. */
static struct vfu_left_out finish(struct cli_output *o)
{
    struct cli_sink *s;
    struct vfu_left_out all = { 0, 0 }, one;

    if (o->run.plugins)
        all = cli_plugins_finish(o->run.plugins);
    if (o->gate)
        cli_gate_end(o->gate);
    STAILQ_FOREACH(s, &o->all, entry) {
        one = cli_sink_finish(s);
        all.messages += one.messages;
        all.events += one.events;
    }
    return all;
}

/* Maps of registers, if there are any. False: a message was printed. */
static bool open_registers(struct cli_output *o, const struct cli_args *args)
{
    const struct cli_maps *maps = cli_maps(args);

    if (!maps || !maps->count)
        return maps;
    o->run.registers = cli_registers_new(maps, o->run.how.session);
    if (!o->run.registers)
        cli_error("out of memory");
    return o->run.registers;
}

struct cli_output *cli_output_open(const struct cli_args *args, const struct cli_output_how *how)
{
    struct cli_output *o = calloc(1, sizeof *o);

    if (!o) {
        cli_error("out of memory");
        return NULL;
    }
    o->run.how = *how;
    STAILQ_INIT(&o->all);
    STAILQ_INIT(&o->beside);
    STAILQ_INIT(&o->behind);
    if (cli_number(args, "count", 0, &o->limit) && open_registers(o, args) && open_gate(o, args) &&
        cli_sinks_share_stdout(args, &o->run.stdout_taken) && cli_plugins_open(args, how, deliver, o, &o->run.plugins) &&
        (!how->session || cli_rules_ignore(args, how->session)) && open_sinks(o, args) && (!how->opened || how->opened(how->context)) &&
        (!o->run.plugins || cli_plugins_start(o->run.plugins, how)) && start_sinks(o))
        return o;
    finish(o);
    close_all(o);
    return NULL;
}

enum cli_status cli_output_close(struct cli_output *o)
{
    enum cli_status status;
    struct cli_run run;

    o->run.over = true;
    o->run.left_out = finish(o);
    run = o->run;
    status = close_all(o);
    cli_hints_say(&run);
    return status;
}
