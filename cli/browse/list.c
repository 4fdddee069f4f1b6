/*
 * The list: a row an item. What is wrong with one, or was marked, stands in its first two columns.
 */
#include "cli/browse/inside.h"

#include <string.h>

enum { MARKS = 2, LINE = 2048 };

static unsigned put_marks(struct browse *b, uint32_t number, const struct browse_item *item, char marks[MARKS + 1])
{
    unsigned paint = PAINT_PLAIN;

    memcpy(marks, "  ", MARKS + 1);
    if (browse_is_marked(b, number))
        marks[0] = '*';
    if (item->marks & BROWSE_VIOLATION || item->marks & BROWSE_PROBLEM) {
        marks[1] = '!';
        paint = item->marks & BROWSE_VIOLATION ? PAINT_RED : PAINT_YELLOW;
    } else if (item->marks & BROWSE_ERROR) {
        marks[1] = 'E';
        paint = PAINT_RED;
    } else if (item->marks & BROWSE_WAITS) {
        marks[1] = '.';
    }
    return paint;
}

static void draw_row(struct browse *b, const struct browse_layout *y, unsigned row, uint32_t number, bool chosen)
{
    unsigned marked, paint = !chosen ? PAINT_PLAIN : b->place == AT_LIST ? PAINT_REVERSE | PAINT_ONLY : PAINT_BOLD | PAINT_UNDERLINE;
    char text[LINE], marks[MARKS + 1];
    struct vfu_writer w = vfu_writer(text, sizeof text, NULL, NULL);
    struct browse_item item;
    const char *end;

    if (!browse_model_item(b->model, number, &item))
        return;
    browse_row(b, number, &w);
    end = memchr(text, '\n', w.used);
    marked = put_marks(b, number, &item, marks);
    browse_put_words(b->terminal, row, 0, MARKS, chosen ? paint : marked | PAINT_BOLD, marks);
    browse_put(b->terminal, row, MARKS, y->columns - MARKS, paint, text, end ? (size_t)(end - text) : w.used, b->aside);
}

static const char *nothing(const struct browse *b)
{
    if (b->state.reading || browse_view_filling(b->view, NULL))
        return b->filter[0] ? "  looking for what the filter picks ..." : "  reading ...";
    return b->filter[0] ? "  Nothing passes the filter (f changes it, X drops it)." : "  There are no messages.";
}

void browse_draw_list(struct browse *b, const struct browse_layout *y)
{
    size_t count = browse_rows(b);

    browse_scroll_keep(&b->list, count, y->list_rows);
    if (!count)
        browse_put_words(b->terminal, y->list, 0, y->columns, PAINT_DIM, nothing(b));
    for (unsigned i = 0; i < y->list_rows && b->list.top + i < count; i++) {
        uint32_t item = browse_view_item(b->view, (uint32_t)(b->list.top + i));

        if (item != BROWSE_NONE)
            draw_row(b, y, y->list + i, item, b->list.top + i == b->list.at);
    }
}
