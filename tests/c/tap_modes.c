/*
 * Random traffic through a tap that changes it: each side gets just what the injections asked for, byte by byte, fd by
 * fd, in order; and no descriptor is left behind.
 */
#include "tapping.h"

enum { MESSAGES = 1500, COMMAND = 3 /* DMA_UNMAP: of no interest to the tap */, FDS = 3 };

/* By the header's id: what becomes of the message. One injection each, on a range of ids. */
enum fate { PLAIN, DROPPED, TWICE, CORRUPT, CUT, WITHOUT_FDS, ANSWERED, LATE, FATES };

static const char *const arguments[] = {
    "-q",
    "--inject", "header.id in 0x1000..0x1fff:drop",
    "--inject", "header.id in 0x2000..0x2fff:duplicate",
    "--inject", "header.id in 0x3000..0x3fff:corrupt=17:5a5b5c",
    "--inject", "header.id in 0x4000..0x4fff:truncate=18",
    "--inject", "header.id in 0x5000..0x5fff:dropfds",
    "--inject", "header.id in 0x6000..0x6fff:error=EIO",
    "--inject", "header.id in 0x7000..0x7fff:delay=1ms",
    NULL,
};

struct planned {
    enum fate fate;
    uint8_t *bytes;
    uint32_t size;
    unsigned nfds;
};

static int passed[FDS];

static void plan(struct planned *p, uint64_t *random, unsigned number)
{
    struct header h = { .command = COMMAND };

    *p = (struct planned){ .fate = next_random(random) % 3 ? PLAIN : next_random(random) % FATES };
    if (p->fate == LATE && next_random(random) % 8)
        p->fate = PLAIN;
    p->size = next_random(random) % 50 ? 24 + next_random(random) % 300 : 24 + next_random(random) % 400000;
    p->nfds = next_random(random) % 3 ? 0 : next_random(random) % (FDS + 1);
    p->bytes = malloc(p->size);
    for (uint32_t i = 0; i < p->size; i++)
        p->bytes[i] = (uint8_t)(i * 7 + number);
    h.id = (uint16_t)(p->fate << 12 | (number & 0xfff));
    h.size = p->size;
    memcpy(p->bytes, &h, sizeof h);
}

static void take(int fd, const uint8_t *want, uint32_t size, unsigned nfds)
{
    static uint8_t got[1 << 20];
    int fds[MAX_FDS];
    unsigned count = 0;

    MUST(get_bytes(fd, got, size, fds, &count) == size);
    CHECK(memcmp(got, want, size) == 0);
    CHECK_EQ(count, nfds);
    for (unsigned i = 0; i < count; i++) {
        CHECK(same_file(fds[i], passed[i]));
        close(fds[i]);
    }
}

/* What arrives at the server, and what comes back to the client. */
static void check(const struct planned *p, int client, int server)
{
    struct header h;

    switch (p->fate) {
    case DROPPED:
        return;
    case ANSWERED:
        MUST(get_bytes(client, &h, sizeof h, NULL, NULL) == sizeof h);
        CHECK(memcmp(&h, p->bytes, 4) == 0);
        CHECK_EQ(h.size, 16);
        CHECK_EQ(h.flags, 0x21);
        CHECK_EQ(h.error, EIO);
        return;
    case CORRUPT:
        memcpy(p->bytes + 17, "\x5a\x5b\x5c", 3);
        take(server, p->bytes, p->size, p->nfds);
        return;
    case CUT:
        take(server, p->bytes, 18, p->nfds);
        return;
    case WITHOUT_FDS:
        take(server, p->bytes, p->size, 0);
        return;
    case TWICE:
        take(server, p->bytes, p->size, p->nfds);
        take(server, p->bytes, p->size, p->nfds);
        return;
    default:
        take(server, p->bytes, p->size, p->nfds);
    }
}

static void talk(uint64_t seed)
{
    static struct planned plans[MESSAGES];
    struct tapping t = { 0 };
    uint64_t random = seed * 0x9e3779b97f4a7c15u | 1;
    unsigned files;
    int client, server;
    pid_t sender;

    test_case("each side gets what was asked for, seed %llu", (unsigned long long)seed);
    tapping_start(&t, arguments);
    client = connect_to(tapping_path(&t, "t"));
    server = accept_from(t.server);
    nap();
    files = tapping_open_files(&t);
    for (unsigned i = 0; i < MESSAGES; i++)
        plan(&plans[i], &random, i);
    sender = fork();
    MUST(sender >= 0);
    if (sender == 0) {
        for (unsigned i = 0; i < MESSAGES; i++)
            if (!put_bytes(client, plans[i].bytes, plans[i].size, passed, plans[i].nfds))
                _exit(1);
        _exit(0);
    }
    for (unsigned i = 0; i < MESSAGES; i++)
        check(&plans[i], client, server);
    CHECK_EQ(waitpid(sender, NULL, 0), sender);
    CHECK(tapping_await_files(&t, files));
    close(client);
    CHECK(at_end(server));
    close(server);
    CHECK_EQ(tapping_stop(&t), 0);
    for (unsigned i = 0; i < MESSAGES; i++)
        free(plans[i].bytes);
    tapping_clean(&t);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;

    tapping_find(argv[0]);
    passed[0] = memfd_create("guest", MFD_CLOEXEC);
    passed[1] = eventfd(0, EFD_CLOEXEC);
    passed[2] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    talk(first);
    talk(first + 1);
    return test_end();
}
