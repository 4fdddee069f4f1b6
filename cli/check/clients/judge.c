/*
 * vfuscope check --client: what became of the client, and whether that was due.
 */
#include "cli/check/clients/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const due_words[] = {
    [DUE_GO_ON] = "go on, the server is right",
    [DUE_SURVIVE] = "go on, or give up in good order",
    [DUE_AGAIN] = "ask again, with the room that the reply's argsz names",
    [DUE_ANSWER] = "an answer with all that was asked for",
    [DUE_REFUSAL] = "an error reply",
};

/* How many commands follow in the plain run on what the case is about, but for unmapping. */
static unsigned plain_after(const struct client_case *c, const struct client_seen *plain)
{
    unsigned matched = 0, after = 0;
    bool met = false;

    for (unsigned i = 0; i < plain->log_count; i++) {
        const struct client_logged *l = &plain->log[i];

        after += met && l->command != VFU_DMA_UNMAP;
        met = met || (client_is_about(c, l->command, l->index, c->posted && l->posted) && ++matched >= c->nth);
    }
    return after;
}

static void say_did(const struct client_play *p, const struct client_outcome *o, struct check_verdict *v)
{
    const struct client_seen *s = &p->seen;
    char after[160] = "sent nothing more", asked[96] = "";
    unsigned answered = 0, refused = 0;

    for (unsigned i = 0; i < s->asked_count; i++) {
        answered += s->asked[i].answered;
        refused += s->asked[i].refused;
    }
    if (!p->met)
        snprintf(after, sizeof after, "sent %u command%s", s->commands, vfu_plural(s->commands));
    else if (s->after)
        snprintf(after, sizeof after, "sent %u command%s more, the last a %s", s->after, vfu_plural(s->after), s->last);
    if (s->asked_count)
        snprintf(asked, sizeof asked, ", answered %u of %u questions%s", answered, s->asked_count, refused ? " with an error" : "");
    snprintf(v->did, sizeof v->did, "%s%s%s%s", after, asked,
             s->again ? ", asked again" : "",
             o->end == CLIENT_HUNG ? ", and hung" : o->end == CLIENT_CRASHED ? ", and crashed" :
             o->back ? ", closed, and came back" : p->closed ? "" : ", and closed");
}

__attribute__((format(printf, 3, 4))) static void give(struct check *c, enum check_result result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    c->verdict.result = result;
    vsnprintf(c->verdict.why, sizeof c->verdict.why, format, args);
    va_end(args);
}

/* Who sends so many commands more has read what stood before their replies, however many it has under way. */
enum { PASSED_OVER = 16 };

static void judge_answers(const struct client_play *p, bool hangs, struct check *c)
{
    const struct client_seen *s = &p->seen;
    const struct client_question *last = s->asked_count ? &s->asked[s->asked_count - 1] : NULL;

    if (!last || p->lacks)
        give(c, CHECK_DOES_NOT_APPLY, "%s", p->lacks ? p->lacks : "nothing could be asked");
    else if (!last->answered && !last->late && !hangs && s->after < PASSED_OVER)
        give(c, CHECK_DOES_NOT_APPLY, "the client left before it had to answer");
    else if (!last->answered)
        give(c, CHECK_FAILS, "it did not answer the %s", last->write ? "DMA_WRITE" : "DMA_READ");
    else if (last->late)
        give(c, CHECK_FAILS, "it did not answer the %s while it waited for its own reply", last->write ? "DMA_WRITE" : "DMA_READ");
    else if (p->now->due == DUE_REFUSAL && !last->refused)
        give(c, CHECK_FAILS, "it answered without an error");
    else if (p->now->due == DUE_ANSWER && last->refused && !s->master)
        give(c, CHECK_DOES_NOT_APPLY, "the client refuses while it does not let the device do DMA (bus mastering is off)");
    else if (p->now->due == DUE_ANSWER && !last->whole)
        give(c, CHECK_FAILS, "it answered with %s", last->refused ? "an error" : "other data than was asked for");
}

/* The moment came, and the client is neither dead nor hanging. */
static void judge_manners(const struct client_play *p, const struct client_outcome *o, unsigned usual, struct check *c)
{
    const struct client_seen *s = &p->seen;

    if (p->now->due == DUE_GO_ON && usual && !s->after && !o->back)
        give(c, CHECK_FAILS, "it gave up, though the server is right");
    else if (p->now->due == DUE_AGAIN && !s->again)
        give(c, CHECK_FAILS, "it did not ask again");
    else if (p->now->due == DUE_ANSWER || p->now->due == DUE_REFUSAL)
        judge_answers(p, o->end == CLIENT_HUNG, c);
}

void client_judge(const struct client_play *p, const struct client_outcome *o, const struct client_seen *plain, struct check *c)
{
    struct check_verdict *v = &c->verdict;
    bool is_plain = p->now == client_plain;

    *v = (struct check_verdict){ .result = CHECK_PASSES };
    snprintf(v->done, sizeof v->done, "%s%s%s", is_plain ? "" : "the server ", p->now->text,
             p->met || is_plain ? "" : " (that did not come about)");
    snprintf(v->due, sizeof v->due, "%s", due_words[p->now->due]);
    say_did(p, o, v);
    if (!is_plain && o->end != CLIENT_LEFT && o->end == o->plain) {
        give(c, CHECK_NOT_TRIED, "it %s without that, too",
             o->end == CLIENT_CRASHED ? "crashes" : o->end == CLIENT_HUNG ? "hangs" : "does not connect");
        v->lacking = client_plain->id;
        return;
    }
    if (o->end == CLIENT_ABSENT)
        give(c, CHECK_FAILS, "it did not connect");
    else if (o->end == CLIENT_CRASHED)
        give(c, CHECK_FAILS, "it crashed: %s", o->how);
    else if (p->seen.garbage)
        give(c, CHECK_FAILS, "what it sent is no message");
    else if (o->end == CLIENT_HUNG)
        give(c, CHECK_FAILS, "it hung: for %u ms it neither ended nor sent anything", p->timeout_ms);
    else if (!is_plain && !p->met)
        give(c, CHECK_DOES_NOT_APPLY, "the client does nothing that this is about");
    else if (p->now->ends && !o->is_command)
        give(c, CHECK_DOES_NOT_APPLY, "what becomes of a client behind its connection's end is only seen of a command (--)");
    else if (p->seen.broken[0])
        give(c, CHECK_FAILS, "it broke a rule: %s", p->seen.broken);
    else if (!is_plain)
        judge_manners(p, o, plain_after(p->now, plain), c);
}
