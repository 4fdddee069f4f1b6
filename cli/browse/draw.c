/*
 * The whole screen, from what is known: it changes nothing but what has to stay in sight.
 */
#include "cli/browse/inside.h"

#include <stdio.h>

static void too_small(struct browse *b, const struct browse_layout *y)
{
    char text[80];

    snprintf(text, sizeof text, "%ux%u: at least %dx%d are needed (q ends)", y->columns, y->rows, BROWSE_COLUMNS, BROWSE_ROWS);
    browse_put_words(b->terminal, 0, 0, y->columns, PAINT_PLAIN, text);
    browse_terminal_show(b->terminal);
}

void browse_draw(struct browse *b)
{
    struct browse_layout y = browse_layout(b);

    browse_terminal_begin(b->terminal);
    if (y.rows < BROWSE_ROWS || y.columns < BROWSE_COLUMNS) {
        too_small(b, &y);
        return;
    }
    browse_draw_tabs(b, &y);
    if (b->page) {
        browse_draw_page(b, &y);
    } else {
        browse_draw_list(b, &y);
        browse_draw_bar(b, &y);
        browse_draw_fields(b, &y);
        browse_draw_bytes(b, &y);
    }
    browse_draw_bottom(b, &y);
}
