/*
 * Rules of the header and of pairing.
 */
#include "decoder/rules/inside.h"

enum { SIZE_SLACK = 65536, SEARCH = 1024, JUST_SENT_NS = 1000000000 };

static void check_flags(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    uint32_t reserved = e->flags & ~(uint32_t)(VFU_TYPE_MASK | VFU_NO_REPLY | VFU_ERROR);

    if (reserved)
        vfu_break(c, RULE_RESERVED_FLAGS, "reserved flag bits are set: 0x%x", reserved);
    if ((e->flags & VFU_TYPE_MASK) > VFU_TYPE_REPLY)
        vfu_break(c, RULE_UNKNOWN_TYPE, "type %u is neither command nor reply", e->flags & VFU_TYPE_MASK);
    if (e->meant_as_reply)
        vfu_break(c, RULE_ERROR_IN_COMMAND, "an error reply of type 0, a command's: a reply has type 1");
    else if (vfu_event_is_command(e) && (e->flags & VFU_ERROR || e->error))
        vfu_break(c, RULE_ERROR_IN_COMMAND, "errno %u and the error flag %s in a command", e->error,
                  e->flags & VFU_ERROR ? "set" : "clear");
    if (vfu_event_is_reply(e) && e->error && !(e->flags & VFU_ERROR))
        vfu_break(c, RULE_ERROR_WITHOUT_FLAG, "errno %u, and the error flag is clear", e->error);
    if (vfu_event_is_reply(e) && e->flags & VFU_ERROR && e->size > VFU_HEADER_SIZE)
        vfu_break(c, RULE_ERROR_REPLY_PAYLOAD, "an error reply has %u bytes of payload", e->size - VFU_HEADER_SIZE);
}

/* Of sizes that are not in between anyway. */
static void check_size(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t most = VFU_DEFAULT_MAX_DATA_XFER_SIZE;

    if (!vfu_size_is_true(c->event->size)) {
        vfu_break(c, RULE_SIZE_IMPOSSIBLE, "the size is %u, %s", c->event->size,
                  c->event->size < VFU_HEADER_SIZE ? "less than a header" : "more than any message may have");
        return;
    }
    /* Bitmaps are not bound by it: one of 64 GiB in pages of 4 KiB has 2 MiB. */
    if (!known->agreed.known || (c->event->command && c->event->command->unlimited))
        return;
    if (known->proposed.max_data_xfer_size > most)
        most = known->proposed.max_data_xfer_size;
    if (known->agreed.max_data_xfer_size > most)
        most = known->agreed.max_data_xfer_size;
    if (c->event->size > most + SIZE_SLACK)
        vfu_break(c, RULE_SIZE_ABOVE_AGREED, "%u bytes, where max_data_xfer_size is %llu", c->event->size,
                  (unsigned long long)most);
}

/* Why does nobody wait for this reply? */
static void check_unpaired(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    enum vfu_side commander = !e->from;
    const struct vfu_pairing *waiting = &c->peers->pairing[e->channel][commander];
    const struct vfu_recent *recent = &c->peers->rules.recent[e->channel][commander];
    const struct vfu_pending *other;

    if (!c->peers->rules.from_start || c->peers->rules.unframed[e->channel] & 1u << commander)
        return; /* its command may be one that was not seen */
    other = vfu_pairing_find_id(waiting, e->id, SEARCH);
    if (other) {
        vfu_break(c, RULE_COMMAND_MISMATCH, "the reply says command %u, the command with id %u (#%llu) was %u",
                  e->command_number, e->id, (unsigned long long)other->no, other->command);
        return;
    }
    for (unsigned i = 0; i < VFU_RECENT && i < recent->at; i++) {
        const struct vfu_recent_command *r = &recent->last[(recent->at - 1 - i) % VFU_RECENT];

        if (r->id != e->id || r->command != e->command_number)
            continue;
        if (r->kind == VFU_NO_COMMAND && e->flags & VFU_ERROR)
            return;
        if (r->kind == VFU_NO_COMMAND)
            break;
        if (r->kind == VFU_WITHOUT_REPLY)
            vfu_break(c, RULE_REPLY_TO_NO_REPLY, "the command with id %u had No_reply", e->id);
        else
            vfu_break(c, RULE_DUPLICATE_REPLY, "the command with id %u was answered before", e->id);
        return;
    }
    vfu_break(c, RULE_REPLY_WITHOUT_COMMAND, "no command of the %s with id %u waits for a reply",
              vfu_side_name(commander), e->id);
}

/* Two sides that each wait for their own reply may wait for ever; said once a connection. */
static void check_crossing(struct vfu_check *c, const struct vfu_pairing *others)
{
    const struct vfu_pending *waiting = vfu_pairing_owed(others);

    if (!waiting || c->peers->rules.crossed || !c->peers->rules.from_start || c->event->flags & VFU_NO_REPLY)
        return; /* what seems to wait may have its reply, not seen */
    c->peers->rules.crossed = true;
    vfu_break(c, RULE_CROSSING,
              "a command while the other side waits for the reply to its #%llu, on the same socket: "
              "see twin_socket",
              (unsigned long long)waiting->no);
}

/* VERSION comes first, and its reply before anything else. */
static void check_order(struct vfu_check *c)
{
    struct vfu_rule_state *state = &c->peers->rules;
    const struct vfu_event *e = c->event;
    bool first = !state->client_spoke && e->from == VFU_CLIENT;

    if (first && state->from_start && e->command_number != VFU_VERSION)
        vfu_break(c, RULE_VERSION_NOT_FIRST, "the first message is command %u", e->command_number);
    if (state->client_spoke && !state->settled && state->from_start && e->command_number != VFU_VERSION)
        vfu_break(c, RULE_VERSION_UNANSWERED, "command %u before the reply to VERSION", e->command_number);
    state->client_spoke |= first;
    if (state->client_spoke) /* said once */
        state->settled = e->command_number != VFU_VERSION || e->flags & VFU_NO_REPLY;
}

void vfu_check_no_reply(struct vfu_check *c)
{
    const struct vfu_command *command = c->event->command;

    if (command && command->asks && vfu_decoded_holds(command->asks, c->event, c->decoded))
        vfu_break(c, RULE_NO_REPLY_QUESTION, "%s with No_reply asks for what never comes", command->name);
}

static void check_command(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    enum vfu_side from = e->from;
    enum vfu_channel channel = e->channel;
    const struct vfu_pairing *others = &c->peers->pairing[channel][!from];

    if (!e->command)
        vfu_break(c, RULE_UNKNOWN_COMMAND, "command %u is not in the specification", e->command_number);
    else if (e->command->from != from)
        vfu_break(c, RULE_WRONG_DIRECTION, "%s is a command of the %s", e->command->name,
                  vfu_side_name(e->command->from));
    if (!c->peers->rules.settled || e->command_number == VFU_VERSION)
        check_order(c);
    if (from == VFU_SERVER && channel == VFU_MAIN && c->peers->rules.twin)
        vfu_break(c, RULE_TWIN_BYPASSED, "a command on the main socket although a twin socket was agreed on");
    if (from == VFU_CLIENT && channel == VFU_TWIN)
        vfu_break(c, RULE_TWIN_BYPASSED, "a client's command on the twin socket");
    if (others->count)
        check_crossing(c, others);
}

void vfu_check_header(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;

    if (e->error || e->flags & ~(uint32_t)(VFU_TYPE_REPLY | VFU_NO_REPLY))
        check_flags(c);
    if (e->size < VFU_HEADER_SIZE || e->size > VFU_DEFAULT_MAX_DATA_XFER_SIZE)
        check_size(c);
    if (vfu_event_is_command(e))
        check_command(c);
    else if (vfu_event_is_reply(e) && !e->paired)
        check_unpaired(c);
}

/* Of one side's commands, at the end. Nobody had the time to answer what came just before another ended it. */
static void check_left(struct vfu_check *c, enum vfu_side side, const struct vfu_pairing *waiting)
{
    const struct vfu_pending *oldest = vfu_pairing_owed(waiting);
    const struct vfu_event *e = c->event;
    const struct vfu_command *command = oldest ? vfu_command_by_number(oldest->command) : NULL;
    uint64_t now = e->time.mono_ns, since = oldest ? oldest->mono_ns : 0, waited;
    uint64_t excused = c->peers->rules.excused_ns[!side];
    unsigned count = 0;

    since = since > excused ? since : excused;
    waited = now > since ? now - since : 0;
    if (oldest && oldest->command == VFU_VERSION &&
        (c->peers->rules.server_is_busy || now < c->peers->rules.served_from_ns + JUST_SENT_NS))
        return; /* many servers have one client at a time */
    if (!oldest || since > now || (waited < JUST_SENT_NS && e->disconnect.closed_by & 1u << side))
        return;
    for (const struct vfu_pending *p = oldest; p; p = vfu_pairing_newer(waiting, p))
        count += !p->kept;
    vfu_break_by(c, RULE_NEVER_ANSWERED, !side, "%u of the %s's commands got no reply, the oldest is #%llu, %s, "
                 "sent %llu.%03u s before the end", count, vfu_side_name(side), (unsigned long long)oldest->no,
                 command ? command->name : "UNKNOWN", (unsigned long long)(waited / 1000000000),
                 (unsigned)(waited / 1000000 % 1000));
}

void vfu_check_end(struct vfu_check *c)
{
    if (!c->peers->rules.from_start)
        return; /* what looks unanswered may be a reply that was not seen */
    for (int i = 0; i < 4; i++)
        if (vfu_rules_owes(&c->peers->rules, (enum vfu_channel)(i / 2), (enum vfu_side)!(i % 2)))
            check_left(c, (enum vfu_side)(i % 2), &c->peers->pairing[i / 2][i % 2]);
}

void vfu_check_overdue(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    enum vfu_side late = e->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;

    if (e->overdue.waiting_ms < VFU_PATIENCE_MS || e->overdue.excused)
        return;
    if (!vfu_rules_owes(&c->peers->rules, e->channel, late))
        return; /* what keeps it was told of, and whose fault that is */
    vfu_break_by(c, RULE_OVERDUE, late, "no reply to #%llu: %s", (unsigned long long)e->overdue.no,
                 e->overdue.what);
    if (e->overdue.both)
        vfu_break_by(c, RULE_BOTH_WAIT, late, "the %s waits for a reply too", vfu_side_name(late));
}

void vfu_check_interrupt(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    char room[24];

    if (e->interrupt.late)
        vfu_break_by(c, RULE_LATE_INTERRUPT, VFU_SERVER, "%s %u by an eventfd that was taken away before",
                     vfu_check_name(vfu_irq_names, e->interrupt.index, room), e->interrupt.vector);
}

void vfu_check_stalled(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_command *command = vfu_command_by_number(e->stalled.command);

    if (e->stalled.got < VFU_HEADER_SIZE)
        vfu_break(c, RULE_STALLED, "%llu of a header's 16 bytes came, and then nothing", (unsigned long long)e->stalled.got);
    else
        vfu_break(c, RULE_STALLED, "%llu of the %u bytes of a %s came, and then nothing",
                  (unsigned long long)e->stalled.got, e->stalled.size, command ? command->name : "message");
}

void vfu_check_unframed(struct vfu_check *c)
{
    const char *why = c->event->unframed.why;

    if (c->event->unframed.missing || c->peers->rules.unframed[c->event->channel] & 1u << c->event->from)
        return; /* said of the header before it */
    vfu_break(c, RULE_SIZE_IMPOSSIBLE, "%s", why[0] ? why : "the size can't be true");
}
