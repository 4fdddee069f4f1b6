/*
 * The shell's output: see screen.h.
 */
#include "cli/shell/inside.h"
#include "cli/shell/out.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

static bool to_stdout(void *context, const char *bytes, size_t size)
{
    struct shell_screen *screen = context;

    if (screen->out)
        return screen->out->put(screen->out, bytes, size);
    if (screen->paging) {
        vfu_write(&screen->page.w, bytes, size);
        return !screen->page.w.failed;
    }
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static bool to_nowhere(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return true;
}

void shell_screen_init(struct shell_screen *screen)
{
    screen->w = vfu_writer(screen->buffer, sizeof screen->buffer, to_stdout, screen);
    screen->nowhere = vfu_writer(screen->dropped, sizeof screen->dropped, to_nowhere, NULL);
}

struct vfu_writer *shell_text(struct shell *sh)
{
    return sh->screen.json ? &sh->screen.nowhere : &sh->screen.w;
}

void shell_say(struct shell *sh, const char *format, ...)
{
    char line[1024];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (size > 0)
        vfu_write(shell_text(sh), line, (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

void shell_hexdump(struct vfu_writer *w, uint64_t address, const uint8_t *bytes, size_t size, unsigned width)
{
    enum { ROW = 16 };
    char text[32];

    for (size_t at = 0; at < size; at += ROW) {
        size_t row = size - at < ROW ? size - at : ROW;
        int digits = address + size > UINT32_MAX ? 16 : 8;

        vfu_write(w, text, (size_t)snprintf(text, sizeof text, "%0*llx:", digits, (unsigned long long)(address + at)));
        for (size_t i = 0; i < ROW; i += width) {
            vfu_write_char(w, ' ');
            /* A group is a number: its most significant byte, the last in memory, comes first. */
            for (size_t k = width; k-- > 0;) {
                if (i + k < row)
                    vfu_write_hex(w, &bytes[at + i + k], 1);
                else
                    vfu_write_text(w, "  ");
            }
        }
        vfu_write_text(w, "  ");
        for (size_t i = 0; i < row; i++)
            vfu_write_char(w, bytes[at + i] >= 0x20 && bytes[at + i] < 0x7f ? (char)bytes[at + i] : '.');
        vfu_write_char(w, '\n');
    }
}
