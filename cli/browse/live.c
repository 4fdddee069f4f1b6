/*
 * Of traffic that goes on: lines for the tap's prompt, and its end.
 */
#include "cli/browse/inside.h"

#include <stdio.h>

/* What the prompt says may be many lines: a screen of its own, then. */
static void show_answer(struct browse *b, struct browse_lines *l)
{
    browse_lines_split(l, b->answer.bytes, b->answer.size, browse_terminal_columns(b->terminal));
}

static void run(struct browse *b, const char *line)
{
    static const struct browse_page page = { NULL, "What the tap says (Esc goes back)", false, show_answer };
    const struct browse_traffic *t = b->how->traffic;
    const char *end;
    bool good;

    browse_text_free(&b->answer);
    good = t->line(t->context, line, browse_text_begin(&b->answer));
    browse_text_end(&b->answer);
    end = b->answer.size ? memchr(b->answer.bytes, '\n', b->answer.size) : NULL;
    if (end && (size_t)(end - b->answer.bytes) + 1 < b->answer.size)
        browse_page_open(b, &page);
    else if (good)
        browse_say(b, "%.*s", (int)(end ? (size_t)(end - b->answer.bytes) : b->answer.size), b->answer.size ? b->answer.bytes : "");
    else
        browse_wrong(b, "%.*s", (int)(end ? (size_t)(end - b->answer.bytes) : b->answer.size), b->answer.size ? b->answer.bytes : "");
}

static bool typed(struct browse *b, const char *text, bool done)
{
    if (!done || !text[0])
        return true;
    browse_ask_end(b);
    run(b, text);
    return true;
}

static size_t complete(struct browse *b, const char *text, void (*take)(void *context, const char *word), void *context)
{
    const struct browse_traffic *t = b->how->traffic;

    return t->complete ? t->complete(t->context, text, take, context) : strlen(text);
}

bool browse_takes_lines(const struct browse *b)
{
    return b->how->traffic && b->how->traffic->line;
}

void browse_tap_line(struct browse *b, int unused)
{
    static const struct browse_question question = { "tap> ", typed, complete, NULL, -1 };

    (void)unused;
    browse_ask(b, &question, "");
}

void browse_tap_forward(struct browse *b, int unused)
{
    (void)unused;
    run(b, "forward");
}

bool browse_may_end(struct browse *b)
{
    const struct browse_traffic *t = b->how->traffic;
    unsigned clients = t && t->clients ? t->clients(t->context) : 0;

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
