/*
 * relay LISTEN SERVER: what the benchmark measures the tap against. As little as a relay of messages with their fds can
 * do: for each message two recvmsg (the header, the rest) and one sendmsg, blocking, a thread a direction, one client,
 * nothing decoded.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 1 << 20, FDS = 16 };

struct direction {
    int from, to;
};

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    return a;
}

/* One message of `size` bytes out of `at`, with what fds it has. */
static ssize_t receive(int fd, void *at, size_t size, struct msghdr *m, struct iovec *iov)
{
    *iov = (struct iovec){ .iov_base = at, .iov_len = size };
    m->msg_iov = iov;
    m->msg_iovlen = 1;
    return recvmsg(fd, m, MSG_WAITALL);
}

static void *pass_on(void *context)
{
    struct direction *d = context;
    char *buffer = malloc(ROOM);
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(FDS * sizeof(int))];
    } control;
    struct iovec iov;

    while (buffer) {
        struct msghdr m = { .msg_control = control.bytes, .msg_controllen = sizeof control.bytes }, rest = { 0 };
        uint32_t size;

        if (receive(d->from, buffer, 16, &m, &iov) != 16)
            break;
        memcpy(&size, buffer + 4, 4);
        if (size < 16 || size > ROOM || (size > 16 && receive(d->from, buffer + 16, size - 16, &rest, &iov) <= 0))
            break;
        iov = (struct iovec){ .iov_base = buffer, .iov_len = size };
        m.msg_iov = &iov;
        m.msg_flags = 0;
        if (m.msg_controllen == 0)
            m.msg_control = NULL;
        if (sendmsg(d->to, &m, MSG_NOSIGNAL) != (ssize_t)size)
            break;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
            for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
                int fd;

                memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                close(fd);
            }
    }
    shutdown(d->to, SHUT_WR);
    free(buffer);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_un a, b;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client, server = socket(AF_UNIX, SOCK_STREAM, 0);
    struct direction there, back;
    pthread_t thread;

    if (argc != 3)
        return 2;
    a = address(argv[1]);
    b = address(argv[2]);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 1) != 0) {
        perror(argv[1]);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", argv[1]);
    client = accept(listener, NULL, NULL);
    if (connect(server, (struct sockaddr *)&b, sizeof b) != 0) {
        perror(argv[2]);
        return 1;
    }
    there = (struct direction){ .from = client, .to = server };
    back = (struct direction){ .from = server, .to = client };
    if (pthread_create(&thread, NULL, pass_on, &back) != 0)
        return 1;
    pass_on(&there);
    pthread_join(thread, NULL);
    unlink(argv[1]);
    return 0;
}
