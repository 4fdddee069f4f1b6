/*
 * Numbers as bytes: see bytes.h.
 */
#include "cli/shell/bytes.h"
#include "decoder/wire/cursor.h"

uint64_t shell_load(const uint8_t *bytes, unsigned width)
{
    struct vfu_cursor c = vfu_cursor(bytes, width, false);

    return vfu_cursor_uint(&c, width);
}

void shell_store(uint8_t *bytes, unsigned width, uint64_t value)
{
    for (unsigned k = 0; k < width; k++)
        bytes[k] = (uint8_t)(value >> (8 * k));
}
