/*
 * Whole files: see file.h.
 */
#include "cli/shell/file.h"
#include "capture/file/outfile.h"
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
    struct vfu_outfile out = { .fd = -1 };
    struct vfu_error error;
    bool open = vfu_outfile_open(&out, strcmp(path, "-") == 0 ? "./-" : path, VFU_OUT_PRIVATE, &error);
    bool done = open && vfu_outfile_write(&out, bytes, size, &error);

    done = (!open || vfu_outfile_close(&out, done ? &error : NULL)) && done;
    if (!done)
        shell_fail(sh, "%.200s", error.text);
    return done;
}
