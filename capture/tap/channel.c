/*
 * A channel: two sockets and the flows between them. How the end of one side becomes the end of the other, what epoll
 * is asked for, and how the tap gets between the ends of the twin socket.
 */
#include "capture/tap/inside.h"
#include "decoder/wire/capabilities.h"
#include "decoder/wire/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static bool end_add(struct tap *tap, struct tap_end *e, uint32_t mask)
{
    struct epoll_event ev = { .events = mask, .data.ptr = e };

    e->mask = mask;
    e->added = epoll_ctl(tap->epoll, EPOLL_CTL_ADD, e->fd, &ev) == 0;
    return e->added;
}

bool tap_channel_open(struct tap_channel *c, struct tap_connection *connection, enum vfu_channel number, int client,
                      int server)
{
    bool ok = true;

    c->connection = connection;
    c->number = number;
    c->open = true;
    for (int side = 0; side < 2; side++) {
        struct tap_end *e = &c->ends[side];
        bool added = e->added; /* a client that waited for its server is in the set already */

        *e = (struct tap_end){ .fd = side == VFU_CLIENT ? client : server, .side = (enum vfu_side)side, .channel = c };
        e->added = added;
        c->flows[side].channel = c;
        c->flows[side].from = (enum vfu_side)side;
        ok = ok && (added || end_add(connection->tap, e, EPOLLIN));
        vfu_socket_tune(e->fd);
    }
    return ok;
}

/* Ask epoll for what is wanted of an end now; mostly that is what it was. */
static void end_update(struct tap_channel *c, struct tap_end *e)
{
    struct tap *tap = c->connection->tap;
    struct tap_flow *from = &c->flows[e->side], *to = &c->flows[!e->side];
    uint32_t mask = 0;
    struct epoll_event ev;

    if (tap_flow_takes(from))
        mask |= EPOLLIN;
    if (tap_flow_pending(to) && !tap_flow_held(to))
        mask |= EPOLLOUT;
    if (mask == e->mask && (e->added || !mask) && !(e->hung_up && !mask && e->added))
        return;
    if (e->hung_up && !mask) { /* would be reported without end */
        epoll_ctl(tap->epoll, EPOLL_CTL_DEL, e->fd, NULL);
        e->added = false;
        e->mask = 0;
    } else if (!e->added) {
        end_add(tap, e, mask);
    } else {
        ev = (struct epoll_event){ .events = mask, .data.ptr = e };
        epoll_ctl(tap->epoll, EPOLL_CTL_MOD, e->fd, &ev);
        e->mask = mask;
    }
}

void tap_channel_settle(struct tap_channel *c)
{
    bool done = true;

    for (int side = 0; side < 2; side++) {
        struct tap_flow *f = &c->flows[side];
        struct tap_end *in = &c->ends[side], *out = &c->ends[!side];

        if (!f->eof || tap_flow_pending(f)) {
            done = false;
            continue;
        }
        if (!f->eof_passed)
            shutdown(out->fd, SHUT_WR);
        f->eof_passed = true;
        if (in->hung_up && !in->told) /* gone altogether: the other side learns that too (POLLHUP, EPIPE) */
            shutdown(out->fd, SHUT_RDWR);
        in->told = in->hung_up;
    }
    if (done) {
        tap_channel_close(c);
        return;
    }
    for (int side = 0; side < 2; side++)
        end_update(c, &c->ends[side]);
}

void tap_channel_close(struct tap_channel *c)
{
    if (!c->open)
        return;
    c->open = false;
    for (int side = 0; side < 2; side++) {
        tap_stop_free(&c->flows[side]);
        tap_flow_free(&c->flows[side]);
        if (c->ends[side].added) /* closing does not do it for a twin socket that its server still holds too */
            epoll_ctl(c->connection->tap->epoll, EPOLL_CTL_DEL, c->ends[side].fd, NULL);
        close(c->ends[side].fd);
    }
}

/* --- the twin socket --- */

static bool is_stream_socket(int fd)
{
    int type = 0, domain = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/* Which of the reply's fds is the twin; -1: none. */
static int agreed_twin(struct tap_flow *f)
{
    struct vfu_event event = {
        .kind = VFU_EVENT_MESSAGE,
        .message = { .bytes = f->buffer, .captured = f->got, .size = f->size, .from = VFU_SERVER, .nfds = f->nfds },
        .command_number = (uint16_t)f->command,
        .size = f->size,
        .flags = f->flags,
        .command = vfu_command_by_number(f->command),
    };
    struct vfu_decoded decoded;
    struct vfu_capabilities caps;
    const struct vfu_value *json;

    vfu_decode(&event, &decoded);
    json = vfu_value_by_name(decoded.values, decoded.count, "json");
    if (!json || !vfu_capabilities_parse((const char *)json->bytes, json->size, &caps) || !caps.twin_socket ||
        !caps.has_fd_index || caps.fd_index >= f->nfds || !is_stream_socket(f->fds[caps.fd_index]))
        return -1;
    return (int)caps.fd_index;
}

void tap_twin_interpose(struct tap_flow *f)
{
    struct tap_connection *connection = f->channel->connection;
    int which = connection->twin ? -1 : agreed_twin(f), pair[2], server;
    struct tap_channel *twin;

    if (which < 0)
        return;
    server = f->fds[which];
    twin = calloc(1, sizeof *twin);
    if (!twin || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        tap_say(connection->tap, "connection %u: the twin socket's messages can't be seen: %s", connection->conn,
                strerror(errno));
        free(twin);
        return;
    }
    /* The client's new fd blocks or not as the server's did. Ours need not: every call says MSG_DONTWAIT. */
    fcntl(pair[1], F_SETFL, fcntl(server, F_GETFL));
    vfu_socket_tune(pair[1]);
    connection->twin = twin;
    f->fds[which] = pair[1];
    if (tap_channel_open(twin, connection, VFU_TWIN, pair[0], server))
        return;
    tap_say(connection->tap, "connection %u: the twin socket can't be watched: %s", connection->conn, strerror(errno));
    tap_channel_close(twin);
}
