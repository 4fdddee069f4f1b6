/*
 * Exchanges: see exchange.h.
 */
#include "decoder/session/exchange.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- messages that are kept --- */

/* Bytes, descriptors and what was left out in one piece of memory, which the bytes begin. */
static bool keep(struct vfu_message *kept, const struct vfu_message *m)
{
    size_t fds_at = (m->captured + 15) / 16 * 16, parts_at = fds_at + m->nfds * sizeof *m->fds;
    uint8_t *room = malloc(parts_at + m->left_out_count * sizeof *m->left_out);

    if (!room)
        return false;
    memcpy(room, m->bytes, m->captured);
    if (m->nfds)
        memcpy(room + fds_at, m->fds, m->nfds * sizeof *m->fds);
    if (m->left_out_count)
        memcpy(room + parts_at, m->left_out, m->left_out_count * sizeof *m->left_out);
    *kept = *m;
    kept->bytes = room;
    kept->fds = m->nfds ? (const struct vfu_fd *)(const void *)(room + fds_at) : NULL;
    kept->left_out = m->left_out_count ? (const struct vfu_part *)(const void *)(room + parts_at) : NULL;
    return true;
}

static void drop(struct vfu_message *m)
{
    free((void *)(uintptr_t)m->bytes);
}

void vfu_exchange_free(struct vfu_exchange *x)
{
    drop(&x->command);
    drop(&x->reply);
    free(x->before);
    free(x->earlier_ns);
    free(x->registers);
}

static bool keep_registers(struct vfu_exchange *x, const struct vfu_event *e)
{
    if (x->registers || !e->register_count)
        return true;
    x->registers = malloc(e->register_count * sizeof *x->registers);
    if (!x->registers)
        return false;
    memcpy(x->registers, e->registers, e->register_count * sizeof *x->registers);
    x->register_count = e->register_count;
    return true;
}

/*
 * How long whoever sent the command waited. The session counts from when it was passed on; where whoever carries the messages
 * kept one of them, what that took is part of it.
 */
static uint64_t waited_ns(const struct vfu_message *command, const struct vfu_event *reply)
{
    const struct vfu_time *sent = &command->time, *came = &reply->time;

    if ((command->changed || reply->message.changed) && came->wall_ns > sent->wall_ns &&
        came->wall_ns - sent->wall_ns > reply->latency_ns)
        return came->wall_ns - sent->wall_ns;
    return reply->latency_ns;
}

static bool keep_reply(struct vfu_exchange *x, const struct vfu_event *reply)
{
    x->latency_ns = waited_ns(&x->command, reply);
    return keep(&x->reply, &reply->message) && keep_registers(x, reply);
}

bool vfu_exchange_keep(struct vfu_exchange *x, const struct vfu_event *command, const struct vfu_event *reply)
{
    *x = (struct vfu_exchange){ .times = 1 };
    if (keep(&x->command, &command->message) && keep_registers(x, command) && (!reply || keep_reply(x, reply)))
        return true;
    vfu_exchange_free(x);
    *x = (struct vfu_exchange){ 0 };
    return false;
}

/* --- events made of them again --- */

static bool event_of(const struct vfu_exchange *x, const struct vfu_message *m, struct vfu_event *e)
{
    if (!m->bytes)
        return false;
    memset(e, 0, sizeof *e);
    e->message = *m;
    vfu_event_changed(e); /* reads the header */
    e->registers = x->registers;
    e->register_count = x->register_count;
    return true;
}

bool vfu_exchange_command(const struct vfu_exchange *x, struct vfu_event *event)
{
    return event_of(x, &x->command, event);
}

bool vfu_exchange_reply(const struct vfu_exchange *x, struct vfu_event *event)
{
    const struct vfu_message *m = &x->command;
    size_t at_hand = vfu_message_at_hand(m), payload = at_hand > VFU_HEADER_SIZE ? at_hand - VFU_HEADER_SIZE : 0;

    if (!event_of(x, &x->reply, event))
        return false;
    event->meant_as_reply |= !vfu_event_is_reply(event);
    event->paired = true;
    event->reply_to = m->no;
    event->latency_ns = x->latency_ns;
    event->request_size = (uint8_t)(payload < VFU_REQUEST_HEAD ? payload : VFU_REQUEST_HEAD);
    memcpy(event->request, m->bytes + VFU_HEADER_SIZE, event->request_size);
    event->request_payload = (uint32_t)(m->size > VFU_HEADER_SIZE ? m->size - VFU_HEADER_SIZE : 0);
    event->request_fds = m->fds_unknown ? VFU_FDS_UNKNOWN : (uint8_t)m->nfds;
    return true;
}

/* --- polls --- */

struct polled {
    uint64_t region, offset, size, value;
};

/* A register's value that was read without anything odd. */
static bool is_polled(const struct vfu_exchange *x, struct polled *p)
{
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;
    struct vfu_cursor c;

    if (!vfu_exchange_reply(x, &e) || e.command_number != VFU_REGION_READ || e.flags & VFU_ERROR || e.message.nfds ||
        e.message.changed || x->command.nfds)
        return false;
    vfu_decode(&e, &d);
    if (d.truncated || d.extra_size || !vfu_moved_first(&m, e.command, &d) || !m.data || m.data->size != m.size || !m.size ||
        m.size > sizeof p->value || m.size & (m.size - 1))
        return false;
    c = vfu_cursor(m.data->bytes, m.data->size, m.data->swap);
    *p = (struct polled){ m.region, m.at, m.size, vfu_cursor_uint(&c, (unsigned)m.size) };
    return true;
}

/* One more of the same poll: it takes the place of the one before. */
static bool fold(struct vfu_exchange *x, struct vfu_exchange *next)
{
    struct polled a, b;

    if (!is_polled(x, &a) || !is_polled(next, &b) || a.region != b.region || a.offset != b.offset || a.size != b.size)
        return false;
    if (!VFU_GROW(x->before, x->before_room, x->before_count + 1) || !VFU_GROW(x->earlier_ns, x->earlier_room, x->times))
        return false; /* then they stay two */
    if (a.value != b.value)
        x->before[x->before_count++] = a.value;
    x->earlier_ns[x->times - 1] = x->latency_ns;
    next->times += x->times;
    next->before = x->before;
    next->before_count = x->before_count;
    next->before_room = x->before_room;
    next->earlier_ns = x->earlier_ns;
    next->earlier_room = x->earlier_room;
    x->before = x->earlier_ns = NULL;
    vfu_exchange_free(x);
    *x = *next;
    return true;
}

/* Those that were answered too late to be folded at once. */
static void fold_all(struct vfu_run *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++)
        if (!kept || !fold(&r->list[kept - 1], &r->list[i]))
            r->list[kept++] = r->list[i];
    r->count = kept;
}

/* --- a connection --- */

static bool is_before(const void *list, size_t at, uint64_t no)
{
    return ((const struct vfu_exchange *)list)[at].command.no < no;
}

static struct vfu_exchange *find(const struct vfu_run *r, uint64_t no)
{
    size_t at = vfu_lower_bound(r->list, r->count, no, is_before);

    return at < r->count && r->list[at].command.no == no ? &r->list[at] : NULL;
}

static bool add(struct vfu_run *r, const struct vfu_event *command)
{
    return VFU_GROW(r->list, r->room, r->count + 1) && vfu_exchange_keep(&r->list[r->count], command, NULL) &&
           ++r->count;
}

/* Memory that the device may be told the addresses of, be the DMA_MAP refused or not. */
static bool map(struct vfu_conversation *c, const struct vfu_event *e)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);
    uint64_t address = vfu_number(d->values, d->count, "address", 0), size = vfu_number(d->values, d->count, "size", 0);

    if (!size)
        return true;
    if (!VFU_GROW(c->mapped, c->mapped_room, c->mapped_count + 1))
        return false;
    c->mapped[c->mapped_count++] = (struct vfu_span){ address, vfu_range_last(address, size) };
    return true;
}

static int by_first(const void *a, const void *b)
{
    const struct vfu_span *x = a, *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorted, and what overlaps or touches is one. */
static void join_mapped(struct vfu_conversation *c)
{
    size_t kept = 0;

    if (c->mapped_count)
        qsort(c->mapped, c->mapped_count, sizeof *c->mapped, by_first);
    for (size_t i = 0; i < c->mapped_count; i++) {
        struct vfu_span *last = kept ? &c->mapped[kept - 1] : NULL;

        if (!last || (last->last != UINT64_MAX && c->mapped[i].first > last->last + 1))
            c->mapped[kept++] = c->mapped[i];
        else if (c->mapped[i].last > last->last)
            last->last = c->mapped[i].last;
    }
    c->mapped_count = kept;
}

static bool message(struct vfu_conversation *c, const struct vfu_event *e)
{
    struct vfu_run *r = &c->runs[e->from];
    struct vfu_exchange *x = NULL;

    c->messages++;
    if (vfu_event_is_command(e) && e->command_number == VFU_DMA_MAP && !map(c, e))
        return false;
    if (vfu_event_is_reply(e)) {
        r = &c->runs[!e->from];
        x = e->paired ? find(r, e->reply_to) : NULL;
    }
    if (!x || x->reply.bytes)
        return add(r, e);
    if (!keep_reply(x, e))
        return false;
    if (x == &r->list[r->count - 1] && r->count > 1 && fold(x - 1, x))
        r->count--;
    return true;
}

/* --- all of them --- */

static struct vfu_conversation *conversation(struct vfu_conversations *c, uint32_t conn)
{
    for (size_t i = c->count; i-- > 0;)
        if (c->list[i].conn == conn)
            return &c->list[i];
    if (!VFU_GROW(c->list, c->room, c->count + 1))
        return NULL;
    c->list[c->count] = (struct vfu_conversation){ .conn = conn };
    return &c->list[c->count++];
}

static void learn(struct vfu_conversation *c, const struct vfu_event *e)
{
    switch (e->kind) {
    case VFU_EVENT_PEER:
        snprintf(c->peers[e->from], sizeof c->peers[e->from], "%s", e->peer.name);
        break;
    case VFU_EVENT_INTERRUPT:
        if (e->interrupt.index < VFU_EXCHANGE_IRQS)
            c->interrupts[e->interrupt.index] += e->interrupt.count;
        break;
    case VFU_EVENT_DISCONNECT:
        c->ended = true;
        c->closed_by = e->disconnect.closed_by;
        c->status = e->disconnect.ended.status;
        break;
    default:
        break;
    }
}

/* By the command line of whoever wrote the capture. */
static bool exposes_irq(const char *options)
{
    const char *list = strstr(options, "--expose");
    size_t length = list ? strcspn(list + sizeof "--expose", " ") : 0;
    const char *all, *irq;

    if (!length)
        return false;
    all = strstr(list, "all");
    irq = strstr(list, "irq");
    list += sizeof "--expose" + length;
    return (all && all < list) || (irq && irq < list);
}

bool vfu_conversations_event(struct vfu_conversations *c, const struct vfu_event *e)
{
    struct vfu_conversation *of;

    switch (e->kind) {
    case VFU_EVENT_CAPTURE:
        if (!c->version[0])
            snprintf(c->version, sizeof c->version, "%s", e->capture.version);
        c->sees_interrupts |= e->capture.options && exposes_irq(e->capture.options);
        return true;
    case VFU_EVENT_DROPPED:
        c->lacking |= e->dropped.messages > 0;
        return true;
    case VFU_EVENT_MESSAGE:
        of = conversation(c, e->conn);
        return of && message(of, e);
    case VFU_EVENT_PEER:
    case VFU_EVENT_INTERRUPT:
    case VFU_EVENT_DISCONNECT:
        of = conversation(c, e->conn);
        if (of)
            learn(of, e);
        return of != NULL;
    default:
        return true;
    }
}

void vfu_conversations_end(struct vfu_conversations *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        for (int side = 0; side < 2; side++)
            fold_all(&c->list[i].runs[side]);
        join_mapped(&c->list[i]);
        if (c->list[i].messages) /* else nobody said anything on it */
            c->list[kept++] = c->list[i];
    }
    c->count = kept;
}

void vfu_conversations_free(struct vfu_conversations *c)
{
    for (size_t i = 0; i < c->count; i++) {
        for (int side = 0; side < 2; side++) {
            struct vfu_run *r = &c->list[i].runs[side];

            for (size_t j = 0; j < r->count; j++)
                vfu_exchange_free(&r->list[j]);
            free(r->list);
        }
        free(c->list[i].mapped);
    }
    free(c->list);
    *c = (struct vfu_conversations){ 0 };
}
