/*
 * The tap's loop: everything that happens on any socket, and everything that is timed, is dealt with here, one thing
 * after the other.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    RETRY_MS = 10, /* a busy or absent server is tried this often */
    DRAIN_MS = 1000,
};

/* --- what happens --- */

static void end_happened(struct tap_end *e, uint32_t events)
{
    struct tap_channel *c = e->channel;
    struct tap_connection *n = c->connection;

    if (n->dead)
        return;
    if (!n->conn) { /* waiting for the server: it left */
        tap_say(n->tap, "a client left before it could be connected to %s", n->tap->options->server);
        tap_connection_drop(n);
        return;
    }
    if (!c->open)
        return;
    if (events & (EPOLLHUP | EPOLLERR))
        e->hung_up = true;
    if (events & EPOLLOUT)
        tap_flow_push(&c->flows[!e->side]);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        tap_flow_read(&c->flows[e->side]);
    tap_touch(n);
}

static void stop_happened(struct tap *tap)
{
    switch (tap->options->stop(tap->options->context)) {
    case VFU_TAP_STOP:
        tap->stopping = true;
        break;
    case VFU_TAP_DRAIN:
        tap->drain_until_ns = vfu_mono_ns() + tap_ms(DRAIN_MS);
        break;
    case VFU_TAP_GO_ON:
        break;
    }
}

/* --- time --- */

static void release_stalled(struct tap_channel *c, uint64_t now)
{
    for (int side = 0; side < 2; side++) {
        struct tap_flow *f = &c->flows[side];

        if (f->waiting_ns && now - f->waiting_ns >= tap_ms(TAP_STALL_MS)) {
            tap_flow_release(f);
            tap_touch(c->connection);
        }
    }
}

static void empty(int timer)
{
    uint64_t times;
    ssize_t n = read(timer, &times, sizeof times);

    (void)n; /* there or not: it is empty now */
}

static void watch_happened(struct tap *tap)
{
    static const struct itimerspec never;
    struct vfu_time now;
    struct vfu_event event;

    empty(tap->watch_timer);
    now = vfu_now();
    while (vfu_session_overdue(tap->options->session, now, tap->options->overdue_ns, &event))
        tap_event(tap, &event);
    if (vfu_session_outstanding(tap->options->session))
        return;
    timerfd_settime(tap->watch_timer, 0, &never, NULL);
    tap->watching = false;
}

static void hold_happened(struct tap *tap)
{
    empty(tap->hold_timer);
    tap_release_held(tap, false);
}

static void timers(struct tap *tap)
{
    uint64_t now = vfu_mono_ns();

    for (struct tap_connection *n = tap->connections; n && tap->stalled; n = n->next) {
        if (!n->conn || n->dead)
            continue;
        if (n->main.open)
            release_stalled(&n->main, now);
        if (n->twin && n->twin->open)
            release_stalled(n->twin, now);
    }
    if (tap->paused && now >= tap->resume_ns) {
        tap_listen_for(tap, EPOLLIN);
        tap_accept_clients(tap);
    }
    tap_try_servers(tap);
    tap_settle(tap);
    if (tap->drain_until_ns && (!tap->connections || now >= tap->drain_until_ns))
        tap->stopping = true;
}

/* How long to wait for events at most; most of the time nothing is timed. */
static int patience(const struct tap *tap)
{
    if (tap->waiting || tap->drain_until_ns)
        return RETRY_MS;
    if (tap->stalled)
        return TAP_STALL_MS / 4;
    return tap->paused ? TAP_PAUSE_MS : -1;
}

static void happened(struct tap *tap, void *what, uint32_t events)
{
    if (what == tap->options->listener)
        tap_accept_clients(tap);
    else if (what == tap)
        stop_happened(tap);
    else if (what == &tap->watch_timer)
        watch_happened(tap);
    else if (what == &tap->hold_timer)
        hold_happened(tap);
    else if (what == tap->options->intercept)
        tap->options->intercept->input(tap->options->intercept->context, tap);
    else if (what == tap->options->control)
        tap_control_accept(tap);
    else if (*(enum tap_watched *)what == TAP_PROBE)
        tap_probe_happened(what, events);
    else if (*(enum tap_watched *)what == TAP_WAKE)
        tap_wake_happened(what);
    else
        end_happened(what, events);
    tap_settle(tap);
}

static void wait_once(struct tap *tap)
{
    struct epoll_event events[EVENTS];
    int timeout = patience(tap), count = epoll_wait(tap->epoll, events, EVENTS, timeout);

    tap->busy = count > 1;
    for (int i = 0; i < count && !tap->stopping; i++)
        happened(tap, events[i].data.ptr, events[i].events);
    if (timeout >= 0)
        timers(tap);
    if (tap->any_dead)
        tap_connection_free_dead(tap);
    if (tap->dead_wakes)
        tap_wake_free_dead(tap);
    if (tap->probes)
        tap_probe_free_dead(tap);
}

/* --- start and end --- */

static bool add_timer(struct tap *tap, bool wanted, int *timer)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = timer };

    if (!wanted)
        return true;
    *timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return *timer >= 0 && epoll_ctl(tap->epoll, EPOLL_CTL_ADD, *timer, &ev) == 0;
}

static void close_all(const struct tap *tap)
{
    const int fds[] = { tap->epoll, tap->watch_timer, tap->hold_timer };

    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static bool start(struct tap *tap, struct vfu_error *error)
{
    const struct vfu_tap_options *o = tap->options;
    struct epoll_event listener = { .events = EPOLLIN, .data.ptr = o->listener };
    struct epoll_event input = { .events = EPOLLIN, .data.ptr = (void *)(uintptr_t)o->intercept };
    struct epoll_event control = { .events = EPOLLIN, .data.ptr = o->control };
    struct epoll_event stop = { .events = EPOLLIN, .data.ptr = tap };

    tap->decides = o->injection_count > 0 || o->expose || o->control || o->intercept;
    tap->random = o->seed ? o->seed : 1;
    tap->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (tap->epoll >= 0 && epoll_ctl(tap->epoll, EPOLL_CTL_ADD, o->listener->fd, &listener) == 0 &&
        (o->stop_fd < 0 || epoll_ctl(tap->epoll, EPOLL_CTL_ADD, o->stop_fd, &stop) == 0) &&
        (!o->intercept || epoll_ctl(tap->epoll, EPOLL_CTL_ADD, o->intercept->input_fd, &input) == 0) &&
        (!o->control || epoll_ctl(tap->epoll, EPOLL_CTL_ADD, o->control->fd, &control) == 0) &&
        add_timer(tap, o->overdue_ns > 0, &tap->watch_timer) && add_timer(tap, tap->decides, &tap->hold_timer))
        return true;
    vfu_fail(error, errno, "can't watch sockets: %s", strerror(errno));
    close_all(tap);
    return false;
}

/* Whatever was read of a message goes out as far as it can. */
static void let_go(struct tap_channel *c)
{
    for (int side = 0; side < 2 && c->open; side++)
        tap_flow_release(&c->flows[side]);
}

static void end_all(struct tap *tap)
{
    vfu_tap_let_go(tap);
    tap_settle(tap);
    tap_release_held(tap, true);
    for (struct tap_connection *n = tap->connections; n; n = n->next) {
        if (n->dead)
            continue;
        if (!n->conn) {
            close(n->main.ends[VFU_CLIENT].fd);
            n->dead = true;
            continue;
        }
        let_go(&n->main);
        if (n->twin)
            let_go(n->twin);
        snprintf(n->note, sizeof n->note, "the tap ended");
        tap_connection_end(n);
    }
    tap_connection_free_dead(tap);
    tap_wake_free_dead(tap);
    tap_probe_drop(tap, NULL);
    tap_probe_free_dead(tap);
    close_all(tap);
}

bool vfu_tap_run(const struct vfu_tap_options *options, struct vfu_error *error)
{
    struct tap tap = { .options = options, .hold_timer = -1, .watch_timer = -1 };

    STAILQ_INIT(&tap.touched);
    if (error)
        *error = (struct vfu_error){ 0 };
    if (!start(&tap, error))
        return false;
    while (!tap.stopping)
        wait_once(&tap);
    end_all(&tap);
    return !tap.failed;
}
