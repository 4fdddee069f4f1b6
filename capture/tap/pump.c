/*
 * What was read goes out to the other side, as far as that takes it: what was decided about first, then the message at
 * hand. And where a flow stands between the two.
 */
#include "capture/foreign.h"
#include "capture/tap/inside.h"

#include <stdlib.h>
#include <sys/socket.h>

enum {
    QUEUED = 1024,    /* messages of the tap's own that wait for one side; then the other is not read */
    LARGE = 8 << 10,  /* a message of more than this may go out beyond what the socket's buffer holds */
};

/* --- the pump --- */

static bool span_pending(const struct tap_span *s)
{
    return s->sent < s->ready;
}

static bool pump_pending(const struct tap_pump *p)
{
    return (!p->amid && !STAILQ_EMPTY(&p->queue.list)) || span_pending(&p->head) || span_pending(&p->piece);
}

void tap_pump_describe(struct tap_pump *p)
{
    for (unsigned i = 0; i < p->nfds && p->nseen < VFU_MAX_FDS; i++)
        vfu_fd_describe(p->fds[i], &p->seen[p->nseen++]);
}

/* The fds went out, or will never: remember what they were, and let go of them. */
static void drop_fds(struct tap_pump *p)
{
    tap_pump_describe(p);
    vfu_close_fds(p->fds, p->nfds);
    p->nfds = 0;
}

static enum vfu_io send_span(struct tap_pump *p, struct tap_span *s)
{
    const struct iovec iov = { (void *)(uintptr_t)(s->bytes + s->sent), s->ready - s->sent };
    size_t sent;
    enum vfu_io io = vfu_send(p->socket, &iov, 1, p->fds, p->nfds, &sent);

    s->sent += sent;
    if (io == VFU_IO_OK && p->nfds)
        drop_fds(p);
    return io;
}

static void push(struct tap_pump *p)
{
    enum vfu_io io = p->broken ? VFU_IO_ERROR : VFU_IO_OK;

    if (io == VFU_IO_OK && !p->amid && !STAILQ_EMPTY(&p->queue.list))
        io = tap_queue_push(&p->queue, p->socket);
    while (io == VFU_IO_OK && (span_pending(&p->head) || span_pending(&p->piece)))
        io = send_span(p, span_pending(&p->head) ? &p->head : &p->piece);
    if (io != VFU_IO_ERROR)
        return;
    p->broken = true;
    p->head.sent = p->head.ready;
    p->piece.sent = p->piece.ready;
    drop_fds(p);
    tap_queue_clear(&p->queue);
}

void tap_pump_add(struct tap_pump *p, struct tap_out *out)
{
    if (p->broken)
        tap_out_free(out);
    else
        tap_queue_add(&p->queue, out);
}

/* --- the flow --- */

bool tap_flow_pending(const struct tap_flow *f)
{
    return f->stop || f->pump.full || pump_pending(&f->pump);
}

/*
 * Small messages are paced by the socket's buffer. Of large ones one is ahead there already: the next is read when it
 * was taken. Who waits for each reply never meets this.
 */
bool tap_flow_may_read(struct tap_flow *f)
{
    struct tap_pump *p = &f->pump;

    if (p->large && !tap_flow_pending(f))
        p->large = p->full = vfu_socket_full(p->socket);
    return tap_flow_takes(f);
}

bool tap_flow_held(const struct tap_flow *f)
{
    return f->pump.amid || STAILQ_EMPTY(&f->pump.queue.list) ? f->stop != NULL : tap_queue_held(&f->pump.queue);
}

bool tap_flow_takes(const struct tap_flow *f)
{
    return !f->eof && !tap_flow_pending(f) && f->channel->flows[!f->from].pump.queue.count < QUEUED;
}

bool tap_flow_ends_mappings(const struct tap_flow *f)
{
    const struct tap_message *m = &f->message;

    return tap_of(f)->options->unmapped && f->from == VFU_SERVER && f->channel->number == VFU_MAIN &&
           (m->flags & (VFU_TYPE_MASK | VFU_ERROR)) == VFU_TYPE_REPLY &&
           (m->command == VFU_DMA_UNMAP || m->command == VFU_VERSION);
}

void tap_flow_next(struct tap_flow *f)
{
    struct tap_message *m = &f->message;

    f->pump.large = m->total > LARGE;
    m->offset += m->total;
    m->total = 0;
    m->got = 0;
    m->fds_cut = m->streaming = m->shown = m->answered = m->said = m->told_stalled = m->fds_unsure = false;
    f->pump.head = f->pump.piece = (struct tap_span){ 0 };
    f->pump.nseen = 0;
    if (!f->pump.amid)
        return;
    f->pump.amid = false;
    if (!STAILQ_EMPTY(&f->pump.queue.list)) /* what had to wait for the message's end */
        tap_flow_push(f);
}

void tap_flow_push(struct tap_flow *f)
{
    bool was_broken = f->pump.broken;

    f->pump.full = false; /* or so it is hoped; before the next is read, that is looked at */
    push(&f->pump); /* of a stopped message nothing is there: what a probe queued goes past it */
    if (f->pump.broken && !was_broken) { /* who sends is told the way a socket tells it; what it sent before is shown */
        tap_tell_broken(f);
        shutdown(f->channel->ends[f->from].fd, SHUT_RD);
    }
    if (tap_flow_pending(f))
        return;
    f->pump.piece = (struct tap_span){ 0 };
    if (f->message.shown)
        tap_flow_next(f);
}

void tap_flow_init(struct tap_flow *f, struct tap_channel *channel, enum vfu_side from, int to)
{
    f->channel = channel;
    f->from = from;
    f->pump.socket = to;
    STAILQ_INIT(&f->pump.queue.list);
    STAILQ_INIT(&f->aside.list);
}

void tap_flow_free(struct tap_flow *f)
{
    struct tap_message *m = &f->message;

    tap_flow_not_waiting(f);
    tap_flow_not_quiet(f);
    vfu_close_fds(f->pump.fds, f->pump.nfds);
    f->pump.nfds = 0;
    tap_queue_clear(&f->pump.queue);
    tap_queue_clear(&f->aside);
    free(m->bytes);
    free(m->piece);
    free(f->lost.window);
    m->bytes = m->piece = f->lost.window = NULL;
    m->room = 0;
}
