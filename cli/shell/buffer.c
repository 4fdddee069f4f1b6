/*
 * Buffers for writers: see buffer.h.
 */
#include "cli/shell/buffer.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

static bool buffer_flush(void *context, const char *bytes, size_t size)
{
    struct shell_buffer *b = context;

    if (!VFU_GROW(b->bytes, b->capacity, b->size + size + 1))
        return false;
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
    b->bytes[b->size] = '\0';
    return true;
}

void shell_buffer_init(struct shell_buffer *b)
{
    *b = (struct shell_buffer){ 0 };
    b->w = vfu_writer(b->chunk, sizeof b->chunk, buffer_flush, b);
}

void shell_buffer_clear(struct shell_buffer *b)
{
    b->w = vfu_writer(b->chunk, sizeof b->chunk, buffer_flush, b);
    b->size = 0;
    if (b->bytes)
        b->bytes[0] = '\0';
}

void shell_buffer_free(struct shell_buffer *b)
{
    free(b->bytes);
    b->bytes = NULL;
    b->size = b->capacity = 0;
}

const char *shell_buffer_text(struct shell_buffer *b)
{
    if (!vfu_writer_flush(&b->w) || !b->bytes)
        return "";
    return b->bytes;
}
