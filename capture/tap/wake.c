/*
 * Eventfds seen on their way (--expose=irq,ioeventfd): who signals gets one of the tap's, and each time that it fires
 * the tap signals the one that it took the place of, and tells of it.
 */
#include "capture/clock.h"
#include "capture/foreign.h"
#include "capture/tap/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    WAKES = 8192, /* a connection; four times what MSI-X has */
    OLD = 512,    /* of those that are no longer of use; each has two descriptors */
};

bool tap_wake_add(struct tap_connection *n, int *fd, const struct tap_wake *as)
{
    struct tap_wakes *all = &n->wakes;
    struct tap_wake *w = all->count < WAKES ? malloc(sizeof *w) : NULL;
    int given = -1, own = w ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;

    if (own >= 0)
        given = fcntl(own, F_DUPFD_CLOEXEC, 0);
    if (given < 0 || !tap_epoll(n->tap, EPOLL_CTL_ADD, own, EPOLLIN, &w->what)) {
        if (!all->said_full)
            tap_say(n->tap, "connection %u: some eventfds can't be seen: %s", n->conn,
                    all->count < WAKES ? strerror(errno) : "there are too many");
        all->said_full = true;
        if (own >= 0)
            close(own);
        if (given >= 0)
            close(given);
        free(w);
        return false;
    }
    *w = *as;
    w->what = TAP_WAKE;
    w->connection = n;
    w->own = own;
    w->other = *fd;
    TAILQ_INSERT_TAIL(&all->list, w, next);
    all->count++;
    *fd = given;
    return true;
}

/* What is in the tap's goes on to the other, at once or, where it may wait, after a look. */
static void take(struct tap_wake *w, bool may_wait)
{
    struct tap_connection *n = w->connection;
    struct vfu_event event = { .kind = w->kind, .conn = n->conn };
    uint64_t count;
    bool waits, lost;

    if (w->own < 0 || read(w->own, &count, sizeof count) != (ssize_t)sizeof count)
        return;
    event.time = vfu_now();
    waits = may_wait && tap_wait_wanted(w);
    lost = !waits && !tap_wake_pass(w, count);
    if (w->kind == VFU_EVENT_INTERRUPT) {
        event.from = VFU_SERVER;
        event.interrupt.index = w->index;
        event.interrupt.vector = w->vector;
        event.interrupt.count = count;
        event.interrupt.lost = lost;
        event.interrupt.late = w->late;
        vfu_session_event(n->tap->options->session, &event);
    } else {
        event.from = VFU_CLIENT;
        event.ioeventfd.region = w->index;
        event.ioeventfd.offset = w->offset;
        event.ioeventfd.count = count;
        event.ioeventfd.lost = lost;
    }
    tap_event(n->tap, &event);
    if (waits)
        tap_wait(w, count);
}

void tap_wake_happened(struct tap_wake *w)
{
    take(w, true);
}

/* What it was signalled before goes on. */
static void take_last(struct tap_wake *w)
{
    tap_wait_let_go(w);
    take(w, false);
}

/* The last that it was signalled still goes on. */
static void drop(struct tap_connection *n, struct tap_wake *w)
{
    take_last(w);
    tap_epoll(n->tap, EPOLL_CTL_DEL, w->own, 0, NULL); /* whom it was given to keeps it open */
    close(w->own);
    vfu_close_fds(&w->other, 1);
    w->own = w->other = -1;
    TAILQ_INSERT_TAIL(&n->tap->dead_wakes, w, next);
}

static void drop_first(struct tap_connection *n, struct tap_wake_list *list, unsigned *count)
{
    struct tap_wake *w = TAILQ_FIRST(list);

    TAILQ_REMOVE(list, w, next);
    --*count;
    drop(n, w);
}

/* What was signalled before is in time. */
static void grow_old(struct tap_connection *n, struct tap_wake *w, bool late)
{
    struct tap_wakes *all = &n->wakes;

    take_last(w);
    w->late = late;
    TAILQ_INSERT_TAIL(&all->old, w, next);
    if (++all->old_count > OLD)
        drop_first(n, &all->old, &all->old_count);
}

void tap_wakes_init(struct tap_wakes *all)
{
    TAILQ_INIT(&all->list);
    TAILQ_INIT(&all->old);
}

void tap_wake_settle(struct tap_connection *n, uint64_t no, enum tap_settled how, uint32_t index, uint32_t first,
                     uint32_t count, bool all)
{
    struct tap_wake *w, *after;

    for (w = TAILQ_FIRST(&n->wakes.list); w; w = after) {
        bool same = w->kind == VFU_EVENT_INTERRUPT && w->index == index &&
                    (all || (w->vector >= first && w->vector - first < count));

        after = TAILQ_NEXT(w, next);
        if (!same || (how == TAP_REFUSED ? w->no != no : w->no >= no))
            continue;
        TAILQ_REMOVE(&n->wakes.list, w, next);
        n->wakes.count--;
        if (how == TAP_REFUSED)
            drop(n, w);
        else
            grow_old(n, w, how == TAP_DONE);
    }
}

void tap_wake_drop_all(struct tap_connection *n)
{
    while (!TAILQ_EMPTY(&n->wakes.list))
        drop_first(n, &n->wakes.list, &n->wakes.count);
    while (!TAILQ_EMPTY(&n->wakes.old))
        drop_first(n, &n->wakes.old, &n->wakes.old_count);
}

void tap_wake_free_dead(struct tap *tap)
{
    struct tap_wake *w;

    while ((w = TAILQ_FIRST(&tap->dead_wakes)) != NULL) {
        TAILQ_REMOVE(&tap->dead_wakes, w, next);
        free(w);
    }
}
