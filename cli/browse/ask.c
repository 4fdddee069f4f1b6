/*
 * The bottom line, while something is typed there: completion, what was typed before, mistakes.
 */
#include "cli/browse/inside.h"
#include "cli/matches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void browse_ask(struct browse *b, const struct browse_question *question, const char *text)
{
    b->question = question;
    b->said[0] = b->mistake[0] = b->offers[0] = '\0';
    b->mistake_column = 0;
    if (question->history >= 0)
        b->history_at = b->history[question->history].count;
    browse_edit_set(&b->edit, text);
}

void browse_ask_end(struct browse *b)
{
    b->question = NULL;
    b->mistake[0] = b->offers[0] = '\0';
}

/* --- what was typed before --- */

static void remember(struct browse_history *h, const char *text)
{
    char *copy;

    if (!text[0] || (h->count && strcmp(h->list[h->count - 1], text) == 0) || (copy = strdup(text)) == NULL)
        return;
    if (h->count == BROWSE_HISTORY) {
        free(h->list[0]);
        memmove(h->list, h->list + 1, sizeof h->list - sizeof h->list[0]);
        h->count--;
    }
    h->list[h->count++] = copy;
}

static void recall(struct browse *b, int by)
{
    const struct browse_history *h;

    if (b->question->history < 0)
        return;
    h = &b->history[b->question->history];
    if ((by < 0 && b->history_at == 0) || (by > 0 && b->history_at >= h->count))
        return;
    b->history_at += (size_t)by;
    browse_edit_set(&b->edit, b->history_at < h->count ? h->list[b->history_at] : "");
}

/* --- completion --- */

static void take(void *context, const char *word)
{
    cli_matches_add(context, word);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of them in a line, as many as fit. */
static void offer(struct browse *b, struct cli_matches *m)
{
    size_t at = 0;

    qsort(m->words, m->count, sizeof m->words[0], by_name);
    b->offers[0] = '\0';
    for (size_t i = 0; i < m->count && at < sizeof b->offers; i++)
        at += (size_t)snprintf(b->offers + at, sizeof b->offers - at, "%s%s", i ? "  " : "", m->words[i]);
}

static void complete(struct browse *b)
{
    struct cli_matches m = { 0 };
    char *text = strndup(b->edit.text, b->edit.at), *shared;
    size_t have, size;

    if (!text)
        return;
    m.prefix = text + b->question->complete(b, text, take, &m);
    have = strlen(m.prefix);
    size = m.count ? cli_matches_common(&m) : 0;
    shared = m.count ? strndup(m.words[0], size) : NULL;
    if (shared && (size > have || m.count == 1)) {
        browse_edit_replace(&b->edit, have, shared);
        if (m.count == 1 && (!size || shared[size - 1] != '=')) /* a value follows at once */
            browse_edit_replace(&b->edit, 0, " ");
    }
    if (m.count > 1)
        offer(b, &m);
    free(shared);
    free(text);
    cli_matches_free(&m);
}

/* --- keys --- */

static void leave(struct browse *b)
{
    void (*left)(struct browse *) = b->question->left;

    browse_ask_end(b);
    if (left)
        left(b);
}

static void enter(struct browse *b)
{
    const struct browse_question *q = b->question;

    if (!q->typed(b, b->edit.text, true))
        return;
    if (q->history >= 0)
        remember(&b->history[q->history], b->edit.text);
    if (b->question == q)
        browse_ask_end(b);
}

void browse_answer(struct browse *b, int code)
{
    bool changed = true;

    b->offers[0] = '\0';
    switch (code) {
    case KEYS_ENTER:
        enter(b);
        return;
    case KEYS_ESCAPE:
    case KEYS_CTRL('c'):
    case KEYS_CTRL('g'):
        leave(b);
        return;
    case '\t':
        if (b->question->complete)
            complete(b);
        break;
    case KEYS_UP:
    case KEYS_CTRL('p'):
        recall(b, -1);
        break;
    case KEYS_DOWN:
    case KEYS_CTRL('n'):
        recall(b, 1);
        break;
    case KEYS_BACKSPACE:
        if (!b->edit.size) {
            leave(b);
            return;
        }
        browse_edit_key(&b->edit, code);
        break;
    default:
        changed = browse_edit_key(&b->edit, code);
    }
    if (changed)
        b->question->typed(b, b->edit.text, false);
}
