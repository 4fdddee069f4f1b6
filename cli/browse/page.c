/*
 * A screen of its own: lines that can be walked through, and that lead to messages.
 */
#include "capture/clock.h"
#include "cli/browse/inside.h"

#include <stdio.h>

#define RENEW_NS UINT64_C(500000000) /* between two makings of the lines, */
enum { RENEW_TIMES = 10 };           /* or so many times what one takes */

void browse_page_take(struct browse *b, struct browse_lines *l, struct browse_text *t)
{
    browse_text_end(t);
    browse_lines_split(l, t->bytes, t->size, browse_terminal_columns(b->terminal));
    browse_text_free(t);
}

static struct browse_seen seen_by(const struct browse *b)
{
    return (struct browse_seen){ b->state.items, b->state.messages, b->chosen, b->state.reading };
}

void browse_page_refresh(struct browse *b)
{
    uint64_t begin = vfu_mono_ns(), took;

    if (!b->page)
        return;
    b->page_seen = seen_by(b);
    browse_lines_clear(&b->lines);
    b->page->fill(b, &b->lines);
    if (b->lines.failed)
        browse_wrong(b, "out of memory: not all is shown");
    took = vfu_mono_ns() - begin;
    b->page_due_ns = begin + took + (took * RENEW_TIMES > RENEW_NS ? took * RENEW_TIMES : RENEW_NS);
}

int browse_page_renew(struct browse *b)
{
    struct browse_seen now = seen_by(b);
    uint64_t ns = vfu_mono_ns();

    if (!b->page || !b->page->name ||
        (now.items == b->page_seen.items && now.messages == b->page_seen.messages && now.chosen == b->page_seen.chosen &&
         now.reading == b->page_seen.reading))
        return -1;
    if (ns < b->page_due_ns)
        return (int)((b->page_due_ns - ns) / 1000000) + 1;
    browse_page_refresh(b);
    return -1;
}

/* --- what a line leads to --- */

static const struct browse_line *line_of(struct browse *b)
{
    if (b->link_line != b->line.at)
        b->link = 0;
    b->link_line = b->line.at;
    return b->line.at < b->lines.count ? &b->lines.list[b->line.at] : NULL;
}

/* The one that is chosen; 0: there are no several. */
static uint64_t link_of(struct browse *b, const struct browse_line *line, unsigned which, size_t *start, size_t *end)
{
    const char *text = browse_line_text(&b->lines, line);

    return browse_link_in(text, line->size, 1, start, end) ? browse_link_in(text, line->size, which, start, end) : 0;
}

uint64_t browse_page_link(struct browse *b)
{
    const struct browse_line *line = line_of(b);
    size_t start, end;
    uint64_t no = line ? link_of(b, line, b->link, &start, &end) : 0;

    return no ? no : line ? line->no : 0;
}

void browse_next_link(struct browse *b, int unused)
{
    const struct browse_line *line = line_of(b);
    size_t start, end;

    (void)unused;
    if (line && link_of(b, line, b->link + 1, &start, &end))
        b->link++;
    else
        b->link = 0;
}

static void draw_link(struct browse *b, unsigned row, unsigned columns)
{
    const struct browse_line *line = line_of(b);
    size_t start, end;

    if (line && link_of(b, line, b->link, &start, &end)) {
        const char *text = browse_line_text(&b->lines, line);
        unsigned at = browse_columns(b->terminal, text, start);

        if (at >= b->page_aside && at - b->page_aside + (end - start) < columns)
            browse_put(b->terminal, row, at - b->page_aside, (unsigned)(end - start), PAINT_BOLD | PAINT_UNDERLINE, text + start,
                       end - start, 0);
    }
}

void browse_page_open(struct browse *b, const struct browse_page *page)
{
    static const struct browse_scroll start = { 0 };

    if (page != b->last_page)
        b->line = start;
    b->page = b->last_page = page;
    b->place = AT_PAGE;
    b->page_aside = 0;
    browse_page_refresh(b);
}

void browse_page_close(struct browse *b)
{
    b->page = NULL;
    b->place = AT_LIST;
}

/* The line of what it shows; of the chosen one, by its number. */
static void draw_title(struct browse *b, const struct browse_layout *y)
{
    struct browse_item item = { 0 };
    char title[256];

    if (b->chosen != BROWSE_NONE)
        browse_model_item(b->model, b->chosen, &item);
    if (b->page->as_of_chosen && item.no)
        snprintf(title, sizeof title, "%s, as of #%llu", b->page->title,
                 (unsigned long long)(item.reply_no ? item.reply_no : item.no));
    else
        snprintf(title, sizeof title, "%s%s", b->page->title, b->page->as_of_chosen ? ", as of the chosen event" : "");
    browse_put_words(b->terminal, y->list, 0, y->columns, PAINT_BOLD, title);
}

void browse_draw_page(struct browse *b, const struct browse_layout *y)
{
    unsigned first = y->list + 1, rows = y->bottom - first;

    draw_title(b, y);
    browse_scroll_keep(&b->line, b->lines.count, rows);
    for (unsigned i = 0; i < rows && b->line.top + i < b->lines.count; i++) {
        size_t at = b->line.top + i;
        const struct browse_line *line = &b->lines.list[at];

        browse_put(b->terminal, first + i, 0, y->columns, at == b->line.at ? PAINT_REVERSE | PAINT_ONLY : PAINT_PLAIN,
                   browse_line_text(&b->lines, line), line->size, b->page_aside);
        if (at == b->line.at)
            draw_link(b, first + i, y->columns);
    }
}
