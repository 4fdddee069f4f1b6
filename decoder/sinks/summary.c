/*
 * The summary sink, -c: what is wrong first, then how often each command came, how it went and how long it took. A fixed size,
 * whatever the traffic.
 */
#include "decoder/sinks/inside.h"

#include <stdlib.h>

struct vfu_summary {
    struct summary_row rows[SUMMARY_ROWS];
    uint64_t messages, events[VFU_EVENT_KINDS];
    uint64_t unpaired, truncated, interrupts;
    uint64_t last_ns; /* monotonic: of the last event, or when it is asked for */
    struct summary_latency latency;
    struct summary_errors errors;
    struct summary_peers peers;
    struct vfu_migrations migrations;
    struct summary_rules rules;
    struct summary_reasons reasons;
    struct summary_registers registers;
    struct summary_warnings warnings;
    struct summary_plugins plugins;
    struct summary_requests requests;
    const struct vfu_doing *doing; /* what the peers do now: doing_count of them */
    unsigned doing_count;
};

struct vfu_summary *vfu_summary_new(void)
{
    struct vfu_summary *s = calloc(1, sizeof *s);

    if (s) {
        summary_registers_start(&s->registers);
        summary_latency_start(&s->latency);
    }
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

void vfu_summary_event(struct vfu_summary *s, const struct vfu_event *e)
{
    struct summary_row *r;

    s->events[e->kind]++;
    s->last_ns = e->time.mono_ns;
    if (e->problem_count)
        summary_problems(&s->rules, e);
    if (e->request_count)
        summary_request(&s->requests, e);
    if (e->note_count)
        summary_warn(&s->warnings, e);
    if (e->kind != VFU_EVENT_MESSAGE) {
        s->interrupts += e->kind == VFU_EVENT_INTERRUPT ? e->interrupt.count : 0;
        if (e->kind == VFU_EVENT_PEER)
            summary_peer(&s->peers, e);
        return;
    }
    s->messages++;
    r = &s->rows[e->command && e->command_number < SUMMARY_ROWS ? e->command_number : 0];
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
    if (e->flags & VFU_ERROR) {
        r->errors++;
        summary_error(&s->errors, e);
    }
    if (e->because_count)
        summary_because(&s->reasons, e);
    if (!e->paired) {
        s->unpaired++;
        return;
    }
    summary_took(r, e->latency_ns);
    summary_latency(&s->latency, e);
}

static uint64_t outstanding(const struct vfu_session *session)
{
    return session ? vfu_session_outstanding(session) : 0;
}

static uint64_t unanswered(const struct vfu_session *session)
{
    return session ? vfu_session_unanswered(session) : 0;
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

static void write_waiting(const struct vfu_session *session, uint64_t now_ns, const struct vfu_summary_look *look,
                          struct vfu_writer *w)
{
    uint64_t never = unanswered(session), now = outstanding(session);

    if (!never && !now)
        return;
    summary_colour(look, w, TEXT_YELLOW);
    if (never) {
        vfu_write_count(w, never, "command");
        vfu_write_text(w, now ? " never answered, " : " never answered");
    }
    if (now) {
        vfu_write_count(w, now, "command");
        vfu_write_text(w, " outstanding");
    }
    summary_colour(look, w, TEXT_PLAIN);
    vfu_write_char(w, '\n');
    if (never)
        summary_never_text(session, w);
    if (now)
        summary_waiting_text(session, now_ns, w);
}

/* What there is nothing of: "no error, every command answered". */
static void write_clean(bool rules, bool errors, bool waiting, struct vfu_writer *w)
{
    const char *words[3];
    unsigned count = 0;

    if (!rules)
        words[count++] = "no rule broken";
    if (!errors)
        words[count++] = "no error";
    if (!waiting)
        words[count++] = "every command answered";
    for (unsigned i = 0; i < count; i++) {
        vfu_write_text(w, i ? ", " : "");
        vfu_write_text(w, words[i]);
    }
    if (count)
        vfu_write_char(w, '\n');
}

/* Whether all is well, and if not, what is wrong. */
static void write_verdict(const struct vfu_summary *s, const struct vfu_session *session, const struct vfu_summary_look *look,
                          struct vfu_writer *w)
{
    bool waiting = unanswered(session) || outstanding(session), rules = summary_rules_text(&s->rules, look, w);

    summary_warnings_text(&s->warnings, look, w);
    summary_errors_text(&s->errors, look, w);
    summary_reasons_text(&s->reasons, w);
    write_waiting(session, s->last_ns, look, w);
    write_clean(rules || look->unchecked, s->errors.total, waiting || !session, w);
    summary_slowest_text(&s->latency, w);
}

static void write_counts(const struct vfu_summary *s, struct vfu_left_out dropped, struct vfu_writer *w)
{
    uint64_t bytes = 0, posted = 0;

    for (unsigned i = 0; i < SUMMARY_ROWS; i++) {
        bytes += s->rows[i].bytes;
        posted += s->rows[i].no_reply;
    }
    vfu_write_count(w, s->messages, "message");
    write_count(w, bytes, " byte", " bytes");
    write_count(w, s->events[VFU_EVENT_CONNECT], " connection", " connections");
    write_count(w, posted, " command posted", " commands posted");
    write_count(w, s->unpaired, " reply to no command", " replies to no command");
    write_count(w, s->interrupts, " interrupt", " interrupts");
    write_count(w, s->truncated, " message cut", " messages cut");
    write_count(w, dropped.messages, " message dropped from the output", " messages dropped from the output");
    write_count(w, dropped.events, " event dropped from the output", " events dropped from the output");
    vfu_write_char(w, '\n');
}

void vfu_summary_text(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      const struct vfu_summary_look *look, struct vfu_writer *to)
{
    struct text_wrap lines;
    struct vfu_writer *w = look->width ? text_wrap(&lines, look->width, TEXT_HANGING, to) : to;

    if (s->messages)
        write_verdict(s, session, look, w);
    else
        summary_rules_text(&s->rules, look, w);
    write_counts(s, dropped, w);
    summary_peers_text(&s->peers, w);
    if (s->messages)
        summary_commands_text(s->rows, look, w);
    summary_latency_text(&s->latency, look, w);
    summary_registers_text(&s->registers, look, w);
    summary_requests_text(&s->requests, look, w);
    if (s->migrations.count)
        vfu_write_text(w, "\nmigration\n");
    text_migrations(&s->migrations, w);
    if (session) {
        summary_maps_text(session, look, w);
        summary_tally_text(session, look, w);
    }
    summary_doing_text(s->doing, s->doing_count, w);
    summary_plugins_text(&s->plugins, w);
    if (look->width)
        text_wrap_end(&lines);
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
    summary_warnings_json(&s->warnings, w);
    summary_errors_json(&s->errors, w);
    summary_commands_json(s->rows, w);
    summary_latency_json(&s->latency, w);
    summary_registers_json(&s->registers, w);
    summary_requests_json(&s->requests, w);
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
