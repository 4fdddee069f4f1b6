/*
 * The server end: a socket of the client's, and what goes out on it: what the socket does not take at once waits in a
 * queue.
 */
#include "capture/server/inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How much may wait to be sent before reading pauses. */
enum { FULL = 4 << 20 };

/* What the socket did not take yet. */
struct server_message {
    STAILQ_ENTRY(server_message) next;
    size_t size, sent;
    int fds[SERVER_MAX_MSG_FDS]; /* copies, go with the first byte */
    unsigned nfds;
    uint8_t bytes[];
};

static void close_fds(struct server_message *m)
{
    while (m->nfds > 0)
        close(m->fds[--m->nfds]);
}

static bool queue(struct server_channel *c, const uint8_t *bytes, size_t size, const int *fds, unsigned nfds)
{
    struct server_message *m = malloc(sizeof *m + size);

    if (!m)
        return false;
    *m = (struct server_message){ .size = size };
    for (unsigned i = 0; i < nfds; i++) {
        m->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
        if (m->fds[i] < 0) {
            close_fds(m);
            free(m);
            return false;
        }
        m->nfds++;
    }
    memcpy(m->bytes, bytes, size);
    STAILQ_INSERT_TAIL(&c->queue, m, next);
    c->waiting += size;
    return true;
}

static void dequeue(struct server_channel *c)
{
    struct server_message *m = STAILQ_FIRST(&c->queue);

    c->waiting -= m->size - m->sent;
    STAILQ_REMOVE_HEAD(&c->queue, next);
    close_fds(m);
    free(m);
}

/* The client takes no more: what it sent before is still carried out, answers are dropped. */
static void deafen(struct server_channel *c)
{
    c->deaf = true;
    while (server_waits(c))
        dequeue(c);
}

static bool put(struct server_channel *c, const void *bytes, size_t size, const int *fds, unsigned nfds)
{
    struct iovec iov = { (void *)(uintptr_t)bytes, size };
    size_t sent = 0;

    if (!server_waits(c) && vfu_send(c->fd, &iov, 1, fds, nfds, &sent) == VFU_IO_ERROR)
        deafen(c);
    if (c->deaf || sent == size)
        return true;
    return queue(c, (const uint8_t *)bytes + sent, size - sent, fds, sent ? 0 : nfds);
}

bool server_send(struct vfu_server *s, struct server_channel *c, const void *bytes, size_t size, const int *fds,
                 unsigned nfds)
{
    const struct vfu_server_out out = { c == &s->twin ? VFU_TWIN : VFU_MAIN, bytes, size, fds, nfds };

    if (c->deaf || (s->options.sends && s->options.sends(s->options.context, &out)))
        return true;
    server_note_sent(s, c, bytes, size, fds, nfds);
    return put(c, bytes, size, fds, nfds);
}

static struct server_channel *channel_of(struct vfu_server *s, const struct vfu_server_out *out)
{
    return out->channel == VFU_TWIN ? &s->twin : &s->client;
}

void vfu_server_put(struct vfu_server *s, const struct vfu_server_out *out)
{
    struct server_channel *c = channel_of(s, out);

    if (c->fd >= 0 && !c->deaf && !put(c, out->bytes, out->size, out->fds, out->nfds))
        server_say(s, "out of memory: something is not sent");
}

bool vfu_server_has_more(const struct vfu_server *s)
{
    struct pollfd p = { .fd = s->client.fd, .events = POLLIN };

    return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

bool vfu_server_unread(const struct vfu_server *s)
{
    return s->client.fd >= 0 && vfu_socket_unread(s->client.fd) > 0;
}

void vfu_server_note(struct vfu_server *s, const struct vfu_server_out *out)
{
    server_note_sent(s, channel_of(s, out), out->bytes, out->size, out->fds, out->nfds);
}

void server_writable(struct server_channel *c)
{
    while (server_waits(c)) {
        struct server_message *m = STAILQ_FIRST(&c->queue);
        struct iovec iov = { m->bytes + m->sent, m->size - m->sent };
        size_t sent;
        enum vfu_io io = vfu_send(c->fd, &iov, 1, m->fds, m->nfds, &sent);

        if (io == VFU_IO_AGAIN)
            return;
        if (io != VFU_IO_OK) {
            deafen(c);
            return;
        }
        close_fds(m);
        m->sent += sent;
        c->waiting -= sent;
        if (m->sent == m->size)
            dequeue(c);
    }
}

bool server_waits(const struct server_channel *c)
{
    return !STAILQ_EMPTY(&c->queue);
}

bool server_is_full(const struct server_channel *c)
{
    return c->waiting > FULL;
}

void server_channel_close(struct server_channel *c)
{
    while (server_waits(c))
        dequeue(c);
    vfu_reader_free(&c->reader);
    if (c->fd >= 0)
        close(c->fd);
    *c = (struct server_channel){ .fd = -1 };
    STAILQ_INIT(&c->queue);
}
