/*
 * What the shell says to people: errors with the place they come from, and what happens by itself, above the line being
 * typed.
 */
#include "cli/shell/inside.h"

#include <stdarg.h>
#include <stdio.h>

bool shell_fail(struct shell *sh, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(sh->outcome.error.text, sizeof sh->outcome.error.text, format, args);
    va_end(args);
    sh->outcome.error.number = 0;
    return false;
}

void shell_complain(struct shell *sh, const char *text)
{
    vfu_writer_flush(&sh->screen.w); /* in the order in which things happened */
    if (sh->run.where.name)
        cli_error("%s:%u: %s", sh->run.where.name, sh->run.where.line, text);
    else
        cli_error("%s", text);
}

void shell_hide_line(struct shell *sh)
{
    if (sh->screen.typing)
        cli_line_hide(sh->screen.typing);
}

void shell_show_line(struct shell *sh)
{
    if (sh->screen.typing)
        cli_line_show(sh->screen.typing);
}

static void say_by_itself(struct shell *sh, bool to_stdout, const char *line)
{
    shell_hide_line(sh);
    vfu_writer_flush(&sh->screen.w);
    if (to_stdout && !sh->screen.json) {
        shell_say(sh, "%s\n", line);
        vfu_writer_flush(&sh->screen.w);
    } else {
        cli_error("%s", line);
    }
    shell_show_line(sh);
}

void shell_notice(struct shell *sh, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    say_by_itself(sh, sh->screen.interactive && !sh->screen.out, line);
}

void shell_show(struct shell *sh, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    say_by_itself(sh, true, line);
}
