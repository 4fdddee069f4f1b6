/*
 * vfuscope check: the header, and which reply belongs to which command.
 */
#include "cli/check/requirements/inside.h"

#define SECTION "Header"

static enum check_result header_id(struct check *c)
{
    static const uint16_t ids[] = { 0, 1, 0x7fff, 0xffff };

    if (!check_open(c))
        return check_verdict(c);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        check_ask(c, VFU_DEVICE_GET_INFO, WITH({ "header.id", ids[i] }));
        if (!check_is_done(c))
            return check_fail(c, "the reply to id %u was due", ids[i]);
    }
    return CHECK_PASSES;
}

/* A header alone, whose size field is this. */
static enum check_result with_size(struct check *c, uint32_t size)
{
    if (!check_open(c) || !check_begin(c, VFU_DEVICE_RESET, WITH({ "header.size", size })))
        return check_verdict(c);
    if (check_send(c) || c->was_closed)
        check_receive(c);
    if (c->answer == CHECK_SILENT)
        return check_fail(c, "neither an error reply nor the end of the connection");
    return check_survived(c);
}

static enum check_result size_short(struct check *c)
{
    return with_size(c, VFU_HEADER_SIZE - 1);
}

static enum check_result size_zero(struct check *c)
{
    return with_size(c, 0);
}

static enum check_result size_huge(struct check *c)
{
    return with_size(c, UINT32_MAX);
}

static enum check_result type_unknown(struct check *c)
{
    if (!check_open(c) || !check_begin(c, VFU_DEVICE_GET_INFO, WITH({ "header.flags", 2 })))
        return check_verdict(c);
    if (check_send(c) || c->was_closed)
        check_receive(c);
    if (c->answer == CHECK_STRAY && !(c->reply->flags & VFU_ERROR))
        return check_fail(c, "it was taken for a command");
    return check_survived(c);
}

static enum check_result reply_unasked(struct check *c)
{
    if (!check_open(c) || !check_begin(c, VFU_DMA_READ, WITH({ "header.flags", VFU_TYPE_REPLY })) || !check_send(c))
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
    if (c->answer == CHECK_STRAY)
        return check_fail(c, "a reply was replied to");
    if (c->answer == CHECK_SILENT)
        return check_fail(c, "nothing is answered after that");
    return check_next(c);
}

static enum check_result unknown_command(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, 999, PLAIN);
    return check_refused(c);
}

static enum check_result servers_command(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_DMA_READ, WITH({ "address", 0 }, { "count", 4 }));
    return check_refused(c);
}

enum { PIPELINED = 16 };

/* So many commands at once; their replies in the same order. */
static enum check_result pipeline(struct check *c, bool same_id)
{
    uint16_t first;

    if (!check_open(c))
        return check_verdict(c);
    first = (uint16_t)(c->id + 1);
    for (unsigned i = 0; i < PIPELINED; i++)
        if (!check_begin(c, VFU_DEVICE_GET_REGION_INFO,
                         WITH({ "index", i % (c->num_regions ? c->num_regions : 1) },
                              { "header.id", same_id ? first : first + i }, { "argsz", 32 })) ||
            !check_send(c))
            return check_fail(c, "the server closed the connection");
    for (unsigned i = 0; i < PIPELINED; i++) {
        check_receive(c);
        if (c->answer != CHECK_REPLY)
            check_show_sent(c, PIPELINED - 1 - i);
        if (!check_is_done(c))
            return check_fail(c, "the reply to command %u of %u was due", i + 1, PIPELINED);
        if (check_number(c, "index") != i % (c->num_regions ? c->num_regions : 1) ||
            c->reply->id != (same_id ? first : (uint16_t)(first + i)))
            return check_fail(c, "the reply to command %u of %u is another one's", i + 1, PIPELINED);
    }
    return CHECK_PASSES;
}

static enum check_result pipelining(struct check *c)
{
    return pipeline(c, false);
}

static enum check_result ids_reused(struct check *c)
{
    return pipeline(c, true);
}

const struct check_requirement check_header[] = {
    { "header-id", SECTION, "a reply bears its command's id and number", header_id },
    { "header-size-zero", SECTION, "a size of 0 costs an error reply or the connection", size_zero },
    { "header-size-short", SECTION, "a size below 16 costs an error reply or the connection", size_short },
    { "header-size-huge", SECTION, "a size of 4 GiB costs an error reply or the connection", size_huge },
    { "header-type", SECTION, "what is neither command nor reply is not carried out", type_unknown },
    { "header-reply", SECTION, "a reply to nothing is not replied to", reply_unasked, ODD },
    { "unknown-command", "Commands", "a command that nobody knows gets an error reply", unknown_command },
    { "servers-command", "Commands", "a command that only servers send gets an error reply", servers_command },
    { "pipelining", "Command Concurrency", "commands are carried out in the order they came, however many wait",
      pipelining },
    { "ids-reused", SECTION, "commands with one id, all under way, are all answered", ids_reused },
    { NULL },
};
