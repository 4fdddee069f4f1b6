/*
 * What the tap does when its outputs can't keep up or break: the traffic goes on, the other outputs have everything,
 * and what is missing is said.
 */
#include "capture/file/capfile.h"
#include "tapping.h"

#include <pthread.h>

enum {
    BIG = 200 << 10,
    MANY = 400, /* of them: more than the 64 MiB of a queue */
    SOME = 64 << 10,
    QUEUED = 1200, /* likewise */
};

struct wire {
    struct tapping tap;
    int client, server;
};

static void open_wire(struct wire *w, const char *const *arguments)
{
    if (!w->tap.dir[0]) {
        strcpy(w->tap.dir, "/tmp/vfuscope-test-XXXXXX");
        MUST(mkdtemp(w->tap.dir) != NULL);
        w->tap.server = listen_at(tapping_path(&w->tap, "s"));
    }
    MUST(mkfifo(tapping_path(&w->tap, "fifo"), 0600) == 0);
    tapping_start(&w->tap, arguments);
    w->client = connect_to(tapping_path(&w->tap, "t"));
    w->server = accept_from(w->tap.server);
}

/* The tap's exit status; its socket must be gone. */
static int close_wire(struct wire *w, int signal)
{
    int status;

    kill(w->tap.pid, signal);
    status = tapping_wait(&w->tap);
    close(w->client);
    close(w->server);
    CHECK(signal == SIGKILL || access(tapping_path(&w->tap, "t"), F_OK) != 0);
    return status;
}

/* `count` messages pass. */
static bool many_pass(struct wire *w, unsigned count, uint32_t size)
{
    uint8_t *bytes = message(size, 1, 10, 0);
    bool all = true;

    for (unsigned i = 0; i < count && all; i++)
        all = put_bytes(w->client, bytes, size, NULL, 0) && arrives(w->server, bytes, size, 0);
    free(bytes);
    return all;
}

/* How many times the tap said this. */
static unsigned said(const struct tapping *t, const char *what)
{
    char *text = tapping_text(t, "err");
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    free(text);
    return count;
}

/* Wait until the capture has so many bytes. */
static bool grown(const struct tapping *t, uint64_t size)
{
    struct stat st = { 0 };

    for (int i = 0; i < PATIENCE_MS / 5; i++) {
        if (stat(tapping_path(t, "cap"), &st) == 0 && (uint64_t)st.st_size >= size)
            return true;
        nap();
    }
    return false;
}

/* How many messages the capture holds; it must be whole. */
static unsigned captured(const struct tapping *t)
{
    struct vfu_error error = { 0 };
    struct vfu_event e;
    struct vfu_capreader *r = vfu_capreader_open(tapping_path(t, "cap"), NULL, &error);
    enum vfu_captured got = VFU_CAPTURED_BAD;
    unsigned count = 0;

    while (r && (got = vfu_capreader_next(r, &e, &error)) < VFU_CAPTURED_END)
        count += got == VFU_CAPTURED_MESSAGE;
    if (!CHECK_EQ(got, VFU_CAPTURED_END))
        printf("# %s\n", error.text);
    if (r)
        vfu_capreader_close(r);
    return count;
}

/* What comes out of the FIFO until its end: how many messages, and how many it says were dropped. */
struct drain {
    int fd;
    unsigned messages;
    uint64_t dropped;
};

static void count_line(struct drain *d, const char *line)
{
    const char *count = strstr(line, "\"dropped\"") ? strstr(line, "\"count\":") : NULL;

    d->messages += strstr(line, "\"command\":") != NULL;
    d->dropped += count ? strtoull(count + 8, NULL, 10) : 0;
}

static void *drain(void *context)
{
    struct drain *d = context;
    FILE *in = fdopen(d->fd, "r");
    char *line = NULL;
    size_t room = 0;

    while (in && getline(&line, &room, in) > 0)
        count_line(d, line);
    free(line);
    if (in)
        fclose(in);
    return NULL;
}

static void never_read(void)
{
    static const char *const arguments[] = { "--json", "-x", "-o", "fifo", "-w", "cap", NULL };
    struct wire w = { 0 };

    test_case("an output that nobody reads: traffic and capture are unharmed, it is said, and the end is not held up");
    open_wire(&w, arguments);
    /* Below what a queue holds at a time: the capture's has to keep up, on whatever disk. */
    for (unsigned i = 1; i <= 4; i++)
        CHECK(many_pass(&w, MANY / 4, BIG) && grown(&w.tap, i * (MANY / 4) * (uint64_t)BIG));
    CHECK(tapping_await(&w.tap, "err", "fifo: too slow"));
    CHECK_EQ(close_wire(&w, SIGINT), 1);
    CHECK_EQ(said(&w.tap, "fifo: nobody reads it"), 1);
    CHECK_EQ(said(&w.tap, "messages were left out"), 1);
    CHECK_EQ(captured(&w.tap), MANY);
    tapping_clean(&w.tap);
}

static void read_late(bool lossless)
{
    static const char *const arguments[] = { "--json", "-o", "fifo", "--lossless", NULL };
    static const char *const dropping[] = { "--json", "-o", "fifo", NULL };
    struct wire w = { 0 };
    struct drain d = { 0 };
    pthread_t reader;

    test_case("an output that is read late: %s", lossless ? "--lossless holds the traffic, nothing is left out"
                                                          : "what was left out is counted in it");
    open_wire(&w, lossless ? arguments : dropping);
    if (!lossless) {
        CHECK(many_pass(&w, MANY, BIG));
        CHECK(tapping_await(&w.tap, "err", "fifo: too slow"));
    }
    d.fd = open(tapping_path(&w.tap, "fifo"), O_RDONLY | O_CLOEXEC);
    MUST(pthread_create(&reader, NULL, drain, &d) == 0);
    if (lossless)
        CHECK(many_pass(&w, MANY, BIG));
    CHECK_EQ(close_wire(&w, SIGTERM), lossless ? 0 : 1);
    pthread_join(reader, NULL);
    CHECK_EQ(d.messages + d.dropped, MANY);
    CHECK(lossless ? d.dropped == 0 : d.dropped > 0);
    tapping_clean(&w.tap);
}

/* --lossless with nobody reading: the traffic stops, and goes on when somebody does. */
static void *late_reader(void *context)
{
    struct wire *w = context;
    static struct drain d;

    nap();
    d = (struct drain){ .fd = open(tapping_path(&w->tap, "fifo"), O_RDONLY | O_CLOEXEC) };
    drain(&d);
    return &d;
}

static void held(void)
{
    static const char *const arguments[] = { "--json", "-o", "fifo", "--lossless", NULL };
    struct wire w = { 0 };
    pthread_t reader;
    void *d;
    uint8_t *bytes = message(SOME, 1, 10, 0);
    struct pollfd p;
    unsigned passed = 0;

    test_case("--lossless and a full queue: the traffic stops, and goes on once the output is read");
    open_wire(&w, arguments);
    p = (struct pollfd){ .fd = w.server, .events = POLLIN };
    /* That it is held can only be waited for; it can't be before the queue is full. */
    while (passed < QUEUED && put_bytes(w.client, bytes, SOME, NULL, 0) &&
           poll(&p, 1, passed > QUEUED / 2 ? 5000 : PATIENCE_MS) == 1 && arrives(w.server, bytes, SOME, 0))
        passed++;
    CHECK(passed > QUEUED / 2 && passed < QUEUED);
    MUST(pthread_create(&reader, NULL, late_reader, &w) == 0);
    CHECK(arrives(w.server, bytes, SOME, 0));
    CHECK(many_pass(&w, 50, BIG));
    CHECK_EQ(close_wire(&w, SIGTERM), 0);
    pthread_join(reader, &d);
    CHECK_EQ(((struct drain *)d)->messages, passed + 51);
    CHECK_EQ(((struct drain *)d)->dropped, 0);
    tapping_clean(&w.tap);
    free(bytes);
}

static void text_on_full_disk(void)
{
    static const char *const arguments[] = { "-o", "/dev/full", "-w", "cap", NULL };
    struct wire w = { 0 };

    test_case("text to a full disk: said once, capture and traffic go on, status 1");
    open_wire(&w, arguments);
    CHECK(many_pass(&w, 10, 64));
    CHECK(tapping_await(&w.tap, "err", "/dev/full: can't write"));
    CHECK(many_pass(&w, 10, 64));
    CHECK_EQ(close_wire(&w, SIGTERM), 1);
    CHECK_EQ(said(&w.tap, "/dev/full"), 1);
    CHECK_EQ(captured(&w.tap), 20);
    tapping_clean(&w.tap);
}

static void capture_on_full_disk(void)
{
    static const char *const arguments[] = { "--json", "-o", "fifo", "-w", "cap", NULL };
    struct wire w = { .tap = { .file_size = 100000 } };
    struct drain d = { 0 };
    pthread_t reader;
    struct stat st;
    unsigned kept;

    test_case("a capture on a full disk: said once, whole up to there, text and traffic go on, status 1");
    open_wire(&w, arguments);
    d.fd = open(tapping_path(&w.tap, "fifo"), O_RDONLY | O_CLOEXEC);
    MUST(pthread_create(&reader, NULL, drain, &d) == 0);
    CHECK(many_pass(&w, 20, 10000));
    CHECK(tapping_await(&w.tap, "err", "cap: can't write"));
    CHECK(many_pass(&w, 20, 10000));
    CHECK_EQ(close_wire(&w, SIGTERM), 1);
    pthread_join(reader, NULL);
    CHECK_EQ(said(&w.tap, "cap: can't write"), 1);
    kept = captured(&w.tap);
    CHECK_EQ(kept, 9);
    CHECK(stat(tapping_path(&w.tap, "cap"), &st) == 0 && st.st_size <= 100000 && (st.st_mode & 0777) == 0600);
    CHECK_EQ(d.messages, 40);
    tapping_clean(&w.tap);
}

static void reader_leaves(void)
{
    static const char *const arguments[] = { "--json", "-o", "fifo", "-w", "cap", NULL };
    struct wire w = { 0 };
    int fd;

    test_case("the reader of the text leaves: said once, capture and traffic go on");
    open_wire(&w, arguments);
    fd = open(tapping_path(&w.tap, "fifo"), O_RDONLY | O_CLOEXEC);
    CHECK(many_pass(&w, 5, 64));
    close(fd);
    CHECK(many_pass(&w, 5, 64));
    CHECK(tapping_await(&w.tap, "err", "fifo: nobody reads it any more"));
    CHECK(many_pass(&w, 5, 64));
    CHECK_EQ(close_wire(&w, SIGTERM), 0);
    CHECK_EQ(said(&w.tap, "nobody reads it any more"), 1);
    CHECK_EQ(captured(&w.tap), 15);
    tapping_clean(&w.tap);
}

/* Ended in the middle of a message: what was read of it arrives, the capture is whole. */
static void ended(int signal, int status)
{
    static const char *const arguments[] = { "-q", "-w", "cap", NULL };
    struct wire w = { 0 };
    uint8_t *bytes = message(5000, 1, 10, 0);
    struct stat st = { 0 };

    test_case("signal %d in the middle of a message", signal);
    open_wire(&w, arguments);
    CHECK(many_pass(&w, 100, 64));
    CHECK(put_bytes(w.client, bytes, 3000, NULL, 0));
    CHECK(arrives(w.server, bytes, 3000, 0)); /* after a while it is passed on as it came */
    while (st.st_size < 24 + 100 * (16 + 68 + 64)) /* kill leaves no time to flush: it was done */
        if (!CHECK(stat(tapping_path(&w.tap, "cap"), &st) == 0))
            break;
    CHECK_EQ(close_wire(&w, signal), status);
    CHECK_EQ(captured(&w.tap), 100);
    tapping_clean(&w.tap);
    free(bytes);
}

int main(int argc, char **argv)
{
    (void)argc;
    tapping_find(argv[0]);
    never_read();
    read_late(false);
    read_late(true);
    held();
    text_on_full_disk();
    capture_on_full_disk();
    reader_leaves();
    ended(SIGINT, 0);
    ended(SIGTERM, 0);
    ended(SIGKILL, -1 - SIGKILL);
    return test_end();
}
