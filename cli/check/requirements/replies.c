/*
 * vfuscope check: replies: their flags, and which commands get one.
 */
#include "cli/check/requirements/inside.h"

#define SECTION "Header"

enum { CONFIG = VFIO_PCI_CONFIG_REGION_INDEX, NOWHERE = 0xffff };

/* What any device may be asked; the list of fields ends by itself. */
struct question {
    unsigned command;
    struct check_field fields[5];
};

static const struct question good[] = {
    { VFU_DEVICE_GET_INFO, { { NULL, 0 } } },
    { VFU_DEVICE_GET_REGION_INFO, { { "index", CONFIG }, { "argsz", 4096 } } },
    { VFU_DEVICE_GET_IRQ_INFO, { { "index", 0 } } },
    { VFU_REGION_READ, { { "region", CONFIG }, { "count", 4 } } },
    { VFU_DMA_MAP, { { "flags", 3 }, { "address", 0x100000 }, { "size", 0x10000 } } },
    { VFU_DMA_UNMAP, { { "address", 0x100000 }, { "size", 0x10000 } } },
    { VFU_DEVICE_SET_IRQS, { { "flags", VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER }, { "index", 0 } } },
    { VFU_DEVICE_FEATURE, { { "flags", VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION }, { "argsz", 64 } } },
};

enum { GOOD = sizeof good / sizeof good[0] };

/* The reply has these flags; what is not answered, or otherwise, is others' business. */
static bool has_flags(struct check *c, uint32_t flags)
{
    if (c->answer != CHECK_REPLY || (c->reply->flags & VFU_ERROR) != (flags & VFU_ERROR) || c->reply->flags == flags)
        return true;
    check_fail(c, "the flags are 0x%x, 0x%x was due", c->reply->flags, flags);
    return false;
}

static enum check_result header_flags(struct check *c)
{
    if (!check_open_with(c, "{\"capabilities\":{\"max_msg_fds\":8}}") || !has_flags(c, VFU_TYPE_REPLY))
        return check_verdict(c);
    for (unsigned i = 0; i < GOOD; i++) {
        check_ask(c, good[i].command, good[i].fields);
        if (!has_flags(c, VFU_TYPE_REPLY) || (!check_is_done(c) && !check_open(c)))
            return check_verdict(c);
    }
    return CHECK_PASSES;
}

static enum check_result error_flags(struct check *c)
{
    bool any = false;

    for (unsigned i = 0; i < CHECK_REFUSALS; i++) {
        if (!check_open(c))
            return check_verdict(c);
        check_ask_refused(c, i);
        any |= check_is_error(c);
        if (!has_flags(c, VFU_TYPE_REPLY | VFU_ERROR))
            return check_verdict(c);
    }
    return any ? CHECK_PASSES : check_skip(c, "nothing was refused");
}

static enum check_result error_bare(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_REGION_READ, WITH({ "region", NOWHERE }, { "count", 4 }));
    if (!check_is_error(c))
        return check_skip(c, "nothing was refused");
    return c->reply->size == VFU_HEADER_SIZE ? CHECK_PASSES
                                            : check_fail(c, "%u bytes of payload", c->reply->size - VFU_HEADER_SIZE);
}

enum check_result check_no_reply(struct check *c)
{
    if (!check_send(c))
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
    if (c->answer == CHECK_STRAY)
        return check_fail(c, "no reply was due");
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "the reply to the next command was due");
}

static enum check_result no_reply(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < GOOD; i++) {
        if (!check_begin(c, good[i].command, good[i].fields) ||
            !vfu_build_set_number(&c->build, "header.flags", VFU_NO_REPLY))
            return check_verdict(c);
        if (check_no_reply(c) != CHECK_PASSES)
            return check_verdict(c);
    }
    return CHECK_PASSES;
}

/* Commands that are refused, whose body everybody reads. */
static enum check_result no_reply_error(struct check *c)
{
    static const struct question refused[] = {
        { VFU_DEVICE_GET_REGION_INFO, { { "index", NOWHERE }, { "header.flags", VFU_NO_REPLY } } },
        { VFU_REGION_READ, { { "region", NOWHERE }, { "count", 4 }, { "header.flags", VFU_NO_REPLY } } },
        { VFU_DMA_UNMAP, { { "address", 0x7000 }, { "size", 0x1000 }, { "header.flags", VFU_NO_REPLY } } },
        { 999, { { "header.flags", VFU_NO_REPLY } } },
    };

    if (!check_open(c))
        return check_verdict(c);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (!check_begin(c, refused[i].command, refused[i].fields) || check_no_reply(c) != CHECK_PASSES)
            return check_verdict(c);
    return CHECK_PASSES;
}

const struct check_requirement check_replies[] = {
    { "header-flags", SECTION, "a reply has type 1, and no other flags", header_flags },
    { "error-flags", SECTION, "an error reply has type 1, the error flag, and no other flags", error_flags },
    { "error-bare", SECTION, "an error reply is its header alone", error_bare, ODD },
    { CHECK_REFUSED_BODY, SECTION, "the body of a command that is refused is not taken for the next command",
      check_refused_body },
    { "no-reply", SECTION, "a command with No_reply gets no reply", no_reply },
    { "no-reply-error", SECTION, "a command with No_reply gets no error reply either", no_reply_error },
    { NULL },
};
