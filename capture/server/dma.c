/*
 * The server end: the device's DMA. Each transfer goes piece by piece: through the fd where the mapping has one, else
 * by a DMA_READ or DMA_WRITE message, one at a time; while its reply is awaited, the client's commands are served.
 * What can't be done (an address that is not mapped, a mapping that forbids it, an error reply, a file that is too
 * short) ends the transfer.
 */
#include "capture/server/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_DATA = 32 << 10 }; /* what a message of ours carries at most: whole for its reader at once */

/* The transfer that goes on, and then the next one; NULL: there is none. */
static struct dev_dma *at_work(const struct vfu_server *s)
{
    return STAILQ_FIRST(&s->dma.queue);
}

/* The reply is not waited for any more. What it was to answer may have been done: the client has the message. */
static void forget_reply(struct vfu_server *s)
{
    if (!s->dma.waiting)
        return;
    if (at_work(s)->to_client)
        server_dirty_mark(s, at_work(s)->address + s->dma.done, s->dma.chunk);
    s->dma.waiting = false;
}

static void finish(struct vfu_server *s, bool whole)
{
    struct dev_dma *dma = at_work(s);

    forget_reply(s);
    STAILQ_REMOVE_HEAD(&s->dma.queue, next);
    s->dma.done = 0;
    dma->done(s->dev, dma, whole);
}

static void fail(struct vfu_server *s, const char *why)
{
    const struct dev_dma *dma = at_work(s);

    server_say(s, "DMA %s 0x%llx: %s", dma->to_client ? "to" : "from",
               (unsigned long long)(dma->address + s->dma.done), why);
    finish(s, false);
}

static void host_dma_start(void *context, struct dev_dma *dma)
{
    struct vfu_server *s = context;

    STAILQ_INSERT_TAIL(&s->dma.queue, dma, next);
}

static void host_dma_cancel(void *context, struct dev_dma *dma)
{
    struct vfu_server *s = context;

    if (dma == at_work(s)) {
        forget_reply(s);
        s->dma.done = 0;
    }
    STAILQ_REMOVE(&s->dma.queue, dma, dev_dma, next);
}

void server_host_dma(struct vfu_server *s)
{
    STAILQ_INIT(&s->dma.queue);
    s->host.dma_start = host_dma_start;
    s->host.dma_cancel = host_dma_cancel;
}

/* How a piece went */
enum piece { PIECE_DONE, PIECE_FAILED, PIECE_BY_MESSAGE };

static enum piece piece_by_fd(struct vfu_server *s, const struct server_map *m, uint64_t address, size_t size)
{
    struct dev_dma *dma = at_work(s);
    uint8_t *bytes = dma->bytes + s->dma.done;
    off_t at = (off_t)(m->offset + (address - m->address));
    ssize_t n;

    do
        n = dma->to_client ? pwrite(m->fd, bytes, size, at) : pread(m->fd, bytes, size, at);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        if (dma->to_client)
            server_dirty_mark(s, address, (uint64_t)n);
        s->dma.done += (size_t)n;
        return PIECE_DONE;
    }
    /* Huge pages and device memory can be mapped but not read or written like files. */
    if (n < 0 && (errno == EINVAL || errno == ENODEV || errno == ESPIPE || errno == EBADF))
        return PIECE_BY_MESSAGE;
    fail(s, n < 0 ? strerror(errno) : "beyond the end of the mapped file");
    return PIECE_FAILED;
}

static struct server_channel *command_channel(struct vfu_server *s)
{
    return s->twin.fd >= 0 ? &s->twin : &s->client;
}

/* Ask the client. False: out of memory. */
static bool piece_by_message(struct vfu_server *s, uint64_t address, size_t size)
{
    const struct dev_dma *dma = at_work(s);
    struct vfu_build b;
    bool built, sent;

    if (size > MESSAGE_DATA)
        size = MESSAGE_DATA;
    if (size > s->client_max_xfer)
        size = s->client_max_xfer;
    if (size == 0 || (s->twin_agreed && s->twin.fd < 0)) {
        fail(s, size == 0 ? "the client takes no data in messages" : "the client closed the twin socket");
        return true;
    }
    s->dma.id++;
    built = vfu_build_start(&b, dma->to_client ? VFU_DMA_WRITE : VFU_DMA_READ, false) &&
            vfu_build_set_number(&b, "header.id", s->dma.id) && vfu_build_set_number(&b, "address", address) &&
            vfu_build_set_number(&b, "count", size) &&
            (!dma->to_client || vfu_build_set_bytes(&b, "data", dma->bytes + s->dma.done, size)) && vfu_build_end(&b);
    if (!built) {
        vfu_build_free(&b);
        fail(s, "out of memory");
        return true;
    }
    s->dma.waiting = true;
    s->dma.chunk = size;
    sent = server_send(s, command_channel(s), b.bytes, b.size, NULL, 0);
    vfu_build_free(&b);
    return sent;
}

bool server_dma_run(struct vfu_server *s)
{
    while (at_work(s) && !s->dma.waiting && !s->dev->stopped) {
        const struct dev_dma *dma = at_work(s);
        uint64_t address = dma->address + s->dma.done;
        size_t size = dma->size - s->dma.done;
        const struct server_map *m;

        if (size == 0) {
            finish(s, true);
            continue;
        }
        m = address >= dma->address ? server_map_at(s, address) : NULL;
        if (!m || !(dma->to_client ? m->writeable : m->readable)) {
            fail(s, !m ? "not mapped" : dma->to_client ? "mapped, but not writeable" : "mapped, but not readable");
            continue;
        }
        if (size - 1 > m->address + (m->size - 1) - address)
            size = m->address + (m->size - 1) - address + 1;
        if (m->fd >= 0 && piece_by_fd(s, m, address, size) != PIECE_BY_MESSAGE)
            continue;
        if (!piece_by_message(s, address, size))
            return false;
    }
    return true;
}

/* Does the reply repeat the request's numbers (where it has them) and carry what was asked for? */
static const char *reply_fault(const struct vfu_server *s, const struct vfu_event *event, const struct vfu_decoded *in)
{
    const struct vfu_value *data = vfu_value_by_name(in->values, in->count, "data");

    if (event->flags & VFU_ERROR)
        return strerror(event->error ? (int)event->error : EIO);
    if (at_work(s)->to_client)
        return vfu_number(in->values, in->count, "count", s->dma.chunk) == s->dma.chunk ? NULL : "a short count";
    /* In every dialect the reply is as much longer than the request as there is data. */
    if (in->is_short || event->size - VFU_HEADER_SIZE != event->request_size + s->dma.chunk || !data ||
        data->size != s->dma.chunk)
        return "a reply with other data than asked for";
    return NULL;
}

void server_dma_reply(struct vfu_server *s, const struct vfu_event *event)
{
    const struct vfu_decoded *in = event->decoded;
    const char *fault;

    if (!s->dma.waiting || event->id != s->dma.id ||
        event->command_number != (at_work(s)->to_client ? VFU_DMA_WRITE : VFU_DMA_READ)) {
        if (!event->paired && !s->told_stray) { /* what is paired comes late: its transfer was given up */
            server_say(s, "a reply to no command (id %u, command %u); further ones are not reported", event->id,
                       event->command_number);
            s->told_stray = true;
        }
        return;
    }
    s->dma.waiting = false;
    if (at_work(s)->to_client) /* whatever it says */
        server_dirty_mark(s, at_work(s)->address + s->dma.done, s->dma.chunk);
    fault = reply_fault(s, event, in);
    if (fault) {
        fail(s, fault);
        return;
    }
    if (!at_work(s)->to_client)
        memcpy(at_work(s)->bytes + s->dma.done, vfu_value_by_name(in->values, in->count, "data")->bytes, s->dma.chunk);
    s->dma.done += s->dma.chunk;
}

void server_dma_hold(struct vfu_server *s)
{
    forget_reply(s);
}

void server_dma_abort(struct vfu_server *s, uint64_t address, uint64_t size, const char *why)
{
    const struct dev_dma *dma = at_work(s);

    /* Only a piece that is under way holds on to a mapping; later pieces are looked up when they begin. */
    if (dma && s->dma.waiting && (size == 0 || dma->address + s->dma.done - address < size))
        fail(s, why);
}

void server_dma_end(struct vfu_server *s)
{
    while (at_work(s))
        finish(s, false);
}
