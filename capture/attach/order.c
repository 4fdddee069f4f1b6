/*
 * Passive attach, order: what was received may answer what a call in another thread still sends, and waits for that.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"

#include <stdlib.h>
#include <string.h>

static void take(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    if (piece->size || piece->lost)
        attach_stream_take(a, s, piece);
    if (piece->end)
        attach_stream_end(a, s, false, piece->mono_ns);
}

/* Let the oldest piece that waits go on; there must be one. */
static void let_go(struct attach *a, struct attach_socket *s)
{
    struct attach_waiting *w = STAILQ_FIRST(&s->waiting);

    STAILQ_REMOVE_HEAD(&s->waiting, next);
    a->waiting--;
    take(a, s, &w->piece);
    free(w);
}

void attach_wait_no_longer(struct attach *a, struct attach_socket *s)
{
    while (!STAILQ_EMPTY(&s->waiting))
        let_go(a, s);
}

/* False: out of memory. */
static bool wait_for_senders(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    struct attach_waiting *w = malloc(sizeof *w + piece->size);

    if (!w)
        return false;
    w->since_ns = vfu_mono_ns();
    w->piece = *piece;
    if (piece->size)
        memcpy(w->bytes, piece->bytes, piece->size);
    if (piece->nfds) {
        memcpy(w->fds, piece->fds, piece->nfds * sizeof *piece->fds);
        memcpy(w->seen, piece->seen, piece->nfds * sizeof *piece->seen);
    }
    w->piece.bytes = w->bytes;
    w->piece.fds = w->fds;
    w->piece.seen = w->seen;
    STAILQ_INSERT_TAIL(&s->waiting, w, next);
    a->waiting++;
    return true;
}

/* Counters go on and on, and around. */
static bool is_before(uint32_t x, uint32_t y)
{
    return (int32_t)(x - y) < 0;
}

void attach_take(struct attach *a, const struct attach_piece *piece)
{
    struct attach_fd *f = attach_wants(a, piece->fd, piece->inode) ? &a->fds[piece->fd] : NULL;
    struct attach_socket *s = f ? f->socket : NULL;

    if (!s)
        return;
    if (!piece->sent && (!STAILQ_EMPTY(&s->waiting) || is_before(f->returned, piece->begun)) &&
        wait_for_senders(a, s, piece))
        return;
    take(a, s, piece);
    if (!piece->sent)
        return;
    if (is_before(f->returned, piece->ended))
        f->returned = piece->ended;
    while (!STAILQ_EMPTY(&s->waiting) && !is_before(f->returned, STAILQ_FIRST(&s->waiting)->piece.begun))
        let_go(a, s);
}

void attach_tick(struct attach *a)
{
    uint64_t now = vfu_mono_ns();
    struct attach_socket *s;

    attach_set_clocks(a);
    if (a->waiting)
        LIST_FOREACH(s, &a->sockets, next)
            while (!STAILQ_EMPTY(&s->waiting) && now - STAILQ_FIRST(&s->waiting)->since_ns > ATTACH_WAIT_MS * 1000000ull)
                let_go(a, s);
    if (a->amid)
        attach_tell_stalled(a, now);
    if (a->unlooked)
        attach_look_for_unread(a, now);
}
