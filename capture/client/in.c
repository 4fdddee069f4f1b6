/*
 * The client end, what arrives: replies to whoever waits, commands to the handler, all else reported; and the end of
 * the connection.
 */
#include "capture/client/inside.h"
#include "capture/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many messages in a row, then the other descriptors get a look in. */
enum { MESSAGES_A_TURN = 64 };

void vfu_reply_clear(struct vfu_reply *reply)
{
    for (unsigned i = 0; i < reply->nfds; i++)
        if (reply->fds[i] >= 0)
            close(reply->fds[i]);
    reply->nfds = 0;
    reply->present = false;
}

int vfu_reply_take_fd(struct vfu_reply *reply, unsigned which)
{
    int fd = which < reply->nfds ? reply->fds[which] : -1;

    if (fd >= 0)
        reply->fds[which] = -1;
    return fd;
}

void vfu_client_end(struct vfu_client *c, const char *why)
{
    struct vfu_event event;
    uint64_t time_ns, mono_ns;

    if (!vfu_client_is_open(c))
        return;
    for (int channel = VFU_MAIN; channel <= VFU_TWIN; channel++) {
        if (c->sockets[channel] >= 0)
            close(c->sockets[channel]);
        c->sockets[channel] = -1;
        vfu_reader_next(&c->readers[channel]);
    }
    memset(c->sent, 0, sizeof c->sent);
    c->waiting = NULL;
    vfu_now(&time_ns, &mono_ns);
    vfu_session_disconnect(c->session, c->conn, time_ns, mono_ns, why, &event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, &event);
}

void vfu_client_lost(struct vfu_client *c, const char *why)
{
    if (!vfu_client_is_open(c))
        return;
    snprintf(c->why, sizeof c->why, "%s", why);
    vfu_client_end(c, c->why);
    if (c->hooks.closed)
        c->hooks.closed(c->hooks.context, c->why);
}

/* Copy what the event points to, and take the fds: the reply outlives the reader's buffer. */
static bool keep_reply(struct vfu_reply *reply, const struct vfu_event *event, struct vfu_reader *r)
{
    vfu_reply_clear(reply);
    if (reply->capacity < r->got) {
        uint8_t *grown = realloc(reply->bytes, r->got);

        if (!grown)
            return false;
        reply->bytes = grown;
        reply->capacity = r->got;
    }
    memcpy(reply->bytes, r->buffer, r->got);
    reply->event = *event;
    reply->event.message.bytes = reply->bytes;
    reply->nfds = r->nfds;
    memcpy(reply->fds, r->fds, r->nfds * sizeof r->fds[0]);
    if (r->nfds)
        memcpy(reply->about, event->message.fds, r->nfds * sizeof reply->about[0]);
    reply->event.message.fds = reply->about;
    r->nfds = 0;
    reply->present = true;
    return true;
}

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
        !connection->agreed.twin_socket || c->sockets[VFU_TWIN] >= 0)
        return;
    which = connection->agreed.has_fd_index ? connection->agreed.fd_index : 0;
    if (which >= r->nfds || event->message.fds[which].type != VFU_FD_SOCKET)
        return;
    c->sockets[VFU_TWIN] = r->fds[which];
    vfu_socket_tune(c->sockets[VFU_TWIN]);
    r->fds[which] = -1;
}

static void take_reply(struct vfu_client *c, const struct vfu_event *event, struct vfu_reader *r)
{
    struct vfu_sent *sent = event->message.channel == VFU_MAIN ? find_sent(c, event) : NULL;
    enum vfu_sent_state state = sent ? sent->state : VFU_SENT_FREE;

    if (sent) {
        sent->state = VFU_SENT_FREE;
        take_twin(c, event, r);
    }
    if (state == VFU_SENT_FREE)
        unexpected(c, event, VFU_UNEXPECTED_STRAY);
    else if (state == VFU_SENT_LATE)
        unexpected(c, event, VFU_UNEXPECTED_LATE);
    else if (sent != c->waiting)
        unexpected(c, event, VFU_UNEXPECTED_UNWAITED);
    else if (!keep_reply(&c->reply, event, r))
        vfu_client_lost(c, "out of memory for a reply");
}

/* A whole message is in the reader. */
static void take_message(struct vfu_client *c, enum vfu_channel channel)
{
    struct vfu_reader *r = &c->readers[channel];
    struct vfu_fd about[VFU_MAX_FDS];
    struct vfu_message m = { .conn = c->conn, .channel = channel, .from = VFU_SERVER, .bytes = r->buffer,
                             .captured = r->got, .size = r->got, .fds = about, .nfds = r->nfds,
                             .fds_cut = r->fds_cut };
    struct vfu_event event;

    for (unsigned i = 0; i < r->nfds; i++)
        vfu_fd_describe(r->fds[i], &about[i]);
    vfu_now(&m.time_ns, &m.mono_ns);
    vfu_session_message(c->session, &m, &event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, &event);
    if (vfu_event_is_reply(&event))
        take_reply(c, &event, r);
    else if (!vfu_event_is_command(&event))
        unexpected(c, &event, VFU_UNEXPECTED_TYPE);
    else if (c->hooks.command)
        c->hooks.command(c->hooks.context, c, &event);
    else
        vfu_client_refuse(c, &event, ENOTSUP);
    vfu_reader_next(r);
}

static void say_unframed(struct vfu_client *c, enum vfu_channel channel, const char *why)
{
    struct vfu_event event = { .kind = VFU_EVENT_UNFRAMED };

    event.message.conn = c->conn;
    event.message.channel = channel;
    event.message.from = VFU_SERVER;
    vfu_now(&event.message.time_ns, &event.message.mono_ns);
    snprintf(event.text, sizeof event.text, "%.*s", (int)sizeof event.text - 1, why);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, &event);
}

/* The socket gives no more messages: why, and what follows from it. */
static void stream_ended(struct vfu_client *c, enum vfu_channel channel, enum vfu_io io)
{
    struct vfu_reader *r = &c->readers[channel];
    const char *which = channel == VFU_TWIN ? "the twin socket" : "the connection";
    char why[160];
    uint32_t size;

    if (io == VFU_IO_BAD) {
        memcpy(&size, r->buffer + 4, sizeof size);
        snprintf(why, sizeof why, "the server sent a header with a size of %u: %s is given up", size, which);
        say_unframed(c, channel, why);
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
        vfu_client_lost(c, why);
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
        if (c->waiting && c->reply.present)
            return; /* the caller goes on first */
    }
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
    int ready = poll(fds, sizeof fds / sizeof fds[0], timeout_ms);

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
    if (fds[2].revents && c->hooks.watched && !c->hooks.watched(c->hooks.context)) {
        vfu_fail(error, EINTR, "interrupted");
        return VFU_CLIENT_STOPPED;
    }
    if (was_open && !vfu_client_is_open(c)) {
        vfu_fail(error, ECONNRESET, "%s", c->why);
        return VFU_CLIENT_CLOSED;
    }
    return VFU_CLIENT_OK;
}
