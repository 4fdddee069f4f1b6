/*
 * Whole files, for the commands that load and save bytes.
 */
#ifndef VFU_CLI_SHELL_FILE_H
#define VFU_CLI_SHELL_FILE_H

#include "cli/shell/shell.h"

enum { SHELL_MAX_FILE = 1 << 30 };

/* To its end, whatever it is: a pipe too. The caller frees; NULL: error. */
uint8_t *shell_file_read(struct shell *sh, const char *path, size_t *size);
/* Made with mode 0600: it may be the guest's memory. */
bool shell_file_write(struct shell *sh, const char *path, const uint8_t *bytes, size_t size);

#endif
