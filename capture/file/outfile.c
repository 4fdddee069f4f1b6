/*
 * Files that sinks write to: see outfile.h.
 */
#include "capture/file/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *name_of(const struct vfu_outfile *out)
{
    return strcmp(out->path, "-") == 0 ? "standard output" : out->path;
}

/* /dev/null, and /dev/full to try what a full disk does. */
static bool is_harmless_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && (st->st_rdev == makedev(1, 3) || st->st_rdev == makedev(1, 7));
}

/* Root writes what the user who became root may read, and nobody else. */
static bool is_ours(const struct stat *st)
{
    const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
    char *end;

    return st->st_uid == geteuid() || (sudo && *sudo && strtoul(sudo, &end, 10) == st->st_uid && !*end);
}

/* Files and FIFOs that somebody else has made, or waits at, are not written to. Of an open file, or one that is to be opened. */
static bool check_owner(const struct vfu_outfile *out, const struct stat *st, struct vfu_error *error)
{
    if ((!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode)) || is_ours(st))
        return true;
    return vfu_fail(error, EACCES, "%s: belongs to another user (uid %u): not written to", out->path, (unsigned)st->st_uid);
}

static bool fail_link(const struct vfu_outfile *out, struct vfu_error *error)
{
    return vfu_fail(error, ELOOP, "%s: what may hold guest memory is not written through a symbolic link", out->path);
}

/* A link that somebody else has made leads to what is theirs, or is root's: not to where only we may write. */
static bool check_link(const struct vfu_outfile *out, enum vfu_outfile_kind kind, struct vfu_error *error)
{
    struct stat link, target;

    if (lstat(out->path, &link) != 0 || !S_ISLNK(link.st_mode))
        return true;
    if (kind >= VFU_OUT_GUARDED)
        return fail_link(out, error);
    if (link.st_uid == geteuid() || link.st_uid == 0 || (stat(out->path, &target) == 0 && target.st_uid == link.st_uid))
        return true;
    return vfu_fail(error, EACCES, "%s: a symbolic link of another user (uid %u): not written through", out->path,
                    (unsigned)link.st_uid);
}

static bool open_standard(struct vfu_outfile *out, enum vfu_outfile_kind kind, struct vfu_error *error)
{
    if (kind == VFU_OUT_CAPTURE && isatty(STDOUT_FILENO))
        return vfu_fail(error, EINVAL, "-w -: standard output is a terminal; send it to a file or a pipe");
    out->fd = STDOUT_FILENO;
    return true;
}

/* Does the open file suit a capture? */
static bool accept_capture(struct vfu_outfile *out, const struct stat *st, struct vfu_error *error)
{
    if (S_ISFIFO(st->st_mode) || is_harmless_device(st))
        return true;
    if (!S_ISREG(st->st_mode))
        return vfu_fail(error, EINVAL, "%s: a capture goes to a regular file, a FIFO or /dev/null", out->path);
    return true;
}

/* What was found at the path: is it to be written to? What may hold guest memory becomes private, also where it was not. */
static bool accept(struct vfu_outfile *out, enum vfu_outfile_kind kind, const struct stat *st, struct vfu_error *error)
{
    if (!check_owner(out, st, error) || (kind == VFU_OUT_CAPTURE && !accept_capture(out, st, error)))
        return false;
    if (kind != VFU_OUT_TEXT && S_ISREG(st->st_mode) && fchmod(out->fd, 0600) != 0)
        return vfu_fail(error, errno, "%s: can't make it private: %s", out->path, strerror(errno));
    return true;
}

bool vfu_outfile_open(struct vfu_outfile *out, const char *path, enum vfu_outfile_kind kind, struct vfu_error *error)
{
    bool capture = kind == VFU_OUT_CAPTURE, follow = kind < VFU_OUT_GUARDED;
    int flags = O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
    struct stat st;

    *out = (struct vfu_outfile){ .fd = -1, .path = path, .follow = follow, .give_up = out->give_up };
    if (strcmp(path, "-") == 0)
        return open_standard(out, kind, error);
    if (!*path)
        return vfu_fail(error, ENOENT, "an empty file name");
    if (!check_link(out, kind, error))
        return false;
    /* Look before opening: to open a FIFO for both ways would hide that its reader left. */
    if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
        return check_owner(out, &st, error);
    out->fd = open(path, flags | (capture ? O_RDWR : O_WRONLY), kind == VFU_OUT_TEXT ? 0666 : 0600);
    if (out->fd < 0 && !follow && errno == ELOOP)
        return fail_link(out, error);
    if (out->fd < 0)
        return vfu_fail(error, errno, "%s: %s", path, strerror(errno));
    if (fstat(out->fd, &st) != 0 || !accept(out, kind, &st, error)) {
        close(out->fd);
        out->fd = -1;
        return false;
    }
    fcntl(out->fd, F_SETFL, fcntl(out->fd, F_GETFL) & ~O_NONBLOCK);
    out->regular = S_ISREG(st.st_mode);
    if (out->regular && ftruncate(out->fd, 0) != 0) {
        vfu_fail(error, errno, "%s: %s", path, strerror(errno));
        close(out->fd);
        out->fd = -1;
        return false;
    }
    return true;
}

static bool told_to_give_up(const struct vfu_outfile *out)
{
    return out->give_up && atomic_load(out->give_up);
}

/* A FIFO; without O_NONBLOCK that waits for its reader. */
static bool open_fifo(struct vfu_outfile *out, int flags, struct vfu_error *error)
{
    struct stat st;

    out->fd = open(out->path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (out->follow ? 0 : O_NOFOLLOW) | flags);
    if (out->fd < 0)
        return vfu_fail(error, errno, "%s: %s", name_of(out), strerror(errno));
    if (fstat(out->fd, &st) == 0 && check_owner(out, &st, error)) /* which may be another by now */
        return true;
    close(out->fd);
    out->fd = -1;
    return false;
}

bool vfu_outfile_has_reader(struct vfu_outfile *out, struct vfu_error *error)
{
    return out->fd >= 0 || open_fifo(out, O_NONBLOCK, error);
}

bool vfu_outfile_reader_left(const struct vfu_outfile *out)
{
    struct pollfd p = { .fd = out->fd };

    return out->fd >= 0 && poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

/* A signal that was heard ends the wait, too: so far there is nothing that it could cost. */
static bool await_reader(struct vfu_outfile *out, struct vfu_error *error)
{
    if (!told_to_give_up(out) && open_fifo(out, 0, error))
        return true;
    if (told_to_give_up(out) || error->number == EINTR)
        vfu_fail(error, ETIMEDOUT, "%s: nobody reads it", name_of(out));
    return false;
}

bool vfu_outfile_write(struct vfu_outfile *out, const void *bytes, size_t size, struct vfu_error *error)
{
    const char *at = bytes;

    if (out->fd < 0 && !await_reader(out, error))
        return false;
    while (size > 0) {
        ssize_t n = told_to_give_up(out) ? -1 : write(out->fd, at, size);

        if (told_to_give_up(out) && n <= 0)
            return vfu_fail(error, ETIMEDOUT, "%s: nobody reads it", name_of(out));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT) && out->make_room && out->make_room(out->room_context))
            continue;
        if (n < 0)
            return vfu_fail(error, errno, "%s: can't write: %s", name_of(out), strerror(errno));
        at += n;
        size -= (size_t)n;
        out->position += (uint64_t)n;
    }
    return true;
}

bool vfu_outfile_close(struct vfu_outfile *out, struct vfu_error *error)
{
    int fd = out->fd;

    out->fd = -1;
    if (fd <= STDERR_FILENO || close(fd) == 0)
        return true;
    return vfu_fail(error, errno, "%s: can't write: %s", name_of(out), strerror(errno));
}
