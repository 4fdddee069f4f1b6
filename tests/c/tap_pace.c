/*
 * How far who sends gets ahead of a peer that reads nothing: little further through the tap than on one socket. And a
 * large message is there whole all the same, before any of it is read.
 */
#include "tapping.h"

#include <sys/ioctl.h>

enum { WRITE = 10, NO_REPLY = 1 << 4, QUIET = 40 /* naps in a row without anything going */ };

struct wire {
    struct tapping tap;
    int client, server;
};

static void open_wire(struct wire *w, const char *const *arguments)
{
    *w = (struct wire){ 0 };
    tapping_start(&w->tap, arguments);
    w->client = connect_to(tapping_path(&w->tap, "t"));
    w->server = accept_from(w->tap.server);
}

static void close_wire(struct wire *w)
{
    close(w->client);
    close(w->server);
    CHECK_EQ(tapping_stop(&w->tap), 0);
    tapping_clean(&w->tap);
}

/* Numbered messages until nothing more goes; how many. What went of one that was cut is in *part. */
static unsigned fill(int fd, uint32_t size, size_t *part)
{
    unsigned count = 0;
    int quiet = 0;

    *part = 0;
    while (quiet < QUIET && count < 60000) {
        uint8_t *bytes = message(size, (uint16_t)count, WRITE, NO_REPLY);
        ssize_t n = send(fd, bytes + *part, size - *part, MSG_DONTWAIT | MSG_NOSIGNAL);

        free(bytes);
        if (n < 0) {
            quiet++;
            nap();
            continue;
        }
        quiet = 0;
        *part += (size_t)n;
        if (*part == size) {
            count++;
            *part = 0;
        }
    }
    return count;
}

/* All that was sent arrives, in order. */
static bool drain(int fd, unsigned count, uint32_t size, size_t part)
{
    uint8_t *bytes = message(size, (uint16_t)count, WRITE, NO_REPLY);
    bool good = true;

    for (unsigned i = 0; i < count && good; i++) {
        uint8_t *want = message(size, (uint16_t)i, WRITE, NO_REPLY);

        good = arrives(fd, want, size, 0);
        free(want);
    }
    if (good && part)
        good = arrives(fd, bytes, part, 0);
    free(bytes);
    return good;
}

static unsigned directly(uint32_t size)
{
    int pair[2];
    size_t part;
    unsigned count;

    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    count = fill(pair[0], size, &part);
    close(pair[0]);
    close(pair[1]);
    return count;
}

static void one_way(int from, int to, uint32_t size)
{
    unsigned direct = directly(size), ahead;
    size_t part;

    ahead = fill(from, size, &part);
    CHECK(ahead >= direct);
    if (!CHECK(ahead <= direct + direct / 4 || ahead <= direct + 1))
        printf("# %u bytes: %u ahead, directly %u\n", size, ahead, direct);
    CHECK(drain(to, ahead, size, part));
}

/* A twin socket is agreed on: the client's end, and the server's in *server. */
static int agree_twin(const struct wire *w, int *server)
{
    static const char offer[] = "{\"capabilities\":{\"twin_socket\":{\"supported\":true}}}";
    static const char answer[] = "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}";
    uint8_t bytes[256] = { 0 };
    struct header h = { .id = 1, .command = 1, .size = 20 + sizeof offer };
    uint16_t minor = 1;
    int pair[2], fds[MAX_FDS];
    unsigned nfds = 0;

    memcpy(bytes, &h, sizeof h);
    memcpy(bytes + 18, &minor, sizeof minor);
    memcpy(bytes + 20, offer, sizeof offer);
    CHECK(passes(w->client, w->server, bytes, h.size));
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    h.size = 20 + sizeof answer;
    h.flags = 1;
    memcpy(bytes, &h, sizeof h);
    memcpy(bytes + 20, answer, sizeof answer);
    CHECK(put_bytes(w->server, bytes, h.size, &pair[1], 1));
    close(pair[1]);
    CHECK_EQ(get_bytes(w->client, bytes, h.size, fds, &nfds), h.size);
    MUST(nfds == 1);
    set_patience(pair[0]);
    set_patience(fds[0]);
    *server = pair[0];
    return fds[0];
}

static void ahead(const char *how, const char *const *arguments)
{
    static const uint32_t sizes[] = { 36, 32 + 4096, 32 + 65536 };
    struct wire w;
    int twin_client, twin_server;

    test_case("a peer that reads nothing holds the other back as directly%s", how);
    open_wire(&w, arguments);
    twin_client = agree_twin(&w, &twin_server);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        one_way(w.client, w.server, sizes[i]);
        one_way(w.server, w.client, sizes[i]);
        one_way(twin_client, twin_server, sizes[i]);
        one_way(twin_server, twin_client, sizes[i]);
        if (i == 0 && arguments)
            break;
    }
    close(twin_client);
    close(twin_server);
    close_wire(&w);
}

static bool may_have(int size)
{
    int pair[2];
    bool may;

    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    may = setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0;
    close(pair[0]);
    close(pair[1]);
    return may;
}

/* So many bytes lie in the socket, before any was read. */
static bool lie_there(int fd, uint32_t size)
{
    int there = 0;

    for (int i = 0; i < PATIENCE_MS / 5 && ioctl(fd, FIONREAD, &there) == 0 && there != (int)size; i++)
        nap();
    return there == (int)size;
}

static void whole(uint32_t size, const char *const *arguments)
{
    struct wire w;
    uint8_t *bytes = message(size, 1, WRITE, NO_REPLY), *small = message(36, 2, WRITE, NO_REPLY);
    pid_t sender;

    test_case("a message of %u bytes goes on whole, and small ones behind it are paced again", size);
    open_wire(&w, arguments);
    for (int i = 0; i < 2; i++) {
        sender = fork();
        MUST(sender >= 0);
        if (sender == 0)
            _exit(!put_bytes(i ? w.server : w.client, bytes, size, NULL, 0));
        CHECK(lie_there(i ? w.client : w.server, size));
        CHECK(arrives(i ? w.client : w.server, bytes, size, 0));
        CHECK_EQ(waitpid(sender, NULL, 0), sender);
    }
    CHECK(passes(w.client, w.server, small, 36));
    one_way(w.client, w.server, 36);
    close_wire(&w);
    free(bytes);
    free(small);
}

int main(int argc, char **argv)
{
    static const char *const decides[] = { "--inject", "command == DEVICE_RESET:drop", NULL };

    (void)argc;
    tapping_find(argv[0]);
    ahead("", NULL);
    ahead(", where messages are decided about", decides);
    whole(256 << 10, NULL);
    whole(256 << 10, decides);
    if (may_have(4 << 20)) /* others' buffers are no larger than wmem_max */
        whole(1 << 20, decides);
    return test_end();
}
