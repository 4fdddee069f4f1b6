/*
 * Scripts: lines from a file, a pipe or an option, run one after another until one fails. While a pipe says nothing the
 * connection is served.
 */
#include "cli/shell/inside.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines {
    char *text;
    size_t size, capacity, taken;
    bool has_nul; /* the line at hand has one in it: what is behind would be lost */
};

/* The next whole line in the buffer (without its newline), or with `last` what is left; NULL: none. */
static char *next_line(struct lines *l, bool last)
{
    char *start = l->text + l->taken;
    char *newline = l->size > l->taken ? memchr(start, '\n', l->size - l->taken) : NULL;

    if (newline) {
        *newline = '\0';
        l->taken = (size_t)(newline - l->text) + 1;
        l->has_nul = strlen(start) < (size_t)(newline - start);
        return start;
    }
    if (!last || l->taken == l->size)
        return NULL;
    l->text[l->size] = '\0';
    l->has_nul = strlen(start) < l->size - l->taken;
    l->taken = l->size;
    return start;
}

/* Read more; 0 at the end. */
static ssize_t more(struct lines *l, int fd)
{
    ssize_t got;

    memmove(l->text, l->text + l->taken, l->size - l->taken);
    l->size -= l->taken;
    l->taken = 0;
    if (l->size + 1 >= l->capacity && !VFU_GROW(l->text, l->capacity, l->capacity + 1))
        return -1;
    do
        got = read(fd, l->text + l->size, l->capacity - l->size - 1);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        l->size += (size_t)got;
    return got;
}

static enum shell_result refuse(struct shell *sh, const char *why)
{
    sh->outcome.reported = false;
    shell_buffer_clear(&sh->outcome.members);
    shell_fail(sh, "%s", why);
    shell_finish(sh, NULL, "syntax", SHELL_FAILED);
    return SHELL_FAILED;
}

/* The whole lines there are, with `last` also what is left. */
static enum shell_result run_lines(struct shell *sh, struct lines *l, bool last)
{
    enum shell_result result = SHELL_OK;
    char *line;

    while (result == SHELL_OK && (line = next_line(l, last))) {
        sh->run.where.line++;
        result = l->has_nul ? refuse(sh, "a NUL byte in the line") : shell_run_line(sh, line);
        shell_watched(sh);
        if (shell_stopped(sh))
            result = SHELL_STOPPED;
    }
    return result;
}

enum shell_result shell_run_text(struct shell *sh, const char *text)
{
    struct lines l = { .text = strdup(text), .size = strlen(text) };
    enum shell_result result = SHELL_FAILED;

    if (l.text)
        result = run_lines(sh, &l, true);
    free(l.text);
    return result;
}

enum shell_result shell_run_fd(struct shell *sh, int fd, const char *name)
{
    const struct shell_where before = sh->run.where;
    const bool reads_stdin = sh->run.reads_stdin;
    struct lines l = { .text = malloc(4096), .capacity = 4096 };
    enum shell_result result = SHELL_OK;
    ssize_t got = l.text ? 1 : -1;

    sh->run.where = (struct shell_where){ name, 0 };
    sh->run.reads_stdin |= fd == STDIN_FILENO;
    while (result == SHELL_OK && got > 0) {
        if (!shell_await(sh, fd, POLLIN)) {
            result = SHELL_STOPPED;
            break;
        }
        got = more(&l, fd);
        if (got < 0 && errno == EAGAIN)
            got = 1;
        else if (got >= 0)
            result = run_lines(sh, &l, got == 0);
    }
    if (got < 0 && result == SHELL_OK) {
        shell_complain(sh, strerror(errno));
        result = SHELL_FAILED;
    }
    free(l.text);
    sh->run.where = before;
    sh->run.reads_stdin = reads_stdin;
    return result;
}
