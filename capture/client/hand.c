/*
 * The client end by hand: what comes is taken as it is, one message at a time.
 */
#include "capture/client/inside.h"

#include <errno.h>
#include <string.h>

/* The message in the reader, or the header of one that can't be. */
static enum vfu_client_result take_one(struct vfu_client *c, bool is_framed, struct vfu_error *error)
{
    struct vfu_reader *r = &c->readers[VFU_MAIN];
    enum vfu_client_result result = VFU_CLIENT_OK;
    struct vfu_fd about[VFU_MAX_FDS];
    struct vfu_event event;

    client_note_received(c, VFU_MAIN, about, &event);
    if (is_framed && vfu_event_is_command(&event) && !event.paired) {
        client_take_command(c, &event);
    } else if (!client_keep_reply(&c->reply, &event, r)) {
        vfu_fail(error, ENOMEM, "out of memory for a reply");
        result = VFU_CLIENT_FAILED;
    }
    vfu_reader_next(r);
    return result;
}

enum vfu_client_result vfu_client_hear(struct vfu_client *c, int timeout_ms, struct vfu_error *error)
{
    struct pollfd p = { .fd = c->sockets[VFU_MAIN], .events = POLLIN };
    enum vfu_io io;
    int ready;

    vfu_reply_clear(&c->reply);
    if (!vfu_client_is_open(c))
        return client_not_open(c, error);
    ready = poll(&p, 1, timeout_ms);
    if (ready == 0)
        return VFU_CLIENT_TIMEOUT;
    if (ready < 0)
        return VFU_CLIENT_OK; /* EINTR */
    io = vfu_reader_read(&c->readers[VFU_MAIN], p.fd);
    if (io == VFU_IO_AGAIN)
        return VFU_CLIENT_OK;
    if (io == VFU_IO_OK || io == VFU_IO_BAD)
        return take_one(c, io == VFU_IO_OK, error);
    vfu_fail(error, io == VFU_IO_EOF ? ECONNRESET : errno, "the server closed the connection%s%s",
             io == VFU_IO_EOF ? "" : ": ", io == VFU_IO_EOF ? "" : strerror(errno));
    return VFU_CLIENT_CLOSED;
}
