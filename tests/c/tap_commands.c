/*
 * Lines that other threads hand to the tap's: whose words come back to whom, and what becomes of them at the end. The tap's thread is
 * played here: it does what is handed to it, and no tap runs.
 */
#include "cli/tap/commands.h"
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { THREADS = 4, LINES = 200 };

static struct tap_commands *commands;
static atomic_bool over;

static struct tap_commands *fresh(void)
{
    return tap_commands_new(&(struct tap_commands_how){ 0 });
}

static void *serve(void *unused)
{
    const struct vfu_tap_intercept *i = tap_commands_intercept(commands);

    while (!atomic_load(&over)) {
        struct pollfd ready = { .fd = i->input_fd, .events = POLLIN };

        if (poll(&ready, 1, 10) == 1)
            i->input(i->context, NULL);
    }
    return unused;
}

static pthread_t begin(void)
{
    pthread_t thread;

    atomic_store(&over, false);
    pthread_create(&thread, NULL, serve, NULL);
    return thread;
}

static void end(pthread_t thread)
{
    atomic_store(&over, true);
    pthread_join(thread, NULL);
}

/* What it says, up to 4 KiB of it. */
static const char *line(const char *text, bool *good)
{
    static _Thread_local char said[4096];
    struct vfu_writer w = vfu_writer(said, sizeof said - 1, NULL, NULL);

    *good = tap_commands_line(commands, text, &w);
    said[w.used] = '\0';
    return said;
}

static void words(void)
{
    bool good;
    const char *said = line("break command == REGION_READ", &good);

    CHECK_TEXT(said, "break 1: command == REGION_READ\n");
    CHECK(good);
    said = line("break foo ==", &good);
    CHECK(strncmp(said, "break: column 1", 15) == 0);
    CHECK(!good);
    said = line("# nothing", &good);
    CHECK_TEXT(said, "");
    CHECK(good);
    said = line("help", &good);
    CHECK(strstr(said, "  forward "));
    CHECK_EQ(tap_commands_count(commands), 4);
}

static void *ask_often(void *number)
{
    uintptr_t mine = (uintptr_t)number;
    char text[64], expected[128];
    bool good;

    for (int i = 0; i < LINES; i++) {
        snprintf(text, sizeof text, "zz%ju.%d", (uintmax_t)mine, i);
        snprintf(expected, sizeof expected, "%s: no such command (help lists them)\n", text);
        if (strcmp(line(text, &good), expected) != 0 || good)
            return number;
    }
    return NULL;
}

static void threads(void)
{
    pthread_t thread[THREADS];
    void *wrong;

    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, ask_often, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], &wrong);
        CHECK(!wrong);
    }
}

struct answer {
    int count;
    bool good;
    char words[64];
};

static void answered(void *context, bool good, char *words, size_t size)
{
    struct answer *a = context;

    a->count++;
    a->good = good;
    snprintf(a->words, sizeof a->words, "%.*s", (int)size, words ? words : "");
    free(words);
}

static void at_the_end(void)
{
    struct answer a = { 0 };
    bool good;

    CHECK(tap_commands_hand(commands, "list", answered, &a));
    CHECK_EQ(a.count, 0);
    tap_commands_end(commands);
    CHECK_EQ(a.count, 1);
    CHECK(!a.good);
    CHECK_TEXT(a.words, "the tap has ended\n");
    CHECK(!tap_commands_hand(commands, "list", answered, &a));
    CHECK_EQ(a.count, 1);
    CHECK_TEXT(line("list", &good), "the tap has ended\n");
    CHECK(!good);
}

static void left(void)
{
    struct answer a = { 0 };
    const struct vfu_tap_intercept *i = tap_commands_intercept(commands);
    struct answer b = { 0 };
    bool good;

    CHECK(tap_commands_hand(commands, "quit", answered, &a));
    CHECK(tap_commands_hand(commands, "break", answered, &b));
    i->input(i->context, NULL);
    CHECK(a.good);
    CHECK_TEXT(a.words, "the prompt is left; everything goes on\n");
    CHECK_EQ(b.count, 1);
    CHECK(!b.good);
    CHECK(tap_commands_are_over(commands));
    CHECK_TEXT(line("list", &good), "the prompt was left\n");
}

static void add(void *context, const char *word)
{
    char *all = context;

    snprintf(all + strlen(all), 4096 - strlen(all), "%s ", word);
}

static void offers(const char *text, size_t at, const char *all)
{
    char got[4096] = "";

    CHECK_EQ(tap_commands_complete(commands, text, add, got), at);
    CHECK_TEXT(got, all);
}

static void completion(void)
{
    char hint[128];

    offers("an", 0, "answer ");
    offers("break laten", 6, "latency ");
    offers("break command == DMA_UN", 17, "DMA_UNMAP ");
    offers("answer EBAD", 7, "EBADF EBADMSG ");
    offers("probe REGION_R", 6, "REGION_READ ");
    offers("probe REGION_READ re", 18, "region= ");
    offers("probe REGION_READ offset=4 region=co", 27, "region=config ");
    offers("forward ", 8, ""); /* nothing is stopped */
    CHECK(tap_commands_hint(commands, "edit ", hint, sizeof hint));
    CHECK_TEXT(hint, "[NO] FIELD=VALUE");
    CHECK(!tap_commands_hint(commands, "edit data", hint, sizeof hint));
    CHECK(!tap_commands_hint(commands, "step ", hint, sizeof hint));
    CHECK_EQ(tap_commands_stopped(commands, NULL), 0);
}

int main(void)
{
    pthread_t thread;

    commands = fresh();
    thread = begin();
    test_case("what a line says, and whether it went well, comes back");
    words();
    test_case("lines of several threads: each gets what its own said");
    threads();
    end(thread);
    test_case("what a line may go on with");
    completion();
    test_case("a line that waits when the tap ends is told so, and no more are taken");
    at_the_end();
    tap_commands_free(commands);

    commands = fresh();
    test_case("who leaves the prompt leaves it for all");
    left();
    tap_commands_free(commands);
    return test_end();
}
