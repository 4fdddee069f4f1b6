/*
 * Output of commands, redirected: see out.h.
 */
#include "cli/shell/out.h"
#include "cli/shell/inside.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    AT_ONCE = 4096,   /* a pipe that takes anything takes so much (PIPE_BUF) */
    MOST_KEPT = 1 << 20,
    LOOK_MS = 20,     /* nothing signals that a FIFO has a reader now */
};

static bool failed(struct shell_out *out, int why)
{
    out->left = why == EPIPE;
    out->error = why;
    return false;
}

/* Standard output of those that run inside, as they are written to from elsewhere. */
static bool write_all(struct shell_out *out, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(out->fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return failed(out, errno);
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* --- a pipe --- */

static void wait_for(struct shell_out *out, bool waits)
{
    struct epoll_event event = { .events = EPOLLOUT, .data.fd = out->fd };

    if (waits != out->waits)
        epoll_ctl(out->watch_fd, waits ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, out->fd, &event);
    out->waits = waits;
}

/* Write what it takes now. */
static bool pump(struct shell_out *out)
{
    while (out->taken < out->size && !out->error) {
        struct pollfd room = { .fd = out->fd, .events = POLLOUT };
        size_t size = out->size - out->taken < AT_ONCE ? out->size - out->taken : AT_ONCE;
        ssize_t n;

        if (poll(&room, 1, 0) != 1)
            break;
        n = write(out->fd, out->queue + out->taken, size);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            failed(out, errno);
        out->taken += n > 0 ? (size_t)n : 0;
    }
    if (out->taken == out->size || out->error)
        out->taken = out->size = 0;
    wait_for(out, out->size > 0);
    return !out->error;
}

static bool put(struct shell_out *out, const char *bytes, size_t size)
{
    if (out->error)
        return false;
    if (out->watch_fd < 0)
        return write_all(out, bytes, size);
    if (!VFU_GROW(out->queue, out->capacity, out->size + size))
        return failed(out, ENOMEM);
    memcpy(out->queue + out->size, bytes, size);
    out->size += size;
    return pump(out);
}

static bool ready(struct shell_out *out, int fd)
{
    while (out && (!out->waits || out->fd != fd))
        out = out->outer;
    return out && (pump(out), true);
}

/* Serve the connection until no more than this is kept. */
static void await_kept(struct shell *sh, struct shell_out *out, size_t most)
{
    while (out->size - out->taken > most && pump(out) && out->size - out->taken > most)
        if (!shell_await(sh, out->fd, POLLOUT))
            return;
}

void shell_out_settle(struct shell *sh)
{
    const struct vfu_error error = sh->outcome.error;

    if (sh->screen.out)
        await_kept(sh, sh->screen.out, MOST_KEPT);
    sh->outcome.error = error;
}

/* --- begin and end --- */

static void begin(struct shell *sh, struct shell_out *out)
{
    vfu_writer_flush(&sh->screen.w);
    if (sh->screen.out)
        await_kept(sh, sh->screen.out, 0); /* whoever writes there too comes behind it */
    out->put = put;
    out->ready = ready;
    out->outer = sh->screen.out;
    out->outer_failed = sh->screen.w.failed;
    sh->screen.w.failed = false;
    sh->screen.out = out;
}

/* As a shell opens it; but what is new is its owner's alone: it may hold a guest's memory. */
static int open_file(struct shell *sh, const char *name, bool append)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (append ? O_APPEND : O_TRUNC), fd;
    enum shell_result result;

    while ((fd = open(name, flags, 0600)) < 0 && errno == ENXIO) { /* a FIFO that nobody reads yet */
        if (!shell_wait(sh, LOOK_MS, &result) && result == SHELL_STOPPED) {
            errno = EINTR;
            break;
        }
    }
    return fd;
}

enum shell_result shell_out_to_file(struct shell *sh, struct shell_out *out, const char *name, bool append)
{
    struct stat st;

    *out = (struct shell_out){ .fd = open_file(sh, name, append), .watch_fd = -1, .name = name };
    if (out->fd < 0 && errno == EINTR && shell_stopped(sh))
        return SHELL_STOPPED;
    if (out->fd < 0) {
        shell_fail(sh, "%.150s: %s", *name ? name : "an empty file name", strerror(errno));
        return SHELL_FAILED;
    }
    fcntl(out->fd, F_SETFL, append ? O_APPEND : 0);
    if (fstat(out->fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
        out->watch_fd = sh->watch.fd;
    begin(sh, out);
    return SHELL_OK;
}

enum shell_result shell_out_to_program(struct shell *sh, struct shell_out *out, const char *command)
{
    struct shell_out *outer = sh->screen.out;
    int input[2];

    *out = (struct shell_out){ .fd = -1, .watch_fd = sh->watch.fd, .name = command };
    if (pipe2(input, O_CLOEXEC) != 0) {
        shell_fail(sh, "a pipe can't be made: %s", strerror(errno));
        return SHELL_FAILED;
    }
    begin(sh, out);
    out->fd = input[1];
    out->pid = shell_program_start(sh, command, input[0], outer ? outer->fd : STDOUT_FILENO);
    close(input[0]);
    if (out->pid > 0)
        return SHELL_OK;
    shell_out_end(sh, out, NULL);
    shell_fail(sh, "%.80s: can't be started", command);
    return SHELL_FAILED;
}

enum shell_result shell_out_end(struct shell *sh, struct shell_out *out, int *status)
{
    const struct vfu_error error = sh->outcome.error; /* the command's */
    int ended = 0;

    vfu_writer_flush(&sh->screen.w);
    if (out->watch_fd >= 0) {
        await_kept(sh, out, 0);
        wait_for(out, false);
    }
    if (out->fd >= 0 && close(out->fd) != 0 && !out->error)
        failed(out, errno);
    free(out->queue);
    sh->screen.out = out->outer;
    sh->screen.w.failed = out->outer_failed;
    if (out->pid > 0)
        ended = shell_program_end(sh, out->pid);
    if (status)
        *status = ended;
    sh->outcome.error = error;
    if (!out->error || out->left)
        return SHELL_OK;
    shell_fail(sh, "%.150s: %s", out->name, strerror(out->error));
    return SHELL_FAILED;
}
