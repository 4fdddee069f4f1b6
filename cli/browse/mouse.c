/*
 * The mouse: what is clicked is chosen, a tab opens, the wheel moves.
 */
#include "cli/browse/inside.h"

#include <stdio.h>
#include <string.h>

enum { WHEEL = 3 };

/* Which tab is there; 0: none. As bottom.c draws them. */
static int tab_at(unsigned column)
{
    unsigned at = 0;

    for (int i = -1; i < 0 || browse_pages[i].fill; i++) {
        at += (unsigned)strlen(i < 0 ? "list" : browse_pages[i].name) + 4;
        if (column < at)
            return i + 2;
    }
    return 0;
}

static void open_tab(struct browse *b, int tab)
{
    if (tab == 1)
        browse_page_close(b);
    else if (tab > 1)
        browse_page_open(b, &browse_pages[tab - 2]);
}

static void click(struct browse *b, const struct browse_layout *y, const struct browse_press *press)
{
    if (press->row == 0) {
        open_tab(b, tab_at(press->column));
    } else if (b->page) {
        if (press->row > y->list && press->row < y->bottom && b->line.top + press->row - y->list - 1 < b->lines.count)
            b->line.at = b->line.top + press->row - y->list - 1;
    } else if (press->row < y->bar) {
        b->place = AT_LIST;
        b->follow = false;
        if (b->list.top + press->row - y->list < browse_rows(b))
            browse_choose_row(b, b->list.top + press->row - y->list);
    } else if (press->row >= y->below && press->row < y->bottom && press->column < y->fields_columns &&
               b->field.top + press->row - y->below < b->fields.count) {
        b->place = AT_FIELDS;
        b->field.at = b->field.top + press->row - y->below;
    }
}

static void wheel(struct browse *b, const struct browse_layout *y, const struct browse_press *press, int by)
{
    if (!b->page && press->row >= y->below && press->column > y->fields_columns) {
        browse_move_bytes(b, by);
        return;
    }
    if (!b->page)
        b->place = press->row < y->below ? AT_LIST : AT_FIELDS;
    browse_move(b, by);
}

void browse_mouse(struct browse *b, const struct browse_press *press)
{
    struct browse_layout y = browse_layout(b);

    b->said[0] = '\0';
    if (press->code == KEYS_MOUSE_UP || press->code == KEYS_MOUSE_DOWN)
        wheel(b, &y, press, press->code == KEYS_MOUSE_UP ? -WHEEL : WHEEL);
    else
        click(b, &y, press);
    if (press->code == KEYS_MOUSE_TWICE && press->row > 0 && b->place != AT_FIELDS)
        browse_go_in(b, 0);
}
