/*
 * watch: show a register each time it changes. rmw: read, modify, write.
 */
#include "capture/clock.h"
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/all.h"

#include <string.h>

enum { PAUSE_MS = 10 };

struct watching {
    uint64_t mask, count;
    int every_ms, timeout_ms;
};

/* [& MASK] [every TIME] [timeout TIME] [count N] */
static bool parse_watch(struct shell *sh, const struct shell_access *a, struct watching *watching)
{
    *watching = (struct watching){ UINT64_MAX, 1, PAUSE_MS, SHELL_WAIT_MS };
    for (int i = 0; i < a->words; i++) {
        const char *word = a->word[i], *next = i + 1 < a->words ? a->word[i + 1] : NULL;
        bool good = false;

        if (word[0] == '&' && word[1]) {
            if (!shell_number(sh, "MASK", word + 1, &watching->mask))
                return false;
            continue;
        }
        if (!next)
            return shell_fail(sh, "%.80s: usage: watch %s", word, cmd_watch.usage);
        if (strcmp(word, "&") == 0)
            good = shell_number(sh, "MASK", next, &watching->mask);
        else if (strcmp(word, "every") == 0)
            good = shell_time(sh, next, &watching->every_ms);
        else if (strcmp(word, "timeout") == 0)
            good = shell_time(sh, next, &watching->timeout_ms);
        else if (strcmp(word, "count") == 0)
            good = shell_number(sh, "N", next, &watching->count);
        else
            shell_fail(sh, "%.80s: usage: watch %s", word, cmd_watch.usage);
        if (!good)
            return false;
        i++;
    }
    return true;
}

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

static enum shell_result exec_watch(struct shell *sh, int argc, char **argv)
{
    struct watching watching;
    struct shell_access a;
    enum shell_result result;

    if (!shell_access_parse(sh, argc, argv, "v", &a) || !parse_watch(sh, &a, &watching))
        return SHELL_FAILED;
    shell_json_key(sh, "values");
    vfu_write_char(&sh->outcome.members.w, '[');
    result = watch(sh, &a, &watching);
    vfu_write_char(&sh->outcome.members.w, ']');
    return result;
}

static enum shell_result exec_rmw(struct shell *sh, int argc, char **argv)
{
    uint64_t mask, value, old;
    struct shell_access a;
    enum shell_result result;
    uint8_t bytes[8];

    if (!shell_access_parse(sh, argc, argv, "v", &a))
        return SHELL_FAILED;
    if (a.words != 2) {
        shell_fail(sh, "usage: rmw %s", cmd_rmw.usage);
        return SHELL_FAILED;
    }
    if (!shell_value(sh, a.word[0], a.width, &mask) || !shell_value(sh, a.word[1], a.width, &value))
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
    .usage = "REGION+OFFSET [b|w|l|q] [& MASK] [every TIME] [timeout TIME] [count N] [--via mmap|message]",
    .help = "show a register each time it changes",
    .more = "Ends after N changes (1 if not given); fails if they do not come in time (5s). Read every 10ms unless\n"
            "told otherwise.\n"
            "Example: watch bar0+0x98 l & 1 timeout 2s",
    .min = 1,
    .max = 12,
    .exec = exec_watch,
    .complete = shell_complete_region,
};

const struct shell_command cmd_rmw = {
    .name = "rmw",
    .usage = "REGION[+OFFSET] [b|w|l|q] MASK VALUE [--via mmap|message]",
    .help = "read a register, change the bits in MASK to those of VALUE, write it back",
    .more = "Example: rmw config+4 w 0x4 0x4",
    .min = 3,
    .max = 6,
    .exec = exec_rmw,
    .complete = shell_complete_region,
};
