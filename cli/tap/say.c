/*
 * What the commands of the tap's prompt say: lines, and messages as the log has them.
 */
#include "cli/tap/inside.h"

#include <stdarg.h>

void tap_say_line(const struct tap_commands *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(c->out, format, args);
    va_end(args);
    fputc('\n', c->out);
}

bool tap_say_failed(const struct tap_commands *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(c->out, format, args);
    va_end(args);
    fputc('\n', c->out);
    return false;
}

static bool put_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

void tap_say_why(const struct tap_commands *c)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, c->out);

    cli_output_why(c->output, false, &w);
    vfu_writer_flush(&w);
}

void tap_say_message(const struct tap_commands *c, const struct vfu_event *event, bool tree)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, c->out);
    struct vfu_text text = c->text;

    text.tree = text.hex = tree;
    fprintf(c->out, "#%llu:", (unsigned long long)event->message.no);
    vfu_text_event(&text, event, &w);
    vfu_writer_flush(&w);
}
