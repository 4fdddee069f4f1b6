/*
 * A part of a region, mapped: access past the socket, as a VMM's guest has it.
 */
#ifndef VFU_CLI_SHELL_WINDOW_H
#define VFU_CLI_SHELL_WINDOW_H

#include "cli/shell/shell.h"

struct shell_window {
    uint8_t *at;  /* the byte at the offset that was asked for */
    void *mapped; /* whole pages around it */
    size_t mapped_size;
};

/* Map size bytes of a region, all in one area that can be mapped. SHELL_FAILED: the error says what can be. */
enum shell_result shell_window_open(struct shell *sh, uint32_t region, uint64_t offset, size_t size, bool to_write,
                                    struct shell_window *window);
void shell_window_close(struct shell_window *window);
/* Copy in accesses of `width` bytes; false: the memory behind is gone. */
bool shell_window_read(struct shell *sh, const struct shell_window *window, uint8_t *to, size_t size, unsigned width);
bool shell_window_write(struct shell *sh, const struct shell_window *window, const uint8_t *from, size_t size,
                        unsigned width);

#endif
