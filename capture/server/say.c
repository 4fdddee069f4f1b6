/*
 * The server end: what is said to people.
 */
#include "capture/server/inside.h"

#include <stdarg.h>
#include <stdio.h>

void serve_say(struct vfu_server *s, const char *format, ...)
{
    char line[512];
    va_list args;

    if (!s->options.say)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    s->options.say(s->options.context, line);
}
