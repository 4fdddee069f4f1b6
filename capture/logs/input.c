/*
 * What a log is read from: opened so that nothing is waited for, and without harm where something else stands there than was
 * thought. inotify tells of a file that grows, and of another at its path; where it can't, it is looked for.
 */
#include "capture/logs/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* errno for what can't be read line by line; 0: it can. */
static int unfit(const struct stat *st)
{
    return S_ISDIR(st->st_mode) ? EISDIR : S_ISREG(st->st_mode) || S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode) ? 0 : EINVAL;
}

static void set(struct logs_input *in, int fd, const struct stat *st, bool at_end)
{
    logs_input_close(in);
    in->fd = fd;
    in->dev = st->st_dev;
    in->ino = st->st_ino;
    in->kind = !in->path ? LOGS_PIPE : S_ISREG(st->st_mode) ? LOGS_FILE : S_ISFIFO(st->st_mode) ? LOGS_FIFO : LOGS_DEVICE;
    if (in->kind == LOGS_PIPE && S_ISREG(st->st_mode))
        in->kind = LOGS_FILE;
    in->sized = false;
    in->at = in->kind == LOGS_FILE && at_end ? (uint64_t)st->st_size : 0;
    if (in->kind == LOGS_DEVICE && at_end)
        lseek(fd, 0, SEEK_END); /* /dev/kmsg; others have no end */
}

bool logs_input_open(struct logs_input *in, bool at_end)
{
    int fd = in->path ? open(in->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : in->fd;
    struct stat st;
    int why = 0;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0)
        why = errno;
    else if (in->path)
        why = unfit(&st);
    if (why) {
        if (in->path)
            close(fd);
        errno = why;
        return false;
    }
    if (!in->path)
        in->fd = -1;
    set(in, fd, &st, at_end);
    return true;
}

static void forget_watch(const struct logs_input *in, int *watch)
{
    if (*watch >= 0)
        inotify_rm_watch(in->notes, *watch);
    *watch = -1;
}

void logs_input_close(struct logs_input *in)
{
    if (in->fd >= 0)
        close(in->fd);
    in->fd = -1;
    forget_watch(in, &in->file_watch);
}

bool logs_input_is_replaced(const struct logs_input *in)
{
    struct stat st;

    return in->path && stat(in->path, &st) == 0 && !unfit(&st) && (st.st_dev != in->dev || st.st_ino != in->ino);
}

void logs_input_watch(struct logs_input *in)
{
    char folder[PATH_MAX], own[40], *slash;

    if (in->notes < 0 && (in->notes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) < 0)
        return;
    if (in->fd >= 0 && in->kind == LOGS_FILE && in->file_watch < 0) {
        snprintf(own, sizeof own, "/proc/self/fd/%d", in->fd);
        in->file_watch = inotify_add_watch(in->notes, own, IN_MODIFY | IN_MOVE_SELF);
    }
    if (!in->path || in->folder_watch >= 0 || strlen(in->path) >= sizeof folder)
        return;
    strcpy(folder, in->path);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    in->folder_watch = inotify_add_watch(in->notes, slash ? folder : ".", IN_CREATE | IN_MOVED_TO);
}

/* A hole is read over at once: many NULs, which are no lines. */
static void pass_hole(struct logs_input *in, const char *bytes, size_t size)
{
    off_t data;

    if (!in->path || bytes[0] || bytes[size - 1])
        return;
    data = lseek(in->fd, (off_t)in->at, SEEK_DATA);
    if (data > 0 && (uint64_t)data > in->at)
        in->at = (uint64_t)data;
}

/* From where it is: from the begin again, if it was emptied. */
static ssize_t read_file(struct logs_input *in, char *bytes, size_t size)
{
    struct stat st;
    ssize_t n;

    if (fstat(in->fd, &st) == 0) {
        in->sized |= st.st_size > 0; /* those of /proc never are */
        if (in->sized && (uint64_t)st.st_size < in->at)
            in->at = 0;
    }
    n = pread(in->fd, bytes, size, (off_t)in->at);
    if (n > 0) {
        in->at += (uint64_t)n;
        pass_hole(in, bytes, (size_t)n);
    }
    return n;
}

ssize_t logs_input_read(struct logs_input *in, char *bytes, size_t size)
{
    struct pollfd p = { .fd = in->fd, .events = POLLIN };

    if (in->kind == LOGS_FILE)
        return read_file(in, bytes, size);
    /* Who gave us the descriptor may have it without O_NONBLOCK, which is not ours to change. */
    if (poll(&p, 1, 0) == 1 && p.revents)
        return read(in->fd, bytes, size);
    errno = EAGAIN;
    return -1;
}
