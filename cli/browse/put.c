/*
 * What is put into cells: text with the sinks' colours. Only characters that take room get there, with what combines with them;
 * whatever else a peer may have sent is a question mark.
 */
#include "cli/browse/cells.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

enum { COMBINED = 3 /* with one character, at most */ };

static attr_t attributes(const struct browse_terminal *t, unsigned paint, short *pair)
{
    attr_t a = A_NORMAL;

    *pair = t->coloured ? (short)(paint & PAINT_COLOUR) : 0;
    if (paint & PAINT_BOLD)
        a |= A_BOLD;
    if (paint & PAINT_DIM)
        a |= A_DIM;
    if (paint & PAINT_REVERSE)
        a |= A_REVERSE;
    if (paint & PAINT_UNDERLINE)
        a |= A_UNDERLINE;
    if (!t->coloured && (paint & PAINT_COLOUR) == PAINT_RED && !(paint & PAINT_REVERSE))
        a |= A_BOLD; /* what is wrong is seen without colours too */
    return a;
}

/* ESC [ N m: what the sinks write. How many bytes of the text it takes; 0: it is none. */
static size_t take_colour(const char *text, size_t size, unsigned *paint)
{
    unsigned number = 0;
    size_t at = 2;

    if (size < 4 || text[0] != '\033' || text[1] != '[')
        return 0;
    for (; at < size && at < 5 && text[at] >= '0' && text[at] <= '9'; at++)
        number = number * 10 + (unsigned)(text[at] - '0');
    if (at == size || text[at] != 'm')
        return 0;
    if (number == 0)
        *paint = PAINT_PLAIN;
    else if (number == 1)
        *paint |= PAINT_BOLD;
    else if (number == 2)
        *paint |= PAINT_DIM;
    else if (number >= 31 && number <= 36)
        *paint = (*paint & ~(unsigned)PAINT_COLOUR) | (number - 30);
    return at + 1;
}

/* A character of UTF-8, whatever the locale's encoding is; what is none is its first byte's question mark. */
static size_t take_character(const char *text, size_t size, wchar_t *c)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned more = s[0] < 0x80 ? 0 : s[0] >= 0xc2 && s[0] < 0xe0 ? 1 : (s[0] & 0xf0) == 0xe0 ? 2 : s[0] >= 0xf0 && s[0] < 0xf5 ? 3 : 9;
    uint32_t code = more == 0 ? s[0] : more < 9 ? s[0] & (0x3fu >> more) : 0;

    *c = L'?';
    if (more == 9 || more >= size)
        return 1;
    for (unsigned i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 1;
        code = code << 6 | (s[i] & 0x3f);
    }
    *c = (wchar_t)code;
    return more + 1;
}

/* How many columns it takes; -1: it is not to be shown. */
static int columns_of(const struct browse_terminal *t, wchar_t c)
{
    if (c >= 0x20 && c < 0x7f)
        return 1;
    if (!t->utf8 || c < 0xa0)
        return -1;
    return wcwidth(c);
}

/* The next cell: a character and what combines with it. How many bytes; *columns of it, 0: it takes none, and is left out. */
static size_t take_cell(const struct browse_terminal *t, const char *text, size_t size, wchar_t cell[COMBINED + 2], int *columns)
{
    size_t used = take_character(text, size, &cell[0]);
    unsigned count = 1;

    *columns = columns_of(t, cell[0]);
    if (*columns < 0) {
        cell[0] = L'?';
        *columns = 1;
    }
    while (*columns > 0 && used < size && text[used] & 0x80) {
        wchar_t next;
        size_t more = take_character(text + used, size - used, &next);

        if (columns_of(t, next) != 0)
            break;
        if (count <= COMBINED)
            cell[count++] = next;
        used += more;
    }
    cell[count] = L'\0';
    return used;
}

static void put_cell(struct browse_terminal *t, unsigned row, unsigned column, unsigned paint, const wchar_t *cell)
{
    short pair;
    attr_t a = attributes(t, paint, &pair);
    cchar_t c;

    if (setcchar(&c, cell, a, pair, NULL) == OK)
        mvadd_wch((int)row, (int)column, &c);
}

static void blank(struct browse_terminal *t, unsigned row, unsigned from, unsigned to, unsigned paint)
{
    short pair;
    attr_t a = attributes(t, paint, &pair);

    attr_set(a, pair, NULL);
    if (from < to)
        mvhline((int)row, (int)from, ' ' | a | (chtype)COLOR_PAIR(pair), (int)(to - from));
    attr_set(A_NORMAL, 0, NULL);
}

unsigned browse_columns(const struct browse_terminal *t, const char *text, size_t size)
{
    unsigned at = 0, ignored = 0;

    for (size_t i = 0; i < size;) {
        wchar_t cell[COMBINED + 2];
        size_t used = take_colour(text + i, size - i, &ignored);
        int columns = 0;

        if (!used)
            used = take_cell(t, text + i, size - i, cell, &columns);
        i += used;
        at += (unsigned)columns;
    }
    return at;
}

unsigned browse_put(struct browse_terminal *t, unsigned row, unsigned column, unsigned width, unsigned paint, const char *text,
                    size_t size, unsigned skip)
{
    unsigned at = 0, own = 0, shown = 0; /* columns of the text; of those that are shown */

    if (row >= browse_terminal_rows(t) || column >= browse_terminal_columns(t))
        return 0;
    if (width > browse_terminal_columns(t) - column)
        width = browse_terminal_columns(t) - column;
    for (size_t i = 0; i < size;) {
        size_t used = take_colour(text + i, size - i, &own);
        wchar_t cell[COMBINED + 2];
        int columns;

        if (used) {
            i += used;
            continue;
        }
        i += take_cell(t, text + i, size - i, cell, &columns);
        if (columns > 0 && at >= skip && at - skip + (unsigned)columns <= width) {
            put_cell(t, row, column + at - skip, paint & PAINT_ONLY ? paint : paint | own, cell);
            shown = at - skip + (unsigned)columns;
        }
        at += (unsigned)columns;
    }
    blank(t, row, column + shown, column + width, paint);
    if (at > skip && at - skip > width && width)
        put_cell(t, row, column + width - 1, PAINT_DIM | (paint & PAINT_REVERSE), t->utf8 ? L"\u2026" : L">");
    if (skip && at && width)
        put_cell(t, row, column, PAINT_DIM | (paint & PAINT_REVERSE), t->utf8 ? L"\u2026" : L"<");
    return at;
}

unsigned browse_put_words(struct browse_terminal *t, unsigned row, unsigned column, unsigned width, unsigned paint,
                          const char *words)
{
    return browse_put(t, row, column, width, paint, words, strlen(words), 0);
}

void browse_terminal_begin(struct browse_terminal *t)
{
    (void)t;
    erase();
}

void browse_terminal_show(struct browse_terminal *t)
{
    (void)t;
    curs_set(0);
    refresh();
}

void browse_terminal_show_cursor(struct browse_terminal *t, unsigned row, unsigned column)
{
    (void)t;
    curs_set(1);
    move((int)row, (int)column);
    refresh();
}
