/*
 * The line of an exchange, put together of pieces that stand at columns, and go on in the next line where they do not fit.
 */
#include "decoder/sinks/inside.h"

#include <string.h>

/* Where what was done begins. */
unsigned text_column_what(const struct vfu_text *t)
{
    return TEXT_HANGS + text_file_width(t);
}

struct vfu_writer *text_piece(struct text_piece *p)
{
    p->w = vfu_writer(p->text, sizeof p->text, NULL, NULL);
    return &p->w;
}

/* Columns that the bytes take, in UTF-8. */
unsigned text_columns(const char *text, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((uint8_t)text[i] & 0xc0) != 0x80;
    return count;
}

static void hang(struct vfu_text *t, struct vfu_writer *w)
{
    vfu_write_char(w, '\n');
    text_indent(w, text_column_what(t));
    t->half.column = text_column_what(t);
    t->half.shift = 0;
}

/* Where this line ends, in columns as half.column counts them; 0: nowhere. */
unsigned text_line_end(const struct vfu_text *t)
{
    return t->width > t->half.shift ? t->width - t->half.shift : t->width != 0;
}

/* How much of the text goes into `room` columns: up to a blank or behind a comma, where there is one. */
size_t text_fitting(const char *text, size_t size, unsigned room)
{
    size_t fits = 0, end = 0;
    unsigned used = 0;

    for (; end < size && used < room; end++) {
        used += ((uint8_t)text[end] & 0xc0) != 0x80;
        if (text[end] == ',' || text[end] == ' ')
            fits = end + 1;
    }
    while (end < size && ((uint8_t)text[end] & 0xc0) == 0x80)
        end++;
    return end == size || !fits ? end : fits;
}

/* Put words at a column, or two behind what is there; on a line of their own where they do not fit. */
void text_put(struct vfu_text *t, struct vfu_writer *w, unsigned column, const char *colour, const char *text, size_t size)
{
    unsigned width = text_columns(text, size), blanks = t->half.column + 2 < column ? column - t->half.column : 2;

    if (!size)
        return;
    if (t->half.column == text_column_what(t))
        blanks = 0;
    else if (t->width && t->half.column + blanks + width > text_line_end(t))
        blanks = 2;
    if (t->width && t->half.column + blanks + width > text_line_end(t) &&
        (t->half.column > text_column_what(t) || t->half.shift) &&
        (text_column_what(t) + width <= t->width || t->half.column + blanks + TEXT_LEAST_PART > text_line_end(t))) {
        hang(t, w);
        blanks = 0;
    }
    text_indent(w, blanks);
    t->half.column += blanks;
    if (colour[0])
        text_colour(t, w, colour);
    while (t->width && t->half.column + text_columns(text, size) > text_line_end(t) &&
           t->width >= text_column_what(t) + TEXT_LEAST_PART) {
        size_t part = text_fitting(text, size, text_line_end(t) - t->half.column);

        vfu_write(w, text, part - (text[part - 1] == ' '));
        text += part;
        size -= part;
        if (!size)
            break;
        hang(t, w);
    }
    vfu_write(w, text, size);
    t->half.column += text_columns(text, size);
    if (colour[0])
        text_colour(t, w, TEXT_PLAIN);
}

void text_put_piece(struct vfu_text *t, struct vfu_writer *w, unsigned column, const char *colour, const struct text_piece *p)
{
    size_t skip = 0;

    while (skip < p->w.used && p->text[skip] == ' ') /* pieces of the other format bring their own blanks */
        skip++;
    text_put(t, w, column, colour, p->text + skip, p->w.used - skip);
}

void text_put_words(struct vfu_text *t, struct vfu_writer *w, unsigned column, const char *colour, const char *text)
{
    text_put(t, w, column, colour, text, strlen(text));
}
