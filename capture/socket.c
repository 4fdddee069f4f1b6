/*
 * UNIX sockets with file descriptors: see socket.h.
 */
#include "capture/socket.h"
#include "capture/foreign.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    RETRY_MS = 10,
    FIRST_ROOM = 4096,
    SMALL = 8 << 10,   /* up to here any send buffer takes a message whole, a paced one too */
    PACED = 5,         /* a paced socket has this part of what the system gives: the larger, the fewer the wake-ups */
    CHARGED = 64 << 10 /* the kernel charges more than the bytes; besides what it doubles */
};

bool vfu_socket_path(const char *given, struct vfu_path *path, struct vfu_error *error)
{
    struct stat st;
    bool folder = stat(given, &st) == 0 && S_ISDIR(st.st_mode);
    int size = snprintf(path->text, sizeof path->text, folder ? "%s/cntrl" : "%s", given);

    if (size <= 0)
        return vfu_fail(error, EINVAL, "an empty socket path");
    if ((size_t)size >= sizeof path->text)
        return vfu_fail(error, ENAMETOOLONG, "%.80s...: a socket's path has at most %zu bytes, this one %d", given,
                        sizeof path->text - 1, size);
    return true;
}

bool vfu_may_be_socket(const struct vfu_path *path, struct vfu_error *error)
{
    struct stat st;

    if (stat(path->text, &st) != 0 || S_ISSOCK(st.st_mode))
        return true;
    if (!S_ISREG(st.st_mode))
        return vfu_fail(error, ENOTSOCK, "%s: can't connect: not a socket", path->text);
    return vfu_fail(error, ENOTSOCK, "%s: can't connect: a file, not a socket (if it is a capture, vfuscope decode %s shows it)",
                    path->text, path->text);
}

struct sockaddr_un vfu_socket_address(const struct vfu_path *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    memcpy(a.sun_path, path->text, sizeof a.sun_path);
    return a;
}

int vfu_connect(const char *given, int timeout_ms, bool absent_too, struct vfu_error *error)
{
    struct vfu_path path;
    struct sockaddr_un a;
    int fd, waited = 0;

    if (!vfu_socket_path(given, &path, error))
        return -1;
    a = vfu_socket_address(&path);
    for (;;) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) {
            vfu_fail(error, errno, "%s: %s", path.text, strerror(errno));
            return -1;
        }
        if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
            return fd;
        int why = errno;
        bool again = why == EAGAIN || why == EINTR || (absent_too && (why == ENOENT || why == ECONNREFUSED));

        close(fd);
        if (why == ECONNREFUSED && !vfu_may_be_socket(&path, error))
            return -1;
        if (!again || waited >= timeout_ms) {
            vfu_fail(error, why, "%s: can't connect: %s", path.text,
                     why == EAGAIN         ? "the server is busy with another client"
                     : why == ECONNREFUSED ? "nobody listens there (is the server running?)"
                                           : strerror(why));
            return -1;
        }
        poll(NULL, 0, RETRY_MS); /* nothing can be waited for: a full backlog signals nobody */
        waited += RETRY_MS;
    }
}

/* As getsockopt says it: twice what is set. */
static int send_buffer(int fd)
{
    int size = 0;
    socklen_t length = sizeof size;

    return getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 ? size : 0;
}

static void set_send_buffer(int fd, int size)
{
    /* FORCE goes beyond wmem_max, for root; others get what the system allows. */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

void vfu_socket_pace(int fd)
{
    set_send_buffer(fd, send_buffer(fd) / 2 / PACED);
}

static bool is_full(int fd, int buffer)
{
    int charged;

    return ioctl(fd, SIOCOUTQ, &charged) == 0 && charged >= buffer;
}

bool vfu_socket_full(int fd)
{
    return is_full(fd, send_buffer(fd));
}

int vfu_socket_unread(int fd)
{
    int charged;

    return ioctl(fd, SIOCOUTQ, &charged) == 0 ? charged : -1;
}

void vfu_raise_fd_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void vfu_fd_describe(int fd, struct vfu_fd *out)
{
    char link[32], target[64];
    struct statx st;
    ssize_t size;

    *out = (struct vfu_fd){ .type = VFU_FD_OTHER };
    /* What is known of it here: the server of its file system is not asked, and may not answer. */
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE, &st) != 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, target, sizeof target - 1);
    target[size < 0 ? 0 : size] = '\0';
    if (S_ISSOCK(st.stx_mode))
        out->type = VFU_FD_SOCKET;
    else if (S_ISFIFO(st.stx_mode))
        out->type = VFU_FD_PIPE;
    else if (S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode))
        out->type = VFU_FD_DEVICE;
    else if (strncmp(target, "anon_inode:[eventfd", 19) == 0)
        out->type = VFU_FD_EVENTFD;
    else if (strncmp(target, "/memfd:", 7) == 0)
        out->type = VFU_FD_MEMFD;
    else if (S_ISREG(st.stx_mode))
        out->type = VFU_FD_FILE;
    if (S_ISREG(st.stx_mode)) {
        out->has_size = true;
        out->size = st.stx_size;
    }
}

/* Hold what another process has at this number, without opening it: what is looked at is then what is used. -1: it is gone. */
static int hold(pid_t pid, int fd)
{
    char link[48];

    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    return open(link, O_PATH | O_CLOEXEC);
}

bool vfu_fd_describe_of(pid_t pid, int fd, struct vfu_fd *out)
{
    int held = hold(pid, fd);

    *out = (struct vfu_fd){ .type = VFU_FD_OTHER };
    if (held < 0)
        return false;
    vfu_fd_describe(held, out);
    close(held);
    return true;
}

int vfu_fd_open_of(pid_t pid, int fd, const struct vfu_fd *seen)
{
    int held = hold(pid, fd), opened = -1;
    struct vfu_fd now;
    char link[32];

    if (held < 0)
        return -1;
    vfu_fd_describe(held, &now);
    /* Opening anything else might do something. */
    if ((now.type == VFU_FD_MEMFD || now.type == VFU_FD_FILE) && now.type == seen->type && now.size == seen->size) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", held);
        opened = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    }
    close(held);
    return opened;
}

/* Take the fds out of a received message; those beyond VFU_MAX_FDS are closed and count as cut. */
static void take_fds(struct msghdr *m, int *fds, unsigned *nfds, bool *cut)
{
    if (m->msg_flags & MSG_CTRUNC)
        *cut = true;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (*nfds < VFU_MAX_FDS) {
                fds[(*nfds)++] = fd;
            } else {
                close(fd);
                *cut = true;
            }
        }
    }
}

enum vfu_io vfu_recv(int socket, void *buffer, size_t size, int *fds, unsigned *nfds, bool *cut, size_t *got)
{
    union {
        char space[CMSG_SPACE(VFU_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { buffer, size };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.space,
                        .msg_controllen = sizeof control.space };
    ssize_t n;

    *got = 0;
    do
        n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? VFU_IO_AGAIN : VFU_IO_ERROR;
    if (m.msg_controllen || m.msg_flags & MSG_CTRUNC)
        take_fds(&m, fds, nfds, cut);
    *got = (size_t)n;
    return n == 0 ? VFU_IO_EOF : VFU_IO_OK;
}

size_t vfu_peek(int socket, void *buffer, size_t size)
{
    ssize_t n;

    do
        n = recv(socket, buffer, size, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

static ssize_t send_now(int socket, const struct msghdr *m)
{
    ssize_t n;

    do
        n = sendmsg(socket, m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

/*
 * A message larger than what the buffer takes at once (half of it: unix_stream_sendmsg) gets one that does, for this
 * call: raised for good, it would let the sender get ahead of a slow peer.
 */
static ssize_t send_large(int socket, const struct msghdr *m, size_t size)
{
    int buffer = send_buffer(socket);
    ssize_t n;

    if (size + 64 <= (size_t)buffer / 2 || size > INT_MAX / 2 - CHARGED)
        return send_now(socket, m);
    if (is_full(socket, buffer)) {
        errno = EAGAIN;
        return -1;
    }
    set_send_buffer(socket, (int)size + CHARGED);
    n = send_now(socket, m);
    int why = errno;

    set_send_buffer(socket, buffer / 2);
    errno = why;
    return n;
}

enum vfu_io vfu_send(int socket, const struct iovec *iov, int iovcnt, const int *fds, unsigned nfds, size_t *sent)
{
    union {
        char space[CMSG_SPACE(VFU_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)iovcnt };
    size_t size = 0;
    ssize_t n;

    for (int i = 0; i < iovcnt; i++)
        size += iov[i].iov_len;
    *sent = 0;
    if (nfds) {
        m.msg_control = control.space;
        m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
        memset(control.space, 0, m.msg_controllen);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
        memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
    }
    n = size <= SMALL ? send_now(socket, &m) : send_large(socket, &m, size);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? VFU_IO_AGAIN : VFU_IO_ERROR;
    *sent = (size_t)n;
    return VFU_IO_OK;
}

bool vfu_send_all(int socket, const void *bytes, size_t size, const int *fds, unsigned nfds, int timeout_ms)
{
    const uint8_t *at = bytes;

    while (size > 0) {
        struct iovec iov = { (void *)(uintptr_t)at, size };
        size_t sent;
        enum vfu_io io = vfu_send(socket, &iov, 1, fds, nfds, &sent);

        if (io == VFU_IO_ERROR)
            return false;
        if (io == VFU_IO_AGAIN) {
            struct pollfd p = { .fd = socket, .events = POLLOUT };
            int ready = poll(&p, 1, timeout_ms);

            if (ready == 0)
                errno = ETIMEDOUT;
            if (ready == 0 || (ready < 0 && errno != EINTR))
                return false;
            continue;
        }
        at += sent;
        size -= sent;
        nfds = 0;
    }
    return true;
}

/* Room for at least `want` bytes; never far beyond what has arrived. */
static bool reader_room(struct vfu_reader *r, size_t want)
{
    return VFU_GROW(r->buffer, r->capacity, want < FIRST_ROOM ? FIRST_ROOM : want);
}

enum vfu_io vfu_reader_read(struct vfu_reader *r, int socket)
{
    for (;;) {
        size_t want = VFU_HEADER_SIZE, got, ask;
        enum vfu_io io;

        if (r->got >= VFU_HEADER_SIZE) {
            uint32_t size = vfu_header_read(r->buffer, false).size;

            if (size < VFU_HEADER_SIZE || size > (r->limit ? r->limit : (size_t)VFU_MAX_MESSAGE))
                return VFU_IO_BAD;
            want = size;
        }
        if (r->got == want && r->got >= VFU_HEADER_SIZE)
            return VFU_IO_OK;
        /* At most double what has arrived, so that a claim of 64 MiB alone costs nothing. */
        ask = want - r->got;
        if (ask > FIRST_ROOM && ask > r->got)
            ask = r->got > FIRST_ROOM ? r->got : FIRST_ROOM;
        if (ask < want - r->got && want <= 262144)
            ask = want - r->got; /* but a common message in one call */
        if (!reader_room(r, r->got + ask)) {
            errno = ENOMEM;
            return VFU_IO_ERROR;
        }
        io = vfu_recv(socket, r->buffer + r->got, ask, r->fds, &r->nfds, &r->fds_cut, &got);
        if (io != VFU_IO_OK)
            return io;
        r->got += got;
    }
}

void vfu_reader_rest(struct vfu_reader *r, int socket, size_t most)
{
    size_t got;

    while (r->got < most && reader_room(r, most) &&
           vfu_recv(socket, r->buffer + r->got, most - r->got, r->fds, &r->nfds, &r->fds_cut, &got) == VFU_IO_OK)
        r->got += got;
}

void vfu_reader_next(struct vfu_reader *r)
{
    vfu_close_fds(r->fds, r->nfds);
    r->nfds = 0;
    r->fds_cut = false;
    r->got = 0;
}

void vfu_reader_free(struct vfu_reader *r)
{
    vfu_reader_next(r);
    free(r->buffer);
    r->buffer = NULL;
    r->capacity = 0;
}
