/*
 * Lines of words that are longer than the terminal is wide go on in the next one, below where they began. They are written to a
 * writer of its own, whose bytes go on from here, so that they may have any length.
 */
#include "decoder/sinks/inside.h"

/* Columns of bytes in UTF-8: those of a colour take none. */
static unsigned columns(const char *text, size_t size)
{
    unsigned count = 0;
    bool colour = false;

    for (size_t i = 0; i < size; i++) {
        colour |= text[i] == '\033';
        count += !colour && ((uint8_t)text[i] & 0xc0) != 0x80;
        colour &= text[i] != 'm';
    }
    return count;
}

/* The word that has come to its end, and the blanks before it. */
static void put_word(struct text_wrap *t)
{
    unsigned width = columns(t->word, t->size);

    if (!t->begun) {
        t->hang = t->blanks + t->by;
        t->begun = t->size;
    } else if (t->size && t->column + t->blanks + width > t->width && t->column > t->hang) {
        vfu_write_char(t->to, '\n');
        t->column = 0;
        t->blanks = t->hang;
    }
    text_indent(t->to, t->blanks);
    vfu_write(t->to, t->word, t->size);
    t->column += t->blanks + width;
    t->blanks = 0;
    t->size = 0;
}

static bool take(void *context, const char *bytes, size_t size)
{
    struct text_wrap *t = context;

    for (size_t i = 0; i < size; i++) {
        if (t->size && (bytes[i] == ' ' || bytes[i] == '\n' || t->size == sizeof t->word))
            put_word(t);
        if (bytes[i] == '\n') {
            vfu_write_char(t->to, '\n');
            t->column = t->blanks = 0;
            t->begun = false;
        } else if (bytes[i] == ' ') {
            t->blanks++;
        } else {
            t->word[t->size++] = bytes[i];
        }
    }
    return true;
}

struct vfu_writer *text_wrap(struct text_wrap *t, unsigned width, unsigned by, struct vfu_writer *to)
{
    t->to = to;
    t->by = by;
    t->width = width;
    t->column = t->blanks = t->hang = 0;
    t->begun = false;
    t->size = 0;
    t->w = vfu_writer(t->room, sizeof t->room, take, t);
    return &t->w;
}

void text_wrap_end(struct text_wrap *t)
{
    vfu_writer_flush(&t->w);
    put_word(t);
}
