/*
 * Which process to attach to, and which sockets it has: what a person asks before.
 */
#include "capture/attach/inside.h"
#include "capture/socket.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the process --- */

struct named {
    const char *name;
    pid_t first;
    unsigned count;
    char list[96];
};

static void match_name(void *context, pid_t pid)
{
    struct named *n = context;
    size_t length = strlen(n->list);
    char name[ATTACH_COMM];

    /* The kernel keeps 15 bytes of a name. */
    if (pid == getpid() || !attach_name_of(pid, name) || strncmp(name, n->name, ATTACH_COMM - 2) != 0)
        return;
    if (n->count++ == 0)
        n->first = pid;
    snprintf(n->list + length, sizeof n->list - length, " %d", (int)pid);
}

bool vfu_attach_find(const char *name, pid_t *pid, struct vfu_error *error)
{
    struct named n = { .name = name };
    char *end;
    long number = strtol(name, &end, 10);

    if (*name && *end == '\0') {
        *pid = number > 0 && number <= INT32_MAX ? attach_status((pid_t)number, "Tgid:") : 0; /* of a thread: its process */
        return *pid > 0 || vfu_fail(error, ESRCH, "%s: no such process", name);
    }
    attach_each_process(match_name, &n);
    *pid = n.first;
    if (n.count == 0)
        return vfu_fail(error, ESRCH, "%s: no process has this name", name);
    if (n.count > 1)
        return vfu_fail(error, EINVAL, "%s: %u processes have this name, say which:%s", name, n.count, n.list);
    return true;
}

/* --- the list --- */

struct listing {
    pid_t pid;
    struct vfu_attach_socket *sockets;
    size_t count, room;
};

static void list_fd(void *context, int fd)
{
    struct listing *l = context;
    uint64_t inode = attach_fd_inode(l->pid, fd);
    struct vfu_attach_socket s = { .fd = fd };

    if (!inode || attach_unix(l->pid, inode, &s) != ATTACH_CONNECTED)
        return;
    if (VFU_GROW(l->sockets, l->room, l->count + 1))
        l->sockets[l->count++] = s;
}

struct peers {
    struct listing *list;
    pid_t pid;
};

static void match_peer(void *context, int fd)
{
    struct peers *p = context;
    uint64_t inode = attach_fd_inode(p->pid, fd);

    for (size_t i = 0; inode && i < p->list->count; i++) {
        struct vfu_attach_socket *s = &p->list->sockets[i];

        if (s->peer == inode && !s->peer_pid && attach_name_of(p->pid, s->peer_name))
            s->peer_pid = p->pid;
    }
}

static void find_peers(void *context, pid_t pid)
{
    struct peers p = { .list = context, .pid = pid };

    attach_each_fd(pid, match_peer, &p);
}

static int by_fd(const void *a, const void *b)
{
    const struct vfu_attach_socket *x = a, *y = b;

    return (x->fd > y->fd) - (x->fd < y->fd);
}

bool vfu_attach_list(pid_t pid, void (*each)(void *context, const struct vfu_attach_socket *socket), void *context,
                     struct vfu_error *error)
{
    struct listing l = { .pid = pid };

    if (!attach_each_fd(pid, list_fd, &l))
        return vfu_fail(error, errno, "%d: can't read its file descriptors: %s%s", (int)pid, strerror(errno),
                        errno == EACCES ? " (run as root)" : "");
    attach_each_process(find_peers, &l);
    if (l.count)
        qsort(l.sockets, l.count, sizeof *l.sockets, by_fd);
    for (size_t i = 0; i < l.count; i++)
        each(context, &l.sockets[i]);
    free(l.sockets);
    return true;
}

/* --- files --- */

struct counting {
    pid_t pid;
    struct vfu_attach_files *files;
};

static void count_fd(void *context, int fd)
{
    struct counting *c = context;
    struct vfu_fd seen;

    if (!vfu_fd_describe_of(c->pid, fd, &seen))
        return;
    c->files->eventfds += seen.type == VFU_FD_EVENTFD;
    if (seen.type != VFU_FD_MEMFD)
        return;
    c->files->memfds++;
    c->files->memfd_bytes += seen.size;
}

bool vfu_attach_count_files(pid_t pid, struct vfu_attach_files *files)
{
    struct counting c = { .pid = pid, .files = files };

    *files = (struct vfu_attach_files){ 0 };
    return attach_each_fd(pid, count_fd, &c);
}
