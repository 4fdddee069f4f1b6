/*
 * Where what stands: tabs, the list, a bar, the chosen one's fields with its bytes beside them, and a line for keys and what is
 * typed.
 */
#include "cli/browse/inside.h"

/* A row of the hexdump: offset, hex, characters. */
static unsigned dump_columns(unsigned across)
{
    return 5 + across * 3 + across / 8 + across;
}

struct browse_layout browse_layout_of(unsigned rows, unsigned columns)
{
    struct browse_layout y = { .rows = rows, .columns = columns };
    unsigned rest = rows > 4 ? rows - 3 : 1; /* without tabs, bar, bottom */

    y.list = 1;
    y.list_rows = rest > 60 ? rest - 28 : (rest + 1) / 2;
    y.bar = y.list + y.list_rows;
    y.below = y.bar + 1;
    y.below_rows = rest - y.list_rows;
    y.bottom = rows - 1;
    y.across = columns >= 120 ? 16 : 8;
    y.bytes_columns = dump_columns(y.across);
    y.bytes = columns - y.bytes_columns;
    y.fields_columns = y.bytes - 1;
    return y;
}
