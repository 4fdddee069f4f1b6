/*
 * When plugins look at guest memory: before an interrupt goes on, where those are exposed, or by a clock.
 */
#include "cli/tap/look.h"
#include "decoder/wire/parse.h"
#include "plugins/host/host.h"

#include <string.h>

enum {
    LOOK_NS = 1000000,
    LOOK_LEAST_NS = 100000,
    LOOK_MOST_NS = 1000000000,
    PATIENCE_NS = 200, /* a millisecond of plugins' patience is so much of an interrupt's: 1 ms of 5 s */
};

static bool on_looks(void *context, uint32_t conn)
{
    return cli_output_look(context, conn) & VFU_LOOKS_AT_INTERRUPTS;
}

static bool on_clocks(void *context, uint32_t conn)
{
    return cli_output_look(context, conn) & VFU_LOOKS_BY_CLOCK;
}

static uint64_t on_mark(void *context)
{
    return cli_output_mark(context);
}

static uint64_t on_looked(void *context)
{
    return cli_output_looked(context);
}

bool tap_look_parse(const struct cli_args *args, bool irq, struct vfu_tap_look *look)
{
    const char *text = cli_value(args, "look");
    uint64_t ns = irq ? 0 : LOOK_NS;

    if (text && strcmp(text, "0") == 0) {
        ns = 0;
    } else if (text && (!vfu_parse_time(text, &ns) || ns < LOOK_LEAST_NS || ns > LOOK_MOST_NS)) {
        cli_error("--look %s: a time such as 1ms or 500us, at least 100us, at most 1s; or 0", text);
        return false;
    }
    *look = (struct vfu_tap_look){ .fd = -1, .moved_fd = -1, .every_ns = ns, .looks = on_looks, .clocks = on_clocks, .mark = on_mark,
                                   .looked = on_looked };
    look->hold_ns = irq && !cli_has(args, "no-hold") ? (uint64_t)vfu_plugin_patience_ms() * PATIENCE_NS : 0;
    return true;
}

void tap_look_use(struct vfu_tap_look *look, struct cli_output *output)
{
    look->context = output;
    look->fd = cli_output_looked_fd(output);
    look->moved_fd = cli_output_moved_fd(output);
}
