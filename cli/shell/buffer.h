/*
 * Growing buffers for writers.
 */
#ifndef VFU_CLI_SHELL_BUFFER_H
#define VFU_CLI_SHELL_BUFFER_H

#include "decoder/wire/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is written into w piles up in bytes (with a NUL after shell_buffer_text). */
struct shell_buffer {
    struct vfu_writer w;
    char chunk[512];
    char *bytes;
    size_t size, capacity;
};
void shell_buffer_init(struct shell_buffer *b);
void shell_buffer_clear(struct shell_buffer *b);
void shell_buffer_free(struct shell_buffer *b);
/* All of it, NUL-terminated; "" when out of memory. Valid until the next write. */
const char *shell_buffer_text(struct shell_buffer *b);

#endif
