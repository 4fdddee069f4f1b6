/*
 * trusts SOCKET right|count|error
 *     a client that reads a register a few times, and gives up with status 1 where an answer is odd; but with `count` it dies of a
 *     reply that says that it has more than was asked for, and with `error` it waits for ever behind one that refuses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct message {
    uint16_t id, command;
    uint32_t size, flags, error;
    uint64_t offset;
    uint32_t region, count;
    uint8_t rest[4096];
} __attribute__((packed));

enum { HEADER = 16, VERSION = 1, REGION_READ = 9, REPLY = 1, REFUSED = 0x20, READS = 8, WIDTH = 4 };

static int receive(int fd, void *to, size_t size)
{
    return recv(fd, to, size, MSG_WAITALL) == (ssize_t)size;
}

/* The reply is in *m. It is one, and has come whole. */
static int ask(int fd, struct message *m, uint16_t command, uint32_t size)
{
    static uint16_t id;

    m->id = ++id;
    m->command = command;
    m->size = size;
    return send(fd, m, size, MSG_NOSIGNAL) == (ssize_t)size && receive(fd, m, HEADER) && m->id == id && m->command == command &&
           m->size >= HEADER && m->size <= sizeof *m && receive(fd, (char *)m + HEADER, m->size - HEADER);
}

int main(int argc, char **argv)
{
    static const char version[] = "\0\0\0\0{}";
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    struct message m = { 0 };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (argc != 3 || strlen(argv[1]) >= sizeof a.sun_path)
        return 2;
    strcpy(a.sun_path, argv[1]);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        return 2;
    memcpy((char *)&m + HEADER, version, sizeof version);
    if (!ask(fd, &m, VERSION, HEADER + sizeof version))
        return 1;
    for (int i = 0; i < READS; i++) {
        m = (struct message){ .count = WIDTH };
        if (!ask(fd, &m, REGION_READ, 2 * HEADER))
            return 1;
        if (m.size > HEADER && m.count > WIDTH && strcmp(argv[2], "count") == 0)
            abort();
        while (m.flags & REFUSED && strcmp(argv[2], "error") == 0)
            pause();
        if (m.flags != REPLY || m.count != WIDTH)
            return 1;
    }
    return 0;
}
