/*
 * What is printed while a line is typed: through a pipe, so that it can come above the line.
 */
#include "cli/tap/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool tap_stream_open(struct tap_stream *s, int number)
{
    int ends[2];

    s->number = number;
    s->before = s->from = -1;
    if (!isatty(number))
        return true;
    s->before = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (s->before < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    s->from = ends[0];
    dup2(ends[1], number);
    close(ends[1]);
    return true;
}

bool tap_stream_take(struct tap_stream *s)
{
    ssize_t got = read(s->from, s->bytes + s->used, sizeof s->bytes - s->used);

    if (got > 0)
        s->used += (size_t)got;
    s->stale = false;
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

size_t tap_stream_ready(const struct tap_stream *s)
{
    const char *end = s->used ? memrchr(s->bytes, '\n', s->used) : NULL;

    if (end)
        return (size_t)(end + 1 - s->bytes);
    return s->stale || s->used == sizeof s->bytes ? s->used : 0;
}

void tap_stream_drop(struct tap_stream *s, size_t size)
{
    s->used -= size;
    memmove(s->bytes, s->bytes + size, s->used);
}

void tap_stream_back(struct tap_stream *s)
{
    if (s->before >= 0)
        dup2(s->before, s->number);
}

void tap_stream_close(struct tap_stream *s)
{
    if (s->before >= 0)
        close(s->before);
    if (s->from >= 0)
        close(s->from);
    s->before = s->from = -1;
}
