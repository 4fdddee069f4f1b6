/*
 * Files that commands read and write, guest memory or a device's state mostly. Any may be a FIFO that nobody has at its
 * other end, or a pipe that is slow: while one is waited for, the connection is served and signals are heard.
 */
#ifndef VFU_CLI_SHELL_FILE_H
#define VFU_CLI_SHELL_FILE_H

#include "capture/file/outfile.h"
#include "cli/shell/shell.h"

#include <sys/types.h>

enum { SHELL_MAX_FILE = 1 << 30 };

/* To read, not blocking. A folder can't be opened. -1: it was said why. */
int shell_file_open(struct shell *sh, const char *path);
/* To write, private, by the rules of outfile.h; waits for a FIFO's reader. Close it with vfu_outfile_close. False: it was said why. */
bool shell_file_make(struct shell *sh, const char *path, struct vfu_outfile *out);
/* So many bytes from what was opened so, fewer only at its end. -1: see errno, EINTR if the work at hand is to stop. */
ssize_t shell_file_get(struct shell *sh, int fd, void *bytes, size_t size);
/* All of them. False: likewise. */
bool shell_file_put(struct shell *sh, int fd, const void *bytes, size_t size);

/* A whole file, to its end, whatever it is. The caller frees; NULL: error. */
uint8_t *shell_file_read(struct shell *sh, const char *path, size_t *size);
bool shell_file_write(struct shell *sh, const char *path, const uint8_t *bytes, size_t size);

#endif
