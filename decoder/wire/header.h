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

/* What sixteen bytes are that stand where a header should. */
enum vfu_framing {
    VFU_FRAMED,   /* a header: `size` bytes further the next one begins */
    VFU_MISSIZED, /* a header whose size can't be true: nobody knows where the next message begins */
    VFU_NO_HEADER /* no message begins like this, whatever its size */
};

/* Can the size be true? */
static inline bool vfu_size_is_true(uint32_t size)
{
    return size >= VFU_HEADER_SIZE && size <= VFU_MAX_MESSAGE;
}

/*
 * The one judge of headers: with a size that can be true what stands there is taken for a message, so that other faults
 * are shown as its own. Without one it must look like a header to be called so: a known type, no reserved flag, a command.
 */
static inline enum vfu_framing vfu_header_judge(const struct vfu_header *h)
{
    const uint32_t known = VFU_TYPE_REPLY | VFU_NO_REPLY | VFU_ERROR;

    if (vfu_size_is_true(h->size))
        return VFU_FRAMED;
    return h->command && !(h->flags & ~known) ? VFU_MISSIZED : VFU_NO_HEADER;
}

static inline bool vfu_header_is_framed(const struct vfu_header *h)
{
    return vfu_header_judge(h) == VFU_FRAMED;
}

#endif
