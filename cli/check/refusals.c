/*
 * vfuscope check: commands that a server refuses, and whether it reads on behind them. One that leaves the body of such
 * a command in the stream takes it for the next header: whatever is asked then on this connection fails for that.
 */
#include "cli/check/check.h"

enum { NOWHERE = 0xffff };

static const struct refusal {
    unsigned command;
    struct check_field fields[4]; /* the list ends by itself */
} refusals[CHECK_REFUSALS] = {
    { VFU_DEVICE_GET_REGION_INFO, { { "index", NOWHERE } } },
    { VFU_DEVICE_GET_IRQ_INFO, { { "index", NOWHERE } } },
    { VFU_DEVICE_SET_IRQS, { { "flags", VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER },
                             { "index", NOWHERE }, { "count", 1 } } },
    { VFU_REGION_READ, { { "region", NOWHERE }, { "count", 4 } } },
    { VFU_DMA_UNMAP, { { "address", 0x7000 }, { "size", 0x1000 } } },
    { VFU_DEVICE_FEATURE, { { "flags", VFIO_DEVICE_FEATURE_GET }, { "feature", 0xfff0 }, { "argsz", 64 } } },
    { VFU_DEVICE_GET_REGION_IO_FDS, { { "index", NOWHERE }, { "argsz", 4096 } } },
    { VFU_DMA_READ, { { "count", 4 } } },
    { 999, { { NULL, 0 } } }, /* with a body of zeros */
};

enum check_answer check_ask_refused(struct check *c, unsigned which)
{
    static const uint8_t zeros[32];

    if (refusals[which].command == 999)
        return check_ask_raw(c, 999, zeros, sizeof zeros);
    return check_ask(c, refusals[which].command, refusals[which].fields);
}

enum check_result check_refused_body(struct check *c)
{
    const struct vfu_command *command;
    bool any = false;

    for (unsigned i = 0; i < CHECK_REFUSALS; i++) {
        if (!check_open(c))
            return check_verdict(c);
        check_ask_refused(c, i);
        if (!check_is_error(c))
            continue;
        any = true;
        check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
        if (check_is_done(c))
            continue;
        command = vfu_command_by_number(refusals[i].command);
        return check_fail(c, "the reply to the command behind %s, which was refused, was due",
                          command ? command->name : "an unknown one");
    }
    return any ? CHECK_PASSES : check_skip(c, "nothing was refused");
}

bool check_leaves_bodies(struct check *c)
{
    struct check_verdict kept = c->verdict;

    if (c->bodies == CHECK_BODIES_UNKNOWN)
        c->bodies = check_refused_body(c) == CHECK_FAILS ? CHECK_BODIES_LEFT : CHECK_BODIES_READ;
    c->verdict = kept;
    return c->bodies == CHECK_BODIES_LEFT;
}
