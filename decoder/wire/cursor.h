/*
 * The one way to read bytes off the wire. Every read is checked; a read past the end returns 0 and sets `failed`,
 * which stays set: whoever owns the cursor looks at it once, at the end, and says what was missing.
 */
#ifndef VFU_DECODER_WIRE_CURSOR_H
#define VFU_DECODER_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vfu_cursor {
    const uint8_t *start, *at, *end;
    bool swap;   /* the bytes are in the other byte order */
    bool failed; /* a read or a seek went past the end */
};

static inline struct vfu_cursor vfu_cursor(const uint8_t *bytes, size_t size, bool swap)
{
    return (struct vfu_cursor){ .start = bytes, .at = bytes, .end = bytes + size, .swap = swap };
}

static inline size_t vfu_cursor_left(const struct vfu_cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* The next `size` bytes in place, or NULL and failure if there are fewer. */
static inline const uint8_t *vfu_cursor_bytes(struct vfu_cursor *c, size_t size)
{
    const uint8_t *at = c->at;

    if (c->failed || size > vfu_cursor_left(c)) {
        c->failed = true;
        return NULL;
    }
    c->at += size;
    return at;
}

/* Go to `offset` bytes from the start; the end itself is a place one can stand on. */
static inline void vfu_cursor_seek(struct vfu_cursor *c, size_t offset)
{
    if (c->failed || offset > (size_t)(c->end - c->start))
        c->failed = true;
    else
        c->at = c->start + offset;
}

static inline uint8_t vfu_cursor_u8(struct vfu_cursor *c)
{
    const uint8_t *p = vfu_cursor_bytes(c, 1);

    return p ? *p : 0;
}

static inline uint16_t vfu_cursor_u16(struct vfu_cursor *c)
{
    const uint8_t *p = vfu_cursor_bytes(c, 2);
    uint16_t n = 0;

    if (p)
        memcpy(&n, p, sizeof n);
    return c->swap ? __builtin_bswap16(n) : n;
}

static inline uint32_t vfu_cursor_u32(struct vfu_cursor *c)
{
    const uint8_t *p = vfu_cursor_bytes(c, 4);
    uint32_t n = 0;

    if (p)
        memcpy(&n, p, sizeof n);
    return c->swap ? __builtin_bswap32(n) : n;
}

static inline uint64_t vfu_cursor_u64(struct vfu_cursor *c)
{
    const uint8_t *p = vfu_cursor_bytes(c, 8);
    uint64_t n = 0;

    if (p)
        memcpy(&n, p, sizeof n);
    return c->swap ? __builtin_bswap64(n) : n;
}

/* An integer of `width` bytes: 1, 2, 4 or 8. */
static inline uint64_t vfu_cursor_uint(struct vfu_cursor *c, unsigned width)
{
    switch (width) {
    case 1:
        return vfu_cursor_u8(c);
    case 2:
        return vfu_cursor_u16(c);
    case 4:
        return vfu_cursor_u32(c);
    default:
        return vfu_cursor_u64(c);
    }
}

#endif
