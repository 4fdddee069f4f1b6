/*
 * watch: show a register each time it changes. rmw: read, modify, write.
 */
#include "capture/clock.h"
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/all.h"


enum { PAUSE_MS = 10 };

struct watching {
    uint64_t mask, count;
    int every_ms, timeout_ms;
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

        result = shell_access_read(sh, a, bytes, a->width);
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
        if (changes >= watching->count)
            return SHELL_OK;
        if ((now - start) / 1000000 >= (uint64_t)watching->timeout_ms) {
            shell_fail(sh, "it changed %llu time%s within %d ms, %llu were waited for", (unsigned long long)changes,
                       vfu_plural(changes), watching->timeout_ms, (unsigned long long)watching->count);
            return SHELL_FAILED;
        }
        if (!shell_wait(sh, watching->every_ms, &result))
            return result;
    }
}

enum { PLACE, WIDTH };
enum { WATCH_MASK = 2, WATCH_EVERY, WATCH_TIMEOUT, WATCH_COUNT, WATCH_VIA };
static const struct shell_arg watch_args[] = {
    [PLACE] = { "REGION+OFFSET", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [WATCH_MASK] = { "MASK", "&", SHELL_NUMBER, SHELL_OPTIONAL, .otherwise = UINT64_MAX },
    [WATCH_EVERY] = { "TIME", "every", SHELL_TIME, SHELL_OPTIONAL, .otherwise = PAUSE_MS },
    [WATCH_TIMEOUT] = { "TIME", "timeout", SHELL_TIME, SHELL_OPTIONAL, .otherwise = SHELL_WAIT_MS },
    [WATCH_COUNT] = { "N", "count", SHELL_NUMBER, SHELL_OPTIONAL, .otherwise = 1 },
    [WATCH_VIA] = SHELL_ARG_VIA,
    { 0 },
};

static enum shell_result run_watch(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[WATCH_VIA]);
    const struct watching watching = { args[WATCH_MASK].number, args[WATCH_COUNT].number,
                                       (int)args[WATCH_EVERY].number, (int)args[WATCH_TIMEOUT].number };
    enum shell_result result;

    shell_json_key(sh, "values");
    vfu_write_char(&sh->outcome.members.w, '[');
    result = watch(sh, &a, &watching);
    vfu_write_char(&sh->outcome.members.w, ']');
    return result;
}

enum { RMW_MASK = 2, RMW_VALUE, RMW_VIA };
static const struct shell_arg rmw_args[] = {
    [PLACE] = { "REGION[+OFFSET]", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [RMW_MASK] = { "MASK", .kind = SHELL_NUMBER, .label = "VALUE" },
    [RMW_VALUE] = { "VALUE", .kind = SHELL_NUMBER },
    [RMW_VIA] = SHELL_ARG_VIA,
    { 0 },
};

static enum shell_result rmw(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[RMW_VIA]);
    uint64_t mask = args[RMW_MASK].number, value = args[RMW_VALUE].number, old;
    enum shell_result result;
    uint8_t bytes[8];

    if (!shell_fits(sh, args[RMW_MASK].text, a.width, mask) || !shell_fits(sh, args[RMW_VALUE].text, a.width, value))
        return SHELL_FAILED;
    result = shell_access_read(sh, &a, bytes, a.width);
    if (result != SHELL_OK)
        return result;
    old = shell_load(bytes, a.width);
    value = (old & ~mask) | (value & mask);
    shell_store(bytes, a.width, value);
    result = shell_access_write(sh, &a, bytes, a.width);
    if (result == SHELL_OK) {
        shell_say(sh, "0x%llx -> 0x%llx\n", (unsigned long long)old, (unsigned long long)value);
        shell_json_hex_number(sh, "old", old);
        shell_json_hex_number(sh, "value", value);
    }
    return result;
}

const struct shell_command cmd_watch = {
    .name = "watch",
    .help = "show a register each time it changes",
    .more = "Ends after N changes (1 if not given); fails if they do not come in time (5s). Read every 10ms unless\n"
            "told otherwise.\n"
            "Example: watch bar0+0x98 l & 1 timeout 2s",
    .args = watch_args,
    .run = run_watch,
};

const struct shell_command cmd_rmw = {
    .name = "rmw",
    .help = "read a register, change the bits in MASK to those of VALUE, write it back",
    .more = "Example: rmw config+4 w 0x4 0x4",
    .args = rmw_args,
    .run = rmw,
};
