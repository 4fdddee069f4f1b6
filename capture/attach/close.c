/*
 * Passive attach, the end of fds and of sockets: the process closes one, runs another program, or is gone.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"

/* The process has it no more. */
static void end_socket(struct attach *a, struct attach_socket *s, uint64_t mono_ns)
{
    attach_wait_no_longer(a, s);
    attach_show_held(a, s);
    if (s->conn) {
        attach_stream_end(a, s, true, mono_ns);
        if (s->channel == VFU_MAIN && !a->stopping)
            attach_show_disconnect(a, s, mono_ns);
    }
    attach_socket_free(s);
}

struct search {
    struct attach *attach;
    uint64_t inode;
    int but, found;
};

static void match_inode(void *context, int fd)
{
    struct search *s = context;

    if (s->found < 0 && fd != s->but && attach_fd_inode(s->attach->pid, fd) == s->inode)
        s->found = fd;
}

static void let_fd_go(struct attach *a, int fd, uint64_t mono_ns)
{
    struct attach_socket *s = a->fds[fd].socket;
    struct search search = { .attach = a, .inode = s ? s->inode : 0, .but = fd, .found = -1 };

    a->fds[fd] = (struct attach_fd){ .state = ATTACH_UNKNOWN };
    if (!s || --s->fds > 0)
        return;
    /* Nothing known is left of it; but it may have been duplicated and not yet been used. */
    attach_each_fd(a->pid, match_inode, &search);
    if (search.found >= 0 && search.found < ATTACH_FDS && a->fds[search.found].state == ATTACH_UNKNOWN) {
        s->fds++;
        attach_decide(a, search.found, s);
        return;
    }
    end_socket(a, s, mono_ns);
}

void attach_closed(struct attach *a, int fd, uint64_t mono_ns)
{
    if (fd >= 0 && fd < ATTACH_FDS)
        let_fd_go(a, fd, mono_ns);
}

void attach_exec(struct attach *a, uint64_t mono_ns)
{
    for (int fd = 0; fd < ATTACH_FDS; fd++) {
        struct attach_socket *s = a->fds[fd].socket;

        if (a->fds[fd].state == ATTACH_IGNORED || (s && attach_fd_inode(a->pid, fd) != s->inode))
            let_fd_go(a, fd, mono_ns);
    }
}

void attach_ended(struct attach *a)
{
    while (!LIST_EMPTY(&a->sockets))
        end_socket(a, LIST_FIRST(&a->sockets), vfu_mono_ns());
}
