/*
 * The lines around the panes: tabs above, the bar between them, keys and what is typed below.
 */
#include "capture/clock.h"
#include "cli/browse/inside.h"

#include <stdio.h>
#include <string.h>

void browse_draw_tabs(struct browse *b, const struct browse_layout *y)
{
    unsigned at = 0;

    browse_put_words(b->terminal, 0, 0, y->columns, PAINT_UNDERLINE, "");
    for (int i = -1; i < 0 || browse_pages[i].fill; i++) {
        bool open = i < 0 ? !b->page : b->page == &browse_pages[i];
        char tab[32];
        int size = snprintf(tab, sizeof tab, " %d %s ", i + 2, i < 0 ? "list" : browse_pages[i].name);

        browse_put_words(b->terminal, 0, at, (unsigned)size, open ? PAINT_REVERSE | PAINT_BOLD : PAINT_UNDERLINE, tab);
        at += (unsigned)size;
    }
    if (at + 9 < y->columns)
        browse_put_words(b->terminal, 0, y->columns - 8, 8, PAINT_UNDERLINE, "? keys ");
}

/* Which row of how many, the filter, and what goes on. */
static void say_state(struct browse *b, char *text, size_t room)
{
    size_t rows = browse_rows(b);
    unsigned percent = 0;
    int at = snprintf(text, room, "%zu/%zu", rows ? b->list.at + 1 : 0, rows);
    bool filling = b->view && browse_view_filling(b->view, &percent);
    uint64_t since = 0, stopped = browse_stopped(b, &since);

    if (rows != b->state.items)
        at += snprintf(text + at, room - (size_t)at, " of %u", b->state.items);
    if (b->state.reading && !b->how->live)
        at += snprintf(text + at, room - (size_t)at, "  reading %u%%", b->state.percent);
    else if (filling && percent < 100)
        at += snprintf(text + at, room - (size_t)at, "  filtering %u%%", percent);
    if (b->follow)
        at += snprintf(text + at, room - (size_t)at, "  FOLLOW");
    if (b->folded)
        at += snprintf(text + at, room - (size_t)at, "  folded");
    if (b->state.damaged)
        at += snprintf(text + at, room - (size_t)at, "  CUT");
    if (b->state.gone)
        at += snprintf(text + at, room - (size_t)at, "  %llu gone", (unsigned long long)b->state.gone);
    if (stopped)
        snprintf(text + at, room - (size_t)at, "  STOPPED #%llu for %llu s", (unsigned long long)stopped,
                 (unsigned long long)((vfu_mono_ns() - since) / 1000000000));
}

void browse_draw_bar(struct browse *b, const struct browse_layout *y)
{
    char name[256], line[EDIT_ROOM + 600], state[256];
    struct vfu_writer w = vfu_writer(name, sizeof name - 1, NULL, NULL);
    unsigned columns;

    vfu_write_printable(&w, b->how->name ? b->how->name : "");
    name[w.used] = '\0';
    snprintf(line, sizeof line, " %s%s%s", name, b->filter[0] ? "  filter: " : "", b->filter);
    say_state(b, state, sizeof state);
    columns = (unsigned)strlen(state);
    browse_put(b->terminal, y->bar, 0, y->columns, PAINT_REVERSE, "", 0, 0);
    if (columns + 3 < y->columns) {
        browse_put_words(b->terminal, y->bar, 0, y->columns - columns - 2, PAINT_REVERSE | PAINT_BOLD, line);
        browse_put_words(b->terminal, y->bar, y->columns - columns - 1, columns, PAINT_REVERSE, state);
    }
}

/* A key and its word at a column; how many columns they took. */
static unsigned draw_key(struct browse *b, const struct browse_layout *y, unsigned at, const struct browse_key *k)
{
    unsigned words = (unsigned)strlen(k->brief), size;
    char keys[24];

    snprintf(keys, sizeof keys, "%.*s", (int)strcspn(k->keys, " "), k->keys);
    size = (unsigned)strlen(keys);
    if (at + size + words + 1 > y->columns)
        return 0;
    browse_put_words(b->terminal, y->bottom, at, size, PAINT_BOLD, keys);
    browse_put_words(b->terminal, y->bottom, at + size + 1, words, PAINT_PLAIN, k->brief);
    return size + words + 3;
}

/* In which row of them a key comes; -1: in none. */
static int rank_of(const struct browse *b, const struct browse_key *k, bool stopped)
{
    if (!k->brief || !(k->places & b->place) || (k->when == LIVE && !browse_takes_lines(b)) || (k->when == STOPPED && !stopped))
        return -1;
    return k->run == browse_quit || k->run == browse_help ? 0 : k->when == STOPPED ? 1 : 2;
}

/* The most used keys where the cursor is: first those that everything else can be found by, then what a stopped message waits for. */
static void draw_keys(struct browse *b, const struct browse_layout *y)
{
    bool stopped = browse_stopped(b, NULL);
    unsigned at = 0;

    for (int rank = 0; rank < 3; rank++)
        for (const struct browse_key *k = browse_keys; k->run; k++)
            if (rank_of(b, k, stopped) == rank)
                at += draw_key(b, y, at, k);
}

/* A mistake, its mark below its column; or what may come next. */
static void draw_beside(struct browse *b, const struct browse_layout *y, unsigned prompt)
{
    if (b->mistake[0]) {
        unsigned at = prompt + (b->mistake_column ? (unsigned)b->mistake_column - 1 : 0);
        char line[600];

        if (at > y->columns / 2)
            at = y->columns / 2;
        snprintf(line, sizeof line, "%*s%s %s", (int)at, "", b->mistake_column ? "v" : "", b->mistake);
        browse_put_words(b->terminal, y->bottom - 1, 0, y->columns, PAINT_RED, line);
    } else if (b->offers[0]) {
        browse_put_words(b->terminal, y->bottom - 1, 0, y->columns, PAINT_CYAN, b->offers);
    }
}

static void draw_question(struct browse *b, const struct browse_layout *y)
{
    unsigned prompt = browse_columns(b->terminal, b->question->prompt, strlen(b->question->prompt));
    unsigned cursor = browse_columns(b->terminal, b->edit.text, b->edit.at);
    unsigned room = y->columns > prompt + 1 ? y->columns - prompt : 1, skip = cursor >= room ? cursor - room + 1 : 0;

    draw_beside(b, y, prompt > skip ? prompt - skip : 0);
    browse_put_words(b->terminal, y->bottom, 0, prompt, PAINT_BOLD, b->question->prompt);
    browse_put(b->terminal, y->bottom, prompt, room, PAINT_PLAIN, b->edit.text, b->edit.size, skip);
    browse_terminal_show_cursor(b->terminal, y->bottom, prompt + cursor - skip);
}

void browse_draw_bottom(struct browse *b, const struct browse_layout *y)
{
    if (b->question) {
        draw_question(b, y);
        return;
    }
    if (b->said[0])
        browse_put_words(b->terminal, y->bottom, 0, y->columns, b->said_wrong ? PAINT_RED : PAINT_BOLD, b->said);
    else
        draw_keys(b, y);
    browse_terminal_show(b->terminal);
}
