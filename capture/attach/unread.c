/*
 * Passive attach to what hangs already: messages that lie unread in the process's sockets and in their other ends, from before
 * we came. They are looked at, not taken: who they are for will read them yet, and then they are messages.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"
#include "capture/process.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEEK = 256 << 10 };

/* Who has a socket. */
struct holder {
    uint64_t inode;
    pid_t pid; /* 0: nobody was found */
    int fd;
};

static void match_fd(void *context, int fd)
{
    struct holder *h = context;

    if (h->fd < 0 && attach_fd_inode(h->pid, fd) == h->inode)
        h->fd = fd;
}

static void match_process(void *context, pid_t pid)
{
    struct holder *h = context;

    if (h->fd >= 0)
        return;
    h->pid = pid;
    attach_each_fd(pid, match_fd, h);
}

static struct holder find_holder(pid_t first, uint64_t inode)
{
    struct holder h = { .inode = inode, .fd = -1 };

    match_process(&h, first);
    if (h.fd < 0)
        attach_each_process(match_process, &h);
    h.pid = h.fd < 0 ? 0 : h.pid;
    return h;
}

/*
 * What there is, to the end of the first message with descriptors; without room for those none is made ours. Where the process itself
 * peeks by an offset (SO_PEEK_OFF), our look would move that: -1, as where it can't be had.
 */
static ssize_t peek(const struct holder *h, void *bytes, size_t room)
{
    int socket = vfu_process_take_fd(h->pid, h->fd), offset = -1;
    socklen_t size = sizeof offset;
    ssize_t got = -1;

    if (socket < 0)
        return -1;
    if (getsockopt(socket, SOL_SOCKET, SO_PEEK_OFF, &offset, &size) == 0 && offset < 0)
        got = recv(socket, bytes, room, MSG_PEEK | MSG_DONTWAIT);
    close(socket);
    return got;
}

/* The messages that begin in these bytes; how many. */
static unsigned count_messages(const struct attach_socket *s, bool sent, const uint8_t *bytes, size_t size)
{
    unsigned count = 0;
    size_t at = 0;

    while (at + VFU_HEADER_SIZE <= size && attach_plausible(s, sent, bytes + at, false)) {
        at += vfu_header_read(bytes + at, false).size;
        count++;
    }
    return count;
}

static enum vfu_side sender_of(const struct vfu_header *h)
{
    const struct vfu_command *command = vfu_command_by_number(h->command);

    return vfu_header_is_reply(h) ? !command->from : command->from;
}

static void tell(struct attach *a, const struct attach_socket *s, const struct holder *h, uint32_t unread, unsigned count,
                 const uint8_t *bytes)
{
    const struct vfu_header first = vfu_header_read(bytes, false);
    struct vfu_event event = { .kind = VFU_EVENT_UNREAD, .time = attach_time(a, vfu_mono_ns()), .conn = s->conn,
                               .channel = s->channel, .from = sender_of(&first) };
    struct vfu_process who;

    vfu_process_of(h->pid, &who);
    event.unread.bytes = unread;
    event.unread.messages = count;
    event.unread.command = first.command;
    event.unread.id = first.id;
    event.unread.size = first.size;
    event.unread.reply = vfu_header_is_reply(&first);
    event.unread.pid = (uint32_t)who.pid;
    memcpy(event.unread.name, who.name, sizeof event.unread.name);
    vfu_event_say_unread(&event);
    attach_event(a, &event);
}

/* One end of a connection, with what the process sent there or has got. */
static void look(struct attach *a, const struct attach_socket *s, uint64_t inode, bool sent, uint8_t *bytes)
{
    struct attach_end end;
    struct holder h;
    unsigned count;
    ssize_t got;

    if (!inode || !attach_diag(inode, &end) || !end.is_connected || !end.unread_known || !end.unread)
        return;
    h = find_holder(a->pid, inode);
    got = h.pid ? peek(&h, bytes, PEEK) : -1;
    count = got > 0 ? count_messages(s, sent, bytes, (size_t)got) : 0;
    if (count)
        tell(a, s, &h, end.unread, count, bytes);
    else if (got < 0 && s->path[0])
        attach_say(a, "%u bytes lie unread %s at %s; they can't be looked at: %s", end.unread,
                   sent ? "in the other end of the connection" : "in the process's end of the connection", s->path,
                   h.pid ? strerror(errno) : "who has that end is not known");
}

void attach_look_for_unread(struct attach *a, uint64_t now)
{
    struct attach_socket *s;
    uint8_t *bytes;

    if (now - a->started_ns < ATTACH_STALLED_MS * UINT64_C(1000000))
        return;
    a->unlooked = false;
    bytes = malloc(PEEK);
    LIST_FOREACH(s, &a->sockets, next) {
        bool moved = s->streams[ATTACH_IN].last_ns || s->streams[ATTACH_OUT].last_ns;

        if (!bytes || s->ignored || moved)
            continue;
        look(a, s, s->inode, false, bytes);
        look(a, s, s->peer, true, bytes);
    }
    free(bytes);
}
