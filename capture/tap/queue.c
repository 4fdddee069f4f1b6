/*
 * Messages that were decided about, on their way to the other side: the tap's own copies, in order, each with its fds,
 * some of them held for a while.
 */
#include "capture/foreign.h"
#include "capture/tap/inside.h"

#include <stdlib.h>
#include <string.h>

struct tap_out *tap_out_new(uint8_t *bytes, size_t size, const int *fds, unsigned nfds)
{
    struct tap_out *out = malloc(sizeof *out);

    if (!out) {
        free(bytes);
        vfu_close_fds(fds, nfds);
        return NULL;
    }
    out->bytes = bytes;
    out->size = size;
    out->sent = 0;
    out->nfds = nfds;
    out->due_ns = out->split = out->after = 0;
    out->glue = false;
    if (nfds)
        memcpy(out->fds, fds, nfds * sizeof *fds);
    return out;
}

void tap_out_free(struct tap_out *out)
{
    if (!out)
        return;
    vfu_close_fds(out->fds, out->nfds);
    free(out->bytes);
    free(out);
}

void tap_queue_add(struct tap_queue *q, struct tap_out *out)
{
    STAILQ_INSERT_TAIL(&q->list, out, next);
    q->count++;
}

void tap_queue_take(struct tap_queue *q, struct tap_out *out)
{
    STAILQ_REMOVE(&q->list, out, tap_out, next);
    q->count--;
}

static void drop_first(struct tap_queue *q)
{
    struct tap_out *out = STAILQ_FIRST(&q->list);

    tap_queue_take(q, out);
    tap_out_free(out);
}

bool tap_queue_held(const struct tap_queue *q)
{
    const struct tap_out *first = STAILQ_FIRST(&q->list);

    return first && first->due_ns && !first->sent;
}

uint64_t tap_queue_due(const struct tap_queue *q)
{
    const struct tap_out *out;
    uint64_t due = 0;

    if (tap_queue_held(q))
        STAILQ_FOREACH(out, &q->list, next)
            due = out->due_ns > due ? out->due_ns : due;
    return due;
}

enum vfu_io tap_queue_push(struct tap_queue *q, int socket)
{
    struct tap_out *out;

    while ((out = STAILQ_FIRST(&q->list)) != NULL) {
        struct iovec iov = { out->bytes + out->sent, out->size - out->sent };
        size_t sent;
        enum vfu_io io;

        if (tap_queue_held(q))
            return VFU_IO_AGAIN;
        io = vfu_send(socket, &iov, 1, out->fds, out->nfds, &sent);
        if (io != VFU_IO_OK)
            return io;
        out->sent += sent;
        vfu_close_fds(out->fds, out->nfds); /* they went with the first byte */
        out->nfds = 0;
        if (out->sent == out->size)
            drop_first(q);
    }
    return VFU_IO_OK;
}

void tap_queue_clear(struct tap_queue *q)
{
    while (!STAILQ_EMPTY(&q->list))
        drop_first(q);
}
