/*
 * The evidence: what was found, by kind, with the first of each and how often it came; and what passed beside the socket.
 * Nearly every message has nothing to tell: it is looked at for as long as a few comparisons take.
 */
#include "decoder/reasons/evidence.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vfu_evidence *vfu_evidence_new(void)
{
    return calloc(1, sizeof(struct vfu_evidence));
}

struct vfu_evidence *vfu_evidence_copy(const struct vfu_evidence *e)
{
    struct vfu_evidence *copy = malloc(sizeof *copy);

    if (copy)
        *copy = *e;
    return copy;
}

void vfu_evidence_free(struct vfu_evidence *e)
{
    free(e);
}

/* --- findings --- */

static void add_message(struct vfu_finding *f, uint64_t no)
{
    for (unsigned i = 0; i < f->message_count; i++)
        if (f->messages[i] == no)
            return;
    if (no && f->message_count < VFU_FINDING_MESSAGES)
        f->messages[f->message_count++] = no;
}

static bool is_same(const struct vfu_finding *a, const struct vfu_finding *b)
{
    if (a->kind != b->kind || a->rule != b->rule || a->cause != b->cause || a->quiet != b->quiet)
        return false;
    switch (a->kind) {
    case VFU_FOUND_RULE:
        return a->nobody == b->nobody && a->at_fault == b->at_fault && a->severity == b->severity &&
               (a->severity != VFU_MISFIT || strcmp(a->text, b->text) == 0);
    case VFU_FOUND_REFUSAL:
        return a->command == b->command && a->error == b->error && strcmp(a->name, b->name) == 0;
    default:
        return strcmp(a->name, b->name) == 0 && strcmp(a->text, b->text) == 0;
    }
}

/* Count it: with those of its kind, or as a new one. Its number; -1: there is no room. */
static int put(struct vfu_evidence *e, const struct vfu_finding *new, uint64_t no)
{
    unsigned i = 0;

    while (i < e->finding_count && !is_same(&e->findings[i], new))
        i++;
    if (i == VFU_MAX_FINDINGS) {
        e->findings_more++;
        return -1;
    }
    if (i == e->finding_count) {
        e->findings[i] = *new;
        e->finding_count++;
    }
    e->findings[i].count++;
    add_message(&e->findings[i], no);
    return (int)i;
}

/* A value that nobody takes for a region's number: a test asks for it to see it refused, as libvfio-user's sample does. */
static bool is_a_test(const struct vfu_event *event, const struct vfu_problem *p)
{
    struct vfu_decoded room;
    struct vfu_moved m;

    return event->kind == VFU_EVENT_MESSAGE && event->command && strcmp(p->rule->id, "no-such-region") == 0 &&
           vfu_moved_first(&m, event->command, vfu_decoded_of(event, &room)) && m.region == 0xdeadbeef;
}

static void take_problem(struct vfu_evidence *e, struct evidence_trail *t, const struct vfu_event *event,
                         const struct vfu_problem *p)
{
    struct vfu_finding new = { .kind = VFU_FOUND_RULE, .rule = p->rule, .severity = p->severity, .nobody = p->nobody,
                               .at_fault = p->at_fault, .conn = event->conn };
    uint64_t no = event->kind == VFU_EVENT_OVERDUE ? event->overdue.no : vfu_event_no(event);
    int number;

    if (evidence_is_hang(e, event, p->rule))
        return;
    new.quiet = (p->severity == VFU_SUSPICIOUS && p->rule->dialect) || is_a_test(event, p);
    new.cause = evidence_cause(e, t, p->rule, event);
    snprintf(new.text, sizeof new.text, "%s", p->text);
    if (event->kind == VFU_EVENT_UNFRAMED)
        snprintf(new.because, sizeof new.because, "%s", event->unframed.guess);
    number = put(e, &new, no);
    if (number < 0)
        return;
    if (event->kind == VFU_EVENT_MESSAGE && vfu_event_is_command(event)) {
        e->broken[e->broken_at % EVIDENCE_BROKEN].no = no;
        e->broken[e->broken_at++ % EVIDENCE_BROKEN].finding = (unsigned)number;
    }
    if (!new.quiet)
        e->findings[number].explains |= evidence_mark_rule(t, p->rule, (unsigned)(new.cause >= 0 ? new.cause : number), no);
}

static void take_note(struct vfu_evidence *e, const struct vfu_event *event, const struct vfu_note *n)
{
    struct vfu_finding new = { .kind = VFU_FOUND_WARNING, .severity = VFU_SUSPICIOUS, .nobody = true, .cause = -1,
                               .conn = event->conn };

    snprintf(new.name, sizeof new.name, "%s", n->plugin);
    snprintf(new.text, sizeof new.text, "%s", n->text);
    put(e, &new, vfu_event_no(event));
}

/* --- refusals --- */

/* Errors that mean no more than "there is none": of what was not mapped, of what the device does not offer. */
static bool is_usual(const struct vfu_event *reply)
{
    struct vfu_view request = { .event = reply };

    switch (reply->command_number) {
    case VFU_DMA_UNMAP:
        return reply->error == ENOENT;
    case VFU_DEVICE_FEATURE: /* whether it can migrate, or is probed: EINVAL reads as "not there" */
        return vfu_request_number(&request, "flags", 0) & VFIO_DEVICE_FEATURE_PROBE ||
               vfu_request_number(&request, "feature", 0) == VFIO_DEVICE_FEATURE_MIGRATION;
    default:
        return false;
    }
}

/* The finding about the command that this reply answers, if it broke a rule; NULL: it did not, as far as it is known. */
static struct vfu_finding *about_request(struct vfu_evidence *e, const struct vfu_event *reply)
{
    for (unsigned i = 0; reply->paired && i < EVIDENCE_BROKEN; i++)
        if (e->broken[i].no && e->broken[i].no == reply->reply_to)
            return &e->findings[e->broken[i].finding];
    return NULL;
}

static void keep_reason(struct vfu_finding *f, const struct vfu_event *reply, unsigned i)
{
    const struct vfu_because *b = &reply->because[i];

    snprintf(f->name, sizeof f->name, "%s", b->reason);
    snprintf(f->because, sizeof f->because, "%s", b->text);
    f->certain = b->certain;
}

/* That the command broke a rule is what the finding says itself: another reason, if there is one. */
static unsigned best_reason(const struct vfu_event *reply)
{
    for (unsigned i = 0; i < reply->because_count; i++)
        if (strcmp(reply->because[i].reason, "rule-broken") != 0)
            return i;
    return 0;
}

/* What a refusal explains of what comes. */
static void mark_refusal(struct vfu_evidence *e, struct evidence_trail *t, const struct vfu_event *reply, unsigned finding)
{
    struct vfu_view request = { .event = reply };

    switch (reply->command_number) {
    case VFU_VERSION:
        evidence_mark(t, MARK_VERSION, finding, reply->message.no);
        break;
    case VFU_DMA_MAP:
        e->refused_maps[e->refused_maps_at % EVIDENCE_REFUSED_MAPS].conn = reply->conn;
        e->refused_maps[e->refused_maps_at % EVIDENCE_REFUSED_MAPS].address = vfu_request_number(&request, "address", 0);
        e->refused_maps[e->refused_maps_at++ % EVIDENCE_REFUSED_MAPS].size = vfu_request_number(&request, "size", 0);
        evidence_mark(t, MARK_MAP_REFUSED, finding, reply->message.no);
        break;
    case VFU_DEVICE_FEATURE:
        if (vfu_request_number(&request, "feature", 0) == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
            evidence_mark(t, MARK_STATE_REFUSED, finding, reply->message.no);
        if (vfu_request_number(&request, "feature", 0) == VFIO_DEVICE_FEATURE_DMA_LOGGING_START)
            evidence_mark(t, MARK_LOG_REFUSED, finding, reply->message.no);
        break;
    default:
        break;
    }
}

/* An error reply: it belongs to the rule that its command broke, or is a finding of its own, one for each reason. */
static void take_refusal(struct vfu_evidence *e, struct evidence_trail *t, const struct vfu_event *reply)
{
    struct vfu_finding *about = about_request(e, reply);
    unsigned reasons = reply->because_count ? reply->because_count : 1;
    int number = about ? (int)(about - e->findings) : -1;

    if (about) {
        if (!about->refused && reply->because_count)
            keep_reason(about, reply, best_reason(reply));
        about->command = about->refused ? about->command : reply->command;
        about->error = about->refused ? about->error : reply->error;
        about->refused_no = about->refused ? about->refused_no : reply->reply_to;
        about->refused = true;
        add_message(about, reply->message.no);
    }
    for (unsigned i = 0; !about && i < reasons; i++) {
        struct vfu_finding new = { .kind = VFU_FOUND_REFUSAL, .severity = VFU_SUSPICIOUS, .nobody = true, .cause = -1,
                                   .conn = reply->conn, .command = reply->command, .error = reply->error,
                                   .refused = true, .quiet = is_usual(reply) };

        if (reply->because_count)
            keep_reason(&new, reply, i);
        number = put(e, &new, reply->message.no);
        for (unsigned m = 0; number >= 0 && reply->because_count && m < reply->because[i].count; m++)
            add_message(&e->findings[number], reply->because[i].messages[m]);
    }
    if (number >= 0)
        mark_refusal(e, t, reply, (unsigned)number);
}

/* --- what passes beside the socket --- */

static void take_fds(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(event, &room);
    uint64_t index = vfu_number(d->values, d->count, "index", UINT64_MAX);

    switch (event->command_number) {
    case VFU_DEVICE_GET_REGION_INFO:
        e->unseen.regions |= index < 64 ? 1ull << index : 0;
        e->unseen.which_region |= index == UINT64_MAX;
        break;
    case VFU_DEVICE_SET_IRQS:
        e->unseen.eventfds += event->message.nfds;
        break;
    case VFU_DEVICE_GET_REGION_IO_FDS:
        e->unseen.io_fds += event->message.nfds;
        break;
    default:
        break;
    }
}

static void take_map(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(event, &room);
    uint64_t size = vfu_number(d->values, d->count, "size", 0);

    e->unseen.maps++;
    e->unseen.bytes += size;
    e->withheld |= (event->message.changed & VFU_CHANGED_EXPOSE) != 0;
    if (event->message.nfds && !(event->message.changed & VFU_CHANGED_EXPOSE)) {
        e->unseen.maps_by_fd++;
        e->unseen.bytes_by_fd += size;
    }
}

/* --- events --- */

/* Messages are missing here. */
static void gap(struct vfu_evidence *e, uint64_t count)
{
    e->unseen.gaps++;
    e->unseen.dropped += count;
    e->gap_no = e->last_no;
}

static void take_command(struct vfu_evidence *e, const struct vfu_event *event)
{
    if (event->command_number == VFU_DMA_MAP)
        take_map(e, event);
    else if (event->command_number == VFU_DMA_READ || event->command_number == VFU_DMA_WRITE)
        e->unseen.dma_messages++;
    else if (event->command_number == VFU_DEVICE_FEATURE)
        e->unseen.migration = false;
}

static void take_message(struct vfu_evidence *e, struct evidence_trail *t, const struct vfu_event *event)
{
    bool reply = vfu_event_is_reply(event);

    if (event->message.no != e->last_no + 1 && e->messages)
        gap(e, event->message.no > e->last_no ? event->message.no - e->last_no - 1 : 0);
    e->messages++;
    e->last_no = event->message.no;
    t->before = t->moved;
    t->moved = (struct vfu_last_moved){ .no = event->message.no, .mono_ns = event->time.mono_ns,
                                   .id = event->id, .command = event->command_number, .from = event->from, .reply = reply };
    e->unseen.middle |= !t->from_start;
    e->unseen.cut += event->message.captured < event->size && event->message.size >= event->size;
    e->unseen.left_out += event->message.left_out_count > 0;
    if (t->marked && reply && event->paired && !(event->flags & VFU_ERROR))
        evidence_in_step(t);
    if (e->hangs_open)
        evidence_hang_moved(e, event);
    if (event->message.nfds)
        take_fds(e, event);
    if (reply)
        vfu_migrations_event(&e->migrations, event);
    else
        take_command(e, event);
}

static void take_peer(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_peer_seen *p = e->peers;

    /* As on another connection, or told anew of this one, more exactly. */
    while (p < e->peers + e->peer_count &&
           (p->side != event->from || (p->conn != event->conn && strcmp(p->told.name, event->peer.name) != 0)))
        p++;
    if (p == e->peers + VFU_MAX_PEERS)
        return;
    if (p == e->peers + e->peer_count) {
        e->peer_count++;
        p->conn = event->conn;
        p->side = event->from;
    }
    p->told = event->peer;
    e->unseen.migration |= event->from == VFU_CLIENT && strncmp(p->told.name, "QEMU", 4) == 0;
}

/* A rule that no event of this capture told of. */
static void take_cut_off(struct vfu_evidence *e, struct evidence_trail *t, const struct vfu_event *half)
{
    const struct vfu_rule *rule = vfu_rule_by_id("stalled", 7);
    struct vfu_problem p = { .rule = rule, .severity = VFU_SUSPICIOUS, .at_fault = half->from };
    const struct vfu_command *command = vfu_command_by_number(half->stalled.command);

    snprintf(p.text, sizeof p.text, "%llu of the %u bytes of a %s came, and then the end",
             (unsigned long long)half->stalled.got, half->stalled.size, command ? command->name : "message");
    if (rule)
        take_problem(e, t, half, &p);
    e->unseen.cut -= e->unseen.cut > 0; /* it is not that the capture cut it */
    if (half->stalled.waiting_ms >= 1000)
        evidence_hang_half(e, half);
}

static void take_other(struct vfu_evidence *e, struct evidence_trail *t, const struct vfu_event *event)
{
    struct vfu_event half;

    switch (event->kind) {
    case VFU_EVENT_CONNECT:
        *t = (struct evidence_trail){ .conn = event->conn, .from_start = true };
        e->connections++;
        break;
    case VFU_EVENT_DISCONNECT:
        if (evidence_cut_off(e, event, &half))
            take_cut_off(e, t, &half);
        break;
    case VFU_EVENT_INTERRUPT:
        e->unseen.interrupts += event->interrupt.count;
        break;
    case VFU_EVENT_IOEVENTFD:
        e->unseen.ioeventfds += event->ioeventfd.count;
        break;
    case VFU_EVENT_DROPPED:
        gap(e, event->dropped.messages);
        e->last_no += event->dropped.messages;
        break;
    case VFU_EVENT_PEER:
        take_peer(e, event);
        break;
    default:
        break;
    }
    evidence_hang_event(e, event);
}

void vfu_evidence_event(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct evidence_trail *t;

    if (vfu_event_is_beside(event)) {
        evidence_line(e, event);
        return;
    }
    t = evidence_trail(e, event->conn);
    if (!e->first_ns)
        e->first_ns = event->time.mono_ns;
    if (event->time.mono_ns > e->last_ns)
        e->last_ns = event->time.mono_ns;
    evidence_tapped(e, event);
    for (unsigned i = 0; i < event->problem_count; i++)
        take_problem(e, t, event, &event->problems[i]);
    for (unsigned i = 0; i < event->note_count; i++)
        if (event->notes[i].warning)
            take_note(e, event, &event->notes[i]);
    if (event->kind != VFU_EVENT_MESSAGE) {
        take_other(e, t, event);
        return;
    }
    take_message(e, t, event);
    if (event->flags & VFU_ERROR && vfu_event_is_reply(event) && !event->message.changed)
        take_refusal(e, t, event);
}
