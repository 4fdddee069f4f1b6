/*
 * What was read of a flow goes out to the other side, as far as that takes it: what was decided about first, then the
 * message at hand.
 */
#include "capture/tap/inside.h"

#include <stdlib.h>
#include <sys/socket.h>

static bool bytes_pending(const struct tap_flow *f)
{
    return f->sent < f->ready || f->piece_sent < f->piece_got;
}

bool tap_flow_pending(const struct tap_flow *f)
{
    return !STAILQ_EMPTY(&f->queue) || f->stop || bytes_pending(f);
}

bool tap_flow_held(const struct tap_flow *f)
{
    return STAILQ_EMPTY(&f->queue) ? f->stop != NULL : tap_queue_held(f);
}

bool tap_flow_takes(const struct tap_flow *f)
{
    return !f->eof && !tap_flow_pending(f) && f->channel->flows[!f->from].queued < TAP_QUEUED;
}

/* The fds went out, or will never: remember what they were, and let go of them. */
static void drop_fds(struct tap_flow *f)
{
    for (unsigned i = 0; i < f->nfds && f->nseen < VFU_MAX_FDS; i++)
        vfu_fd_describe(f->fds[i], &f->seen[f->nseen++]);
    vfu_close_fds(f->fds, f->nfds);
    f->nfds = 0;
}

void tap_flow_not_waiting(struct tap_flow *f)
{
    if (f->waiting_ns)
        tap_of(f)->stalled--;
    f->waiting_ns = 0;
}

void tap_flow_next(struct tap_flow *f)
{
    f->offset += f->total;
    f->got = f->ready = f->sent = 0;
    f->piece_got = f->piece_sent = 0;
    f->total = 0;
    f->nseen = 0;
    f->fds_cut = f->streaming = f->shown = false;
}

/* The other side takes nothing more: its peer is told the way a socket tells it, and what it sent before is shown. */
static void break_flow(struct tap_flow *f)
{
    f->broken = true;
    f->sent = f->ready;
    f->piece_sent = f->piece_got;
    drop_fds(f);
    tap_queue_clear(f);
    shutdown(f->channel->ends[f->from].fd, SHUT_RD);
}

void tap_flow_push(struct tap_flow *f)
{
    int out = f->channel->ends[!f->from].fd;

    if (!STAILQ_EMPTY(&f->queue) && !f->broken) {
        enum vfu_io io = tap_queue_push(f);

        if (io == VFU_IO_AGAIN)
            return;
        if (io != VFU_IO_OK)
            break_flow(f);
    }
    while (bytes_pending(f) && !f->broken) { /* a stopped message has none: what a probe queued went past it */
        bool piece = f->sent == f->ready;
        struct iovec iov = piece ? (struct iovec){ f->piece + f->piece_sent, f->piece_got - f->piece_sent }
                                 : (struct iovec){ f->buffer + f->sent, f->ready - f->sent };
        size_t sent;
        enum vfu_io io = vfu_send(out, &iov, 1, f->fds, f->nfds, &sent);

        if (io == VFU_IO_AGAIN)
            return;
        if (io != VFU_IO_OK) {
            break_flow(f);
            break;
        }
        if (piece)
            f->piece_sent += sent;
        else
            f->sent += sent;
        if (f->nfds)
            drop_fds(f);
    }
    if (f->broken) {
        f->sent = f->ready;
        f->piece_sent = f->piece_got;
        drop_fds(f);
        tap_queue_clear(f);
    }
    if (tap_flow_pending(f))
        return;
    f->piece_got = f->piece_sent = 0;
    if (f->shown)
        tap_flow_next(f);
}

void tap_flow_free(struct tap_flow *f)
{
    tap_flow_not_waiting(f);
    vfu_close_fds(f->fds, f->nfds);
    f->nfds = 0;
    tap_queue_clear(f);
    free(f->buffer);
    free(f->piece);
    f->buffer = f->piece = NULL;
    f->capacity = 0;
}
