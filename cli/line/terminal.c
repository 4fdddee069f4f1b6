/*
 * What stands on the terminal around the line being typed: hints behind it, and other output above it. libedit wraps
 * the line, and does not say where: it is counted here.
 */
#include "cli/line/inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

unsigned line_columns(const struct cli_line *l)
{
    struct winsize w;

    return ioctl(fileno(l->how.out), TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

struct place {
    unsigned row, column; /* below the prompt's row */
};

/* Where these bytes end, if they begin there; libedit wraps as we count here. */
static void go_on(struct place *at, unsigned width, const char *text, size_t size)
{
    mbstate_t state = { 0 };

    while (size > 0) {
        wchar_t c;
        size_t used = mbrtowc(&c, text, size, &state);
        int cells;

        if (used == 0 || used > size) {
            memset(&state, 0, sizeof state);
            used = 1;
            cells = 4; /* shown as \ooo */
        } else if (c == L'\n') {
            at->row++;
            at->column = 0;
            cells = 0;
        } else {
            cells = c < 0x20 || c == 0x7f ? 2 : wcwidth(c);
        }
        if (cells > 0) {
            if (at->column + (unsigned)cells > width) { /* a wide character goes to the next row whole */
                at->row++;
                at->column = 0;
            }
            at->column += (unsigned)cells;
        }
        text += used;
        size -= used;
    }
}

/* The row on which the end of these bytes of the line stands, and the column. */
static struct place place_of(const struct cli_line *l, const char *text, size_t size)
{
    const char *prompt = l->how.prompt(l->how.context);
    unsigned width = line_columns(l);
    struct place at = { 0, 0 };

    go_on(&at, width, prompt, strlen(prompt));
    go_on(&at, width, text, size);
    if (at.column >= width)
        at = (struct place){ at.row + 1, 0 };
    return at;
}

static void put(const struct cli_line *l, const char *text, size_t size)
{
    if (write(fileno(l->how.out), text, size) < 0)
        return; /* a terminal that is gone shows in the next read */
}

/* As much as the row takes; the cursor goes back to where libedit has it. */
void line_hint(struct cli_line *l)
{
    const LineInfo *line = el_line(l->el);
    size_t size = (size_t)(line->lastchar - line->buffer);
    char text[512], hint[256], out[320];
    unsigned room;

    if (!l->hints || !l->how.hint || line->cursor != line->lastchar || size >= sizeof text)
        return;
    memcpy(text, line->buffer, size);
    text[size] = '\0';
    room = line_columns(l) - place_of(l, text, size).column;
    if (room < 2 || !l->how.hint(l->how.context, text, hint, sizeof hint))
        return;
    if (strlen(hint) >= room)
        hint[room - 1] = '\0';
    fflush(l->how.out);
    put(l, out, (size_t)snprintf(out, sizeof out, "\x1b[90m%s\x1b[0m\x1b[%zuD", hint, strlen(hint)));
    l->hinted = true;
}

void line_drop_hint(struct cli_line *l)
{
    if (l->hinted)
        put(l, "\x1b[K", 3);
    l->hinted = false;
}

void cli_line_hide(struct cli_line *l)
{
    const LineInfo *line;
    char up[32];
    unsigned row;

    if (!l->waiting || l->hidden)
        return;
    l->hidden = true;
    l->hinted = false;
    line = el_line(l->el);
    row = place_of(l, line->buffer, (size_t)(line->cursor - line->buffer)).row;
    fflush(l->how.out);
    if (row > 0)
        put(l, up, (size_t)snprintf(up, sizeof up, "\x1b[%uA", row));
    put(l, "\r\x1b[J", 4);
}

void cli_line_show(struct cli_line *l)
{
    if (!l->hidden)
        return;
    l->hidden = false;
    el_set(l->el, EL_REFRESH);
    if (l->waiting)
        line_hint(l);
}

bool cli_line_is_empty(const struct cli_line *l)
{
    const LineInfo *line = el_line(l->el);

    return line->lastchar == line->buffer;
}

void cli_line_lost(struct cli_line *l)
{
    if (!l->waiting)
        return;
    l->hidden = true;
    l->hinted = false;
}

void cli_line_resize(struct cli_line *l)
{
    el_resize(l->el);
}

void cli_line_resume(struct cli_line *l)
{
    if (!l->waiting)
        return;
    el_set(l->el, EL_PREP_TERM, 0);
    el_set(l->el, EL_PREP_TERM, 1);
    el_resize(l->el);
    put(l, "\r\x1b[K", 4);
    l->hidden = true;
    cli_line_show(l);
}

void cli_line_below(struct cli_line *l, const char *mark)
{
    const LineInfo *line = el_line(l->el);
    unsigned at = place_of(l, line->buffer, (size_t)(line->cursor - line->buffer)).row;
    unsigned last = place_of(l, line->buffer, (size_t)(line->lastchar - line->buffer)).row;

    fflush(l->how.out);
    fprintf(l->how.out, "%s", mark);
    while (at++ < last)
        fputc('\n', l->how.out);
    fputc('\n', l->how.out);
    fflush(l->how.out);
}
