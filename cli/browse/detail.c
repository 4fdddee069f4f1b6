/*
 * Below the list: the chosen one's fields, and beside them its bytes, with those marked that the field under the cursor is made of.
 */
#include "cli/browse/inside.h"
#include "decoder/wire/header.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 256 };

/* --- fields --- */

static unsigned paint_of(const char *text, const struct browse_line *line)
{
    size_t at = 0;

    while (at < line->size && text[at] == ' ')
        at++;
    if (line->head)
        return PAINT_BOLD;
    if (at + 1 < line->size && text[at] == '!')
        return PAINT_RED;
    if (at + 7 < line->size && (memcmp(text + at, "because", 7) == 0 || memcmp(text + at, "perhaps", 7) == 0))
        return PAINT_CYAN;
    return at + 7 < line->size && memcmp(text + at, "header:", 7) == 0 ? PAINT_DIM : PAINT_PLAIN;
}

void browse_draw_fields(struct browse *b, const struct browse_layout *y)
{
    browse_fields_ready(b, y->fields_columns);
    browse_scroll_keep(&b->field, b->fields.count, y->below_rows);
    for (unsigned i = 0; i < y->below_rows && b->field.top + i < b->fields.count; i++) {
        const struct browse_line *line = &b->fields.list[b->field.top + i];
        const char *text = browse_line_text(&b->fields, line);
        unsigned paint = paint_of(text, line);

        if (b->place == AT_FIELDS && b->field.top + i == b->field.at)
            paint = PAINT_REVERSE | PAINT_ONLY;
        browse_put(b->terminal, y->below + i, 0, y->fields_columns, paint, text, line->size, 0);
    }
}

/* --- bytes --- */

struct dump {
    const uint8_t *bytes;
    size_t size, from, to; /* marked: from .. to - 1 */
};

static bool take_dump(const struct browse *b, struct dump *d)
{
    const struct vfu_event *e = browse_field_event(b);
    const struct browse_line *line = b->field.at < b->fields.count ? &b->fields.list[b->field.at] : NULL;

    *d = (struct dump){ 0 };
    if (!e)
        return false;
    if (e->kind == VFU_EVENT_UNFRAMED) {
        d->bytes = e->unframed.bytes;
        d->size = e->unframed.size;
    } else if (e->kind == VFU_EVENT_MESSAGE) {
        d->bytes = e->message.bytes;
        d->size = e->message.captured;
    }
    if (line && !line->head && b->place == AT_FIELDS) {
        d->from = line->at;
        d->to = (size_t)line->at + line->bytes;
    }
    return d->size > 0;
}

static void draw_byte(struct browse *b, const struct browse_layout *y, const struct dump *d, unsigned row, size_t at)
{
    size_t in = at % y->across;
    unsigned hex = y->bytes + 5 + (unsigned)(in * 3 + in / 8), characters = y->bytes + 5 + y->across * 3 + y->across / 8;
    bool marked = at >= d->from && at < d->to;
    unsigned paint = marked ? PAINT_REVERSE : at < VFU_HEADER_SIZE ? PAINT_DIM : PAINT_PLAIN;
    char text[4];

    snprintf(text, sizeof text, "%02x", d->bytes[at]);
    browse_put_words(b->terminal, row, hex, marked && in + 1 < y->across && at + 1 < d->to && (in + 1) % 8 ? 3 : 2, paint, text);
    text[0] = d->bytes[at] >= 0x20 && d->bytes[at] < 0x7f ? (char)d->bytes[at] : '.';
    text[1] = '\0';
    browse_put_words(b->terminal, row, characters + (unsigned)in, 1, paint, text);
}

/* Those that are marked are in sight, unless the person looks elsewhere. */
static size_t first_row(struct browse *b, const struct browse_layout *y, const struct dump *d)
{
    size_t rows = (d->size + y->across - 1) / y->across, first = 0;

    if (d->to > d->from && d->from / y->across >= y->below_rows)
        first = d->from / y->across - y->below_rows / 3;
    if (first + b->bytes_top >= rows)
        b->bytes_top = rows > first ? rows - first - 1 : 0;
    return first + b->bytes_top;
}

void browse_draw_bytes(struct browse *b, const struct browse_layout *y)
{
    struct dump d;
    size_t first;

    for (unsigned i = 0; i < y->below_rows; i++)
        browse_put_words(b->terminal, y->below + i, y->bytes - 1, 1, PAINT_DIM,
                         browse_terminal_is_utf8(b->terminal) ? "\u2502" : "|");
    if (!take_dump(b, &d))
        return;
    first = first_row(b, y, &d);
    for (unsigned i = 0; i < y->below_rows && (first + i) * y->across < d.size; i++) {
        size_t at = (first + i) * y->across;
        char offset[8];

        snprintf(offset, sizeof offset, "%04zx", at & 0xffff);
        browse_put_words(b->terminal, y->below + i, y->bytes, 4, PAINT_DIM, offset);
        for (size_t k = at; k < at + y->across && k < d.size; k++)
            draw_byte(b, y, &d, y->below + i, k);
    }
}
