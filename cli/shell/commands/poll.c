/*
 * poll: read a register until it has a value.
 */
#include "capture/clock.h"
#include "cli/shell/commands/all.h"
#include "decoder/wire/compare.h"

#include <string.h>

enum { FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 20 };

struct poll_args {
    uint32_t region;
    uint64_t offset, mask, value;
    unsigned width;
    enum vfu_operator op; /* VFU_EQ or VFU_NE */
    int timeout_ms;
};

/* One operator and its operand, which may be glued to it: `& 0x80`, `&0x80`. */
static bool operand(struct shell *sh, const char *op, const char *what, int argc, char **argv, int *at,
                    uint64_t *number)
{
    const char *text = argv[*at] + strlen(op);

    if (!*text) {
        if (++*at == argc)
            return shell_fail(sh, "a number must follow %s", op);
        text = argv[*at];
    }
    ++*at;
    return shell_number(sh, what, text, number);
}

static bool parse(struct shell *sh, int argc, char **argv, struct poll_args *a)
{
    int at = 1;

    *a = (struct poll_args){ .mask = UINT64_MAX, .width = 4, .timeout_ms = SHELL_WAIT_MS };
    if (!shell_region(sh, argv[0], &a->region, &a->offset))
        return false;
    if (at < argc && shell_width(argv[at]))
        a->width = shell_width(argv[at++]);
    if (at < argc && argv[at][0] == '&' && !operand(sh, "&", "MASK", argc, argv, &at, &a->mask))
        return false;
    if (at == argc || !vfu_operator_at(argv[at], &a->op) || a->op > VFU_NE)
        return shell_fail(sh, "== VALUE is missing (usage: poll %s)", cmd_poll.usage);
    if (!operand(sh, vfu_operator_names[a->op], "VALUE", argc, argv, &at, &a->value))
        return false;
    if (at + 2 == argc && strcmp(argv[at], "timeout") == 0)
        return shell_time(sh, argv[at + 1], &a->timeout_ms);
    return at == argc || shell_fail(sh, "%.80s: only timeout TIME may follow", argv[at]);
}

static enum shell_result exec_poll(struct shell *sh, int argc, char **argv)
{
    uint64_t start, now, value, reads = 0;
    int pause_ms = FIRST_PAUSE_MS;
    enum shell_result result;
    struct poll_args a;

    if (!parse(sh, argc, argv, &a))
        return SHELL_FAILED;
    start = vfu_mono_ns();
    for (;;) {
        uint8_t bytes[8];
        struct vfu_cursor c = vfu_cursor(bytes, a.width, false);

        result = shell_region_read(sh, a.region, a.offset, bytes, a.width);
        if (result != SHELL_OK)
            return result;
        value = vfu_cursor_uint(&c, a.width);
        reads++;
        if (vfu_compare(a.op, value & a.mask, a.value, 0))
            break;
        now = vfu_mono_ns();
        if ((now - start) / 1000000 >= (uint64_t)a.timeout_ms) {
            shell_json_hex_number(sh, "value", value);
            shell_fail(sh, "%s is still 0x%llx after %d ms and %llu read%s", argv[0], (unsigned long long)value,
                       a.timeout_ms, (unsigned long long)reads, vfu_plural(reads));
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
    .usage = "REGION+OFFSET [b|w|l|q] [& MASK] == VALUE [timeout TIME]",
    .help = "read a register until it has a value",
    .more = "!= waits until it has another one. TIME such as 200ms or 2s; 5s if not given.\n"
            "Example: poll bar0+0x20 & 0x1 == 0 timeout 2s",
    .min = 2,
    .max = 8,
    .exec = exec_poll,
    .complete = shell_complete_region,
};
