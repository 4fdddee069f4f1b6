/*
 * Passive attach, what its methods share: which of the process's fds are watched, in which order what was sent and
 * received goes on, and when a connection ends.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"
#include "capture/socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void attach_say(struct attach *a, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    a->options->say(a->options->context, text);
}

static void set_clocks(struct attach *a)
{
    uint64_t time_ns, mono_ns;

    vfu_now(&time_ns, &mono_ns);
    a->realtime_ns = (int64_t)(time_ns - mono_ns);
}

void attach_ask_stop(struct attach *a)
{
    if (a->options->stop(a->options->context))
        a->stopping = true;
}

/* --- fds --- */

static void decide(struct attach *a, int fd, struct attach_socket *s)
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
    for (int fd = 0; fd < ATTACH_MAX_FDS; fd++)
        if (a->fds[fd].socket == s)
            decide(a, fd, s);
}

static bool is_asked_for(const struct attach *a, int fd, const struct vfu_attach_socket *found)
{
    if (a->options->fd >= 0 && fd == a->options->fd)
        return true;
    for (const struct attach_socket *m = a->sockets; m && found->inode; m = m->next)
        if (m->twin == found->inode) /* goes with its main socket */
            return true;
    return a->options->fd < 0 && (!a->options->socket || strcmp(a->options->socket, found->path) == 0);
}

static struct attach_socket *new_socket(struct attach *a, const struct vfu_attach_socket *found)
{
    struct attach_socket *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->inode = found->inode;
    s->peer = found->peer;
    memcpy(s->path, found->path, sizeof s->path);
    s->next = a->sockets;
    a->sockets = s;
    return s;
}

/* See what an fd is, and whether to watch it. */
static void look(struct attach *a, int fd, uint64_t inode)
{
    struct vfu_attach_socket found = { .fd = fd, .inode = inode ? inode : attach_fd_inode(a->options->pid, fd) };
    struct attach_socket *s = attach_by_inode(a, found.inode);

    if (!found.inode && !a->said_ring && attach_is_ring(a->options->pid, fd)) {
        a->said_ring = true;
        attach_say(a, "fd %d is an io_uring: what is sent and received through it is not seen", fd);
    }
    /* One that is gone already was what the method says: a stream. */
    if (!s && found.inode && (attach_unix(a->options->pid, found.inode, &found) || inode) && is_asked_for(a, fd, &found))
        s = new_socket(a, &found);
    if (s)
        s->fds++;
    decide(a, fd, s);
}

bool attach_wants(struct attach *a, int fd, uint64_t inode)
{
    if (fd < 0 || fd >= ATTACH_MAX_FDS)
        return false;
    if (a->fds[fd].state == ATTACH_UNKNOWN)
        look(a, fd, inode);
    return a->fds[fd].state == ATTACH_WATCHED;
}

static void look_at_start(void *context, int fd)
{
    attach_wants(context, fd, 0);
}

void attach_look_at_fds(struct attach *a, const int *fds, unsigned nfds, struct vfu_fd *seen)
{
    for (unsigned i = 0; i < nfds; i++) {
        if (vfu_fd_describe_of(a->options->pid, fds[i], &seen[i]) || a->said_gone)
            continue;
        a->said_gone = true;
        attach_say(a, "a passed file descriptor was closed before it could be looked at: such are shown as `other'");
    }
}

/* --- the end of a socket --- */

static void remove_socket(struct attach *a, struct attach_socket *s)
{
    for (struct attach_socket **p = &a->sockets; *p; p = &(*p)->next) {
        if (*p == s) {
            *p = s->next;
            break;
        }
    }
    attach_socket_free(s);
}

/* The process has it no more. */
static void end_socket(struct attach *a, struct attach_socket *s, uint64_t mono_ns)
{
    while (s->waiting)
        attach_let_go(a, s);
    if (s->conn) {
        attach_stream_end(a, s, true, mono_ns);
        if (s->channel == VFU_MAIN && !a->stopping)
            attach_show_disconnect(a, s, mono_ns);
    }
    remove_socket(a, s);
}

struct search {
    struct attach *attach;
    uint64_t inode;
    int but, found;
};

static void match_inode(void *context, int fd)
{
    struct search *s = context;

    if (s->found < 0 && fd != s->but && attach_fd_inode(s->attach->options->pid, fd) == s->inode)
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
    attach_each_fd(a->options->pid, match_inode, &search);
    if (search.found >= 0 && search.found < ATTACH_MAX_FDS && a->fds[search.found].state == ATTACH_UNKNOWN) {
        s->fds++;
        decide(a, search.found, s);
        return;
    }
    end_socket(a, s, mono_ns);
}

void attach_closed(struct attach *a, int fd, uint64_t mono_ns)
{
    if (fd >= 0 && fd < ATTACH_MAX_FDS)
        let_fd_go(a, fd, mono_ns);
}

void attach_exec(struct attach *a, uint64_t mono_ns)
{
    for (int fd = 0; fd < ATTACH_MAX_FDS; fd++) {
        struct attach_socket *s = a->fds[fd].socket;

        if (a->fds[fd].state == ATTACH_IGNORED || (s && attach_fd_inode(a->options->pid, fd) != s->inode))
            let_fd_go(a, fd, mono_ns);
    }
}

void attach_lost(struct attach *a, uint64_t count, uint64_t mono_ns)
{
    struct vfu_event event;

    if (!a->said_lost)
        attach_say(a, "system calls come faster than they can be taken: some are left out, and counted");
    a->said_lost = true;
    vfu_session_dropped(a->options->session, count, mono_ns + (uint64_t)a->realtime_ns, mono_ns, &event);
    a->options->event(a->options->context, &event);
}

/* --- order --- */

static void take(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    if (piece->size || piece->lost)
        attach_stream_take(a, s, piece);
    if (piece->end)
        attach_stream_end(a, s, false, piece->mono_ns);
}

void attach_let_go(struct attach *a, struct attach_socket *s)
{
    struct attach_waiting *w = s->waiting;

    s->waiting = w->next;
    a->waiting--;
    take(a, s, &w->piece);
    free(w);
}

/* False: out of memory. */
static bool wait_for_senders(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    struct attach_waiting *w = malloc(sizeof *w + piece->size);

    if (!w)
        return false;
    w->next = NULL;
    w->since_ns = vfu_mono_ns();
    w->piece = *piece;
    if (piece->size)
        memcpy(w->bytes, piece->bytes, piece->size);
    if (piece->nfds) {
        memcpy(w->fds, piece->fds, piece->nfds * sizeof *piece->fds);
        memcpy(w->seen, piece->seen, piece->nfds * sizeof *piece->seen);
    }
    w->piece.bytes = w->bytes;
    w->piece.fds = w->fds;
    w->piece.seen = w->seen;
    if (!s->waiting)
        s->waiting_end = &s->waiting;
    *s->waiting_end = w;
    s->waiting_end = &w->next;
    a->waiting++;
    return true;
}

/* Counters go on and on, and around. */
static bool is_before(uint32_t x, uint32_t y)
{
    return (int32_t)(x - y) < 0;
}

void attach_take(struct attach *a, const struct attach_piece *piece)
{
    struct attach_fd *f = attach_wants(a, piece->fd, piece->inode) ? &a->fds[piece->fd] : NULL;
    struct attach_socket *s = f ? f->socket : NULL;

    if (!s)
        return;
    if (!piece->sent && (s->waiting || is_before(f->returned, piece->begun)) && wait_for_senders(a, s, piece))
        return;
    take(a, s, piece);
    if (!piece->sent)
        return;
    if (is_before(f->returned, piece->ended))
        f->returned = piece->ended;
    while (s->waiting && !is_before(f->returned, s->waiting->piece.begun))
        attach_let_go(a, s);
}

void attach_tick(struct attach *a)
{
    uint64_t now = vfu_mono_ns();

    set_clocks(a);
    for (struct attach_socket *s = a->sockets; s && a->waiting; s = s->next)
        while (s->waiting && now - s->waiting->since_ns > ATTACH_WAIT_MS * 1000000ull)
            attach_let_go(a, s);
}

/* --- running --- */

static bool start(struct attach *a, struct vfu_error *error)
{
    a->fds = calloc(ATTACH_MAX_FDS, sizeof *a->fds);
    if (!a->fds)
        return vfu_fail(error, ENOMEM, "out of memory");
    set_clocks(a);
    return true;
}

bool attach_scan(struct attach *a, struct vfu_error *error)
{
    int why;

    if (attach_each_fd(a->options->pid, look_at_start, a))
        return true;
    why = errno;
    return vfu_fail(error, why, "%d: can't read its file descriptors: %s", (int)a->options->pid, strerror(why));
}

void attach_ended(struct attach *a)
{
    while (a->sockets)
        end_socket(a, a->sockets, vfu_mono_ns());
}

static void finish(struct attach *a)
{
    a->stopping = true;
    while (a->sockets)
        remove_socket(a, a->sockets);
    free(a->fds);
}

bool vfu_attach_run(const struct vfu_attach_options *options, struct vfu_error *error)
{
    struct attach a = { .options = options };
    bool ok = start(&a, error) &&
              (options->method == VFU_ATTACH_PTRACE ? attach_by_ptrace(&a, error) : attach_by_bpf(&a, error));

    finish(&a);
    return ok;
}
