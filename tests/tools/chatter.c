/*
 * chatter MODE [NUMBER [ROUNDS]]: a process that speaks vfio-user in ways that attach must follow. It waits for a line
 * on standard input, speaks, prints how many messages went over its sockets, and waits for two more.
 *   threads N ROUNDS  N threads, a connection each
 *   two 1 ROUNDS      one connection; one thread sends, another receives
 *   bytes 1 ROUNDS    replies are read one byte at a time
 *   calls 1 ROUNDS    every system call there is for it, in turn, in parts and glued together
 *   big SIZE ROUNDS   writes of SIZE bytes
 *   reuse N ROUNDS    N connections one after the other at one fd; between them a file at that fd gets such bytes too
 *   fork 1 ROUNDS     a child says the same over the inherited socket: it is another process, and not counted
 *   burst N SIZE      N writes of SIZE bytes without replies, as fast as they go; after the line, 10 round trips
 *   forever           round trips, one a millisecond at most, until it is killed; prints 0 once it is at it
 * The other end is a child process.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
};

struct access {
    struct header h;
    uint64_t offset;
    uint32_t region, count;
};

enum { VERSION = 1, REGION_READ = 9, REGION_WRITE = 10, REPLY = 1, NO_REPLY = 16, ROOM = 2 << 20 };

static const char json[] = "{\"capabilities\":{\"max_data_xfer_size\":2097152}}";
static atomic_ulong messages;
static unsigned rounds;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void put(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            die("send");
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
}

/* False: the end. `step`: at most so many bytes with one call. */
static int get(int fd, void *bytes, size_t size, size_t step)
{
    for (char *at = bytes; size;) {
        ssize_t n = recv(fd, at, size < step ? size : step, 0);

        if (n == 0 || (n < 0 && errno != EINTR))
            return 0;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 1;
}

/* --- the other end: answers until the socket ends --- */

static void *answer(void *context)
{
    int fd = *(int *)context;
    uint8_t *buffer = malloc(ROOM);
    struct access *a = (struct access *)buffer;

    while (buffer && get(fd, buffer, sizeof a->h, ROOM) && get(fd, buffer + sizeof a->h, a->h.size - sizeof a->h, ROOM)) {
        if (a->h.flags & NO_REPLY)
            continue;
        a->h.flags = REPLY;
        if (a->h.command == REGION_WRITE)
            a->h.size = sizeof *a;
        if (a->h.command == REGION_READ) {
            a->h.size = (uint32_t)sizeof *a + a->count;
            memset(a + 1, a->h.id, a->count);
        }
        put(fd, buffer, a->h.size);
    }
    free(buffer);
    close(fd);
    return NULL;
}

/* `count` connections: ours in ours[]; theirs in a child, one thread each. */
static void connect_all(int *ours, int count)
{
    int *theirs = calloc((size_t)count, sizeof *theirs), pair[2];
    pthread_t *threads = calloc((size_t)count, sizeof *threads);

    if (!theirs || !threads)
        die("calloc");
    for (int i = 0; i < count; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
            die("socketpair");
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    if (fork() == 0) {
        for (int i = 0; i < count; i++)
            close(ours[i]);
        for (int i = 0; i < count; i++)
            if (pthread_create(&threads[i], NULL, answer, &theirs[i]) != 0)
                die("pthread_create");
        for (int i = 0; i < count; i++)
            pthread_join(threads[i], NULL);
        _exit(0);
    }
    for (int i = 0; i < count; i++)
        close(theirs[i]);
    free(theirs);
    free(threads);
}

/* --- this end --- */

static void hello(int fd)
{
    char buffer[256];
    struct header h = { .command = VERSION, .size = sizeof h + 4 + sizeof json };

    memcpy(buffer, &h, sizeof h);
    memset(buffer + sizeof h, 0, 4);
    memcpy(buffer + sizeof h + 4, json, sizeof json);
    put(fd, buffer, h.size);
    if (!get(fd, buffer, h.size, sizeof buffer))
        die("hello");
    messages += 2;
}

static struct access read_of(unsigned id, uint32_t count)
{
    return (struct access){ .h = { .id = (uint16_t)id, .command = REGION_READ, .size = sizeof(struct access) },
                            .offset = id, .region = 2, .count = count };
}

static void trips(int fd, unsigned first, unsigned count, size_t step)
{
    uint8_t reply[sizeof(struct access) + 8];

    for (unsigned i = first; i < first + count; i++) {
        struct access ask = read_of(i, 8);

        put(fd, &ask, sizeof ask);
        if (!get(fd, reply, sizeof reply, step))
            die("reply");
        messages += 2;
    }
}

static void *chat(void *context)
{
    int fd = *(int *)context;

    hello(fd);
    trips(fd, 0, rounds, ROOM);
    return NULL;
}

static void *send_only(void *context)
{
    for (unsigned i = 0; i < rounds; i++) {
        struct access ask = read_of(i, 8);

        put(*(int *)context, &ask, sizeof ask);
    }
    return NULL;
}

static void two_threads(int fd)
{
    uint8_t reply[sizeof(struct access) + 8];
    pthread_t sender;

    hello(fd);
    if (pthread_create(&sender, NULL, send_only, &fd) != 0)
        die("pthread_create");
    for (unsigned i = 0; i < rounds; i++) {
        if (!get(fd, reply, sizeof reply, ROOM))
            die("reply");
        messages += 2;
    }
    pthread_join(sender, NULL);
}

static void big(int fd, uint32_t size)
{
    struct access *a = calloc(1, sizeof *a + size);

    hello(fd);
    for (unsigned i = 0; i < rounds && a; i++) {
        *a = read_of(i, size);
        a->h.command = REGION_WRITE;
        a->h.size += size;
        memset(a + 1, (int)i, size);
        put(fd, a, a->h.size);
        if (!get(fd, a, sizeof *a, ROOM))
            die("reply");
        messages += 2;
    }
    free(a);
}

static void burst(int fd, unsigned count, uint32_t size)
{
    struct access *a = calloc(1, sizeof *a + size);

    hello(fd);
    for (unsigned i = 0; i < count && a; i++) {
        *a = read_of(i, size);
        a->h.command = REGION_WRITE;
        a->h.flags = NO_REPLY;
        a->h.size += size;
        memcpy(a + 1, &i, sizeof i);
        put(fd, a, size > 1000 ? sizeof *a : a->h.size);
        if (size > 1000) /* in two calls: either may be lost */
            put(fd, a + 1, size);
        messages++;
    }
    free(a);
}

/* Two commands with one call, in `way`; their replies likewise. */
static void one_way(int fd, unsigned way, unsigned id)
{
    uint8_t replies[2 * (sizeof(struct access) + 8)];
    struct access ask[2] = { read_of(id, 8), read_of(id + 1, 8) };
    struct iovec out[3] = { { &ask[0], 7 }, { (char *)&ask[0] + 7, 20 }, { (char *)&ask[0] + 27, sizeof ask - 27 } };
    struct iovec in[2] = { { replies, 5 }, { replies + 5, sizeof replies - 5 } };
    struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = out, .msg_iovlen = 2 } },
                            { .msg_hdr = { .msg_iov = out + 2, .msg_iovlen = 1 } } };
    struct mmsghdr n = { .msg_hdr = { .msg_iov = in, .msg_iovlen = 2 } };
    size_t got = 0;
    ssize_t size = 0;

    switch (way % 4) {
    case 0:
        size = write(fd, ask, sizeof ask);
        break;
    case 1:
        size = writev(fd, out, 3);
        break;
    case 2:
        size = sendmsg(fd, &(struct msghdr){ .msg_iov = out, .msg_iovlen = 3 }, 0);
        break;
    default:
        size = sendmmsg(fd, m, 2, 0) == 2 ? (ssize_t)sizeof ask : -1;
        break;
    }
    if (size != (ssize_t)sizeof ask)
        die("send");
    while (recv(fd, replies, sizeof replies, MSG_PEEK) < (ssize_t)sizeof replies)
        ; /* looking takes nothing away */
    for (unsigned i = 0; got < sizeof replies; i++) {
        size_t want = i == 0 ? 21 : sizeof replies - got;

        in[0] = (struct iovec){ replies + got, want / 2 };
        in[1] = (struct iovec){ replies + got + want / 2, want - want / 2 };
        if (way % 4 == 0)
            size = read(fd, replies + got, want);
        else if (way % 4 == 1)
            size = readv(fd, in, 2);
        else if (way % 4 == 2)
            size = recvmsg(fd, &n.msg_hdr, 0);
        else
            size = recvmmsg(fd, &n, 1, 0, NULL) == 1 ? (ssize_t)n.msg_len : -1;
        if (size <= 0)
            die("receive");
        got += (size_t)size;
    }
    messages += 4;
}

static void every_call(int fd)
{
    hello(fd);
    for (unsigned i = 0; i < rounds; i++)
        one_way(fd, i, 2 * i);
}

static void reuse(int count)
{
    for (int i = 0; i < count; i++) {
        struct access ask = read_of(1, 8);
        int fd, file;

        connect_all(&fd, 1);
        chat(&fd);
        close(fd);
        file = open("chatter.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (file != fd || write(file, &ask, sizeof ask) != (ssize_t)sizeof ask || close(file) != 0)
            die("file");
        wait(NULL);
    }
}

static void forked(int fd)
{
    pid_t child;

    hello(fd);
    trips(fd, 0, rounds, ROOM);
    child = fork();
    if (child == 0) {
        trips(fd, rounds, rounds, ROOM);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    trips(fd, 2 * rounds, rounds, ROOM);
}

static void wait_for_line(void)
{
    char line[16];

    if (!fgets(line, sizeof line, stdin))
        exit(0);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 1, fds[256];
    int count = strcmp(mode, "threads") == 0 && number < 256 ? number : 1;
    pthread_t threads[256];

    rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
    if (strcmp(mode, "reuse") != 0)
        connect_all(fds, count);
    if (strcmp(mode, "forever") == 0) {
        hello(fds[0]);
        trips(fds[0], 0, 10, ROOM);
        puts("0");
        fflush(stdout);
        for (unsigned i = 0;; i++) {
            trips(fds[0], i, 1, ROOM);
            usleep(1000);
        }
    }
    wait_for_line();
    if (strcmp(mode, "threads") == 0) {
        for (int i = 0; i < count; i++)
            if (pthread_create(&threads[i], NULL, chat, &fds[i]) != 0)
                die("pthread_create");
        for (int i = 0; i < count; i++)
            pthread_join(threads[i], NULL);
    } else if (strcmp(mode, "two") == 0) {
        two_threads(fds[0]);
    } else if (strcmp(mode, "bytes") == 0) {
        hello(fds[0]);
        trips(fds[0], 0, rounds, 1);
    } else if (strcmp(mode, "calls") == 0) {
        every_call(fds[0]);
    } else if (strcmp(mode, "big") == 0) {
        big(fds[0], (uint32_t)number);
    } else if (strcmp(mode, "burst") == 0) {
        burst(fds[0], (unsigned)number, rounds);
    } else if (strcmp(mode, "reuse") == 0) {
        reuse(number);
    } else if (strcmp(mode, "fork") == 0) {
        forked(fds[0]);
    } else {
        fprintf(stderr, "chatter: %s: no such mode\n", mode);
        return 2;
    }
    printf("%lu\n", (unsigned long)messages);
    fflush(stdout);
    wait_for_line();
    if (strcmp(mode, "burst") == 0)
        trips(fds[0], 0, 10, ROOM);
    wait_for_line();
    return 0;
}
