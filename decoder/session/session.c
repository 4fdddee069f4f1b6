/*
 * The session: numbers messages, pairs replies, and hands what the peers tell each other to learn.c.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/header.h"

#include <string.h>

static void read_header(const struct vfu_message *m, struct vfu_event *e)
{
    struct vfu_header h = vfu_header_read(m->bytes, m->swapped);

    e->id = h.id;
    e->command_number = h.command;
    e->size = h.size;
    e->flags = h.flags;
    e->error = h.error;
    e->command = vfu_command_by_number(h.command);
    e->meant_as_reply = (h.flags & (VFU_TYPE_MASK | VFU_ERROR)) == (VFU_TYPE_COMMAND | VFU_ERROR) && e->command &&
                        e->command->from != e->from;
}

/* An error to a command that no row knows has only the command itself to tell that it is an answer. */
static bool answers_unknown(const struct vfu_peers *p, const struct vfu_event *e)
{
    return (e->flags & (VFU_TYPE_MASK | VFU_ERROR)) == (VFU_TYPE_COMMAND | VFU_ERROR) && !e->command &&
           vfu_pairing_find(&p->pairing[e->channel][!e->from], e->id, e->command_number);
}

static void pair_reply(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e)
{
    /* A reply answers a command of the other side on the same channel. */
    struct vfu_pairing *commands = &p->pairing[e->channel][e->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT];
    const struct vfu_pending *found = vfu_pairing_take(commands, e->id, e->command_number);

    if (!found)
        return;
    s->outstanding--;
    e->paired = true;
    e->reply_to = found->no;
    e->latency_ns = e->time.mono_ns > found->mono_ns ? e->time.mono_ns - found->mono_ns : 0;
    e->request_size = found->request_size;
    memcpy(e->request, found->request, found->request_size);
    e->request_payload = found->payload;
    e->request_fds = found->fds;
    e->request_changed = found->changed;
    if (e->flags & VFU_ERROR)
        vfu_stray_refused(p, e);
}

/* Messages of a connection may be missing: nothing that needs all of them is said any more. */
static void lack_some(struct vfu_peers *p)
{
    p->rules.from_start = false;
    vfu_maps_unsure(&p->known);
    p->known.migration_state_known = false;
    p->known.log = (struct vfu_known_log){ 0 };
}

/* Messages were left out, nobody knows of which. */
static void gap(struct vfu_session *s)
{
    for (size_t i = 0; i < s->count; i++)
        lack_some(s->conns[i]);
}

/*
 * A stream is understood again. What was passed over may have been replies, so that none is owed to those who wait, or
 * whole messages, if there was room for one.
 */
static void framed_again(struct vfu_peers *p, const struct vfu_event *e)
{
    p->rules.unframed[e->channel] &= (uint8_t)~(1u << e->from);
    if (e->framed.skipped < VFU_HEADER_SIZE)
        return;
    vfu_pairing_keep_all(&p->pairing[e->channel][!e->from]);
    lack_some(p);
}

/* Is there more to the connection than the session has seen, or can see? */
static bool is_partial(const struct vfu_session *s, const struct vfu_peers *p)
{
    return s->no_memory || !p || !p->rules.from_start || p->rules.cut;
}

void vfu_session_check(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e)
{
    if (!p || !s->rules.checks)
        return;
    e->problem_count = s->rules.checks->event(p, e, &s->rules, s->problems);
    e->problems = s->problems;
}

static bool tell_peer(struct vfu_session *s, struct vfu_event *event)
{
    struct vfu_peers *p = vfu_peers_find(s, s->looked);

    s->looked = 0;
    if (!p || !p->looks.untold)
        return false;
    *event = (struct vfu_event){ .kind = VFU_EVENT_PEER, .partial = is_partial(s, p), .time = p->looks.time,
                                 .conn = p->known.conn, .channel = VFU_MAIN,
                                 .from = p->looks.untold & 1u << VFU_CLIENT ? VFU_CLIENT : VFU_SERVER };
    s->rules.checks->peer(p, event);
    p->looks.told |= (uint8_t)(1u << event->from);
    p->looks.untold &= (uint8_t)~(1u << event->from);
    s->looked = p->looks.untold ? p->known.conn : 0;
    return true;
}

bool vfu_session_peer(struct vfu_session *s, struct vfu_event *event)
{
    return s->looked && tell_peer(s, event); /* asked after each message */
}

const char *vfu_session_peer_name(const struct vfu_session *s, uint32_t conn, enum vfu_side side)
{
    const struct vfu_peers *p = vfu_peers_find(s, conn);

    return p ? p->looks.sides[side].name : NULL;
}

bool vfu_session_judges_peer(const struct vfu_session *s, uint32_t conn, enum vfu_side side)
{
    const struct vfu_peers *p = vfu_peers_find(s, conn);

    return p && p->looks.sides[side].seen;
}

/* Of an error reply to a command that was seen. */
static void give_reasons(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e)
{
    if (!s->rules.checks || !s->rules.checks->because || !e->paired)
        return;
    e->because_count = s->rules.checks->because(p, e, s->because);
    e->because = s->because;
}

/* What the summary shows of some messages. */
static void count(struct vfu_session *s, struct vfu_peers *p, const struct vfu_event *e)
{
    switch (e->command_number) {
    case VFU_REGION_READ:
    case VFU_REGION_WRITE:
        if (p->offered_regions && vfu_event_is_command(e))
            vfu_tally_access(&s->tally, p, e);
        break;
    case VFU_DMA_READ:
    case VFU_DMA_WRITE:
        vfu_tally_dma(&s->tally, p, e);
        break;
    case VFU_DEVICE_SET_IRQS:
        vfu_tally_irqs(&s->tally, e);
        break;
    case VFU_DEVICE_GET_REGION_INFO:
        if (vfu_event_is_reply(e) && !(e->flags & VFU_ERROR))
            vfu_tally_region(p, e, e->message.changed);
        break;
    default:
        break;
    }
}

/* Nearly every message reads or writes a register, or memory, and tells nothing of the device that was not known. */
static bool is_access(const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;

    if (e->command_number != VFU_REGION_READ)
        return e->command_number >= VFU_REGION_WRITE;
    return !e->paired || d->count == 0 || d->values[e->command->moves.region].number != VFIO_PCI_ROM_REGION_INDEX;
}

static void check_message(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e)
{
    const struct vfu_checks *checks = s->rules.checks;

    vfu_session_check(s, p, e);
    if (!checks || !checks->further || (!e->problem_count && !p->looks.watching && is_access(e)))
        return;
    e->problem_count = checks->further(p, e, &s->rules, s->problems, e->problem_count);
    if (p->looks.untold)
        s->looked = p->known.conn;
}

void vfu_session_message(struct vfu_session *s, const struct vfu_message *message, struct vfu_event *e)
{
    struct vfu_peers *p = vfu_peers_get(s, message->conn);

    e->kind = VFU_EVENT_MESSAGE;
    e->problems = NULL;
    e->problem_count = 0;
    e->notes = NULL;
    e->note_count = e->request_count = 0;
    e->register_count = 0;
    e->file = NULL;
    e->because = NULL;
    e->because_count = 0;
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
    p->rules.stalled[message->channel] &= (uint8_t)~(1u << message->from);
    e->meant_as_reply |= answers_unknown(p, e);
    if (vfu_event_is_reply(e)) {
        pair_reply(s, p, e);
    } else if (vfu_event_is_command(e) && !(e->flags & VFU_NO_REPLY)) {
        if (vfu_pairing_add(&p->pairing[message->channel][message->from], e))
            s->unanswered++;
        else
            s->outstanding++;
    }
    if (message->changed & (VFU_CHANGED_INJECT | VFU_CHANGED_INTERCEPT))
        vfu_session_keep(s, e);
    vfu_decode(e, &s->decoded);
    e->decoded = &s->decoded;
    if (s->decoded.is_short && vfu_event_is_command(e))
        vfu_stray_short(p, e);
    check_message(s, p, e);
    if (message->changed) /* on its way, by us: nobody is at fault */
        e->problem_count = 0;
    if (e->flags & VFU_ERROR)
        give_reasons(s, p, e);
    if (!vfu_size_is_true(e->size)) {
        if (!message->changed)
            p->rules.unframed[message->channel] |= (uint8_t)(1u << message->from);
        e->partial = is_partial(s, p) || message->changed;
        return;
    }
    p->rules.cut |= message->captured < e->size;
    e->partial = is_partial(s, p) || message->changed;
    vfu_learn(p, e);
    count(s, p, e);
    if (message->changed)
        vfu_session_changed(s, e);
}

void vfu_event_changed(struct vfu_event *event)
{
    read_header(&event->message, event);
    event->decoded = NULL;
}

/* A connection ends: whoever waits for the server behind it waits from now on. */
static void let_next(struct vfu_session *s, const struct vfu_peers *ended, uint64_t now)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->conns[i] != ended && vfu_session_busy_with(s, s->conns[i]))
            s->conns[i]->rules.served_from_ns = now;
}

void vfu_session_event(struct vfu_session *s, struct vfu_event *event)
{
    struct vfu_peers *p = vfu_peers_find(s, event->conn);

    event->partial = true;
    event->problems = NULL;
    event->problem_count = 0;
    switch (event->kind) {
    case VFU_EVENT_CONNECT:
        p = vfu_peers_get(s, event->conn);
        if (p)
            p->rules.from_start = !event->connect.late;
        event->partial = s->no_memory || event->connect.late;
        break;
    case VFU_EVENT_UNFRAMED:
        p = vfu_peers_get(s, event->conn);
        event->partial = is_partial(s, p);
        if (p)
            vfu_stray_guess(p, event);
        vfu_session_check(s, p, event);
        if (p)
            p->rules.unframed[event->channel] |= (uint8_t)(1u << event->from);
        break;
    case VFU_EVENT_FRAMED:
        event->partial = is_partial(s, p);
        if (p)
            framed_again(p, event);
        break;
    case VFU_EVENT_DISCONNECT:
        event->partial = is_partial(s, p);
        if (p)
            p->rules.server_is_busy |= vfu_session_busy_with(s, p) != 0;
        vfu_session_check(s, p, event);
        if (p)
            vfu_hints_end(s, p);
        let_next(s, p, event->time.mono_ns);
        s->never_count += vfu_session_waiting(s, event->conn, s->never + s->never_count, VFU_NEVER_ANSWERED - s->never_count);
        vfu_peers_drop(s, event->conn);
        break;
    case VFU_EVENT_OVERDUE: /* as it was recorded: vfu_session_overdue makes those of now */
        event->partial = is_partial(s, p);
        event->overdue.excused = p && vfu_session_busy_with(s, p);
        vfu_session_check(s, p, event);
        break;
    case VFU_EVENT_INTERRUPT:
        vfu_tally_interrupt(&s->tally, event);
        event->partial = is_partial(s, p);
        vfu_session_check(s, p, event);
        break;
    case VFU_EVENT_LOOK:
        event->partial = is_partial(s, p);
        break;
    case VFU_EVENT_STALLED:
        p = vfu_peers_get(s, event->conn);
        event->partial = is_partial(s, p);
        vfu_session_check(s, p, event);
        if (p)
            p->rules.stalled[event->channel] |= (uint8_t)(1u << event->from);
        break;
    case VFU_EVENT_READS_NO_MORE:
        p = vfu_peers_get(s, event->conn);
        event->partial = is_partial(s, p);
        if (p)
            p->rules.deaf[event->channel] |= (uint8_t)(1u << event->from);
        break;
    case VFU_EVENT_DROPPED:
        gap(s);
        break;
    case VFU_EVENT_CAPTURE: /* what was said about that memory is all there is */
        s->no_memory = event->capture.no_memory;
        break;
    default:
        break;
    }
}

static bool has_reason(const struct vfu_because *because, unsigned count, const char *reason)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(because[i].reason, reason) == 0)
            return true;
    return false;
}

/* What whoever wrote the capture knew of a refusal, or plugins did. */
static void add_reasons(struct vfu_session *s, struct vfu_event *event, const struct vfu_event *recorded)
{
    unsigned own = event->because_count;

    for (unsigned i = 0; i < recorded->because_count && event->because_count < VFU_MAX_BECAUSE; i++) {
        const struct vfu_because *b = &recorded->because[i];

        if ((b->of_plugin ? s->rules.without_plugins : !event->partial) || has_reason(event->because, own, b->reason))
            continue;
        s->because[event->because_count++] = *b;
        event->because = s->because;
    }
}

static bool has_rule(const struct vfu_problem *problems, unsigned count, const struct vfu_rule *rule)
{
    for (unsigned i = 0; i < count; i++)
        if (problems[i].rule == rule)
            return true;
    return false;
}

/* The problems and reasons that a capture has, hardly ever any. */
static void add_findings(struct vfu_session *s, struct vfu_event *event, const struct vfu_event *recorded)
{
    unsigned own = event->problem_count;

    for (unsigned i = 0; i < recorded->problem_count && event->problem_count < VFU_EVENT_PROBLEMS; i++) {
        struct vfu_problem p = recorded->problems[i];

        if ((p.rule->plugin ? s->rules.without_plugins : !event->partial) ||
            has_rule(event->problems, own, p.rule) || !s->rules.checks->judge(&s->rules, &p))
            continue;
        s->problems[event->problem_count++] = p;
        event->problems = s->problems;
    }
    add_reasons(s, event, recorded);
}

void vfu_session_add_recorded(struct vfu_session *s, struct vfu_event *event, const struct vfu_event *recorded)
{
    if (event->kind == VFU_EVENT_MESSAGE && vfu_event_is_reply(event) && !event->paired && recorded->paired) {
        event->paired = true;
        event->reply_to = recorded->reply_to;
        event->latency_ns = recorded->latency_ns;
    }
    if (s->rules.checks && (recorded->problem_count || recorded->because_count))
        add_findings(s, event, recorded);
}

struct vfu_rule_settings *vfu_session_rules(struct vfu_session *s)
{
    return &s->rules;
}
