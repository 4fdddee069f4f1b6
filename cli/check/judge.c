/*
 * vfuscope check: verdicts, and judgements that many requirements share.
 */
#include "cli/check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is known of the refusal that was judged last, if it was one. */
static void add_because(const struct check *c, struct check_verdict *v)
{
    const struct vfu_event *e = c->answer == CHECK_REPLY ? c->reply : NULL;
    size_t used = strlen(v->why);

    if (e && e->because_count)
        snprintf(v->why + used, sizeof v->why - used, " (%sbecause %s)", e->because->certain ? "" : "perhaps ",
                 e->because->text);
}

/* The verdict, of what was said last. */
__attribute__((format(printf, 4, 0))) static enum check_result give(struct check *c, enum check_result result,
                                                                   const char *lacking, const char *format,
                                                                   va_list args)
{
    struct check_verdict *v = &c->verdict;

    v->result = result;
    v->lacking = lacking;
    vsnprintf(v->why, sizeof v->why, format, args);
    if (result == CHECK_FAILS)
        add_because(c, v);
    memcpy(v->sent, c->talk.sent, sizeof v->sent);
    memcpy(v->came, c->talk.came, sizeof v->came);
    v->after_refusal = c->after_refusal;
    return result;
}

enum check_result check_fail(struct check *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    give(c, CHECK_FAILS, NULL, format, args);
    va_end(args);
    return CHECK_FAILS;
}

enum check_result check_untried(struct check *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    give(c, CHECK_NOT_TRIED, NULL, format, args);
    va_end(args);
    return CHECK_NOT_TRIED;
}

enum check_result check_lacks(struct check *c, const char *requirement, const char *format, ...)
{
    bool is_it = c->now && strcmp(c->now->id, requirement) == 0;
    va_list args;

    va_start(args, format);
    give(c, is_it ? CHECK_FAILS : CHECK_NOT_TRIED, is_it ? NULL : requirement, format, args);
    va_end(args);
    return check_verdict(c);
}

bool check_has_failed(const struct check *c, const char *requirement)
{
    for (unsigned i = 0; i < c->failures; i++)
        if (strcmp(c->failed[i], requirement) == 0)
            return true;
    return false;
}

enum check_result check_skip(struct check *c, const char *why)
{
    c->verdict.result = CHECK_DOES_NOT_APPLY;
    c->verdict.lacking = NULL;
    snprintf(c->verdict.why, sizeof c->verdict.why, "%s", why);
    return CHECK_DOES_NOT_APPLY;
}

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
    struct check_talk kept = c->talk;

    if (check_open(c))
        return CHECK_PASSES;
    c->talk = kept;
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
        return check_verdict(c);
    check_ask_raw(c, c->now->command, zeros, c->now->number);
    return check_refused(c);
}

enum check_result check_small(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, c->now->command, WITH({ "argsz", c->now->number }));
    return check_is_error(c) ? CHECK_PASSES : check_fits(c, c->now->number);
}
