/*
 * The sixteen bytes that every message begins with: read here, and nowhere else.
 */
#ifndef VFU_DECODER_WIRE_HEADER_H
#define VFU_DECODER_WIRE_HEADER_H

#include "decoder/wire/cursor.h"
#include "decoder/wire/protocol.h"

/* As on the wire, so that offsetof says where a member is. */
struct vfu_header {
    uint16_t id, command;
    uint32_t size;  /* of the whole message, the header too */
    uint32_t flags; /* VFU_TYPE_MASK, VFU_NO_REPLY, VFU_ERROR */
    uint32_t error; /* an errno, in a reply with VFU_ERROR */
};
_Static_assert(sizeof(struct vfu_header) == VFU_HEADER_SIZE, "no holes");

/* Out of VFU_HEADER_SIZE bytes; `swapped`: they are not in this machine's byte order. */
static inline struct vfu_header vfu_header_read(const uint8_t *bytes, bool swapped)
{
    struct vfu_cursor c = vfu_cursor(bytes, VFU_HEADER_SIZE, swapped);
    struct vfu_header h;

    h.id = vfu_cursor_u16(&c);
    h.command = vfu_cursor_u16(&c);
    h.size = vfu_cursor_u32(&c);
    h.flags = vfu_cursor_u32(&c);
    h.error = vfu_cursor_u32(&c);
    return h;
}

static inline bool vfu_header_is_reply(const struct vfu_header *h)
{
    return (h->flags & VFU_TYPE_MASK) == VFU_TYPE_REPLY;
}

/* Can the size be true? If not, nobody knows where the next message begins. */
static inline bool vfu_header_is_framed(const struct vfu_header *h)
{
    return h->size >= VFU_HEADER_SIZE && h->size <= VFU_MAX_MESSAGE;
}

#endif
