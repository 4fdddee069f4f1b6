/*
 * A channel: two sockets and the flows between them. How the end of one side becomes the end of the other, and what
 * epoll is asked for.
 */
#include "capture/tap/inside.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static bool end_add(struct tap *tap, struct tap_end *e, uint32_t mask)
{
    e->mask = mask;
    e->added = tap_epoll(tap, EPOLL_CTL_ADD, e->fd, mask, &e->what);
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
        tap_flow_init(&c->flows[side], c, (enum vfu_side)side, side == VFU_CLIENT ? server : client);
        ok = ok && (added || end_add(connection->tap, e, EPOLLIN));
        vfu_socket_pace(e->fd);
    }
    return ok;
}

/* Ask epoll for what is wanted of an end now; mostly that is what it was. */
static void end_update(struct tap_channel *c, struct tap_end *e)
{
    struct tap *tap = c->connection->tap;
    struct tap_flow *from = &c->flows[e->side], *to = &c->flows[!e->side];
    uint32_t mask = 0;

    if (tap_flow_takes(from))
        mask |= EPOLLIN;
    if (tap_flow_pending(to) && !tap_flow_held(to))
        mask |= EPOLLOUT;
    if (mask == e->mask && (e->added || !mask) && !(e->hung_up && !mask && e->added))
        return;
    if (e->hung_up && !mask) { /* would be reported without end */
        tap_epoll(tap, EPOLL_CTL_DEL, e->fd, 0, NULL);
        e->added = false;
        e->mask = 0;
    } else if (!e->added) {
        end_add(tap, e, mask);
    } else {
        tap_epoll(tap, EPOLL_CTL_MOD, e->fd, mask, &e->what);
        e->mask = mask;
    }
}

void tap_channel_settle(struct tap_channel *c)
{
    bool done = true;

    for (int side = 0; side < 2; side++) {
        struct tap_flow *f = &c->flows[side];
        struct tap_end *in = &c->ends[side], *out = &c->ends[!side];

        if (f->eof && !f->stop && tap_aside_let_go(f))
            tap_flow_push(f);
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
            tap_epoll(c->connection->tap, EPOLL_CTL_DEL, c->ends[side].fd, 0, NULL);
        close(c->ends[side].fd);
    }
}
