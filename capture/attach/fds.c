/*
 * Passive attach, the process's fds: which of them are watched, and what those are that it passes.
 */
#include "capture/attach/inside.h"
#include "capture/socket.h"

#include <errno.h>
#include <string.h>

void attach_decide(struct attach *a, int fd, struct attach_socket *s)
{
    struct attach_fd *f = &a->fds[fd];

    f->state = s && !s->ignored ? ATTACH_WATCHED : ATTACH_IGNORED;
    f->socket = s;
    if (a->decided)
        a->decided(a->method, fd, f->state == ATTACH_WATCHED);
}

void attach_ignore(struct attach *a, struct attach_socket *s)
{
    s->ignored = true;
    for (int fd = 0; fd < ATTACH_FDS; fd++)
        if (a->fds[fd].socket == s)
            attach_decide(a, fd, s);
}

static bool is_asked_for(const struct attach *a, int fd, const struct vfu_attach_socket *found)
{
    const struct attach_socket *m;

    if (a->options->fd >= 0 && fd == a->options->fd)
        return true;
    LIST_FOREACH(m, &a->sockets, next)
        if (found->inode && m->twin == found->inode) /* goes with its main socket */
            return true;
    return a->options->fd < 0 && (!a->options->socket || vfu_attach_is_at(found, a->options->socket));
}

/* See what an fd is, and whether to watch it. */
static void look(struct attach *a, int fd, uint64_t inode)
{
    struct vfu_attach_socket found = { .fd = fd, .inode = inode ? inode : attach_fd_inode(a->pid, fd) };
    struct attach_socket *s = attach_by_inode(a, found.inode);
    enum attach_found is = ATTACH_OTHER;

    if (!found.inode && !a->said_ring && attach_is_ring(a->pid, fd)) {
        a->said_ring = true;
        attach_say(a, "fd %d is an io_uring: what is sent and received through it is not seen", fd);
    }
    if (!s && found.inode)
        is = attach_unix(a->pid, found.inode, &found);
    if (is == ATTACH_UNCONNECTED && !inode)
        return; /* it is looked at again when it says something */
    /* One that is gone already was what the method says: a stream. */
    if (!s && found.inode && (is != ATTACH_OTHER || inode) && is_asked_for(a, fd, &found))
        s = attach_socket_new(a, &found);
    if (s)
        s->fds++;
    attach_decide(a, fd, s);
}

bool attach_wants(struct attach *a, int fd, uint64_t inode)
{
    if (fd < 0 || fd >= ATTACH_FDS)
        return false;
    if (a->fds[fd].state == ATTACH_UNKNOWN)
        look(a, fd, inode);
    return a->fds[fd].state == ATTACH_WATCHED;
}

static void look_at_start(void *context, int fd)
{
    attach_wants(context, fd, 0);
}

bool attach_scan(struct attach *a, struct vfu_error *error)
{
    int why;

    if (attach_each_fd(a->pid, look_at_start, a))
        return true;
    why = errno;
    return vfu_fail(error, why, "%d: can't read its file descriptors: %s", (int)a->pid, strerror(why));
}

void attach_look_at_fds(struct attach *a, struct attach_passed *fds, unsigned nfds, struct vfu_fd *seen)
{
    for (unsigned i = 0; i < nfds; i++) {
        fds[i].inode = attach_fd_inode(a->pid, fds[i].fd);
        if (vfu_fd_describe_of(a->pid, fds[i].fd, &seen[i]) || a->said_gone)
            continue;
        a->said_gone = true;
        attach_say(a, "a passed file descriptor was closed before it could be looked at: such are shown as `other'");
    }
}
