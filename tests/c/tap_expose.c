/*
 * What --expose does with descriptors and bytes that `serve` and the shell do not send: capabilities beside sparse
 * ones, eventfds of all sorts, refusals; and no descriptor left behind after many.
 */
#include "tapping.h"

enum { REGION_INFO = 5, IO_FDS = 6, SET_IRQS = 8, DMA_MAP = 2, REGION_READ = 9, MANY = 4000, OLD = 512 /* that the tap keeps */ };
enum { TRIGGER_EVENTFD = 32 | 4, TRIGGER_NONE = 32 | 1 };

struct ends {
    struct tapping t;
    int client, server;
};

static void begin(struct ends *e, const char *expose)
{
    const char *const arguments[] = { "--json", "--expose", expose, NULL };

    tapping_start(&e->t, arguments);
    e->client = connect_to(tapping_path(&e->t, "t"));
    e->server = accept_from(e->t.server);
}

static void end(struct ends *e)
{
    close(e->client);
    close(e->server);
    CHECK_EQ(tapping_stop(&e->t), 0);
    tapping_clean(&e->t);
}

/* Send a message with a payload of 32-bit numbers, and return what arrives on the other side. */
static struct header pass(int from, int to, struct header h, const uint32_t *words, unsigned count, const int *fds,
                          unsigned nfds, uint32_t *got, int *got_fds, unsigned *got_nfds)
{
    uint8_t bytes[16 + 256];
    struct header there;

    h.size = 16 + 4 * count;
    memcpy(bytes, &h, sizeof h);
    if (count)
        memcpy(bytes + 16, words, 4 * count);
    MUST(put_bytes(from, bytes, h.size, fds, nfds));
    *got_nfds = 0;
    MUST(get_bytes(to, &there, 16, got_fds, got_nfds) == 16);
    MUST(there.size >= 16 && there.size <= sizeof bytes);
    MUST(get_bytes(to, got, there.size - 16, got_fds, got_nfds) == there.size - 16);
    return there;
}

/* The same of a message without fds, of which only the header matters. */
static struct header pass_plain(int from, int to, struct header h, const uint32_t *words, unsigned count)
{
    uint32_t got[64];
    int fds[MAX_FDS];
    unsigned nfds;
    struct header there = pass(from, to, h, words, count, NULL, 0, got, fds, &nfds);

    CHECK_EQ(nfds, 0);
    return there;
}

static bool fires(int fd, uint64_t want)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    uint64_t count = 0;

    return poll(&p, 1, want ? PATIENCE_MS : 50) == (want ? 1 : 0) &&
           (!want || (read(fd, &count, sizeof count) == sizeof count && count == want));
}

static void signal_it(int fd, uint64_t count)
{
    MUST(write(fd, &count, sizeof count) == sizeof count);
}

static void set_irqs(struct ends *e, uint32_t first, uint32_t count, const int *fds, int *given, uint32_t error)
{
    uint32_t words[5] = { 20, count ? TRIGGER_EVENTFD : TRIGGER_NONE, 2, first, count }, got[64];
    unsigned nfds;
    struct header h = { .id = 3, .command = SET_IRQS };

    pass(e->client, e->server, h, words, 5, fds, fds ? count : 0, got, given, &nfds);
    CHECK_EQ(nfds, fds ? count : 0);
    CHECK(memcmp(words, got, sizeof words) == 0);
    h.flags = error ? 0x21 : 1;
    h.error = error;
    pass_plain(e->server, e->client, h, NULL, 0);
}

static bool tapping_has(const struct tapping *t, const char *name, const char *what)
{
    char *text = tapping_text(t, name);
    bool has = strstr(text, what) != NULL;

    free(text);
    return has;
}

static void irqs(void)
{
    struct ends e = { 0 };
    int mine[3], given[MAX_FDS], again[MAX_FDS], refused[MAX_FDS];
    unsigned open_files;

    test_case("eventfds of interrupts");
    begin(&e, "irq");
    open_files = tapping_open_files(&e.t);
    for (int i = 0; i < 3; i++)
        mine[i] = eventfd(0, EFD_CLOEXEC);
    set_irqs(&e, 4, 3, mine, given, 0);
    CHECK(!same_file(mine[0], given[0]));
    signal_it(given[1], 1);
    CHECK(fires(mine[1], 1));
    signal_it(given[2], 7);
    CHECK(fires(mine[2], 7));
    CHECK(tapping_await(&e.t, "out", "\"vector\":6,\"count\":7"));

    /* Refused: the old ones stay, the new ones go. */
    set_irqs(&e, 4, 3, mine, refused, 22);
    signal_it(given[0], 2);
    CHECK(fires(mine[0], 2));
    CHECK(tapping_await_files(&e.t, open_files + 6));

    /* Replaced, then taken away: what was signalled before is in time; what is after that still goes on, and is told of. */
    signal_it(given[1], 4);
    set_irqs(&e, 4, 3, mine, again, 0);
    CHECK(fires(mine[1], 4));
    signal_it(again[0], 3);
    CHECK(fires(mine[0], 3));
    CHECK(tapping_await_files(&e.t, open_files + 12));
    CHECK(!tapping_has(&e.t, "out", "late-interrupt"));
    set_irqs(&e, 0, 0, NULL, refused, 0);
    CHECK(tapping_await_files(&e.t, open_files + 12));
    signal_it(again[2], 1);
    CHECK(fires(mine[2], 1));
    CHECK(tapping_await(&e.t, "out", "\"vector\":6,\"count\":1,\"late\":true,\"problems\":[{\"rule\":\"late-interrupt\""));
    signal_it(given[0], 5);
    CHECK(fires(mine[0], 5));
    end(&e);
}

/* The client's own eventfd has room for 2 more, and blocks: nobody waits for it. */
static void full(void)
{
    struct ends e = { 0 };
    int mine = eventfd(0, EFD_CLOEXEC), given[MAX_FDS];
    uint64_t count;

    test_case("an eventfd that is full and blocks stops nothing");
    begin(&e, "irq");
    signal_it(mine, UINT64_MAX - 3);
    set_irqs(&e, 0, 1, &mine, given, 0);
    signal_it(given[0], 5);
    CHECK(tapping_await(&e.t, "out", "\"vector\":0,\"count\":5"));
    pass_plain(e.client, e.server, (struct header){ .id = 4, .command = REGION_READ }, (uint32_t[4]){ 0 }, 4);
    signal_it(given[0], 1);
    CHECK(tapping_await(&e.t, "out", "\"vector\":0,\"count\":1"));
    pass_plain(e.client, e.server, (struct header){ .id = 5, .command = REGION_READ }, (uint32_t[4]){ 0 }, 4);
    CHECK(read(mine, &count, sizeof count) == sizeof count && count == UINT64_MAX - 2);
    signal_it(given[0], 6); /* room again: all of it goes on */
    CHECK(fires(mine, 6));
    end(&e);
}

static void many(void)
{
    struct ends e = { 0 };
    int mine[4], given[MAX_FDS];
    unsigned open_files;

    test_case("descriptors after %d messages with some", 2 * MANY);
    begin(&e, "all");
    open_files = tapping_open_files(&e.t);
    for (int i = 0; i < 4; i++)
        mine[i] = eventfd(0, EFD_CLOEXEC);
    for (int i = 0; i < MANY; i++) {
        uint32_t words[8] = { 32, 3 }, got[64];
        unsigned nfds;
        struct header h = { .id = 9, .command = DMA_MAP };

        set_irqs(&e, (uint32_t)i % 5, 4, mine, given, i % 7 ? 0 : 22);
        for (int k = 0; k < 4; k++)
            close(given[k]);
        pass(e.client, e.server, h, words, 8, mine, 1, got, given, &nfds);
        CHECK_EQ(nfds, 0);
        h.flags = 1;
        pass_plain(e.server, e.client, h, NULL, 0);
    }
    set_irqs(&e, 0, 0, NULL, given, 0);
    CHECK(tapping_await_files(&e.t, open_files + 2 * OLD));
    end(&e);
}

static void run_out(void)
{
    struct ends e = { 0 };
    int mine[6], given[MAX_FDS];

    test_case("no descriptors left for eventfds of the tap's own");
    e.t.files = 24;
    begin(&e, "irq");
    for (int i = 0; i < 6; i++)
        mine[i] = eventfd(0, EFD_CLOEXEC);
    set_irqs(&e, 0, 6, mine, given, 0);
    CHECK(tapping_await(&e.t, "err", "some eventfds can't be seen"));
    for (int i = 0; i < 6; i++) { /* through the tap or not */
        signal_it(given[i], 1);
        CHECK(fires(mine[i], 1));
    }
    end(&e);
}

static void ioeventfds(void)
{
    struct ends e = { 0 };
    uint32_t request[4] = { 4096, 0, 2, 0 }, got[64];
    /* Two sub-regions of 32 bytes, of the same eventfd, and an ioregionfd. */
    uint32_t words[4 + 30] = { 136, 0, 2, 3,  0x40, 0, 4, 0, 0, 0, 0, 0, 0, 0,
                               0x44, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0x48, 0, 4, 0, 1, 1, 0, 0, 0, 0 };
    struct header h = { .id = 4, .command = IO_FDS };
    int theirs[2] = { eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC) }, given[MAX_FDS];
    unsigned nfds;

    test_case("ioeventfds");
    begin(&e, "ioeventfd");
    pass_plain(e.client, e.server, h, request, 4);
    h.flags = 1;
    pass(e.server, e.client, h, words, 34, theirs, 2, got, given, &nfds);
    CHECK_EQ(nfds, 2);
    CHECK(memcmp(words, got, sizeof words) == 0);
    CHECK(!same_file(given[0], theirs[0]));
    CHECK(same_file(given[1], theirs[1])); /* an ioregionfd */
    signal_it(given[0], 1);
    CHECK(fires(theirs[0], 1));
    CHECK(tapping_await(&e.t, "out", "\"region\":2,\"region_name\":\"bar2\",\"offset\":\"0x40\",\"count\":1"));
    end(&e);
}

static void regions(void)
{
    struct ends e = { 0 };
    uint32_t request[8] = { 4096, 0, 1 }, got[64];
    /* A type capability, then sparse areas (one), then an MSI-X one */
    uint32_t words[8 + 4 + 8 + 2] = { 88, 1 | 2 | 4 | 8, 1, 32, 0x8000, 0, 0, 0, /* flags: read, write, mmap, caps */
                                      2 | 1 << 16, 48, 7, 9,                    /* type 7, subtype 9 */
                                      1 | 1 << 16, 80, 1, 0, 0x1000, 0, 0x1000, 0,
                                      3 | 1 << 16, 0 };
    struct header h = { .id = 4, .command = REGION_INFO }, there;
    int memory = memfd_create("bar", MFD_CLOEXEC), given[MAX_FDS];
    unsigned nfds;

    test_case("regions that can be mapped");
    begin(&e, "mmio");
    pass_plain(e.client, e.server, h, request, 8);
    h.flags = 1;
    there = pass(e.server, e.client, h, words, 22, &memory, 1, got, given, &nfds);
    CHECK_EQ(nfds, 0);
    CHECK_EQ(there.size, 16 + 88); /* other capabilities stay, the chain goes around the sparse one */
    CHECK_EQ(got[1], 1 | 2 | 8);
    CHECK_EQ(got[3], 32);
    CHECK_EQ(got[9], 80);

    words[3] = 48; /* sparse ones first, then MSI-X */
    h.flags = 0;
    pass_plain(e.client, e.server, h, request, 8);
    h.flags = 1;
    pass(e.server, e.client, h, words, 22, &memory, 1, got, given, &nfds);
    CHECK_EQ(got[3], 80);

    words[3] = 48; /* alone */
    words[13] = 0;
    h.flags = 0;
    pass_plain(e.client, e.server, h, request, 8);
    h.flags = 1;
    there = pass(e.server, e.client, h, words, 22, NULL, 0, got, given, &nfds);
    CHECK_EQ(there.size, 16 + 32);
    CHECK_EQ(got[0], 32);
    CHECK_EQ(got[1], 1 | 2);
    CHECK_EQ(got[3], 0);

    words[13] = 48; /* a chain without end */
    h.flags = 0;
    pass_plain(e.client, e.server, h, request, 8);
    h.flags = 1;
    there = pass(e.server, e.client, h, words, 22, NULL, 0, got, given, &nfds);
    CHECK_EQ(there.size, 16 + 32);
    CHECK_EQ(got[1], 1 | 2);
    end(&e);
}

static void refusals(void)
{
    struct ends e = { 0 };
    uint32_t map[8] = { 32, 1 | 2 | 4 }, got[64], info[8] = { 32, 7, 2, 0, 0x1000 }, access[4] = { 0, 0, 2, 4 };
    struct header h = { .id = 4, .command = DMA_MAP };
    int memory = memfd_create("guest", MFD_CLOEXEC), given[MAX_FDS];
    unsigned nfds;

    test_case("peers that can't live with it");
    begin(&e, "mmio,dma");
    pass(e.client, e.server, h, map, 8, &memory, 1, got, given, &nfds);
    CHECK_EQ(nfds, 0);
    CHECK_EQ(got[1], 1 | 2);
    h.flags = 0x21;
    h.error = 22;
    pass_plain(e.server, e.client, h, NULL, 0);
    CHECK(tapping_await(&e.t, "err", "the server refuses memory that comes without a descriptor"));

    h = (struct header){ .id = 5, .command = REGION_INFO };
    pass_plain(e.client, e.server, h, info, 8);
    h.flags = 1;
    pass_plain(e.server, e.client, h, info, 8);
    h = (struct header){ .id = 6, .command = REGION_READ };
    pass_plain(e.client, e.server, h, access, 4);
    h.flags = 0x21;
    h.error = 22;
    pass_plain(e.server, e.client, h, NULL, 0);
    CHECK(tapping_await(&e.t, "err", "refuses an access by message to bar2"));
    end(&e);
}

int main(int argc, char **argv)
{
    (void)argc;
    tapping_find(argv[0]);
    irqs();
    full();
    many();
    run_out();
    ioeventfds();
    regions();
    refusals();
    return test_end();
}
