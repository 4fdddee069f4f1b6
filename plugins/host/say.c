/*
 * What the host says to people.
 */
#include "plugins/host/inside.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE = 2048 };

bool plugin_say(const struct vfu_plugins_how *how, const char *format, ...)
{
    char line[LINE];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    how->say(how->context, line);
    return false;
}
