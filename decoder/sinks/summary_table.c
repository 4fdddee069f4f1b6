/*
 * Tables of the summary: columns as wide as what is in them, two blanks between them. Where they do not fit the width those that
 * matter least are left out. A bar takes what is left of the line. And what lines of the summary share.
 */
#include "decoder/sinks/inside.h"

enum { GAP = 2, LEAST_BAR = 8, MOST_BAR = 30, DEFAULT_WIDTH = 80 };

void summary_colour(const struct vfu_summary_look *look, struct vfu_writer *w, const char *sequence)
{
    if (look->colour)
        vfu_write_text(w, sequence);
}

void summary_times(struct vfu_writer *w, uint64_t count, const char *file, uint64_t no, uint32_t conn)
{
    vfu_write_text(w, ", ");
    if (count > 1) {
        vfu_write_decimal(w, count);
        vfu_write_text(w, " times, first ");
    }
    if (no) {
        text_number(file, no, w);
    } else {
        vfu_write_text(w, "on connection ");
        vfu_write_decimal(w, conn);
    }
}

void summary_table_start(struct summary_table *t, const struct summary_column *columns, unsigned count)
{
    t->columns = columns;
    t->column_count = count;
    t->cells = 0;
    t->w = vfu_writer(t->text, sizeof t->text, NULL, NULL);
}

void summary_cell(struct summary_table *t)
{
    if (t->cells < SUMMARY_CELLS)
        t->ends[t->cells++] = (uint16_t)t->w.used;
}

void summary_cell_number(struct summary_table *t, uint64_t number)
{
    vfu_write_decimal(&t->w, number);
    summary_cell(t);
}

static const char *cell(const struct summary_table *t, unsigned at, unsigned *size)
{
    unsigned start = at ? t->ends[at - 1] : 0;

    *size = t->ends[at] - start;
    return t->text + start;
}

/* What the bar of a cell stands for: thousandths. */
static unsigned bar_of(const char *text, unsigned size)
{
    unsigned n = 0;

    for (unsigned i = 0; i < size; i++)
        n = n * 10 + (unsigned)(text[i] - '0');
    return n < 1000 ? n : 1000;
}

/* How wide each column is: its heading, or what is in it. */
static void measure(const struct summary_table *t, unsigned *widths)
{
    unsigned size;

    for (unsigned c = 0; c < t->column_count; c++)
        widths[c] = t->columns[c].bar ? LEAST_BAR : (unsigned)strlen(t->columns[c].name);
    for (unsigned i = 0; i < t->cells; i++) {
        unsigned c = i % t->column_count;

        cell(t, i, &size);
        if (!t->columns[c].bar && size > widths[c])
            widths[c] = size;
    }
}

static unsigned line_width(const struct summary_table *t, const unsigned *widths)
{
    unsigned sum = 0;

    for (unsigned c = 0; c < t->column_count; c++)
        sum += widths[c] ? widths[c] + (sum ? GAP : 0) : 0;
    return sum;
}

/* Leave out what matters least until the rest fits, and let the bar have what is left. */
static void fit(const struct summary_table *t, unsigned *widths, unsigned width)
{
    unsigned sum, least;

    while ((sum = line_width(t, widths)) > width) {
        least = t->column_count;
        for (unsigned c = 0; c < t->column_count; c++)
            if (widths[c] && t->columns[c].spare && (least == t->column_count || t->columns[c].spare > t->columns[least].spare))
                least = c;
        if (least == t->column_count)
            return;
        widths[least] = 0;
    }
    for (unsigned c = 0; c < t->column_count; c++)
        if (t->columns[c].bar && widths[c])
            widths[c] = widths[c] + width - sum < MOST_BAR ? widths[c] + width - sum : MOST_BAR;
}

/* Eighths of a column, where the terminal has such characters. */
static void write_bar(const struct vfu_summary_look *look, struct vfu_writer *w, unsigned thousandths, unsigned width)
{
    static const char *const eighths[] = { "", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589" };
    unsigned filled = (thousandths * width * 8 + 500) / 1000;

    if (thousandths && !filled)
        filled = 1;
    for (unsigned i = 0; i < filled / 8; i++)
        vfu_write_text(w, look->blocks ? "\u2588" : "#");
    if (look->blocks)
        vfu_write_text(w, eighths[filled % 8]);
    else if (filled % 8)
        vfu_write_text(w, filled % 8 < 4 ? "." : "#");
}

static void write_line(const struct summary_table *t, const struct vfu_summary_look *look, struct vfu_writer *w,
                       const unsigned *widths, const unsigned *row)
{
    unsigned blanks = 0, size = 0;
    bool begun = false;

    for (unsigned c = 0; c < t->column_count; c++) {
        const char *text = row ? cell(t, *row + c, &size) : t->columns[c].name;

        if (!widths[c])
            continue;
        size = row ? size : (unsigned)strlen(text);
        blanks += begun ? GAP : 0;
        begun = true;
        if (t->columns[c].right)
            blanks += widths[c] - size;
        if (!size) {
            blanks += t->columns[c].right ? 0 : widths[c];
            continue;
        }
        text_indent(w, blanks);
        if (t->columns[c].bar && row)
            write_bar(look, w, bar_of(text, size), widths[c]);
        else
            vfu_write(w, text, size);
        blanks = t->columns[c].right ? 0 : widths[c] - (t->columns[c].bar ? widths[c] : size);
    }
    vfu_write_char(w, '\n');
}

void summary_table_print(const struct summary_table *t, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    unsigned widths[SUMMARY_COLUMNS];

    measure(t, widths);
    fit(t, widths, look->width ? look->width : DEFAULT_WIDTH);
    vfu_write_char(w, '\n');
    summary_colour(look, w, TEXT_BOLD);
    write_line(t, look, w, widths, NULL);
    summary_colour(look, w, TEXT_PLAIN);
    for (unsigned row = 0; row + t->column_count <= t->cells; row += t->column_count)
        write_line(t, look, w, widths, &row);
}
