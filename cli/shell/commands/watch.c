/*
 * watch: show a register each time it changes.
 */
#include "capture/clock.h"
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"


enum { PAUSE_MS = 10 };

struct watching {
    uint64_t mask;
    uint64_t count; /* 0: until ^C */
    int every_ms;
    int timeout_ms; /* -1: none */
};

static void show(struct shell *sh, uint64_t value, uint64_t elapsed_ns, bool first)
{
    struct vfu_writer *w = &sh->outcome.members.w;

    shell_say(sh, "%12.6f  0x%llx\n", (double)elapsed_ns / 1e9, (unsigned long long)value);
    vfu_writer_flush(&sh->screen.w); /* it may be long until the next */
    vfu_write_text(w, first ? "\"" : ",\"");
    vfu_write_0x(w, value);
    vfu_write_char(w, '"');
}

static enum shell_result watch(struct shell *sh, const struct shell_access *a, const struct watching *watching)
{
    uint64_t start, now, before = 0, value, changes = 0;
    enum shell_result result = SHELL_OK;
    bool first = true;

    start = vfu_mono_ns();
    for (;;) {
        uint8_t bytes[8];

        result = shell_access_read(sh, a, bytes, a->width, NULL);
        if (result != SHELL_OK)
            return result;
        value = shell_load(bytes, a->width) & watching->mask;
        now = vfu_mono_ns();
        if (first || value != before) {
            show(sh, value, now - start, first);
            changes += !first;
        }
        first = false;
        before = value;
        if ((watching->count && changes >= watching->count) || sh->screen.w.failed)
            return SHELL_OK;
        if (watching->timeout_ms >= 0 && (now - start) / 1000000 >= (uint64_t)watching->timeout_ms) {
            if (!watching->count)
                return SHELL_OK;
            shell_fail(sh, "it changed %llu time%s within %d ms, %llu were waited for", (unsigned long long)changes,
                       vfu_plural(changes), watching->timeout_ms, (unsigned long long)watching->count);
            return SHELL_FAILED;
        }
        if (!shell_wait(sh, watching->every_ms, &result))
            return result;
    }
}

enum { PLACE, WIDTH, MASK, EVERY, TIMEOUT, COUNT, VIA };
static const struct shell_arg watch_args[] = {
    [PLACE] = { "REGION+OFFSET", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [MASK] = { "MASK", "&", SHELL_NUMBER, SHELL_OPTIONAL, .otherwise = UINT64_MAX },
    [EVERY] = { "TIME", "every", SHELL_TIME, SHELL_OPTIONAL, .otherwise = PAUSE_MS },
    [TIMEOUT] = { "TIME", "timeout", SHELL_TIME, SHELL_OPTIONAL, .otherwise = SHELL_WAIT_MS },
    [COUNT] = { "N", "count", SHELL_NUMBER, SHELL_OPTIONAL, .least = 1, .otherwise = 1 },
    [VIA] = SHELL_ARG_VIA,
    { 0 },
};

/* At the prompt it goes on until somebody has seen enough; what was not given is no limit. */
static struct watching watching_of(struct shell *sh, const struct shell_value *args)
{
    struct watching w = { args[MASK].number, args[COUNT].number, (int)args[EVERY].number, (int)args[TIMEOUT].number };

    if (!shell_in_script(sh) && !args[COUNT].given)
        w.count = 0;
    if (!shell_in_script(sh) && !args[TIMEOUT].given)
        w.timeout_ms = -1;
    return w;
}

static enum shell_result run_watch(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[VIA]);
    const struct watching watching = watching_of(sh, args);
    enum shell_result result;

    shell_json_key(sh, "values");
    vfu_write_char(&sh->outcome.members.w, '[');
    result = watch(sh, &a, &watching);
    vfu_write_char(&sh->outcome.members.w, ']');
    if (result == SHELL_STOPPED && !watching.count && watching.timeout_ms < 0) {
        sh->outcome.reported = true; /* that is how it ends */
        shell_say(sh, "%s", sh->screen.out ? "" : "\n");
    }
    return result;
}

const struct shell_command cmd_watch = {
    .name = "watch",
    .help = "show a register each time it changes",
    .more = "Ends after N changes (1 if not given); fails if they do not come in time (5s). At the prompt it goes on\n"
            "until ^C, N changes or TIME. Read every 10ms unless told otherwise.\n"
            "Example: watch bar0+0x98 l & 1 timeout 2s",
    .flags = SHELL_COMPARES,
    .args = watch_args,
    .run = run_watch,
};
