/*
 * The server end: what its owner hears. Every message of both directions, through the session; and lines for people.
 */
#include "capture/clock.h"
#include "capture/process.h"
#include "capture/server/inside.h"
#include "decoder/wire/header.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void server_say(struct vfu_server *s, const char *format, ...)
{
    char line[512];
    va_list args;

    if (!s->options.say)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    s->options.say(s->options.context, line);
}

static void tell(struct vfu_server *s, const struct vfu_event *event)
{
    struct vfu_event peer;

    if (!s->options.event)
        return;
    s->options.event(s->options.context, event);
    while (vfu_session_peer(s->session, &peer))
        s->options.event(s->options.context, &peer);
}

static enum vfu_channel channel_of(const struct vfu_server *s, const struct server_channel *c)
{
    return c == &s->twin ? VFU_TWIN : VFU_MAIN;
}

/* The message, but for its fds, its connection and its time, which are filled in here. */
static void note(struct vfu_server *s, struct vfu_message *m, const int *fds, struct vfu_fd *about,
                 struct vfu_event *event)
{
    for (unsigned i = 0; i < m->nfds; i++)
        vfu_fd_describe(fds[i], &about[i]);
    m->fds = about;
    m->conn = s->conn;
    m->time = vfu_now();
    vfu_session_message(s->session, m, event);
    tell(s, event);
}

void server_note_received(struct vfu_server *s, const struct server_channel *c, struct server_received *to)
{
    const struct vfu_reader *r = &c->reader;
    struct vfu_message m = { .channel = channel_of(s, c), .from = VFU_CLIENT, .bytes = r->buffer, .captured = r->got,
                             .size = r->got, .nfds = r->nfds, .fds_cut = r->fds_cut };

    note(s, &m, r->fds, to->about, &to->event);
}

void server_note_sent(struct vfu_server *s, const struct server_channel *c, const void *bytes, size_t size,
                      const int *fds, unsigned nfds)
{
    struct vfu_message m = { .channel = channel_of(s, c), .from = VFU_SERVER, .bytes = bytes, .captured = size,
                             .size = size, .nfds = nfds };
    struct vfu_fd about[SERVER_MAX_MSG_FDS];
    struct vfu_event event;

    note(s, &m, fds, about, &event);
}

void server_note_unframed(struct vfu_server *s, struct server_channel *c)
{
    struct vfu_reader *r = &c->reader;
    struct vfu_header h = vfu_header_read(r->buffer, false);
    enum vfu_framing why = vfu_header_judge(&h);
    size_t behind = why == VFU_MISSIZED ? VFU_HEADER_SIZE : 0;
    struct server_received header;
    struct vfu_event event;

    if (why == VFU_MISSIZED) /* a message of its own all the same */
        server_note_received(s, c, &header);
    vfu_reader_rest(r, c->fd, VFU_UNFRAMED_MAX);
    event = (struct vfu_event){ .kind = VFU_EVENT_UNFRAMED, .time = vfu_now(), .conn = s->conn,
                                .channel = channel_of(s, c), .from = VFU_CLIENT };
    event.unframed.offset = c->received + behind;
    event.unframed.bytes = r->buffer + behind;
    event.unframed.size = r->got - behind;
    vfu_event_unframed(&event, why, h.size);
    vfu_session_event(s->session, &event);
    tell(s, &event);
}

void server_note_connect(struct vfu_server *s)
{
    struct vfu_event event = { .kind = VFU_EVENT_CONNECT, .time = vfu_now(), .conn = ++s->conn };
    struct vfu_process client;

    vfu_process_of_peer(s->client.fd, &client);
    event.connect.pid = (uint32_t)client.pid;
    memcpy(event.connect.name, client.name, sizeof event.connect.name);
    vfu_session_event(s->session, &event);
    tell(s, &event);
}

void server_note_disconnect(struct vfu_server *s)
{
    struct vfu_event event = { .kind = VFU_EVENT_DISCONNECT, .time = vfu_now(), .conn = s->conn };

    vfu_session_event(s->session, &event);
    tell(s, &event);
}
