/*
 * Looking for something: words, the next problem, error, slow one, one of the same place; a number, a time.
 */
#include "cli/browse/inside.h"
#include "decoder/wire/error.h"
#include "decoder/wire/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* It goes on until a key is pressed. */
static bool go_on(void *context)
{
    const struct browse *b = context;

    return !browse_terminal_has_key(b->terminal);
}

static bool seek(struct browse *b, enum browse_seek what, bool forward, const char *text)
{
    uint32_t row;

    if (!browse_rows(b))
        return false;
    row = browse_view_seek(b->view, (uint32_t)b->list.at, forward, what, text, go_on, b);
    if (row == BROWSE_NONE)
        return false;
    b->follow = false;
    browse_choose_row(b, row);
    return true;
}

void browse_find(struct browse *b, int what)
{
    static const char *const names[] = { "problem", "error", "slow one", "one of the same place" };
    enum browse_seek kind = (enum browse_seek)(what >> 1);
    bool forward = what & 1;

    if (!seek(b, kind, forward, NULL))
        browse_say(b, "no %s %s here%s", names[kind], forward ? "behind" : "before", b->filter[0] ? " in what the filter picks" : "");
}

/* --- words --- */

static void search(struct browse *b, bool forward)
{
    if (!seek(b, BROWSE_SEEK_TEXT, forward, b->search))
        browse_wrong(b, "%s: not %s here", b->search, forward ? "behind" : "before");
}

static bool typed(struct browse *b, const char *text, bool done)
{
    struct vfu_error error;

    b->mistake[0] = '\0';
    b->mistake_column = 0;
    if (text[0] && !browse_seek_is_text(text, &error)) {
        snprintf(b->mistake, sizeof b->mistake, "%s", error.text);
        return false;
    }
    if (!done)
        return true;
    if (text[0])
        snprintf(b->search, sizeof b->search, "%s", text);
    browse_ask_end(b);
    if (b->search[0])
        search(b, b->search_forward);
    return true;
}

void browse_search(struct browse *b, int forward)
{
    static const struct browse_question on = { "/", typed, NULL, NULL, HISTORY_SEARCH };
    static const struct browse_question back = { "back/", typed, NULL, NULL, HISTORY_SEARCH };

    b->search_forward = forward;
    browse_ask(b, forward ? &on : &back, "");
}

void browse_search_again(struct browse *b, int same)
{
    if (b->search[0])
        search(b, same ? b->search_forward : !b->search_forward);
    else
        browse_say(b, "nothing was looked for yet (/ does)");
}

/* --- a number, a time --- */

static bool by_number(struct browse *b, const char *text)
{
    char *end;
    unsigned long long no = strtoull(text + (text[0] == '#'), &end, 10);

    if (*end || end == text + (text[0] == '#'))
        return false;
    browse_choose_no(b, browse_file(b), no);
    return true;
}

static bool by_time(struct browse *b, const char *text)
{
    uint64_t ns;
    bool since;

    if (!vfu_parse_instant(text, &ns, &since))
        return false;
    b->follow = false;
    browse_choose_item(b, browse_model_by_time(b->model, since ? b->state.first_ns + ns : ns));
    return true;
}

static bool gone_to(struct browse *b, const char *text, bool done)
{
    b->mistake[0] = '\0';
    b->mistake_column = 0;
    if (!done || !text[0] || by_number(b, text) || by_time(b, text))
        return true;
    snprintf(b->mistake, sizeof b->mistake, "#N, or a time: 1.5 or 250ms since the begin, 2026-01-31T13:05:00+01:00");
    return false;
}

void browse_goto(struct browse *b, int unused)
{
    static const struct browse_question question = { "go to (#N or a time): ", gone_to, NULL, NULL, -1 };

    (void)unused;
    browse_ask(b, &question, "");
}
