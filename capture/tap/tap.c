/*
 * The tap's loop: clients come, each gets a server connection of its own, and everything that happens on any socket is
 * dealt with here, one thing after the other.
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
    RETRY_MS = 10,    /* a busy or absent server is tried this often */
    ABSENT_MS = 5000, /* and an absent one for this long */
    BUSY_SAY_MS = 1000,
    DRAIN_MS = 1000,
};

/* --- connections --- */

/* Its sockets are closed; the memory goes once nothing of this round of events can point at it. */
static void bury(struct tap_connection *n)
{
    n->dead = true;
    n->tap->any_dead = true;
    if (n->tap->options->once)
        n->tap->stopping = true;
}

static void end_connection(struct tap_connection *n)
{
    struct vfu_event event;

    if (n->dead)
        return;
    tap_probe_drop(n->tap, n);
    tap_wake_drop_all(n);
    tap_expose_explain(n);
    tap_channel_close(&n->main);
    if (n->twin)
        tap_channel_close(n->twin);
    vfu_session_disconnect(n->tap->options->session, n->conn, vfu_now(), n->note, &event);
    tap_event(n->tap, &event);
    bury(n);
}

/* A client that has no server yet goes away, or is sent away. */
static void drop_waiting(struct tap_connection *n)
{
    close(n->main.ends[VFU_CLIENT].fd);
    n->tap->waiting--;
    if (n->tap->options->once)
        n->tap->failed = true;
    bury(n);
}

static void free_dead(struct tap *tap)
{
    struct tap_connection **at = &tap->connections;

    tap->any_dead = false;
    while (*at) {
        struct tap_connection *n = *at;

        if (!n->dead) {
            at = &n->next;
            continue;
        }
        *at = n->next;
        free(n->twin);
        free(n);
    }
}

static void settle(struct tap_connection *n)
{
    if (n->dead)
        return;
    if (n->condemned) {
        end_connection(n);
        return;
    }
    if (n->main.open)
        tap_channel_settle(&n->main);
    if (n->twin && n->twin->open)
        tap_channel_settle(n->twin);
    if (!n->main.open && !(n->twin && n->twin->open))
        end_connection(n);
}

/* Once an event was dealt with, in the order in which they were touched. */
static void settle_touched(struct tap *tap)
{
    struct tap_connection *n;

    while ((n = STAILQ_FIRST(&tap->touched)) != NULL) {
        STAILQ_REMOVE_HEAD(&tap->touched, touched_next);
        n->touched = false;
        settle(n);
    }
}

static void start_connection(struct tap_connection *n, int server)
{
    struct tap *tap = n->tap;
    struct vfu_event event;
    struct tap_end *client = &n->main.ends[VFU_CLIENT];

    n->conn = ++tap->conns;
    tap->waiting--;
    vfu_session_connect(tap->options->session, n->conn, vfu_now(), &event);
    tap_event(tap, &event);
    if (!tap_channel_open(&n->main, n, VFU_MAIN, client->fd, server)) {
        snprintf(n->note, sizeof n->note, "can't be watched: %s", strerror(errno));
        end_connection(n);
        return;
    }
    tap_touch(n); /* asks for the client's bytes, which it did not while it waited */
}

/* Try to get the client its server. True: the next one may try; false: later. */
static bool try_server(struct tap_connection *n)
{
    struct tap *tap = n->tap;
    uint64_t now;
    struct vfu_error error;
    int server = vfu_connect(tap->options->server, 0, false, &error);

    if (server >= 0) {
        start_connection(n, server);
        return true;
    }
    now = vfu_mono_ns();
    if (error.number == EAGAIN || error.number == EMFILE || error.number == ENFILE) {
        n->absent_ns = 0;
        if (!n->said && (error.number != EAGAIN || now - n->accepted_ns >= tap_ms(BUSY_SAY_MS))) {
            n->said = true;
            tap_say(tap, "%s; a client waits", error.text);
        }
        return false;
    }
    if (error.number == ENOENT || error.number == ECONNREFUSED) {
        n->absent_ns = n->absent_ns ? n->absent_ns : now;
        if (now - n->absent_ns < tap_ms(ABSENT_MS))
            return false;
    }
    tap_say(tap, "%s; the client's connection is closed", error.text);
    drop_waiting(n);
    return true;
}

/* The first client that has no server yet. Clients get theirs in the order in which they came. */
static struct tap_connection *first_waiting(const struct tap *tap)
{
    struct tap_connection *n = tap->connections;

    while (n && (n->conn || n->dead))
        n = n->next;
    return n;
}

static void try_servers(struct tap *tap)
{
    struct tap_connection *n;

    while (tap->waiting && !tap->stopping && (n = first_waiting(tap)) != NULL && try_server(n))
        ;
}

static void add_client(struct tap *tap, int fd)
{
    struct tap_connection *n = calloc(1, sizeof *n), **last = &tap->connections;
    struct tap_end *client;
    struct epoll_event ev = { .events = 0 }; /* only that it hangs up: its bytes wait in the socket */

    if (!n) {
        close(fd);
        tap_say(tap, "can't take another client: out of memory");
        return;
    }
    n->tap = tap;
    tap->waiting++;
    n->accepted_ns = vfu_mono_ns();
    client = &n->main.ends[VFU_CLIENT];
    client->fd = fd;
    client->channel = &n->main;
    n->main.connection = n;
    ev.data.ptr = client;
    client->added = epoll_ctl(tap->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
    while (*last)
        last = &(*last)->next;
    *last = n;
}

static void accept_clients(struct tap *tap)
{
    struct vfu_listener *l = tap->options->listener;

    while (!tap->stopping) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                tap_pause_listening(tap, errno);
            else if (errno != ECONNABORTED && errno != EINTR) {
                tap->paused = false;
                break;
            }
            if (tap->paused)
                return;
            continue;
        }
        tap->paused = false;
        add_client(tap, fd);
        if (tap->options->once) { /* others are refused, not left waiting for ever */
            vfu_unlisten(l);
            break;
        }
    }
    try_servers(tap);
}

/* --- what happens --- */

static void end_happened(struct tap_end *e, uint32_t events)
{
    struct tap_channel *c = e->channel;
    struct tap_connection *n = c->connection;

    if (n->dead)
        return;
    if (!n->conn) { /* waiting for the server: it left */
        tap_say(n->tap, "a client left before it could be connected to %s", n->tap->options->server);
        drop_waiting(n);
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
        accept_clients(tap);
    }
    try_servers(tap);
    settle_touched(tap);
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
        accept_clients(tap);
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
    settle_touched(tap);
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
        free_dead(tap);
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
    settle_touched(tap);
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
        end_connection(n);
    }
    free_dead(tap);
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
