/*
 * Interrupts that wait for the plugins' look (--expose irq): the plugin `glance` looks until a byte of guest memory is 1, so
 * that the test says how long that is; and looks by a clock (--look). No time is asserted; what is to wait does so for seconds, by VFUSCOPE_PLUGIN_TIMEOUT.
 */
#include "tapping.h"

enum { SET_IRQS = 8, DMA_MAP = 2, MSIX = 2, TRIGGER_EVENTFD = 32 | 4, VAIN = 10 };

struct ends {
    struct tapping t;
    int client, server;
    uint8_t *byte; /* that glance looks at */
};

static char plugin[PATH_MAX];

/* Send a message with a payload of 32-bit numbers; the descriptor that arrives with it, or -1. */
static int pass(int from, int to, struct header h, const void *payload, uint32_t size, int fd)
{
    uint8_t bytes[16 + 64];
    int fds[MAX_FDS];
    unsigned nfds = 0;

    h.size = 16 + size;
    memcpy(bytes, &h, sizeof h);
    if (size)
        memcpy(bytes + 16, payload, size);
    MUST(put_bytes(from, bytes, h.size, &fd, fd >= 0));
    MUST(get_bytes(to, bytes, h.size, fds, &nfds) == h.size);
    return nfds ? fds[0] : -1;
}

/* A page of guest memory, at 0x1000. */
static void map(struct ends *e)
{
    const uint64_t words[] = { UINT64_C(3) << 32 | 32, 0, 0x1000, 0x1000 };
    int fd = memfd_create("guest", MFD_CLOEXEC);

    MUST(fd >= 0 && ftruncate(fd, 0x1000) == 0);
    e->byte = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    MUST(e->byte != MAP_FAILED);
    close(pass(e->client, e->server, (struct header){ .id = 1, .command = DMA_MAP }, words, sizeof words, fd));
    pass(e->server, e->client, (struct header){ .id = 1, .command = DMA_MAP, .flags = 1 }, NULL, 0, -1);
    close(fd);
}

/* The eventfd that the server gets in the place of `mine`. */
static int arm(struct ends *e, int mine)
{
    const uint32_t words[] = { 20, TRIGGER_EVENTFD, MSIX, 0, 1 };
    int given = pass(e->client, e->server, (struct header){ .id = 2, .command = SET_IRQS }, words, sizeof words, mine);

    pass(e->server, e->client, (struct header){ .id = 2, .command = SET_IRQS, .flags = 1 }, NULL, 0, -1);
    return given;
}

/* patience: of plugins, in seconds; an interrupt waits a 5000th of it. */
static void begin(struct ends *e, const char *patience, const char *option)
{
    const char *const arguments[] = { "--json", "--expose", "irq", "--plugin", plugin, option, NULL };

    setenv("VFUSCOPE_PLUGIN_TIMEOUT", patience, 1);
    tapping_start(&e->t, arguments);
    e->client = connect_to(tapping_path(&e->t, "t"));
    e->server = accept_from(e->t.server);
    map(e);
    MUST(tapping_await(&e->t, "out", "\"command\":\"DMA_MAP\",\"command_number\":2,\"size\":16")); /* told of by plugins, too */
}

static void end(struct ends *e)
{
    *e->byte = 1;
    munmap(e->byte, 0x1000);
    close(e->client);
    close(e->server);
    CHECK_EQ(tapping_stop(&e->t), 0);
    tapping_clean(&e->t);
}

static void signal_it(int fd, uint64_t count)
{
    MUST(write(fd, &count, sizeof count) == sizeof count);
}

/* Is it there by then? It is taken. */
static bool fires(int fd, int ms, uint64_t want)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    uint64_t count = 0;

    return poll(&p, 1, ms) == 1 && read(fd, &count, sizeof count) == sizeof count && count == want;
}

/* What comes, until it is so much */
static uint64_t fire_in_all(int eventfd, uint64_t wanted)
{
    struct pollfd p = { .fd = eventfd, .events = POLLIN };
    uint64_t sum = 0, count;

    while (sum < wanted && poll(&p, 1, PATIENCE_MS) == 1 && read(eventfd, &count, sizeof count) == (ssize_t)sizeof count)
        sum += count;
    return sum;
}

static void waits(void)
{
    struct ends e = { 0 };
    int mine = eventfd(0, EFD_CLOEXEC), given;

    test_case("an interrupt waits for the look");
    begin(&e, "80000", NULL);
    given = arm(&e, mine);
    signal_it(given, 3);
    MUST(!fires(mine, 50, 3));
    *e.byte = 1;
    CHECK(fires(mine, PATIENCE_MS, 3));
    CHECK(tapping_await(&e.t, "out", "\"text\":\"looked at vector 0\""));

    /* What comes meanwhile waits, too; nothing is lost. */
    *e.byte = 0;
    signal_it(given, 1);
    MUST(!fires(mine, 50, 1));
    signal_it(given, 4);
    MUST(!fires(mine, 50, 5));
    *e.byte = 1;
    CHECK_EQ(fire_in_all(mine, 5), 5); /* apart, or together */

    /* A new eventfd takes the old one's place: what was signalled before is passed on now. */
    *e.byte = 0;
    signal_it(given, 6);
    MUST(!fires(mine, 50, 6));
    close(arm(&e, mine));
    MUST(fires(mine, PATIENCE_MS, 6));

    /* So it is when the connection ends. */
    given = arm(&e, mine);
    signal_it(given, 2);
    MUST(!fires(mine, 50, 2));
    close(e.client);
    e.client = -1;
    MUST(fires(mine, PATIENCE_MS, 2));
    end(&e);
}

/* So many, each once the one before has come, while the plugin goes on looking. */
static void pass_many(const struct ends *e, int mine, int given, int count)
{
    *e->byte = 0;
    for (int i = 0; i < count; i++) {
        signal_it(given, 1);
        CHECK(fires(mine, PATIENCE_MS, 1));
    }
}

/* Was the time of so many run out? */
static bool said_over(const struct ends *e)
{
    char *text = tapping_text(&e->t, "err");
    bool said = strstr(text, "no more: ") != NULL;

    free(text);
    return said;
}

static void no_hold(void)
{
    struct ends e = { 0 };
    int mine = eventfd(0, EFD_CLOEXEC), given;

    test_case("--no-hold: no interrupt waits");
    begin(&e, "1000", "--no-hold");
    given = arm(&e, mine);
    pass_many(&e, mine, given, VAIN);
    CHECK(!said_over(&e));
    end(&e);
}

static void in_vain(void)
{
    struct ends e = { 0 };
    int mine = eventfd(0, EFD_CLOEXEC), given;

    test_case("one that looks for too long is waited for ten times");
    begin(&e, "1000", NULL);
    given = arm(&e, mine);
    pass_many(&e, mine, given, VAIN - 1);
    CHECK(!said_over(&e));
    pass_many(&e, mine, given, 2);
    CHECK(tapping_await(&e.t, "err", "interrupts wait for the plugins no more: 10 times in a row these took longer than 200 ms"));
    end(&e);
}

/* The plugins' process, which is the tap's only child. */
static pid_t plugins_of(const struct tapping *t)
{
    char path[64], text[32] = "";
    int fd;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", t->pid, t->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    return (pid_t)atol(text);
}

static void dies(void)
{
    struct ends e = { 0 };
    int mine = eventfd(0, EFD_CLOEXEC), given;

    test_case("plugins that are gone hold nothing");
    begin(&e, "1000", NULL);
    given = arm(&e, mine);
    kill(plugins_of(&e.t), SIGKILL);
    pass_many(&e, mine, given, 1);
    CHECK(tapping_await(&e.t, "err", "there are no notes of it from here on"));
    pass_many(&e, mine, given, VAIN);
    CHECK(!said_over(&e));
    end(&e);
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;

    while ((text = strstr(text, what))) {
        text++;
        count++;
    }
    return count;
}

/* What decode makes of the capture. The caller frees it. */
static char *decoded(const struct tapping *t, const char *options)
{
    char command[2 * PATH_MAX + 128];

    snprintf(command, sizeof command, "cd %s && %s decode cap --json %s > json 2>> err", t->dir, tapping_program, options);
    CHECK_EQ(system(command), 0);
    return tapping_text(t, "json");
}

static void by_clock(void)
{
    const char *const arguments[] = { "--json", "--look", "500us", "--plugin", plugin, "-w", "cap", NULL };
    static const char last[] = "{\"plugin\":\"glance\",\"text\":\"the byte is 42\"}";
    char with[PATH_MAX + 32], *text;
    struct ends e = { 0 };

    test_case("what no message tells of is looked at by a clock");
    tapping_start(&e.t, arguments);
    e.client = connect_to(tapping_path(&e.t, "t"));
    e.server = accept_from(e.t.server);
    map(&e);
    e.byte[1] = 7;
    MUST(tapping_await(&e.t, "out", "\"the byte is 7\""));
    e.byte[1] = 99;
    MUST(tapping_await(&e.t, "err", "glance says nothing"));
    e.byte[1] = 42;
    MUST(tapping_await(&e.t, "out", "\"the byte is 42\""));
    CHECK(tapping_await(&e.t, "err", "connection 1: doorbells are mapped: plugins look each 0.5 ms (--look); --expose irq shows"));
    close(e.client);
    CHECK(at_end(e.server));
    close(e.server);
    CHECK_EQ(tapping_stop(&e.t), 0);
    text = tapping_text(&e.t, "out");
    CHECK_EQ(count_of(text, "\"event\":\"look\""), 2);
    CHECK_EQ(count_of(text, "counts for nothing"), 0);
    CHECK_EQ(count_of(text, "\"conn\":1,\"notes\":[{\"plugin\":\"glance\",\"text\":\"the byte is"), 2);
    free(text);

    /* decode shows the same: by what the capture has, and by what the plugin says of it now. */
    text = decoded(&e.t, "");
    CHECK_EQ(count_of(text, "\"event\":\"look\""), 2);
    CHECK_EQ(count_of(text, last), 1);
    free(text);
    snprintf(with, sizeof with, "--no-plugins --plugin %s", plugin);
    text = decoded(&e.t, with);
    CHECK_EQ(count_of(text, "\"event\":\"look\""), 2);
    CHECK_EQ(count_of(text, last), 1);
    free(text);
    munmap(e.byte, 0x1000);
    tapping_clean(&e.t);
}

static void no_clock(const char *option, const char *value)
{
    const char *const arguments[] = { "--json", "--plugin", plugin, option, value, NULL };
    struct ends e = { 0 };
    char *text;

    test_case("no clock with --look 0, nor with --expose irq");
    tapping_start(&e.t, arguments);
    e.client = connect_to(tapping_path(&e.t, "t"));
    e.server = accept_from(e.t.server);
    map(&e);
    MUST(tapping_await(&e.t, "out", "\"command\":\"DMA_MAP\",\"command_number\":2,\"size\":16"));
    e.byte[1] = 7;
    for (int i = 0; i < 10; i++)
        nap();
    text = tapping_text(&e.t, "out");
    CHECK_EQ(count_of(text, "\"event\":\"look\""), 0);
    free(text);
    end(&e);
}

int main(int argc, char **argv)
{
    char beside[512];
    const char *slash = strrchr(argv[0], '/');

    (void)argc;
    tapping_find(argv[0]);
    snprintf(beside, sizeof beside, "%.*s/../plugins/glance.so", (int)(slash ? slash - argv[0] : 1), slash ? argv[0] : ".");
    MUST(realpath(beside, plugin));
    waits();
    no_hold();
    in_vain();
    dies();
    by_clock();
    no_clock("--look", "0");
    no_clock("--expose", "irq");
    return test_end();
}
