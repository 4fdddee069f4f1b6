/*
 * The summary sink, -c: how often each command came, how it went and how long it took. A fixed size: latencies are
 * counted in buckets that grow with the value, eight to a power of two, so that a percentile is right within 1/8.
 */
#include "decoder/sinks/inside.h"

#include <stdlib.h>

enum { ROWS = 20, BUCKETS = 64 * 8 };

struct row {
    uint64_t calls, errors, bytes, replies, no_reply;
    uint64_t shortest, longest, total;
    uint32_t histogram[BUCKETS];
};

struct vfu_summary {
    struct row rows[ROWS]; /* by command number; 0: unknown ones */
    uint64_t messages, events[VFU_EVENT_KINDS];
    uint64_t unpaired, truncated, interrupts;
    uint64_t last_ns; /* monotonic: of the last event, or when it is asked for */
    struct summary_peers peers;
    struct vfu_migrations migrations;
    struct summary_rules rules;
    struct summary_reasons reasons;
    struct summary_registers registers;
    struct summary_plugins plugins;
    const struct vfu_doing *doing; /* what the peers do now: doing_count of them */
    unsigned doing_count;
};

struct vfu_summary *vfu_summary_new(void)
{
    struct vfu_summary *s = calloc(1, sizeof *s);

    if (s)
        summary_registers_start(&s->registers);
    return s;
}

void vfu_summary_free(struct vfu_summary *s)
{
    free(s);
}

void vfu_summary_at(struct vfu_summary *s, uint64_t mono_ns)
{
    s->last_ns = mono_ns;
}

void vfu_summary_plugins(struct vfu_summary *s, const struct vfu_summary_plugin *plugins, unsigned count)
{
    s->plugins.count = count < SUMMARY_PLUGINS ? count : SUMMARY_PLUGINS;
    memcpy(s->plugins.list, plugins, s->plugins.count * sizeof plugins[0]);
}

void vfu_summary_doing(struct vfu_summary *s, const struct vfu_doing *list, unsigned count)
{
    s->doing = list;
    s->doing_count = count;
}

static unsigned bucket_of(uint64_t ns)
{
    unsigned power;

    if (ns < 8)
        return (unsigned)ns;
    power = 63 - (unsigned)__builtin_clzll(ns);
    return power * 8 + ((ns >> (power - 3)) & 7);
}

/* The middle of a bucket. */
static uint64_t bucket_value(unsigned bucket)
{
    unsigned power = bucket / 8;

    if (bucket < 8)
        return bucket;
    return (UINT64_C(1) << power) + ((uint64_t)(bucket % 8) << (power - 3)) + ((UINT64_C(1) << (power - 3)) >> 1);
}

void vfu_summary_event(struct vfu_summary *s, const struct vfu_event *e)
{
    struct row *r;

    s->events[e->kind]++;
    s->last_ns = e->time.mono_ns;
    if (e->problem_count)
        summary_problems(&s->rules, e);
    if (e->kind != VFU_EVENT_MESSAGE) {
        s->interrupts += e->kind == VFU_EVENT_INTERRUPT ? e->interrupt.count : 0;
        if (e->kind == VFU_EVENT_PEER)
            summary_peer(&s->peers, e);
        return;
    }
    s->messages++;
    r = &s->rows[e->command && e->command_number < ROWS ? e->command_number : 0];
    r->bytes += e->message.size;
    if (e->message.captured < e->size)
        s->truncated++;
    if (vfu_event_is_command(e)) {
        summary_access(&s->registers, e);
        r->calls++;
        r->no_reply += (e->flags & VFU_NO_REPLY) != 0;
        return;
    }
    if (!vfu_event_is_reply(e))
        return;
    vfu_migrations_event(&s->migrations, e);
    r->errors += (e->flags & VFU_ERROR) != 0;
    if (e->because_count)
        summary_because(&s->reasons, e);
    if (!e->paired) {
        s->unpaired++;
        return;
    }
    if (r->replies == 0 || e->latency_ns < r->shortest)
        r->shortest = e->latency_ns;
    if (e->latency_ns > r->longest)
        r->longest = e->latency_ns;
    r->replies++;
    r->total += e->latency_ns;
    r->histogram[bucket_of(e->latency_ns)]++;
}

static uint64_t percentile(const struct row *r, unsigned percent)
{
    uint64_t wanted = (r->replies * percent + 99) / 100, seen = 0, value;

    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += r->histogram[i];
        if (seen >= wanted) {
            value = bucket_value(i);
            return value < r->shortest ? r->shortest : value > r->longest ? r->longest : value;
        }
    }
    return r->longest;
}

/* The next row after that (0: the first) with anything in it; unknown commands are the last, ROWS. 0: there is none. */
static unsigned next_row(const struct vfu_summary *s, unsigned i)
{
    while (++i <= ROWS)
        if (s->rows[i % ROWS].calls || s->rows[i % ROWS].bytes)
            return i;
    return 0;
}

static const char *row_name(unsigned number)
{
    return command_name(vfu_command_by_number(number));
}

static uint64_t outstanding(const struct vfu_session *session)
{
    return session ? vfu_session_outstanding(session) : 0;
}

static uint64_t unanswered(const struct vfu_session *session)
{
    return session ? vfu_session_unanswered(session) : 0;
}

/* Microseconds with one decimal, right-aligned. */
static void write_us(struct vfu_writer *w, uint64_t ns)
{
    vfu_write_decimal_padded(w, ns / 1000, 9, ' ');
    vfu_write_char(w, '.');
    vfu_write_decimal(w, ns % 1000 / 100);
}

static void write_row(struct vfu_writer *w, const char *name, const struct row *r)
{
    uint64_t start = vfu_writer_position(w);

    vfu_write_text(w, name);
    vfu_write_pad(w, start, 26);
    vfu_write_decimal_padded(w, r->calls, 9, ' ');
    vfu_write_decimal_padded(w, r->errors, 8, ' ');
    vfu_write_decimal_padded(w, r->bytes, 13, ' ');
    if (r->replies) {
        write_us(w, r->shortest);
        write_us(w, percentile(r, 50));
        write_us(w, percentile(r, 99));
        write_us(w, r->longest);
    }
    vfu_write_char(w, '\n');
}

/* ", 2 interrupts", unless there are none */
static void write_count(struct vfu_writer *w, uint64_t count, const char *one, const char *more)
{
    if (!count)
        return;
    vfu_write_text(w, ", ");
    vfu_write_decimal(w, count);
    vfu_write_text(w, count == 1 ? one : more);
}

void vfu_summary_text(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      struct vfu_writer *w)
{
    static const struct row zero;
    struct row sum = zero;

    vfu_write_text(w, "command                       calls  errors        bytes     min us     median"
                      "        p99        max\n");
    for (unsigned i = 0; (i = next_row(s, i)) != 0;) {
        const struct row *r = &s->rows[i % ROWS];

        write_row(w, row_name(i % ROWS), r);
        sum.calls += r->calls;
        sum.errors += r->errors;
        sum.bytes += r->bytes;
        sum.no_reply += r->no_reply;
    }
    write_row(w, "total", &sum);
    vfu_write_count(w, s->messages, "message");
    write_count(w, s->events[VFU_EVENT_CONNECT], " connection", " connections");
    write_count(w, sum.no_reply, " command without reply", " commands without reply");
    write_count(w, s->unpaired, " reply to no command", " replies to no command");
    write_count(w, outstanding(session), " command outstanding", " commands outstanding");
    write_count(w, unanswered(session), " never answered", " never answered");
    write_count(w, s->interrupts, " interrupt", " interrupts");
    write_count(w, s->truncated, " message cut", " messages cut");
    write_count(w, dropped.messages, " message dropped from the output", " messages dropped from the output");
    write_count(w, dropped.events, " event dropped from the output", " events dropped from the output");
    vfu_write_char(w, '\n');
    summary_peers_text(&s->peers, w);
    if (s->migrations.count)
        vfu_write_text(w, "\nmigration\n");
    text_migrations(&s->migrations, w);
    summary_registers_text(&s->registers, w);
    if (session) {
        summary_now_text(session, s->last_ns, w);
        summary_tally_text(session, w);
    }
    summary_doing_text(s->doing, s->doing_count, w);
    summary_rules_text(&s->rules, w);
    summary_reasons_text(&s->reasons, w);
    summary_plugins_text(&s->plugins, w);
}

static void json_row(struct vfu_writer *w, const char *mark, unsigned number, const struct row *r)
{
    json_string(w, mark, row_name(number));
    json_number(w, ",\"command_number\":", number);
    json_number(w, ",\"calls\":", r->calls);
    json_number(w, ",\"errors\":", r->errors);
    json_number(w, ",\"no_reply\":", r->no_reply);
    json_number(w, ",\"bytes\":", r->bytes);
    if (r->replies) {
        json_us(w, ",\"min_us\":", r->shortest);
        json_us(w, ",\"median_us\":", percentile(r, 50));
        json_us(w, ",\"p99_us\":", percentile(r, 99));
        json_us(w, ",\"max_us\":", r->longest);
    }
    vfu_write_char(w, '}');
}

static void json_rows(const struct vfu_summary *s, struct vfu_writer *w)
{
    const char *mark = "{\"command\":";

    json_put(w, ",\"commands\":[");
    for (unsigned i = 0; (i = next_row(s, i)) != 0; mark = ",{\"command\":")
        json_row(w, mark, i % ROWS, &s->rows[i % ROWS]);
    vfu_write_char(w, ']');
}

void vfu_summary_json(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      struct vfu_writer *w)
{
    json_number(w, "{\"event\":\"summary\",\"messages\":", s->messages);
    json_number(w, ",\"connections\":", s->events[VFU_EVENT_CONNECT]);
    json_number(w, ",\"unpaired\":", s->unpaired);
    json_number(w, ",\"outstanding\":", outstanding(session));
    json_number(w, ",\"unanswered\":", unanswered(session));
    json_number(w, ",\"truncated\":", s->truncated);
    json_number(w, ",\"interrupts\":", s->interrupts);
    json_number(w, ",\"dropped\":", dropped.messages);
    json_number(w, ",\"dropped_events\":", dropped.events);
    summary_peers_json(&s->peers, w);
    json_migrations(&s->migrations, w);
    summary_rules_json(&s->rules, w);
    summary_reasons_json(&s->reasons, w);
    json_rows(s, w);
    summary_registers_json(&s->registers, w);
    if (session) {
        summary_now_json(session, s->last_ns, w);
        summary_tally_json(session, w);
    }
    if (s->doing_count) {
        json_put(w, ",\"doing\":[");
        json_doing(w, s->doing, s->doing_count);
        vfu_write_char(w, ']');
    }
    summary_plugins_json(&s->plugins, w);
    json_put(w, "}\n");
}
