/*
 * `vfuscope help --complete filter:TEXT`, and `inject:TEXT`, which the completion scripts call: what may come next in a filter, or in
 * an injection, that ends so.
 */
#include "capture/tap/inject.h"
#include "cli/complete.h"
#include "cli/output/known.h"
#include "decoder/wire/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
    char **list;
    size_t count, room;
};

static void take(void *context, const char *word)
{
    struct words *w = context;
    char *copy = strdup(word);

    if (copy && VFU_GROW(w->list, w->room, w->count + 1))
        w->list[w->count++] = copy;
    else
        free(copy);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How many bytes of the text stand before the word, and the words, each once; a line each. */
static void print(size_t before, struct words *w)
{
    if (w->count)
        qsort(w->list, w->count, sizeof *w->list, by_name);
    printf("%zu\n", before);
    for (size_t i = 0; i < w->count; i++)
        if (i == 0 || strcmp(w->list[i], w->list[i - 1]) != 0)
            puts(w->list[i]);
    for (size_t i = 0; i < w->count; i++)
        free(w->list[i]);
    free(w->list);
}

static void complete_filter(const char *text, bool early)
{
    struct cli_known *k = cli_known_new();
    struct vfu_filter_known known = cli_known_of(k, NULL);
    struct words w = { 0 };
    size_t before = vfu_filter_complete(text, early, &known, take, &w);

    print(before, &w);
    cli_known_free(k);
}

/* Behind the filter's colon: actions, and what they take. */
static void complete_action(const char *text, const char *word)
{
    static const char *const actions[] = { "error=", "delay=", "drop", "duplicate", "corrupt=", "set=", "truncate=", "close",
                                           "dropfds", "split=", "glue", "reorder", "hold=", "when=", "probability=" };
    struct words w = { 0 };

    if (strncmp(word, "error=", 6) == 0) {
        word += 6;
        for (const struct vfu_name *n = vfu_errno_names; n->name; n++)
            if (strncmp(n->name, word, strlen(word)) == 0)
                take(&w, n->name);
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strncmp(actions[i], word, strlen(word)) == 0 && word[-1] == ':')
            take(&w, actions[i]);
    print((size_t)(word - text), &w);
}

bool cli_complete_filter(const char *what)
{
    const char *text, *colon;

    if (strncmp(what, "filter:", 7) == 0) {
        complete_filter(what + 7, false);
        return true;
    }
    if (strncmp(what, "inject:", 7) != 0)
        return false;
    text = what + 7;
    colon = text + vfu_inject_filter_size(text);
    if (*colon)
        complete_action(text, strrchr(colon, ':') + 1);
    else
        complete_filter(text, true);
    return true;
}
