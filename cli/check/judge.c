/*
 * vfuscope check: judgements that many requirements share.
 */
#include "cli/check/check.h"

enum check_result check_refused(struct check *c)
{
    return check_is_error(c) ? CHECK_PASSES : check_fail(c, "an error reply was due");
}

enum check_result check_done(struct check *c)
{
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "a reply without error was due");
}

enum check_result check_next(struct check *c)
{
    struct check_words kept = c->said;

    if (check_open(c))
        return CHECK_PASSES;
    c->said = kept;
    return check_fail(c, "the server serves nobody after that");
}

enum check_result check_survived(struct check *c)
{
    return check_is_done(c) ? check_fail(c, "it was taken for a command") : check_next(c);
}

enum check_result check_fits(struct check *c, uint64_t argsz)
{
    if (check_is_done(c) && c->reply->size - VFU_HEADER_SIZE <= argsz)
        return CHECK_PASSES;
    return check_fail(c, "an error reply was due, or one of %u bytes at most", (unsigned)argsz);
}

enum check_result check_short(struct check *c)
{
    static const uint8_t zeros[64];

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, c->now->command, zeros, c->now->number);
    return check_refused(c);
}

enum check_result check_small(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    check_ask(c, c->now->command, WITH({ "argsz", c->now->number }));
    return check_is_error(c) ? CHECK_PASSES : check_fits(c, c->now->number);
}
