/*
 * All connected UNIX stream sockets of the machine, with who is at both ends: to find what to attach to.
 */
#include "capture/attach/inside.h"
#include "decoder/wire/grow.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* A socket, as the kernel tells of it and as some process has it. */
struct known {
    uint64_t inode, peer;
    char path[ATTACH_NAME];
    struct vfu_attach_holder holder;
};

struct machine {
    struct known *sockets; /* sorted by inode once all are there */
    size_t count, room;
    pid_t pid; /* whose fds are looked at */
};

static void add_socket(void *context, uint64_t inode, const struct attach_end *end)
{
    struct machine *m = context;
    struct known *k;

    if (!end->is_connected || !end->peer || !VFU_GROW(m->sockets, m->room, m->count + 1))
        return;
    k = &m->sockets[m->count++];
    *k = (struct known){ .inode = inode, .peer = end->peer, .holder.fd = -1 };
    memcpy(k->path, end->name, sizeof k->path);
    attach_name_as_renamed(k->path, &end->file);
}

static int by_inode(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    return (x->inode > y->inode) - (x->inode < y->inode);
}

static struct known *find(const struct machine *m, uint64_t inode)
{
    const struct known key = { .inode = inode };

    return m->count && inode ? bsearch(&key, m->sockets, m->count, sizeof key, by_inode) : NULL;
}

/* The first that is found to have it counts. */
static void take_fd(void *context, int fd)
{
    struct machine *m = context;
    struct known *k = find(m, attach_fd_inode(m->pid, fd));

    if (k && !k->holder.pid && attach_name_of(m->pid, k->holder.name)) {
        k->holder.pid = m->pid;
        k->holder.fd = fd;
    }
}

static void take_process(void *context, pid_t pid)
{
    struct machine *m = context;

    m->pid = pid;
    attach_each_fd(pid, take_fd, m);
}

/* Does the path, or a process's name, sound like it? A guess, for the order only. */
static unsigned likely(const struct vfu_attach_pair *p)
{
    static const char *const paths[] = { "*vfio*", "*vfu*", "*/cntrl" };
    static const char *const names[] = { "qemu*", "cloud-hyp*", "nvmf_tgt*", "spdk*", "vfuscope*", "reactor_*", "*vfio*" };
    unsigned score = 0;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        score += fnmatch(paths[i], p->path, 0) == 0 ? 4 : 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        score += fnmatch(names[i], p->client.name, 0) == 0 ? 2 : 0;
        score += fnmatch(names[i], p->server.name, 0) == 0 ? 1 : 0;
    }
    return score + (p->path[0] != '\0');
}

static int by_likelihood(const void *a, const void *b)
{
    const struct vfu_attach_pair *x = a, *y = b;
    unsigned left = likely(x), right = likely(y);
    int order = (left < right) - (left > right);

    order = order ? order : strcmp(x->path, y->path);
    return order ? order : (x->client.pid > y->client.pid) - (x->client.pid < y->client.pid);
}

/* The end that has a name was accepted there; of two without one the order means nothing. */
static struct vfu_attach_pair pair_of(const struct known *one, const struct known *other)
{
    bool is_server = one->path[0] != '\0';
    const struct known *server = is_server ? one : other, *client = is_server ? other : one;
    struct vfu_attach_pair p = { .server = server->holder, .client = client->holder };

    memcpy(p.path, server->path, sizeof p.path);
    return p;
}

size_t vfu_attach_machine(struct vfu_attach_pair **pairs)
{
    struct machine m = { .count = 0 };
    size_t count = 0;

    attach_diag_each(add_socket, &m);
    if (m.count)
        qsort(m.sockets, m.count, sizeof *m.sockets, by_inode);
    attach_each_process(take_process, &m);
    *pairs = m.count ? calloc(m.count, sizeof **pairs) : NULL;
    for (size_t i = 0; *pairs && i < m.count; i++) {
        const struct known *other = find(&m, m.sockets[i].peer);

        if (!other || other->inode < m.sockets[i].inode)
            continue;
        if (other->holder.pid || m.sockets[i].holder.pid || other->path[0] || m.sockets[i].path[0])
            (*pairs)[count++] = pair_of(&m.sockets[i], other);
    }
    if (count)
        qsort(*pairs, count, sizeof **pairs, by_likelihood);
    free(m.sockets);
    return count;
}
