/*
 * Connections: a client is accepted, waits for a server connection of its own, and stays until both of its channels
 * have ended or it is to be closed at once.
 */
#include "capture/clock.h"
#include "capture/listen.h"
#include "capture/tap/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ABSENT_MS = 5000, /* an absent server is tried for this long */
    BUSY_SAY_MS = 1000,
    CONNECTS = 8, /* at a time, then the traffic's turn */
    FOR_MESSAGES = 4, /* of few descriptors this part is left for those that messages bring; of many, as one may bring */
};

/* Its sockets are closed; the memory goes once nothing of this round of events can point at it. */
static void bury(struct tap_connection *n)
{
    n->dead = true;
    n->tap->connections.any_dead = true;
    if (n->tap->options->once)
        n->tap->stopping = true;
}

void tap_connection_end(struct tap_connection *n)
{
    struct vfu_event event = { .kind = VFU_EVENT_DISCONNECT, .conn = n->conn, .disconnect.closed_by = n->closed_by };

    if (n->dead)
        return;
    tap_probe_drop(n->tap, n);
    tap_wake_drop_all(n);
    tap_expose_explain(n);
    tap_channel_close(&n->main);
    if (n->twin)
        tap_channel_close(n->twin);
    event.time = vfu_now();
    event.disconnect.unread = n->gone.unread;
    event.disconnect.on = n->gone.on;
    event.disconnect.ended = n->gone.ended;
    snprintf(event.disconnect.why, sizeof event.disconnect.why, "%s", n->note);
    vfu_session_event(n->tap->options->session, &event);
    tap_event(n->tap, &event);
    bury(n);
}

void tap_connection_drop(struct tap_connection *n)
{
    close(n->main.ends[VFU_CLIENT].fd);
    n->tap->connections.waiting--;
    if (n->tap->options->once)
        n->tap->failed = true;
    bury(n);
}

void tap_connection_free_dead(struct tap *tap)
{
    struct tap_connections *all = &tap->connections;
    struct tap_connection *n, *after;

    if (!all->any_dead)
        return;
    all->any_dead = false;
    for (n = TAILQ_FIRST(&all->list); n; n = after) {
        after = TAILQ_NEXT(n, next);
        if (!n->dead)
            continue;
        TAILQ_REMOVE(&all->list, n, next);
        if (n->spare >= 0)
            close(n->spare);
        free(n->twin);
        free(n);
    }
}

static void settle(struct tap_connection *n)
{
    if (n->dead)
        return;
    if (n->condemned) {
        tap_connection_end(n);
        return;
    }
    if (n->main.open)
        tap_channel_settle(&n->main);
    if (n->twin && n->twin->open)
        tap_channel_settle(n->twin);
    if (!n->main.open && !(n->twin && n->twin->open))
        tap_connection_end(n);
}

void tap_settle(struct tap *tap)
{
    struct tap_connection *n;

    while ((n = STAILQ_FIRST(&tap->connections.touched)) != NULL) {
        STAILQ_REMOVE_HEAD(&tap->connections.touched, touched_next);
        n->touched = false;
        settle(n);
    }
}

/* --- clients and their servers --- */

static void start_connection(struct tap_connection *n, int server)
{
    struct tap *tap = n->tap;
    struct vfu_event event = { .kind = VFU_EVENT_CONNECT };
    struct tap_end *client = &n->main.ends[VFU_CLIENT];

    event.conn = n->conn = ++tap->connections.count;
    event.connect.pid = (uint32_t)n->processes[VFU_CLIENT].pid;
    memcpy(event.connect.name, n->processes[VFU_CLIENT].name, sizeof event.connect.name);
    tap->connections.waiting--;
    vfu_process_of_peer(server, &n->processes[VFU_SERVER]);
    event.time = vfu_now();
    vfu_session_event(tap->options->session, &event);
    tap_event(tap, &event);
    if (!tap_channel_open(&n->main, n, VFU_MAIN, client->fd, server)) {
        snprintf(n->note, sizeof n->note, "can't be watched: %s", strerror(errno));
        tap_connection_end(n);
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
    int server;

    if (n->spare >= 0)
        close(n->spare);
    n->spare = -1;
    server = vfu_connect(tap->options->server, 0, false, &error);
    if (server < 0)
        n->spare = fcntl(tap->epoll, F_DUPFD_CLOEXEC, 0);
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
        if (!n->said && now - n->absent_ns >= tap_ms(BUSY_SAY_MS)) { /* before clients give up, many of them after 5 s */
            n->said = true;
            tap_say(tap, "%s; a client waits", error.text);
        }
        if (now - n->absent_ns < tap_ms(ABSENT_MS))
            return false;
    }
    tap_say(tap, "%s; the client's connection is closed", error.text);
    tap_connection_drop(n);
    return true;
}

/* The first client that has no server yet. Clients get theirs in the order in which they came. */
static struct tap_connection *first_waiting(const struct tap *tap)
{
    struct tap_connection *n;

    TAILQ_FOREACH(n, &tap->connections.list, next)
        if (!n->conn && !n->dead)
            break;
    return n;
}

void tap_try_servers(struct tap *tap)
{
    struct tap_connection *n;

    for (int left = CONNECTS; left > 0 && tap->connections.waiting && !tap->stopping; left--)
        if (!(n = first_waiting(tap)) || !try_server(n))
            break;
    tap->connections.tried_ns = vfu_mono_ns();
}

static void add_client(struct tap *tap, int fd, int spare)
{
    struct tap_connection *n = calloc(1, sizeof *n);
    struct tap_end *client;

    if (!n) {
        close(fd);
        close(spare);
        tap_say(tap, "can't take another client: out of memory");
        return;
    }
    n->tap = tap;
    tap_wakes_init(&n->wakes);
    n->spare = spare;
    tap->connections.waiting++;
    n->accepted_ns = vfu_mono_ns();
    vfu_process_of_peer(fd, &n->processes[VFU_CLIENT]);
    client = &n->main.ends[VFU_CLIENT];
    client->fd = fd;
    client->channel = &n->main;
    n->main.connection = n;
    /* Only that it hangs up: its bytes wait in the socket. */
    client->added = tap_epoll(tap, EPOLL_CTL_ADD, fd, 0, &client->what);
    TAILQ_INSERT_TAIL(&tap->connections.list, n, next);
}

/*
 * A descriptor to be kept for a client's server, or -1: EMFILE too where so few are left that the messages of those who
 * are there might lose theirs.
 */
static int spare_descriptor(const struct tap *tap)
{
    struct rlimit limit;
    int fd = fcntl(tap->epoll, F_DUPFD_CLOEXEC, 0); /* the lowest that is free */

    if (fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return fd;
    if ((rlim_t)fd + VFU_MAX_FDS < limit.rlim_cur || (rlim_t)fd < limit.rlim_cur - limit.rlim_cur / FOR_MESSAGES)
        return fd;
    close(fd);
    errno = EMFILE;
    return -1;
}

/*
 * One at a time, so that the traffic has its turn, and only where there is a descriptor for its server's side too: else
 * clients take all of them, and none is served. The others wait where they are.
 */
void tap_accept_clients(struct tap *tap)
{
    struct vfu_listener *l = tap->options->listener;
    int spare = spare_descriptor(tap);
    int fd = spare < 0 ? -1 : accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), why = errno;

    if (fd < 0) {
        if (spare >= 0)
            close(spare);
        if (tap_listen_pauses(tap, why))
            return;
        tap->listeners.paused = false;
    } else {
        tap->listeners.paused = false;
        add_client(tap, fd, spare);
        if (tap->options->once) /* others are refused, not left waiting for ever */
            vfu_unlisten(l);
    }
    tap_try_servers(tap);
}
