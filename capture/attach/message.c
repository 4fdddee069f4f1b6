/*
 * A whole message, seen from one end of its socket: which side sent it, whether to believe that it is one, and the twin
 * socket that a VERSION reply names.
 */
#include "capture/attach/inside.h"
#include "capture/socket.h"
#include "decoder/wire/header.h"
#include "decoder/wire/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SURE = 2 /* messages that fit together */ };

/* Which side this process is, if it sent or received that. */
static enum vfu_side own_side(const struct vfu_header *h, bool sent)
{
    const struct vfu_command *command = vfu_command_by_number(h->command);
    bool from_client = command && (command->from == VFU_CLIENT) != vfu_header_is_reply(h);

    return sent == from_client ? VFU_CLIENT : VFU_SERVER;
}

bool attach_plausible(const struct attach_socket *s, bool sent, const uint8_t *bytes, bool sure)
{
    struct vfu_header h = vfu_header_read(bytes, false);
    const struct vfu_command *command = vfu_command_by_number(h.command);

    if (!vfu_header_is_framed(&h))
        return false;
    if (sure)
        return true;
    if (s->own_known && own_side(&h, sent) != s->own)
        return false;
    if (!command || h.size > ATTACH_UNSURE_SIZE || h.flags & ~(uint32_t)(VFU_TYPE_REPLY | VFU_NO_REPLY | VFU_ERROR))
        return false;
    if (!vfu_header_is_reply(&h))
        return h.error == 0 && !(h.flags & VFU_ERROR) &&
               h.size >= (unsigned)VFU_HEADER_SIZE + command->request.layout->size;
    return h.flags & VFU_ERROR ? h.error < 4096 : h.error == 0;
}

/* --- showing, and the twin --- */

static void believe(struct attach *a, struct attach_socket *s);

/* A VERSION reply was shown: if it agreed on a twin, know it when it is used, or now, if it was quicker. */
static void find_twin(struct attach *a, struct attach_socket *s, bool sent, const struct vfu_message *m,
                      const struct attach_passed *fds)
{
    const struct vfu_connection *known = vfu_session_connection(a->options->session, s->conn);
    struct attach_socket *twin;
    struct attach_end named;

    if (!known || !known->agreed.twin_socket || !known->agreed.has_fd_index || known->agreed.fd_index >= m->nfds)
        return;
    s->twin = fds[known->agreed.fd_index].inode;
    if (sent && s->twin) /* what went out is the client's end */
        s->twin = attach_diag(s->twin, &named) && named.is_connected ? named.peer : 0;
    s->wants_twin = true;
    twin = attach_by_inode(a, s->twin);
    if (twin && !twin->conn && twin->held_count)
        believe(a, twin);
}

/* Guest memory for plugins, while the process has it open. */
static void hand_over_map_fd(const struct attach *a, const struct vfu_event *event, const struct attach_passed *fds)
{
    int fd;

    if (!a->options->map_fd || event->command_number != VFU_DMA_MAP || !vfu_event_is_command(event) ||
        !event->message.nfds)
        return;
    fd = vfu_fd_open_of(a->pid, fds[0].fd, &event->message.fds[0]);
    if (fd >= 0)
        a->options->map_fd(a->options->context, event->message.no, fd);
}

static void show(struct attach *a, struct attach_socket *s, bool sent, struct vfu_message *m,
                 const struct attach_passed *fds)
{
    struct vfu_event event;

    if (a->stopping)
        return;
    m->conn = s->conn;
    m->channel = s->channel;
    m->from = attach_sender(s, sent);
    m->time = attach_time(a, m->time.mono_ns);
    vfu_session_message(a->options->session, m, &event);
    hand_over_map_fd(a, &event, fds);
    attach_event(a, &event);
    a->messages++;
    if (attach_is_enough(a))
        a->stopping = true;
    if (event.command_number == VFU_VERSION && vfu_event_is_reply(&event) && s->channel == VFU_MAIN && m->nfds)
        find_twin(a, s, sent, m, fds);
}

/* --- what is not sure yet --- */

static bool hold(struct attach_socket *s, bool sent, const struct vfu_message *m, const struct attach_passed *fds)
{
    struct attach_held *h = s->held_count < ATTACH_HELD ? malloc(sizeof *h + m->captured) : NULL;

    if (!h)
        return false;
    h->message = *m;
    h->sent = sent;
    memcpy(h->bytes, m->bytes, m->captured);
    if (m->nfds) {
        memcpy(h->fds, fds, m->nfds * sizeof *fds);
        memcpy(h->seen, m->fds, m->nfds * sizeof *m->fds);
    }
    h->message.bytes = h->bytes;
    h->message.fds = h->seen;
    STAILQ_INSERT_TAIL(&s->held, h, next);
    s->held_count++;
    return true;
}

/* The main socket whose VERSION reply has named this one as its twin; NULL: there is none. */
static struct attach_socket *names_it(const struct attach *a, const struct attach_socket *s)
{
    struct attach_socket *m;

    LIST_FOREACH(m, &a->sockets, next)
        if (m->conn && m->twin && m->twin == s->inode)
            return m;
    return NULL;
}

/* The main socket whose twin this one is, or must be by what it says; NULL: it is a main socket itself. */
static struct attach_socket *main_of(const struct attach *a, const struct attach_socket *s)
{
    struct vfu_header first = vfu_header_read(STAILQ_FIRST(&s->held)->bytes, false);
    const struct vfu_command *command = vfu_command_by_number(first.command);
    struct attach_socket *m, *named = names_it(a, s);

    if (named || !command || command->from != VFU_SERVER)
        return named;
    LIST_FOREACH(m, &a->sockets, next)
        if (m != s && m->conn && m->channel == VFU_MAIN && m->wants_twin && m->own == s->own)
            return m;
    return NULL;
}

/* It is vfio-user. */
static void believe(struct attach *a, struct attach_socket *s)
{
    struct vfu_header first = vfu_header_read(STAILQ_FIRST(&s->held)->bytes, false);
    struct attach_socket *main = main_of(a, s);
    struct attach_held *h;

    if (main) {
        s->conn = main->conn;
        s->channel = VFU_TWIN;
        main->wants_twin = false;
    } else {
        s->conn = ++a->conns;
        if (first.command == VFU_VERSION && !vfu_header_is_reply(&first))
            attach_show_connect(a, s, STAILQ_FIRST(&s->held)->message.time.mono_ns);
        else
            attach_say(a, "connection %u%s%s: joined in the middle, what was agreed, mapped and asked before is not known",
                       s->conn, s->path[0] ? " at " : "", s->path);
    }
    while ((h = STAILQ_FIRST(&s->held))) {
        STAILQ_REMOVE_HEAD(&s->held, next);
        show(a, s, h->sent, &h->message, h->fds);
        free(h);
    }
    s->held_count = 0;
}

/* Does it fit to what was held: a reply to one of them? */
static bool answers(const struct attach_socket *s, bool sent, const struct vfu_header *h)
{
    const struct attach_held *held;

    STAILQ_FOREACH(held, &s->held, next) {
        struct vfu_header other = vfu_header_read(held->bytes, false);

        if (vfu_header_is_reply(h) && held->sent != sent && !vfu_header_is_reply(&other) && other.id == h->id &&
            other.command == h->command)
            return true;
    }
    return false;
}

/* The first message of a connection: no other protocol has this one. */
static bool begins(const struct vfu_header *h, const struct vfu_message *m)
{
    size_t json = (size_t)VFU_HEADER_SIZE + vfu_command_by_number(VFU_VERSION)->request.layout->size;

    return h->command == VFU_VERSION && !vfu_header_is_reply(h) && m->captured > json && m->bytes[json] == '{';
}

/* A message of a socket that may be something else. */
static void consider(struct attach *a, struct attach_socket *s, bool sent, const struct vfu_message *m,
                     const struct attach_passed *fds)
{
    struct vfu_header h = vfu_header_read(m->bytes, false);
    enum vfu_side own = own_side(&h, sent);

    if (s->own_known && own != s->own) {
        attach_search(s); /* they contradict each other: none is believed */
        return;
    }
    s->own_known = true;
    s->own = own;
    if (!hold(s, sent, m, fds))
        attach_search(s);
    else if (answers(s, sent, &h) || (s->score == 0 && begins(&h, m)) || names_it(a, s))
        s->score = SURE;
    else
        s->score++;
    if (s->score >= SURE)
        believe(a, s);
}

/* Did all that went over it fit: no byte passed over, nothing that is no message? */
static bool has_fitted(const struct attach_socket *s)
{
    for (unsigned i = 0; i < 2; i++)
        if (s->streams[i].slid || (s->streams[i].total && !s->streams[i].framed))
            return false;
    return true;
}

void attach_show_held(struct attach *a, struct attach_socket *s)
{
    if (!s->conn && !s->ignored && s->held_count && has_fitted(s))
        believe(a, s);
}

void attach_message(struct attach *a, struct attach_socket *s, bool sent, struct vfu_message *m,
                    const struct attach_passed *fds)
{
    if (s->conn)
        show(a, s, sent, m, fds);
    else
        consider(a, s, sent, m, fds);
}
