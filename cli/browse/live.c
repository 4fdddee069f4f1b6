/*
 * Of traffic that goes on: lines for the tap's prompt, and its end.
 */
#include "cli/browse/inside.h"

#include <stdio.h>
#include <string.h>

/* What the prompt says may be many lines: a screen of its own, then. */
static void show_answer(struct browse *b, struct browse_lines *l)
{
    browse_lines_split(l, b->answer.bytes, b->answer.size, browse_terminal_columns(b->terminal));
}

/* The first line of what was said; more of them are shown on a screen of their own. */
static void say_line(struct browse *b, bool good, const char *text, size_t size)
{
    const char *end = size ? memchr(text, '\n', size) : NULL;
    int first = (int)(end ? (size_t)(end - text) : size);

    if (good)
        browse_say(b, "%.*s", first, first ? text : "");
    else
        browse_wrong(b, "%.*s", first, first ? text : "");
}

static bool has_more_lines(const struct browse_text *t)
{
    const char *end = t->size ? memchr(t->bytes, '\n', t->size) : NULL;

    return end && (size_t)(end - t->bytes) + 1 < t->size;
}

static void run(struct browse *b, const char *line)
{
    static const struct browse_page page = { NULL, "What the tap says (Esc goes back)", false, show_answer };
    const struct browse_traffic *t = b->how->traffic;
    struct browse_text said;
    bool good = t->line(t->context, line, browse_text_begin(&said));

    browse_text_end(&said);
    if (!has_more_lines(&said)) {
        say_line(b, good, said.bytes, said.size);
        browse_text_free(&said);
        return;
    }
    browse_text_free(&b->answer);
    b->answer = said;
    browse_page_open(b, &page);
}

static bool typed(struct browse *b, const char *text, bool done)
{
    const struct browse_traffic *t = b->how->traffic;

    if (!done) {
        if (!b->offers[0] && !t->hint(t->context, text, b->offers, sizeof b->offers))
            b->offers[0] = '\0';
        return true;
    }
    browse_ask_end(b);
    if (text[0])
        run(b, text);
    return true;
}

static size_t complete(struct browse *b, const char *text, void (*take)(void *context, const char *word), void *context)
{
    const struct browse_traffic *t = b->how->traffic;

    return t->complete(t->context, text, take, context);
}

bool browse_takes_lines(const struct browse *b)
{
    return b->how->traffic;
}

uint64_t browse_stopped(const struct browse *b, uint64_t *since_ns)
{
    const struct browse_traffic *t = b->how->traffic;

    return t ? t->stopped(t->context, since_ns) : 0;
}

void browse_take_notice(struct browse *b)
{
    const struct browse_traffic *t = b->how->traffic;
    char words[sizeof b->said];

    if (t && t->notice(t->context, words, sizeof words))
        say_line(b, true, words, strlen(words));
}

/* The words that keys begin a line with, or that are one. */
static const char *const lines[] = { [TAP_LINE] = "", [TAP_EDIT] = "edit ", [TAP_ANSWER] = "answer ", [TAP_DROP] = "drop",
                                     [TAP_FORWARD] = "forward", [TAP_STEP] = "step", [TAP_CONTINUE] = "continue" };

void browse_tap_ask(struct browse *b, int line)
{
    static const struct browse_question question = { "(tap) ", typed, complete, NULL, HISTORY_TAP };

    browse_ask(b, &question, lines[line]);
    typed(b, lines[line], false);
}

void browse_tap_run(struct browse *b, int line)
{
    run(b, lines[line]);
}

bool browse_may_end(struct browse *b)
{
    unsigned clients = b->how->clients ? atomic_load(b->how->clients) : 0;

    if (!clients || b->sure)
        return true;
    b->sure = true;
    browse_wrong(b, "%u client%s %s connected, and would be cut off: q again ends the tap", clients, clients == 1 ? "" : "s",
                 clients == 1 ? "is" : "are");
    return false;
}

void browse_quit(struct browse *b, int unused)
{
    (void)unused;
    if (b->place != AT_LIST)
        browse_go_back(b, 0);
    else if (browse_may_end(b))
        b->over = true;
}
