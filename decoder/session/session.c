/*
 * The session: numbers messages, pairs replies, and hands what the peers tell each other to learn.c.
 */
#include "decoder/session/peers.h"
#include "decoder/session/session.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OVERDUE_SEARCH = 16 };

struct vfu_session {
    struct vfu_peers **conns; /* count of them, sorted by number; those that ended are kept out */
    size_t count, room;
    uint64_t last_no;
    uint64_t outstanding, unanswered;
    struct vfu_rule_settings rules;
    struct vfu_decoded decoded; /* of the last message */
    struct vfu_problem problems[VFU_MAX_PROBLEMS];
};

struct vfu_session *vfu_session_new(const struct vfu_checks *checks)
{
    struct vfu_session *s = calloc(1, sizeof *s);

    if (s)
        s->rules.checks = checks;
    return s;
}

static void free_peers(struct vfu_peers *p)
{
    for (int i = 0; i < 4; i++)
        vfu_pairing_free(&p->pairing[i / 2][i % 2]);
    free(p->maps);
    free(p);
}

void vfu_session_free(struct vfu_session *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        free_peers(s->conns[i]);
    free(s ? s->conns : NULL);
    free(s);
}

static bool conn_is_before(const void *conns, size_t at, uint64_t conn)
{
    return ((struct vfu_peers *const *)conns)[at]->known.conn < conn;
}

/* Where a connection is, or where it would stand. */
static size_t place_of(const struct vfu_session *s, uint32_t conn)
{
    return vfu_lower_bound(s->conns, s->count, conn, conn_is_before);
}

/* NULL: it was not seen. */
static struct vfu_peers *find_peers(const struct vfu_session *s, uint32_t conn)
{
    size_t at = place_of(s, conn);

    return at < s->count && s->conns[at]->known.conn == conn ? s->conns[at] : NULL;
}

/* Forget a connection; what it still waits for was never answered. */
static void drop_peers(struct vfu_session *s, size_t at)
{
    for (int i = 0; i < 4; i++) {
        uint32_t left = s->conns[at]->pairing[i / 2][i % 2].count;

        s->outstanding -= left;
        s->unanswered += left;
    }
    free_peers(s->conns[at]);
    s->count--;
    memmove(s->conns + at, s->conns + at + 1, (s->count - at) * sizeof *s->conns);
}

/* The connection's state, made if it is new; NULL when out of memory. */
static struct vfu_peers *peers_of(struct vfu_session *s, uint32_t conn)
{
    size_t at = place_of(s, conn);
    struct vfu_peers *p;

    if (at < s->count && s->conns[at]->known.conn == conn)
        return s->conns[at];
    if (!VFU_GROW(s->conns, s->room, s->count + 1))
        return NULL;
    if (s->count == VFU_MAX_CONNECTIONS) { /* a capture that never says "disconnect": let the first one go */
        drop_peers(s, 0);
        at -= at > 0;
    }
    p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->known.conn = conn;
    p->known.open = true;
    p->known.migration_state = VFU_STATE_RUNNING;
    memmove(s->conns + at + 1, s->conns + at, (s->count - at) * sizeof *s->conns);
    s->conns[at] = p;
    s->count++;
    return p;
}

const struct vfu_connection *vfu_session_connection(const struct vfu_session *s, uint32_t conn)
{
    const struct vfu_peers *p = find_peers(s, conn);

    return p ? &p->known : NULL;
}

static void read_header(const struct vfu_message *m, struct vfu_event *e)
{
    struct vfu_header h = vfu_header_read(m->bytes, m->swapped);

    e->id = h.id;
    e->command_number = h.command;
    e->size = h.size;
    e->flags = h.flags;
    e->error = h.error;
    e->command = vfu_command_by_number(h.command);
}

static void pair_reply(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e)
{
    /* A reply answers a command of the other side on the same channel. */
    struct vfu_pairing *commands = &p->pairing[e->channel][e->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT];
    struct vfu_pending found;

    if (!vfu_pairing_take(commands, e->id, e->command_number, &found))
        return;
    s->outstanding--;
    e->paired = true;
    e->reply_to = found.no;
    e->latency_ns = e->time.mono_ns > found.mono_ns ? e->time.mono_ns - found.mono_ns : 0;
    e->request_size = found.request_size;
    memcpy(e->request, found.request, found.request_size);
}

/* Messages were left out: nothing that needs all of them is said any more. */
static void gap(struct vfu_session *s)
{
    for (size_t i = 0; i < s->count; i++) {
        s->conns[i]->rules.from_start = false;
        s->conns[i]->known.maps_unsure = true;
        s->conns[i]->known.migration_state_known = false;
    }
}

/* Is there more to the connection than the session has seen? */
static bool is_partial(const struct vfu_peers *p)
{
    return !p || !p->rules.from_start || p->rules.cut;
}

static void check(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e)
{
    if (!p || !s->rules.checks)
        return;
    e->problem_count = s->rules.checks->event(p, e, &s->rules, s->problems);
    e->problems = s->problems;
}

void vfu_session_message(struct vfu_session *s, const struct vfu_message *message, struct vfu_event *e)
{
    struct vfu_peers *p = peers_of(s, message->conn);

    e->kind = VFU_EVENT_MESSAGE;
    e->problems = NULL;
    e->problem_count = 0;
    e->notes = NULL;
    e->note_count = 0;
    e->message = *message;
    e->paired = false;
    e->reply_to = e->latency_ns = 0;
    e->request_size = 0; /* and nothing of the request itself, which is long and rarely used */
    e->decoded = NULL;
    if (message->no == 0)
        e->message.no = s->last_no + 1;
    else if (message->no != s->last_no + 1)
        gap(s);
    s->last_no = e->message.no;
    read_header(message, e);
    e->partial = !p;
    if (!p)
        return;
    if (vfu_event_is_reply(e)) {
        pair_reply(s, p, e);
    } else if (vfu_event_is_command(e) && !(e->flags & VFU_NO_REPLY)) {
        if (vfu_pairing_add(&p->pairing[message->channel][message->from], e))
            s->unanswered++;
        else
            s->outstanding++;
    }
    vfu_decode(e, &s->decoded);
    e->decoded = &s->decoded;
    check(s, p, e);
    if (message->changed) /* on its way, by us: nobody is at fault */
        e->problem_count = 0;
    p->rules.cut |= message->captured < e->size;
    e->partial = is_partial(p) || message->changed;
    vfu_learn(p, e);
}

void vfu_event_changed(struct vfu_event *event)
{
    read_header(&event->message, event);
    event->decoded = NULL;
}

void vfu_session_event(struct vfu_session *s, struct vfu_event *event)
{
    struct vfu_peers *p = find_peers(s, event->conn);

    event->partial = true;
    event->problems = NULL;
    event->problem_count = 0;
    switch (event->kind) {
    case VFU_EVENT_CONNECT:
        p = peers_of(s, event->conn);
        if (p)
            p->rules.from_start = true;
        event->partial = false;
        break;
    case VFU_EVENT_UNFRAMED:
        p = peers_of(s, event->conn);
        event->partial = is_partial(p);
        check(s, p, event);
        break;
    case VFU_EVENT_DISCONNECT:
        event->partial = is_partial(p);
        check(s, p, event);
        if (p)
            drop_peers(s, place_of(s, event->conn));
        break;
    case VFU_EVENT_OVERDUE: /* as it was recorded: vfu_session_overdue makes those of now */
        check(s, p, event);
        break;
    case VFU_EVENT_DROPPED:
        gap(s);
        break;
    default:
        break;
    }
}

/* The oldest command of a side that is overdue and was not told of. */
static const struct vfu_pending *find_overdue(const struct vfu_peers *p, unsigned channel, unsigned from, uint64_t before)
{
    return vfu_pairing_since(&p->pairing[channel][from], p->rules.overdue[channel][from], before, OVERDUE_SEARCH);
}

/* Does that side wait too, and was told of? Of two that wait for each other the second one says so. */
static bool waits_long(const struct vfu_peers *p, unsigned from, uint64_t before)
{
    for (unsigned channel = 0; channel < 2; channel++) {
        const struct vfu_pending *oldest = vfu_pairing_oldest(&p->pairing[channel][from]);

        if (oldest && oldest->mono_ns < before && oldest->no <= p->rules.overdue[channel][from])
            return true;
    }
    return false;
}

static void tell_overdue(struct vfu_session *s, struct vfu_peers *p, const struct vfu_pending *late,
                         struct vfu_event *e)
{
    const struct vfu_command *command = vfu_command_by_number(late->command);
    uint64_t age_ms = (e->time.mono_ns - late->mono_ns) / 1000000;

    e->overdue.no = late->no;
    e->overdue.count = p->pairing[e->channel][e->from].count;
    snprintf(e->overdue.what, sizeof e->overdue.what, "%s, id %u, for %llu.%03u s", command ? command->name : "UNKNOWN",
             late->id, (unsigned long long)(age_ms / 1000), (unsigned)(age_ms % 1000));
    p->rules.overdue[e->channel][e->from] = late->no;
    check(s, p, e);
}

bool vfu_session_overdue(struct vfu_session *s, struct vfu_time now, uint64_t limit_ns, struct vfu_event *event)
{
    uint64_t before = now.mono_ns > limit_ns ? now.mono_ns - limit_ns : 0;

    for (size_t i = 0; i < s->count; i++) {
        struct vfu_peers *p = s->conns[i];

        for (unsigned side = 0; side < 4; side++) {
            const struct vfu_pending *late = find_overdue(p, side / 2, side % 2, before);

            if (!late)
                continue;
            *event = (struct vfu_event){ .kind = VFU_EVENT_OVERDUE, .time = now, .conn = p->known.conn,
                                         .channel = (enum vfu_channel)(side / 2), .from = (enum vfu_side)(side % 2),
                                         .overdue.both = waits_long(p, !(side % 2), before) };
            tell_overdue(s, p, late, event);
            return true;
        }
    }
    return false;
}

static bool has_rule(const struct vfu_problem *problems, unsigned count, const struct vfu_rule *rule)
{
    for (unsigned i = 0; i < count; i++)
        if (problems[i].rule == rule)
            return true;
    return false;
}

void vfu_session_add_recorded(struct vfu_session *s, struct vfu_event *event, const struct vfu_event *recorded)
{
    unsigned own = event->problem_count;

    if (event->kind == VFU_EVENT_MESSAGE && vfu_event_is_reply(event) && !event->paired && recorded->paired) {
        event->paired = true;
        event->reply_to = recorded->reply_to;
        event->latency_ns = recorded->latency_ns;
    }
    if (!event->partial || !s->rules.checks)
        return;
    for (unsigned i = 0; i < recorded->problem_count && event->problem_count < VFU_MAX_PROBLEMS; i++) {
        struct vfu_problem p = recorded->problems[i];

        if (has_rule(event->problems, own, p.rule) || !s->rules.checks->judge(&s->rules, &p))
            continue;
        s->problems[event->problem_count++] = p;
        event->problems = s->problems;
    }
}

struct vfu_rule_settings *vfu_session_rules(struct vfu_session *s)
{
    return &s->rules;
}

const struct vfu_connection *vfu_session_next(const struct vfu_session *s, uint32_t conn)
{
    size_t at = conn == UINT32_MAX ? s->count : place_of(s, conn + 1);

    return at < s->count ? &s->conns[at]->known : NULL;
}

size_t vfu_session_waiting(const struct vfu_session *s, uint32_t conn, struct vfu_waiting *list, size_t room)
{
    const struct vfu_peers *peers = find_peers(s, conn);
    size_t count = 0;

    for (int i = 0; peers && i < 4; i++) {
        const struct vfu_pairing *p = &peers->pairing[i / 2][i % 2];

        for (const struct vfu_pending *w = vfu_pairing_oldest(p); w && count < room; w = vfu_pairing_newer(p, w))
            list[count++] = (struct vfu_waiting){ .no = w->no,
                                                  .mono_ns = w->mono_ns,
                                                  .channel = (enum vfu_channel)(i / 2),
                                                  .from = (enum vfu_side)(i % 2),
                                                  .id = w->id,
                                                  .command = w->command };
    }
    return count;
}

uint64_t vfu_session_outstanding(const struct vfu_session *s)
{
    return s->outstanding;
}

uint64_t vfu_session_unanswered(const struct vfu_session *s)
{
    return s->unanswered;
}
