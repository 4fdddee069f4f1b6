/*
 * What the fuzzers of sockets share: an input is a list of records, each so many bytes that one sendmsg puts into a socket,
 * with descriptors; and the folder that their sockets are in.
 *
 *     length u16 | flags u8: 0..7 descriptors, 8 they are memfds (else eventfds), 16 sockets, 32 the memfds are emptied
 *     afterwards, 128 on the twin socket | bytes
 */
#ifndef VFU_FUZZ_RECORDS_H
#define VFU_FUZZ_RECORDS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RECORD_MEMFDS = 8, RECORD_SOCKETS = 16, RECORD_EMPTIED = 32, RECORD_TWIN = 128, RECORD_HEAD = 3, RECORD_FDS = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct records {
    const uint8_t *at;
    size_t left;
};

static inline int records_make(unsigned flags)
{
    int fd, pair[2];

    if (flags & RECORD_SOCKETS) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            abort();
        close(pair[1]);
        return pair[0];
    }
    fd = flags & RECORD_MEMFDS ? memfd_create("fuzz", MFD_CLOEXEC) : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0 || (flags & RECORD_MEMFDS && ftruncate(fd, 65536) != 0))
        abort();
    return fd;
}

static inline bool records_put(int socket, const uint8_t *bytes, size_t size, unsigned flags)
{
    union {
        char space[CMSG_SPACE(RECORD_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = { { 0 } };
    struct iovec iov = { (void *)(uintptr_t)bytes, size };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    unsigned count = size ? flags & RECORD_FDS : 0;
    int fds[RECORD_FDS];
    bool done;

    for (unsigned i = 0; i < count; i++)
        fds[i] = records_make(flags);
    if (count) {
        m.msg_control = control.space;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, count * sizeof(int));
    }
    done = sendmsg(socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    for (unsigned i = 0; i < count; i++) {
        if ((flags & (RECORD_EMPTIED | RECORD_MEMFDS | RECORD_SOCKETS)) == (RECORD_EMPTIED | RECORD_MEMFDS) &&
            ftruncate(fds[i], 0) != 0)
            abort();
        close(fds[i]);
    }
    return done;
}

/* Put the next ones, until the sockets take no more. False: there is none left. twin: -1: there is none, and no record for it. */
static inline bool records_send(struct records *r, int socket, int twin)
{
    while (r->left > RECORD_HEAD) {
        size_t size = (size_t)r->at[0] | (size_t)r->at[1] << 8;
        unsigned flags = r->at[2];
        int to = flags & RECORD_TWIN && twin >= 0 ? twin : socket;

        if (size > r->left - RECORD_HEAD)
            size = r->left - RECORD_HEAD;
        if (size && !records_put(to, r->at + RECORD_HEAD, size, flags))
            return true;
        r->at += RECORD_HEAD + size;
        r->left -= RECORD_HEAD + size;
    }
    return false;
}

/* Take all that came; the first descriptor with it is kept, if *twin is -1. False: the other end is gone. */
static inline bool records_drain(int socket, int *twin)
{
    static char bytes[1 << 18];

    for (;;) {
        union {
            char space[CMSG_SPACE(253 * sizeof(int))];
            struct cmsghdr align;
        } control;
        struct iovec iov = { bytes, sizeof bytes };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space,
                            .msg_controllen = sizeof control.space };
        ssize_t got = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (got <= 0)
            return got < 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
                int fd;

                memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                if (twin && *twin < 0)
                    *twin = fd;
                else
                    close(fd);
            }
        }
    }
}

static char records_folder[32];

static inline void records_clean(void)
{
    static const char *const names[] = { "s", "t", "c" };
    char path[64];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", records_folder, names[i]);
        unlink(path);
    }
    rmdir(records_folder);
}

/* The path of a socket of this name; the folder is removed at exit. */
static inline void records_path(char path[64], const char *name)
{
    if (!records_folder[0]) {
        strcpy(records_folder, "/tmp/vfuscope-fuzz-XXXXXX");
        if (!mkdtemp(records_folder))
            abort();
        atexit(records_clean);
    }
    snprintf(path, 64, "%s/%s", records_folder, name);
}

static inline int records_listen(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 8) != 0)
        abort();
    return fd;
}

static inline int records_connect(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        abort();
    return fd;
}

#endif
