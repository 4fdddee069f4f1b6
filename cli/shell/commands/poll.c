/*
 * poll: read a register until it has a value.
 */
#include "capture/clock.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"
#include "decoder/wire/compare.h"


enum { FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 20 };

enum { PLACE, WIDTH, MASK, EQUAL, DIFFERS, TIMEOUT };
static const struct shell_arg poll_args[] = {
    [PLACE] = { "REGION+OFFSET", .kind = SHELL_PLACE },
    [WIDTH] = { .kind = SHELL_WIDTH, .flags = SHELL_OPTIONAL, .names = shell_widths, .otherwise = 4 },
    [MASK] = { "MASK", "&", SHELL_NUMBER, SHELL_OPTIONAL | SHELL_HERE, .otherwise = UINT64_MAX },
    [EQUAL] = { "VALUE", "==", SHELL_NUMBER, SHELL_OR, .unless = DIFFERS },
    [DIFFERS] = { "VALUE", "!=", SHELL_NUMBER, SHELL_HIDDEN, .unless = EQUAL },
    [TIMEOUT] = { "TIME", "timeout", SHELL_TIME, SHELL_OPTIONAL | SHELL_HERE, .otherwise = SHELL_WAIT_MS },
    { 0 },
};

/* It has, or has no longer, the value. */
static bool is_reached(const struct shell_value *args, uint64_t value)
{
    value &= args[MASK].number;
    return args[DIFFERS].given ? value != args[DIFFERS].number : value == args[EQUAL].number;
}

static enum shell_result run_poll(struct shell *sh, const struct shell_value *args)
{
    const struct shell_place *at = &args[PLACE].place;
    unsigned width = (unsigned)args[WIDTH].number;
    uint64_t start = vfu_mono_ns(), value, reads = 0;
    int timeout_ms = (int)args[TIMEOUT].number, pause_ms = FIRST_PAUSE_MS;
    enum shell_result result;

    for (;;) {
        uint8_t bytes[8];

        result = shell_region_read(sh, at->region, at->offset, bytes, width);
        if (result != SHELL_OK)
            return result;
        value = shell_load(bytes, width);
        reads++;
        if (is_reached(args, value))
            break;
        if ((vfu_mono_ns() - start) / 1000000 >= (uint64_t)timeout_ms) {
            shell_json_hex_number(sh, "value", value);
            shell_fail(sh, "%s is still 0x%llx after %d ms and %llu read%s", args[PLACE].text,
                       (unsigned long long)value, timeout_ms, (unsigned long long)reads, vfu_plural(reads));
            return SHELL_FAILED;
        }
        if (!shell_wait(sh, pause_ms, &result))
            return result;
        if (pause_ms < LONGEST_PAUSE_MS)
            pause_ms *= 2;
    }
    shell_say(sh, "0x%llx\n", (unsigned long long)value);
    shell_json_hex_number(sh, "value", value);
    shell_json_number(sh, "reads", reads);
    return SHELL_OK;
}

const struct shell_command cmd_poll = {
    .name = "poll",
    .help = "read a register until it has a value",
    .more = "!= waits until it has another one. TIME such as 200ms or 2s; 5s if not given.\n"
            "Example: poll bar0+0x20 & 0x1 == 0 timeout 2s",
    .flags = SHELL_COMPARES,
    .args = poll_args,
    .stray = "only timeout TIME may follow",
    .run = run_poll,
};
