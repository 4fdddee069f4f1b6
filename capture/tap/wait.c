/*
 * Interrupts on their way that wait for a look: see wait.h. They go on in the order in which they came, so that the
 * first one is the next, whatever it waits for.
 */
#include "capture/tap/wait.h"
#include "capture/clock.h"
#include "capture/foreign.h"
#include "capture/tap/inside.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BLOCKED = 3 /* so often somebody filled an eventfd as it was written to: each time all traffic waited */ };

bool tap_wait_open(struct tap *tap)
{
    static const enum tap_watched looked = TAP_LOOKED;
    const struct vfu_tap_look *look = tap->options->look;

    return look->fd < 0 || (tap_timer_open(tap, &tap->wait_timer, TAP_WAITED) && tap_epoll(tap, EPOLL_CTL_ADD, look->fd, EPOLLIN, &looked));
}

bool tap_wake_pass(struct tap_wake *w, uint64_t count)
{
    struct tap_connection *n = w->connection;
    bool blocked = false, done = n->wakes.blocked < BLOCKED && vfu_eventfd_add(w->other, count, &blocked);

    if (blocked && ++n->wakes.blocked == BLOCKED)
        tap_say(n->tap, "connection %u: its eventfds block: none is signalled any more", n->conn);
    return done;
}

/* One that is full would lose it: that is to be told with it. */
static bool has_room(int eventfd)
{
    struct pollfd p = { .fd = eventfd, .events = POLLOUT };

    return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

bool tap_wait_wanted(const struct tap_wake *w)
{
    const struct tap *tap = w->connection->tap;
    const struct vfu_tap_look *look = tap->options->look;

    return look && look->fd >= 0 && look->hold_ns && w->kind == VFU_EVENT_INTERRUPT && !w->late && !tap->waits.over && tap->waits.count < TAP_WAITS &&
           look->looks(look->context, w->connection->conn) && has_room(w->other);
}

static void arm(struct tap *tap)
{
    struct tap_waits *all = &tap->waits;

    if (all->armed || !all->count)
        return;
    all->armed = true;
    tap_timer_at(&tap->wait_timer, all->list[all->first].due_ns);
}

void tap_wait(struct tap_wake *w, uint64_t count)
{
    struct tap *tap = w->connection->tap;
    struct tap_waits *all = &tap->waits;
    const struct vfu_tap_look *look = tap->options->look;

    all->list[(all->first + all->count++) % TAP_WAITS] = (struct tap_wait){ .wake = w,
                                                                            .count = count,
                                                                            .mark = look->mark(look->context),
                                                                            .due_ns = vfu_mono_ns() + look->hold_ns };
    arm(tap);
}

static void go_on(struct tap_wait *one)
{
    struct tap_connection *n;

    if (!one->wake)
        return;
    n = one->wake->connection;
    if (!tap_wake_pass(one->wake, one->count))
        tap_say(n->tap, "connection %u: an interrupt is lost: its eventfd took it no more once the plugins had looked", n->conn);
    one->wake = NULL;
}

void tap_wait_let_go(const struct tap_wake *w)
{
    struct tap_waits *all = &w->connection->tap->waits;

    for (unsigned i = 0; i < all->count; i++)
        if (all->list[(all->first + i) % TAP_WAITS].wake == w)
            go_on(&all->list[(all->first + i) % TAP_WAITS]);
}

/* Those that were looked at, or are due by then; true: one of these was not looked at. */
static bool release(struct tap *tap, uint64_t now)
{
    struct tap_waits *all = &tap->waits;
    const struct vfu_tap_look *look = tap->options->look;
    const uint64_t looked = look->looked(look->context);
    bool in_vain = false;

    while (all->count) {
        struct tap_wait *one = &all->list[all->first];

        if (one->wake && one->mark > looked && one->due_ns > now)
            break;
        if (one->wake && one->mark <= looked)
            all->vain = 0;
        else
            in_vain |= one->wake != NULL;
        go_on(one);
        all->first = (all->first + 1) % TAP_WAITS;
        all->count--;
    }
    return in_vain;
}

void tap_wait_looked(struct tap *tap)
{
    uint64_t times;
    ssize_t n = read(tap->options->look->fd, &times, sizeof times);

    (void)n; /* there or not: it is empty now */
    release(tap, 0);
}

void tap_wait_due(struct tap *tap)
{
    struct tap_waits *all = &tap->waits;

    tap_timer_empty(&tap->wait_timer);
    all->armed = false;
    if (release(tap, vfu_mono_ns()) && ++all->vain == TAP_WAITS_VAIN && !all->over) {
        all->over = true;
        release(tap, UINT64_MAX);
        tap_say(tap, "interrupts wait for the plugins no more: %u times in a row these took longer than %g ms", TAP_WAITS_VAIN,
                (double)tap->options->look->hold_ns / 1e6);
    }
    arm(tap);
}
