/*
 * Files: see file.h.
 */
#include "cli/shell/file.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MS = 20 }; /* nothing signals that a FIFO has a reader now */

static int fail(struct shell *sh, const char *path, int why)
{
    if (*path)
        shell_fail(sh, "%.150s: %s", path, strerror(why));
    else
        shell_fail(sh, "an empty file name");
    return -1;
}

int shell_file_open(struct shell *sh, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return fail(sh, path, errno);
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return fail(sh, path, EISDIR);
    }
    return fd;
}

bool shell_file_make(struct shell *sh, const char *path, struct vfu_outfile *out)
{
    enum shell_result result;
    struct vfu_error error;

    *out = (struct vfu_outfile){ .fd = -1 };
    if (!vfu_outfile_open(out, strcmp(path, "-") == 0 ? "./-" : path, VFU_OUT_PRIVATE, &error))
        return shell_fail(sh, "%.200s", error.text);
    while (!vfu_outfile_has_reader(out, &error)) {
        if (error.number != ENXIO)
            return shell_fail(sh, "%.200s", error.text);
        if (!shell_wait(sh, LOOK_MS, &result) && result == SHELL_STOPPED)
            return shell_fail(sh, "%.150s: interrupted", path);
    }
    return true;
}

ssize_t shell_file_get(struct shell *sh, int fd, void *bytes, size_t size)
{
    size_t have = 0;
    ssize_t got = 1;

    while (have < size && got != 0) {
        if (!shell_await(sh, fd, POLLIN)) {
            errno = EINTR;
            return -1;
        }
        got = read(fd, (char *)bytes + have, size - have);
        if (got > 0)
            have += (size_t)got;
        else if (got < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
    }
    return (ssize_t)have;
}

bool shell_file_put(struct shell *sh, int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t n;

        if (!shell_await(sh, fd, POLLOUT)) {
            errno = EINTR;
            return false;
        }
        n = write(fd, at, size);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

uint8_t *shell_file_read(struct shell *sh, const char *path, size_t *size)
{
    int fd = shell_file_open(sh, path);
    size_t capacity = 0;
    uint8_t *bytes = NULL;
    ssize_t got = 1;

    *size = 0;
    if (fd < 0)
        return NULL;
    while (got > 0 && *size <= SHELL_MAX_FILE) {
        if (*size == capacity && !VFU_GROW(bytes, capacity, capacity + 65536)) {
            got = -1;
            break;
        }
        got = shell_file_get(sh, fd, bytes + *size, capacity - *size);
        *size += got > 0 ? (size_t)got : 0;
    }
    if (got < 0 || *size > SHELL_MAX_FILE) {
        shell_fail(sh, "%.150s: %s", path, got < 0 ? strerror(errno) : "more than 1G");
        free(bytes);
        bytes = NULL;
    }
    close(fd);
    return bytes;
}

bool shell_file_write(struct shell *sh, const char *path, const uint8_t *bytes, size_t size)
{
    struct vfu_outfile out;
    struct vfu_error error;
    bool done;

    if (!shell_file_make(sh, path, &out))
        return false;
    done = shell_file_put(sh, out.fd, bytes, size) || shell_fail(sh, "%.150s: %s", path, strerror(errno));
    if (!vfu_outfile_close(&out, &error) && done)
        done = shell_fail(sh, "%.200s", error.text);
    return done;
}
