/*
 * A screen of its own: lines that can be walked through, and that lead to messages.
 */
#include "cli/browse/inside.h"

#include <stdio.h>

void browse_page_take(struct browse *b, struct browse_lines *l, struct browse_text *t)
{
    browse_text_end(t);
    browse_lines_split(l, t->bytes, t->size, browse_terminal_columns(b->terminal));
    browse_text_free(t);
}

void browse_page_refresh(struct browse *b)
{
    if (!b->page)
        return;
    browse_lines_clear(&b->lines);
    b->page->fill(b, &b->lines);
    if (b->lines.failed)
        browse_wrong(b, "out of memory: not all is shown");
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
    }
}
