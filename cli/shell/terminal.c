/*
 * What stands on the terminal around the line being typed: hints behind it, and other output above it. libedit wraps
 * the line, and does not say where: it is counted here.
 */
#include "cli/shell/inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

unsigned shell_terminal_columns(void)
{
    struct winsize w;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

/*
 * The row, below the prompt's, on which the end of these bytes of the line stands, and the column; libedit wraps as we
 * count here.
 */
static unsigned place_of(const char *text, size_t size, unsigned *at)
{
    unsigned width = shell_terminal_columns(), column = sizeof SHELL_PROMPT - 1, row = 0;
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
            row++;
            column = 0;
            cells = 0;
        } else {
            cells = c < 0x20 || c == 0x7f ? 2 : wcwidth(c);
        }
        if (cells > 0) {
            if (column + (unsigned)cells > width) { /* a wide character goes to the next row whole */
                row++;
                column = 0;
            }
            column += (unsigned)cells;
        }
        text += used;
        size -= used;
    }
    *at = column >= width ? 0 : column;
    return row + (column >= width);
}

static unsigned row_of(const char *text, size_t size)
{
    unsigned column;

    return place_of(text, size, &column);
}

static void put(const char *text, size_t size)
{
    if (write(STDOUT_FILENO, text, size) < 0)
        return; /* a terminal that is gone shows in the next read */
}

/* As much as the row takes; the cursor goes back to where libedit has it. */
void shell_terminal_hint(struct shell_edit *edit)
{
    const LineInfo *line = el_line(edit->el);
    size_t size = (size_t)(line->lastchar - line->buffer);
    char text[512], hint[256], out[320];
    unsigned column, room;

    if (!edit->hints || line->cursor != line->lastchar || size >= sizeof text)
        return;
    memcpy(text, line->buffer, size);
    text[size] = '\0';
    place_of(text, size, &column);
    room = shell_terminal_columns() - column;
    if (room < 2 || !shell_hint(edit->sh, text, hint, sizeof hint))
        return;
    if (strlen(hint) >= room)
        hint[room - 1] = '\0';
    fflush(stdout);
    put(out, (size_t)snprintf(out, sizeof out, "\x1b[90m%s\x1b[0m\x1b[%zuD", hint, strlen(hint)));
    edit->hinted = true;
}

void shell_terminal_drop_hint(struct shell_edit *edit)
{
    if (edit->hinted)
        put("\x1b[K", 3);
    edit->hinted = false;
}

void shell_terminal_hide(struct shell_typing *t)
{
    struct shell_edit *edit = (struct shell_edit *)t;
    const LineInfo *line;
    char up[32];
    unsigned row;

    if (!edit->waiting || edit->hidden)
        return;
    edit->hidden = true;
    edit->hinted = false;
    line = el_line(edit->el);
    row = row_of(line->buffer, (size_t)(line->cursor - line->buffer));
    fflush(stdout);
    if (row > 0 && write(STDOUT_FILENO, up, (size_t)snprintf(up, sizeof up, "\x1b[%uA", row)) < 0)
        return;
    if (write(STDOUT_FILENO, "\r\x1b[J", 4) < 0)
        return;
}

void shell_terminal_show(struct shell_typing *t)
{
    struct shell_edit *edit = (struct shell_edit *)t;

    if (!edit->hidden)
        return;
    edit->hidden = false;
    el_set(edit->el, EL_REFRESH);
    if (edit->waiting)
        shell_terminal_hint(edit);
}

void shell_terminal_resize(struct shell_typing *t)
{
    el_resize(((struct shell_edit *)t)->el);
}

void shell_terminal_leave_line(struct shell_edit *edit, const char *mark)
{
    const LineInfo *line = el_line(edit->el);
    unsigned at = row_of(line->buffer, (size_t)(line->cursor - line->buffer));
    unsigned last = row_of(line->buffer, (size_t)(line->lastchar - line->buffer));

    fflush(stdout);
    printf("%s", mark);
    while (at++ < last)
        printf("\n");
    printf("\n");
    fflush(stdout);
}
