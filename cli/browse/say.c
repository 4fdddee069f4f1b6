/*
 * What the person is told, in the bottom line, until the next key.
 */
#include "cli/browse/inside.h"

#include <stdarg.h>
#include <stdio.h>

static void say(struct browse *b, bool wrong, const char *format, va_list args)
{
    vsnprintf(b->said, sizeof b->said, format, args);
    b->said_wrong = wrong;
}

void browse_say(struct browse *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(b, false, format, args);
    va_end(args);
}

void browse_wrong(struct browse *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(b, true, format, args);
    va_end(args);
}
