/*
 * vfuscope serve: what is said to people about a client. A device under test is often run by a harness that never reads
 * standard error: a client can cause only so many lines, and none that would have to wait for a reader.
 */
#include "capture/server/inside.h"
#include "cli/cli.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST = 20 };

/* A pipe that says so takes PIPE_BUF bytes without waiting, which is more than a line has. */
static bool takes_a_line(void)
{
    struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

    return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

void serve_say(struct serve *s, const char *format, ...)
{
    char line[512];
    va_list args;

    if (s->said == MOST || !takes_a_line())
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    s->said++;
    cli_error("%s: %s%s", s->name, line, s->said == MOST ? "; no more is said about this client" : "");
}
