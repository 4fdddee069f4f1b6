/*
 * The tap's loop: everything that happens on any socket, and everything that is timed, is dealt with here, one thing
 * after the other.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    RETRY_MS = 10, /* a busy or absent server is tried this often */
    STALL_MS = 100, /* a cut message is held back no longer than this */
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
    if (events & (EPOLLHUP | EPOLLERR) && !e->hung_up) {
        e->hung_up = true;
        tap_say_left(&c->flows[e->side]);
    }
    if (events & EPOLLOUT)
        tap_flow_push(&c->flows[!e->side]);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        tap_flow_read(&c->flows[e->side]);
    tap_touch(n);
}

static void stop_happened(struct tap *tap)
{
    switch (tap->options->stop(tap->options->context, tap)) {
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

static void release_stalled(struct tap *tap, uint64_t now)
{
    TAP_EACH_FLOW (f, tap) {
        if (f->message.waiting_ns && now - f->message.waiting_ns >= tap_ms(STALL_MS)) {
            tap_flow_release(f);
            tap_touch(f->channel->connection);
        }
    }
}

static void tell_stalled(struct tap *tap, uint64_t now)
{
    TAP_EACH_FLOW (f, tap)
        tap_flow_tell_stalled(f, now);
}

static void timers(struct tap *tap)
{
    uint64_t now = vfu_mono_ns();

    if (tap->stalled)
        release_stalled(tap, now);
    if (tap->quiet)
        tell_stalled(tap, now);
    if (tap_listen_again(tap, now))
        tap_accept_clients(tap);
    if (now - tap->connections.tried_ns >= tap_ms(RETRY_MS)) /* not with each message of the others */
        tap_try_servers(tap);
    tap_settle(tap);
    if (tap->drain_until_ns && (TAILQ_EMPTY(&tap->connections.list) || now >= tap->drain_until_ns))
        tap->stopping = true;
}

/* How long to wait for events at most; most of the time nothing is timed. */
static int patience(const struct tap *tap)
{
    if (tap->connections.waiting || tap->drain_until_ns)
        return RETRY_MS;
    if (tap->stalled || tap->quiet)
        return STALL_MS / 4;
    return tap->listeners.paused ? TAP_PAUSE_MS : -1;
}

static void happened(struct tap *tap, void *what, uint32_t events)
{
    switch (*(const enum tap_watched *)what) {
    case TAP_END:
        end_happened(what, events);
        break;
    case TAP_WAKE:
        tap_wake_happened(what);
        break;
    case TAP_PROBE:
        tap_probe_happened(what, events);
        break;
    case TAP_CLIENTS:
        tap_accept_clients(tap);
        break;
    case TAP_CONTROL:
        tap_control_accept(tap);
        break;
    case TAP_INPUT:
        tap->options->intercept->input(tap->options->intercept->context, tap);
        break;
    case TAP_STOP:
        stop_happened(tap);
        break;
    case TAP_OVERDUE:
        tap_watch_happened(tap);
        break;
    case TAP_HOLDS:
        tap_hold_happened(tap);
        break;
    case TAP_LOGS:
        tap_tell_logs(tap, UINT64_MAX);
        break;
    case TAP_LOOKED:
        tap_wait_looked(tap);
        break;
    case TAP_MOVED:
        tap_moved(tap);
        break;
    case TAP_WAITED:
        tap_wait_due(tap);
        break;
    }
    tap_settle(tap);
}

/* Nothing of this round of events can point at them any more. */
static void free_dead(struct tap *tap)
{
    tap_connection_free_dead(tap);
    tap_wake_free_dead(tap);
    tap_probe_free_dead(tap);
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
    free_dead(tap);
}

/* --- start and end --- */

static void close_all(struct tap *tap)
{
    tap_timer_close(&tap->watch.timer);
    tap_timer_close(&tap->holds.timer);
    tap_timer_close(&tap->wait_timer);
    if (tap->epoll >= 0)
        close(tap->epoll);
}

static bool start(struct tap *tap, struct vfu_error *error)
{
    const struct vfu_tap_options *o = tap->options;
    static const enum tap_watched stop = TAP_STOP, input = TAP_INPUT, logs = TAP_LOGS;

    tap->decides = o->injection_count > 0 || o->expose || o->control || o->intercept;
    tap->random = o->seed ? o->seed : 1;
    tap->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (tap->epoll >= 0 && tap_listen(tap) &&
        (o->stop_fd < 0 || tap_epoll(tap, EPOLL_CTL_ADD, o->stop_fd, EPOLLIN, &stop)) &&
        (!o->intercept || tap_epoll(tap, EPOLL_CTL_ADD, o->intercept->input_fd, EPOLLIN, &input)) &&
        (!o->logs || tap_epoll(tap, EPOLL_CTL_ADD, vfu_logs_fd(o->logs), EPOLLIN, &logs)) &&
        (!o->overdue_ns || tap_watch_open(tap)) && (!tap->decides || tap_hold_open(tap)) && (!o->look || (tap_wait_open(tap) && tap_moved_open(tap))))
        return true;
    vfu_fail(error, errno, "can't watch sockets: %s", strerror(errno));
    close_all(tap);
    return false;
}

/* Whatever was read of a message goes out as far as it can. */
static void let_go(struct tap_channel *c)
{
    for (int side = 0; side < 2 && c->open; side++)
        tap_flow_let_go(&c->flows[side]);
}

static void end_all(struct tap *tap)
{
    struct tap_connection *n;

    vfu_tap_let_go(tap);
    tap_settle(tap);
    tap_hold_release(tap, true);
    TAILQ_FOREACH(n, &tap->connections.list, next) {
        if (n->dead)
            continue;
        if (!n->conn) {
            close(n->main.ends[VFU_CLIENT].fd);
            n->dead = tap->connections.any_dead = true;
            continue;
        }
        let_go(&n->main);
        if (n->twin)
            let_go(n->twin);
        n->closed_by = VFU_BOTH_SIDES;
        snprintf(n->note, sizeof n->note, "the tap ended");
        tap_connection_end(n);
    }
    tap_probe_drop(tap, NULL);
    free_dead(tap);
    close_all(tap);
}

bool vfu_tap_run(const struct vfu_tap_options *options, struct vfu_error *error)
{
    struct tap tap = { .options = options, .watch.timer.fd = -1, .holds.timer.fd = -1, .wait_timer.fd = -1 };

    TAILQ_INIT(&tap.connections.list);
    TAILQ_INIT(&tap.dead_wakes);
    STAILQ_INIT(&tap.connections.touched);
    if (error)
        *error = (struct vfu_error){ 0 };
    if (!start(&tap, error))
        return false;
    while (!tap.stopping)
        wait_once(&tap);
    end_all(&tap);
    return !tap.failed;
}
