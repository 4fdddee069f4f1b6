/*
 * The server end: a client's connection. Reads commands, has them handled in order, replies. A bad command costs the
 * client an error reply, not the connection; only a size field that can't be true ends it, because what follows is no
 * longer messages.
 */
#include "capture/server/inside.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How many messages are read before others get their turn. */
enum { BURST = 64 };

typedef int server_handler(struct vfu_server *s, struct server_request *r);
static server_handler *const handlers[] = {
    [VFU_VERSION] = server_version,
    [VFU_DMA_MAP] = server_dma_map,
    [VFU_DMA_UNMAP] = server_dma_unmap,
    [VFU_DEVICE_GET_INFO] = server_get_info,
    [VFU_DEVICE_GET_REGION_INFO] = server_get_region_info,
    [VFU_DEVICE_GET_REGION_IO_FDS] = server_get_region_io_fds,
    [VFU_DEVICE_GET_IRQ_INFO] = server_get_irq_info,
    [VFU_DEVICE_SET_IRQS] = server_set_irqs,
    [VFU_REGION_READ] = server_region_read,
    [VFU_REGION_WRITE] = server_region_write,
    [VFU_DEVICE_RESET] = server_reset,
    [VFU_REGION_WRITE_MULTI] = server_region_write_multi,
    [VFU_DEVICE_FEATURE] = server_device_feature,
    [VFU_MIG_DATA_READ] = server_mig_data_read,
    [VFU_MIG_DATA_WRITE] = server_mig_data_write,
    /* EINVAL, as libvfio-user's answer: DIRTY_PAGES; DMA_READ and DMA_WRITE from a client; and what nobody knows. */
};

static server_handler *handler_of(const struct vfu_server *s, const struct server_request *r)
{
    unsigned command = r->event->command_number;

    if (command >= sizeof handlers / sizeof *handlers || !vfu_event_is_command(r->event))
        return NULL;
    if (s->negotiated == (command == VFU_VERSION))
        return NULL;
    return handlers[command];
}

/* --- commands --- */

/* The errno for the command, or 0 and the reply. */
static int handle(struct vfu_server *s, struct server_request *r)
{
    server_handler *handler = handler_of(s, r);

    if (!handler)
        return EINVAL;
    if (r->event->message.fds_cut)
        return EMFILE;
    if (r->nfds > r->event->command->request.fds_max || r->nfds > SERVER_MAX_MSG_FDS)
        return EINVAL;
    /* Longer than known is no fault: structs grow at their end. What must be exact its handler checks. */
    if (r->event->size - VFU_HEADER_SIZE < r->in->layout->size)
        return EINVAL;
    return handler(s, r);
}

/* False: out of memory. */
static bool reply(struct vfu_server *s, struct server_channel *c, struct server_request *r, int failed)
{
    bool silent = r->event->flags & VFU_NO_REPLY && r->event->command_number != VFU_VERSION;
    bool sent = true;

    if (failed) {
        vfu_build_clear_payload(&r->reply);
        vfu_build_set_number(&r->reply, "header.flags", VFU_TYPE_REPLY | VFU_ERROR);
        vfu_build_set_number(&r->reply, "header.error", (uint64_t)failed);
    }
    if (!silent)
        sent = vfu_build_set_number(&r->reply, "header.id", r->event->id) && vfu_build_end(&r->reply) &&
               server_send(s, c, r->reply.bytes, r->reply.size, r->reply_fds, failed ? 0 : r->reply_nfds);
    for (unsigned i = 0; r->reply_fds_close && i < r->reply_nfds; i++)
        close(r->reply_fds[i]);
    return sent;
}

static bool handle_command(struct vfu_server *s, struct server_channel *c, const struct vfu_event *event)
{
    struct server_request r = { .event = event, .in = event->decoded, .fds = c->reader.fds, .nfds = c->reader.nfds };
    unsigned kept = 0;
    bool good = vfu_build_start(&r.reply, event->command_number, true);

    if (good)
        good = reply(s, c, &r, c == &s->client ? handle(s, &r) : EINVAL);
    vfu_build_free(&r.reply);
    for (unsigned i = 0; i < c->reader.nfds; i++) /* the rest is the reader's to close */
        if (c->reader.fds[i] >= 0)
            c->reader.fds[kept++] = c->reader.fds[i];
    c->reader.nfds = kept;
    return good;
}

/* A whole message is in the reader. False: out of memory. */
static bool handle_message(struct vfu_server *s, struct server_channel *c)
{
    struct server_received received;
    const struct vfu_event *event = &received.event;

    server_note_received(s, c, &received);
    if (!event->decoded)
        return false;
    if (!vfu_event_is_reply(event))
        return handle_command(s, c, event);
    /* Once there is a twin socket, the main one has no replies to carry. */
    if (c == &s->twin || !s->twin_agreed)
        server_dma_reply(s, event);
    return true;
}

/* What can't be followed: messages end here. */
static void unframed(struct vfu_server *s, struct server_channel *c)
{
    uint32_t size = vfu_header_read(c->reader.buffer, false).size;

    server_note_unframed(s, c);
    server_say(s, "a message with a size field of %u can't be followed: closing the connection", size);
}

/* The stream ended, or can't be followed. Answers that wait still go out to a client that only stopped sending. */
static bool lost(struct vfu_server *s, struct server_channel *c, enum vfu_io io)
{
    if (io == VFU_IO_BAD)
        unframed(s, c);
    else if (io == VFU_IO_ERROR && errno != ECONNRESET && errno != EPIPE)
        server_say(s, "%s", strerror(errno));
    else if (c->reader.got)
        server_say(s, "the client left in the middle of a message");
    s->closing = s->closing || c == &s->client;
    return false;
}

/* The message in the reader, and what it means for the device's DMA. False: out of memory. */
static bool take(struct vfu_server *s, struct server_channel *c)
{
    bool good;

    server_doorbells_run(s);
    good = server_dma_run(s) && handle_message(s, c) && server_dma_run(s);
    if (!good)
        server_say(s, "out of memory: closing the connection");
    c->received += c->reader.got;
    vfu_reader_next(&c->reader);
    return good;
}

bool server_readable(struct vfu_server *s, struct server_channel *c)
{
    for (unsigned i = 0; i < BURST && !s->closing && !(c == &s->client && server_is_full(&s->client)); i++) {
        enum vfu_io io = vfu_reader_read(&c->reader, c->fd);

        if (io == VFU_IO_AGAIN)
            return true;
        if (io != VFU_IO_OK)
            return lost(s, c, io);
        if (!take(s, c))
            return false;
    }
    return true;
}

/* --- the connection --- */

void server_open(struct vfu_server *s, int fd)
{
    server_channel_close(&s->client);
    server_channel_close(&s->twin);
    s->client.fd = fd;
    s->negotiated = s->closing = s->write_multiple = s->twin_agreed = s->told_stray = false;
    s->client_max_fds = VFU_DEFAULT_MAX_MSG_FDS;
    s->client_max_xfer = VFU_DEFAULT_MAX_DATA_XFER_SIZE;
    server_note_connect(s);
}

void server_twin_close(struct vfu_server *s)
{
    server_channel_close(&s->twin);
    server_dma_abort(s, 0, 0, "the client closed the twin socket");
}

void server_close(struct vfu_server *s)
{
    server_irqs_disarm(s);
    server_dma_end(s);
    server_migration_end(s);
    server_dirty_end(s);
    server_doorbells_close(s);
    server_maps_free(s);
    server_channel_close(&s->client);
    server_channel_close(&s->twin);
    server_note_disconnect(s);
}
