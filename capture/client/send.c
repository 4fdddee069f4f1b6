/*
 * The client end, what goes out: commands, answers to the server's own; and the end of the connection, which whoever
 * sends may find.
 */
#include "capture/client/inside.h"
#include "capture/clock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void client_end(struct vfu_client *c, unsigned closed_by, const char *why)
{
    struct vfu_event event = { .kind = VFU_EVENT_DISCONNECT, .conn = c->conn, .disconnect.closed_by = closed_by };

    if (!vfu_client_is_open(c))
        return;
    for (int channel = VFU_MAIN; channel <= VFU_TWIN; channel++) {
        if (c->sockets[channel] >= 0)
            close(c->sockets[channel]);
        c->sockets[channel] = -1;
        vfu_reader_next(&c->readers[channel]);
    }
    memset(c->sent, 0, sizeof c->sent);
    memset(c->received, 0, sizeof c->received);
    c->waiting = NULL;
    event.time = vfu_now();
    snprintf(event.disconnect.why, sizeof event.disconnect.why, "%s", why);
    vfu_session_event(c->session, &event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, &event);
}

void client_lost(struct vfu_client *c, unsigned closed_by, const char *why)
{
    if (!vfu_client_is_open(c) || c->by_hand)
        return;
    snprintf(c->why, sizeof c->why, "%s", why);
    client_end(c, closed_by, c->why);
    if (c->hooks.closed)
        c->hooks.closed(c->hooks.context, c->why);
}

enum vfu_client_result client_not_open(const struct vfu_client *c, struct vfu_error *error)
{
    vfu_fail(error, ENOTCONN, "not connected%s%s", c->why[0] ? ": " : "", c->why);
    return VFU_CLIENT_CLOSED;
}

/* Until the server has read what is in the socket, for a while. */
static void let_read(int socket)
{
    enum { STEPS = 20 };
    int unread = 0;

    for (int i = 0; i < STEPS && ioctl(socket, SIOCOUTQ, &unread) == 0 && unread > 0; i++)
        poll(NULL, 0, 1); /* nothing signals it */
}

/*
 * Pieces with one sendmsg each where the socket takes it. A message of which a part went out can't be taken back: that
 * is the end.
 */
static enum vfu_client_result put_out(struct vfu_client *c, enum vfu_channel channel, const uint8_t *bytes,
                                      size_t size, size_t piece, const int *fds, unsigned nfds,
                                      struct vfu_error *error)
{
    size_t out = 0;

    while (out < size) {
        size_t left = piece - out % piece < size - out ? piece - out % piece : size - out;
        struct iovec iov = { (void *)(uintptr_t)(bytes + out), left };
        struct pollfd p = { .fd = c->sockets[channel], .events = POLLOUT };
        size_t sent;
        enum vfu_io io = vfu_send(c->sockets[channel], &iov, 1, fds, out ? 0 : nfds, &sent);

        if (io == VFU_IO_ERROR && (errno == EBADF || errno == ETOOMANYREFS || errno == EINVAL)) {
            vfu_fail(error, errno, "the message could not be sent: %s", strerror(errno));
            return VFU_CLIENT_FAILED;
        }
        if (io == VFU_IO_ERROR) {
            vfu_fail(error, errno, "the server closed the connection: %s", strerror(errno));
            client_lost(c, 1u << VFU_SERVER, error->text);
            return VFU_CLIENT_CLOSED;
        }
        out += sent;
        if (out < size && out % piece == 0 && io == VFU_IO_OK)
            let_read(c->sockets[channel]);
        if (io == VFU_IO_AGAIN && poll(&p, 1, c->timeout_ms) == 0) {
            vfu_fail(error, ETIMEDOUT, "the server reads nothing: %zu of %zu bytes sent after %d ms", out, size,
                     c->timeout_ms);
            if (out == 0 || c->by_hand)
                return VFU_CLIENT_TIMEOUT;
            client_lost(c, 0, error->text);
            return VFU_CLIENT_CLOSED;
        }
    }
    return VFU_CLIENT_OK;
}

/* Through the session before it goes out: a reply must not come before its command. */
static void note_sent(struct vfu_client *c, enum vfu_channel channel, const uint8_t *bytes, size_t size,
                      const int *fds, unsigned nfds, struct vfu_event *event)
{
    struct vfu_fd about[VFU_MAX_FDS];
    struct vfu_message m = { .conn = c->conn, .channel = channel, .from = VFU_CLIENT, .bytes = bytes,
                             .captured = size, .size = size, .fds = about, .nfds = nfds };

    memset(event, 0, sizeof *event);
    if (size < VFU_HEADER_SIZE)
        return; /* a piece of a message, sent by hand: no event */
    for (unsigned i = 0; i < nfds; i++)
        vfu_fd_describe(fds[i], &about[i]);
    m.time = vfu_now();
    vfu_session_message(c->session, &m, event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, event);
}

/* Remember a command that will be answered; when all places are taken the oldest makes room. */
static struct vfu_sent *remember(struct vfu_client *c, const struct vfu_event *event, bool wait)
{
    struct vfu_sent *place = &c->sent[0];

    for (size_t i = 0; i < VFU_CLIENT_SENT; i++) {
        struct vfu_sent *s = &c->sent[i];

        if (s->state == VFU_SENT_FREE) {
            place = s;
            break;
        }
        if (s->order < place->order)
            place = s;
    }
    *place = (struct vfu_sent){ wait ? VFU_SENT_WAITED : VFU_SENT_UNWAITED, event->id, event->command_number,
                                c->order++ };
    return place;
}

enum vfu_client_result vfu_client_send(struct vfu_client *c, const void *bytes, size_t size, const int *fds,
                                       unsigned nfds, bool wait, struct vfu_error *error)
{
    return vfu_client_send_pieces(c, bytes, size, size, fds, nfds, wait, error);
}

enum vfu_client_result vfu_client_send_pieces(struct vfu_client *c, const void *bytes, size_t size, size_t piece,
                                              const int *fds, unsigned nfds, bool wait, struct vfu_error *error)
{
    enum vfu_client_result result;
    struct vfu_event event;

    c->waiting = NULL;
    if (!vfu_client_is_open(c))
        return client_not_open(c, error);
    if (nfds > VFU_MAX_FDS) {
        vfu_fail(error, EINVAL, "%u file descriptors: a message carries at most %d", nfds, VFU_MAX_FDS);
        return VFU_CLIENT_FAILED;
    }
    note_sent(c, VFU_MAIN, bytes, size, fds, nfds, &event);
    if (size >= VFU_HEADER_SIZE && (event.flags & (VFU_TYPE_MASK | VFU_NO_REPLY)) == VFU_TYPE_COMMAND) {
        struct vfu_sent *sent = remember(c, &event, wait);

        if (wait) {
            vfu_reply_clear(&c->reply);
            c->waiting = sent;
        }
    }
    result = put_out(c, VFU_MAIN, bytes, size, piece, fds, nfds, error);
    if (result != VFU_CLIENT_OK && c->waiting) {
        c->waiting->state = VFU_SENT_FREE;
        c->waiting = NULL;
    }
    return result;
}

void vfu_client_note(struct vfu_client *c, const void *bytes, size_t size, const int *fds, unsigned nfds,
                     struct vfu_event *event)
{
    note_sent(c, VFU_MAIN, bytes, size, fds, nfds, event);
}

enum vfu_client_result vfu_client_put(struct vfu_client *c, const void *bytes, size_t size, const int *fds,
                                      unsigned nfds, struct vfu_error *error)
{
    if (vfu_client_is_open(c))
        return put_out(c, VFU_MAIN, bytes, size, size, fds, nfds, error);
    return client_not_open(c, error);
}

bool vfu_client_answer(struct vfu_client *c, const struct vfu_event *command, struct vfu_build *b)
{
    enum vfu_channel channel = command->channel;
    struct vfu_event event;
    struct vfu_error error;

    if (c->sockets[channel] < 0 || !vfu_build_end(b) || !vfu_build_set_number(b, "header.id", command->id))
        return false;
    note_sent(c, channel, b->bytes, b->size, NULL, 0, &event);
    return put_out(c, channel, b->bytes, b->size, b->size, NULL, 0, &error) == VFU_CLIENT_OK;
}

bool vfu_client_refuse(struct vfu_client *c, const struct vfu_event *command, uint32_t error)
{
    struct vfu_build b = { 0 };
    bool done = false;

    if (command->flags & VFU_NO_REPLY)
        return true;
    if (vfu_build_start(&b, command->command_number, true)) {
        vfu_build_clear_payload(&b);
        done = vfu_build_set_number(&b, "header.flags", VFU_TYPE_REPLY | VFU_ERROR) &&
               vfu_build_set_number(&b, "header.error", error) && vfu_client_answer(c, command, &b);
    }
    vfu_build_free(&b);
    return done;
}
