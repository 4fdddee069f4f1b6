/*
 * wakeup SERVER CLIENT COUNT: how long an interrupt takes. Listens at SERVER, connects to CLIENT (the same path, or a tap
 * in front of it), passes an eventfd with SET_IRQS, and signals what arrived COUNT times, each time waiting for its own;
 * prints nanoseconds a wake-up. Without a tap they are the same eventfd.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int die(const char *what)
{
    perror(what);
    exit(1);
}

static int make_socket(struct sockaddr_un *a, const char *path)
{
    *a = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof a->sun_path)
        die("too long");
    strcpy(a->sun_path, path);
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

/* SET_IRQS of one MSI-X vector, from one end to the other; returns the descriptor that arrives. */
static int pass(int from, int to, int fd)
{
    const uint32_t words[] = { 8 << 16 | 1, 36, 0, 0, 20, 32 | 4, 2, 0, 1 };
    uint32_t got[9];
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = { { 0 } };
    struct iovec iov = { (void *)(uintptr_t)words, sizeof words };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd) };
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    if (sendmsg(from, &m, 0) != sizeof words)
        die("sendmsg");
    iov.iov_base = got;
    m.msg_controllen = sizeof control;
    if (recvmsg(to, &m, MSG_WAITALL) != sizeof words || !(c = CMSG_FIRSTHDR(&m)))
        die("recvmsg");
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

int main(int argc, char **argv)
{
    struct sockaddr_un a;
    int listener, client, server, mine = eventfd(0, 0), given;
    struct timespec from, to;
    uint64_t one = 1;
    long count;

    if (argc != 4) {
        fprintf(stderr, "usage: wakeup SERVER CLIENT COUNT\n");
        return 2;
    }
    count = atol(argv[3]);
    listener = make_socket(&a, argv[1]);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 1) != 0)
        die(argv[1]);
    client = make_socket(&a, argv[2]);
    if (connect(client, (struct sockaddr *)&a, sizeof a) != 0)
        die(argv[2]);
    server = accept(listener, NULL, NULL);
    given = pass(client, server, mine);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long i = 0; i < count; i++) {
        struct pollfd p = { .fd = mine, .events = POLLIN };

        if (write(given, &one, sizeof one) != sizeof one || poll(&p, 1, 5000) != 1 ||
            read(mine, &one, sizeof one) != sizeof one)
            die("no wake-up");
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.0f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (double)count);
    unlink(argv[1]);
    return 0;
}
