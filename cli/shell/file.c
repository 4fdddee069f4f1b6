/*
 * Whole files: see file.h.
 */
#include "cli/shell/file.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint8_t *shell_file_read(struct shell *sh, const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t capacity = 0;
    uint8_t *bytes = NULL;
    ssize_t got = fd < 0 ? -1 : 1;

    *size = 0;
    while (got > 0 && *size <= SHELL_MAX_FILE) {
        if (*size == capacity && !VFU_GROW(bytes, capacity, capacity + 65536)) {
            got = -1;
            break;
        }
        got = read(fd, bytes + *size, capacity - *size);
        *size += got > 0 ? (size_t)got : 0;
    }
    if (got < 0 || *size > SHELL_MAX_FILE) {
        shell_fail(sh, "%.150s: %s", path, got < 0 ? strerror(errno) : "more than 1G");
        free(bytes);
        bytes = NULL;
    }
    if (fd >= 0)
        close(fd);
    return bytes;
}

bool shell_file_write(struct shell *sh, const char *path, const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t done = 0;

    while (fd >= 0 && size > 0 && done >= 0) {
        done = write(fd, bytes, size);
        if (done > 0) {
            bytes += done;
            size -= (size_t)done;
        }
    }
    if (fd < 0 || done < 0 || close(fd) != 0) {
        shell_fail(sh, "%.150s: %s", path, strerror(errno));
        return false;
    }
    return true;
}
