/*
 * The client end, what arrives: replies to whoever waits, commands to the handler, all else reported.
 */
#include "capture/client/inside.h"
#include "capture/clock.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* So many messages in a row, then the other descriptors get a look in. */
enum { MESSAGES_A_TURN = 64 };

/* The oldest command that this reply can be the answer to. */
static struct vfu_sent *find_sent(struct vfu_client *c, const struct vfu_event *event)
{
    struct vfu_sent *found = NULL;

    for (size_t i = 0; i < VFU_CLIENT_SENT; i++) {
        struct vfu_sent *s = &c->sent[i];

        if (s->state != VFU_SENT_FREE && s->id == event->id && s->command == event->command_number &&
            (!found || s->order < found->order))
            found = s;
    }
    return found;
}

static void unexpected(struct vfu_client *c, const struct vfu_event *event, enum vfu_unexpected why)
{
    if (c->hooks.unexpected)
        c->hooks.unexpected(c->hooks.context, event, why);
}

/* A VERSION reply that agrees on the twin socket carries our end of it. */
static void take_twin(struct vfu_client *c, const struct vfu_event *event, struct vfu_reader *r)
{
    const struct vfu_connection *connection = vfu_session_connection(c->session, c->conn);
    uint64_t which;

    if (event->command_number != VFU_VERSION || event->flags & VFU_ERROR || !connection ||
        !connection->agreed.twin_socket || c->sockets[VFU_TWIN] >= 0 ||
        connection->agreed.wrong_type & 1u << VFU_CAPABILITY_TWIN_SOCKET)
        return;
    which = connection->agreed.has_fd_index ? connection->agreed.fd_index : 0;
    if (which >= r->nfds || event->message.fds[which].type != VFU_FD_SOCKET)
        return;
    c->sockets[VFU_TWIN] = r->fds[which];
    r->fds[which] = -1;
}

static void take_reply(struct vfu_client *c, const struct vfu_event *event, struct vfu_reader *r)
{
    struct vfu_sent *sent = event->channel == VFU_MAIN ? find_sent(c, event) : NULL;
    enum vfu_sent_state state = sent ? sent->state : VFU_SENT_FREE;

    if (sent) {
        sent->state = VFU_SENT_FREE;
        take_twin(c, event, r);
    }
    if (state == VFU_SENT_FREE)
        unexpected(c, event, VFU_UNEXPECTED_STRAY);
    else if (state == VFU_SENT_FORGOTTEN)
        return;
    else if (state == VFU_SENT_LATE)
        unexpected(c, event, VFU_UNEXPECTED_LATE);
    else if (sent != c->waiting)
        unexpected(c, event, VFU_UNEXPECTED_UNWAITED);
    else if (!client_keep_reply(&c->reply, event, r))
        client_lost(c, 0, "out of memory for a reply");
}

void client_note_received(struct vfu_client *c, enum vfu_channel channel, struct vfu_fd *about,
                          struct vfu_event *event)
{
    const struct vfu_reader *r = &c->readers[channel];
    struct vfu_message m = { .conn = c->conn, .channel = channel, .from = VFU_SERVER, .time = vfu_now(),
                             .bytes = r->buffer, .captured = r->got, .size = r->got, .fds = about, .nfds = r->nfds,
                             .fds_cut = r->fds_cut };

    for (unsigned i = 0; i < r->nfds; i++)
        vfu_fd_describe(r->fds[i], &about[i]);
    vfu_session_message(c->session, &m, event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, event);
}

void client_take_command(struct vfu_client *c, const struct vfu_event *event)
{
    if (c->hooks.command)
        c->hooks.command(c->hooks.context, c, event);
    else
        vfu_client_refuse(c, event, ENOTSUP);
}

/* A whole message is in the reader. */
static void take_message(struct vfu_client *c, enum vfu_channel channel)
{
    struct vfu_fd about[VFU_MAX_FDS];
    struct vfu_event event;

    client_note_received(c, channel, about, &event);
    if (vfu_event_is_reply(&event))
        take_reply(c, &event, &c->readers[channel]);
    else if (vfu_event_is_command(&event))
        client_take_command(c, &event);
    else
        unexpected(c, &event, VFU_UNEXPECTED_TYPE);
    c->received[channel] += c->readers[channel].got;
    vfu_reader_next(&c->readers[channel]);
}

/* Nothing more is understood. A header without a true size is a message of its own all the same. */
static void say_unframed(struct vfu_client *c, enum vfu_channel channel)
{
    struct vfu_reader *r = &c->readers[channel];
    struct vfu_header h = vfu_header_read(r->buffer, false);
    enum vfu_framing why = vfu_header_judge(&h);
    size_t behind = why == VFU_MISSIZED ? VFU_HEADER_SIZE : 0;
    struct vfu_fd about[VFU_MAX_FDS];
    struct vfu_event event;

    if (why == VFU_MISSIZED)
        client_note_received(c, channel, about, &event);
    vfu_reader_rest(r, c->sockets[channel], VFU_UNFRAMED_MAX);
    event = (struct vfu_event){ .kind = VFU_EVENT_UNFRAMED, .time = vfu_now(), .conn = c->conn, .channel = channel,
                                .from = VFU_SERVER };
    event.unframed.offset = c->received[channel] + behind;
    event.unframed.bytes = r->buffer + behind;
    event.unframed.size = r->got - behind;
    vfu_event_unframed(&event, why, h.size);
    vfu_session_event(c->session, &event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, &event);
}

/* The socket gives no more messages: why, and what follows from it. */
static void stream_ended(struct vfu_client *c, enum vfu_channel channel, enum vfu_io io)
{
    struct vfu_reader *r = &c->readers[channel];
    const char *which = channel == VFU_TWIN ? "the twin socket" : "the connection";
    char why[160];

    if (io == VFU_IO_BAD) {
        snprintf(why, sizeof why, "the server sent a header with a size of %u: %s is given up",
                 vfu_header_read(r->buffer, false).size, which);
        say_unframed(c, channel);
    } else if (io == VFU_IO_ERROR) {
        snprintf(why, sizeof why, "%s broke: %s", which, strerror(errno));
    } else if (r->got) {
        snprintf(why, sizeof why, "the server closed %s after %zu byte%s of a message", which, r->got,
                 vfu_plural(r->got));
    } else {
        snprintf(why, sizeof why, "the server closed %s", which);
    }
    /* Without its twin the connection still serves commands; without framing nothing on it can be trusted. */
    if (channel == VFU_TWIN && io != VFU_IO_BAD) {
        close(c->sockets[VFU_TWIN]);
        c->sockets[VFU_TWIN] = -1;
        vfu_reader_next(r);
    } else {
        client_lost(c, io == VFU_IO_EOF ? 1u << VFU_SERVER : 0, why);
    }
}

static void take_messages(struct vfu_client *c, enum vfu_channel channel)
{
    for (int i = 0; i < MESSAGES_A_TURN && c->sockets[channel] >= 0; i++) {
        enum vfu_io io = vfu_reader_read(&c->readers[channel], c->sockets[channel]);

        if (io == VFU_IO_AGAIN)
            return;
        if (io != VFU_IO_OK) {
            stream_ended(c, channel, io);
            return;
        }
        take_message(c, channel);
        if (c->waiting && c->reply.event)
            return; /* the caller goes on first */
    }
}

static enum vfu_client_result stopped(struct vfu_error *error)
{
    vfu_fail(error, EINTR, "interrupted");
    return VFU_CLIENT_STOPPED;
}

enum vfu_client_result vfu_client_turn(struct vfu_client *c, struct pollfd *also, int timeout_ms,
                                       struct vfu_error *error)
{
    bool was_open = vfu_client_is_open(c);
    struct pollfd fds[] = {
        { .fd = c->sockets[VFU_MAIN], .events = POLLIN },
        { .fd = c->sockets[VFU_TWIN], .events = POLLIN },
        { .fd = c->hooks.watch_fd, .events = POLLIN },
        { .fd = also ? also->fd : -1, .events = also ? also->events : 0 },
    };
    int ready;

    if (client_is_stopped(c))
        return stopped(error);
    ready = poll(fds, sizeof fds / sizeof fds[0], timeout_ms);
    if (also)
        also->revents = ready > 0 ? fds[3].revents : 0;
    if (ready == 0)
        return VFU_CLIENT_TIMEOUT;
    if (ready < 0)
        return VFU_CLIENT_OK; /* EINTR */
    /* The twin first: libvfio-user does nothing on the main socket before its command there is answered. */
    if (fds[1].revents)
        take_messages(c, VFU_TWIN);
    if (fds[0].revents && c->sockets[VFU_MAIN] == fds[0].fd)
        take_messages(c, VFU_MAIN);
    if (fds[2].revents && c->hooks.watched)
        c->hooks.watched(c->hooks.context);
    if (client_is_stopped(c))
        return stopped(error);
    if (was_open && !vfu_client_is_open(c)) {
        vfu_fail(error, ECONNRESET, "%s", c->why);
        return VFU_CLIENT_CLOSED;
    }
    return VFU_CLIENT_OK;
}
