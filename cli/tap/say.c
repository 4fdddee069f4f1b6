/*
 * What the prompt of `tap -i` says to the person: lines, and messages as the log has them.
 */
#include "cli/tap/inside.h"

#include <stdarg.h>

void tap_prompt_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static bool put_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

void tap_prompt_why(struct cli_output *output)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stderr);

    cli_output_why(output, false, &w);
    vfu_writer_flush(&w);
}

void tap_prompt_print(const struct tap_prompt *p, const struct vfu_event *event, bool tree)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stderr);
    struct vfu_text text = p->text;

    text.tree = text.hex = tree;
    fprintf(stderr, "#%llu:", (unsigned long long)event->message.no);
    vfu_text_event(&text, event, &w);
    vfu_writer_flush(&w);
}
