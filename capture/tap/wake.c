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
    BLOCKED = 3,  /* so often somebody filled an eventfd as it was written to: each time all traffic waited */
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
    LIST_INSERT_HEAD(&all->list, w, next);
    all->count++;
    *fd = given;
    return true;
}

/* What is in the tap's goes on to the other. */
void tap_wake_happened(struct tap_wake *w)
{
    struct tap_connection *n = w->connection;
    struct vfu_event event = { .kind = w->kind, .conn = n->conn };
    uint64_t count;
    bool lost, blocked = false;

    if (w->own < 0 || read(w->own, &count, sizeof count) != (ssize_t)sizeof count)
        return;
    event.time = vfu_now();
    lost = n->wakes.blocked >= BLOCKED || !vfu_eventfd_add(w->other, count, &blocked);
    if (blocked && ++n->wakes.blocked == BLOCKED)
        tap_say(n->tap, "connection %u: its eventfds block: none is signalled any more", n->conn);
    if (w->kind == VFU_EVENT_INTERRUPT) {
        event.from = VFU_SERVER;
        event.interrupt.index = w->index;
        event.interrupt.vector = w->vector;
        event.interrupt.count = count;
        event.interrupt.lost = lost;
    } else {
        event.from = VFU_CLIENT;
        event.ioeventfd.region = w->index;
        event.ioeventfd.offset = w->offset;
        event.ioeventfd.count = count;
        event.ioeventfd.lost = lost;
    }
    tap_event(n->tap, &event);
}

/* The last that it was signalled still goes on. */
static void drop(struct tap_connection *n, struct tap_wake *w)
{
    tap_wake_happened(w);
    LIST_REMOVE(w, next);
    n->wakes.count--;
    tap_epoll(n->tap, EPOLL_CTL_DEL, w->own, 0, NULL); /* whom it was given to keeps it open */
    close(w->own);
    vfu_close_fds(&w->other, 1);
    w->own = w->other = -1;
    LIST_INSERT_HEAD(&n->tap->dead_wakes, w, next);
}

void tap_wake_settle(struct tap_connection *n, uint64_t no, bool refused, uint32_t index, uint32_t first,
                     uint32_t count, bool all)
{
    struct tap_wake *w, *after;

    for (w = LIST_FIRST(&n->wakes.list); w; w = after) {
        bool same = w->kind == VFU_EVENT_INTERRUPT && w->index == index &&
                    (all || (w->vector >= first && w->vector - first < count));

        after = LIST_NEXT(w, next);
        if (same && (refused ? w->no == no : w->no < no))
            drop(n, w);
    }
}

void tap_wake_drop_all(struct tap_connection *n)
{
    while (!LIST_EMPTY(&n->wakes.list))
        drop(n, LIST_FIRST(&n->wakes.list));
}

void tap_wake_free_dead(struct tap *tap)
{
    struct tap_wake *w;

    while ((w = LIST_FIRST(&tap->dead_wakes)) != NULL) {
        LIST_REMOVE(w, next);
        free(w);
    }
}
