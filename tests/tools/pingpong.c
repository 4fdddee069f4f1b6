/*
 * pingpong server SOCKET             answers one client's REGION_READs with 4 bytes each, until it leaves
 * pingpong client SOCKET ROUNDTRIPS [WINDOW]
 *     reads 4 bytes that often, one after the other, or with WINDOW reads under way; prints nanoseconds a round trip
 * The two ends of the benchmark: as little work as a real client and server could do.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
};

struct access {
    struct header h;
    uint64_t offset;
    uint32_t region, count, data;
} __attribute__((packed));

enum { VERSION = 1, REGION_READ = 9, REPLY = 1 };

static int die(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof a.sun_path) {
        fprintf(stderr, "%s: too long\n", path);
        exit(1);
    }
    strcpy(a.sun_path, path);
    return a;
}

static void send_whole(int fd, const void *bytes, size_t size)
{
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        die("send");
}

/* The header, then the rest, as libvfio-user and QEMU read. */
static int receive(int fd, void *buffer, size_t room)
{
    struct header *h = buffer;

    if (recv(fd, h, sizeof *h, MSG_WAITALL) != sizeof *h)
        return 0;
    if (h->size < sizeof *h || h->size > room)
        die("size");
    if (h->size > sizeof *h && recv(fd, h + 1, h->size - sizeof *h, MSG_WAITALL) != (ssize_t)(h->size - sizeof *h))
        return 0;
    return 1;
}

static void serve(const char *path)
{
    struct sockaddr_un a = address(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;
    union {
        struct access access;
        char bytes[4096];
    } m;

    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 1) != 0)
        die(path);
    fprintf(stderr, "listening on %s\n", path);
    fd = accept(listener, NULL, NULL);
    while (receive(fd, &m, sizeof m)) {
        m.access.h.flags = REPLY;
        if (m.access.h.command == REGION_READ) {
            m.access.h.size = sizeof m.access;
            m.access.data = 0x010000ed;
        }
        send_whole(fd, &m, m.access.h.size);
    }
    unlink(path);
}

static void play(const char *path, long rounds, long window)
{
    static const char json[] = "{\"capabilities\":{\"max_msg_fds\":8}}";
    struct sockaddr_un a = address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct access ask = { .h = { .command = REGION_READ, .size = sizeof ask - 4 }, .count = 4 };
    struct timespec from, to;
    long sent = 0, got = 0;
    char m[4096] = { 0 };
    struct header *h = (struct header *)m;

    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die(path);
    *h = (struct header){ .command = VERSION, .size = sizeof *h + 4 + sizeof json };
    memcpy(m + sizeof *h + 4, json, sizeof json);
    send_whole(fd, m, h->size);
    if (!receive(fd, m, sizeof m))
        die("no answer");
    clock_gettime(CLOCK_MONOTONIC, &from);
    while (got < rounds) {
        ask.h.id = (uint16_t)sent;
        /* What the sockets do not take waits until a reply was read. */
        if (sent < rounds && sent - got < window &&
            send(fd, &ask, sizeof ask - 4, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof ask - 4) {
            sent++;
            continue;
        }
        if (!receive(fd, m, sizeof m) || h->id != (uint16_t)got)
            die("no answer");
        got++;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.0f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (double)rounds);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "server") == 0)
        serve(argv[2]);
    else if ((argc == 4 || argc == 5) && strcmp(argv[1], "client") == 0)
        play(argv[2], atol(argv[3]), argc == 5 ? atol(argv[4]) : 1);
    else
        return 2;
    return 0;
}
