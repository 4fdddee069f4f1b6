/*
 * A message as a peer of the other byte order would have sent it: every integer that the table knows, turned round.
 */
#ifndef VFU_TESTS_BYTEORDER_H
#define VFU_TESTS_BYTEORDER_H

#include "decoder/wire/decode.h"

struct byteorder {
    const uint8_t *from; /* the message */
    uint8_t *to;         /* its copy, which is changed */
};

static void byteorder_swap(const struct byteorder *b, const uint8_t *at, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        b->to[at - b->from + i] = at[width - 1 - i];
}

/* The fields that were decoded of what begins at `start`; the walk is over the message, which stays as it is. */
static void byteorder_values(const struct byteorder *b, const struct vfu_value *values, unsigned count,
                             const uint8_t *start)
{
    struct vfu_value inner[VFU_MAX_VALUES];

    for (unsigned i = 0; i < count; i++) {
        const struct vfu_value *v = &values[i];
        const struct vfu_layout *layout;
        size_t offset = SIZE_MAX;
        unsigned inner_count;
        bool broken;

        if (v->field->kind < VFU_BYTES && !v->field->alias) {
            byteorder_swap(b, start + v->field->offset, v->field->width);
        } else if (v->field->kind == VFU_OBJECT) {
            inner_count = vfu_object_values(v, inner);
            byteorder_values(b, inner, inner_count, v->bytes);
        } else if (v->field->kind == VFU_LIST) {
            while (vfu_list_next(v, &offset, &layout, inner, &inner_count, &broken))
                byteorder_values(b, inner, inner_count, v->bytes + offset);
        }
    }
}

/* Turn a message of this machine's byte order round, into `copy` (as much as is captured). The event takes it. */
static void byteorder_turn(struct vfu_event *event, uint8_t *copy)
{
    static const uint8_t header[] = { 2, 2, 4, 4, 4 };
    struct byteorder b = { event->message.bytes, copy };
    const uint8_t *at = b.from;
    struct vfu_decoded decoded;

    memcpy(copy, b.from, event->message.captured);
    vfu_decode(event, &decoded);
    for (size_t i = 0; i < sizeof header; at += header[i++])
        byteorder_swap(&b, at, header[i]);
    byteorder_values(&b, decoded.values, decoded.count, b.from + VFU_HEADER_SIZE);
    event->message.bytes = copy;
    event->message.swapped = true;
}

#endif
