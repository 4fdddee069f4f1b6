/*
 * What a value of a message means when it is compared: whether it counts, or is an address of guest memory.
 */
#include "decoder/align/inside.h"

#include <string.h>

void align_take(struct align_half *h, const struct vfu_exchange *x, bool reply, const struct vfu_ignored *ignored,
                 const struct vfu_addresses *addresses)
{
    h->there = reply ? vfu_exchange_reply(x, &h->event) : vfu_exchange_command(x, &h->event);
    h->moved.transfer = NULL;
    h->ignored = ignored;
    h->addresses = addresses;
    h->decoded.count = 0;
    if (!h->there)
        return;
    vfu_decode(&h->event, &h->decoded);
    if (h->event.command && (h->event.command->moves.list || !vfu_moved_first(&h->moved, h->event.command, &h->decoded)))
        h->moved.transfer = NULL;
    h->value_ignored = ignored && ignored->count && vfu_ignored_has_value(ignored, x);
}

bool align_moves(const struct align_half *h, enum vfu_space space)
{
    return h->moved.transfer && h->moved.transfer->space == space;
}

/* Of a field of numbers. */
enum align_meaning align_number(const struct align_half *h, const struct vfu_value *v)
{
    const char *name = v->field->name;

    if (vfu_ignored_has(h->ignored, name))
        return ALIGN_IGNORED;
    if (v->field->kind != VFU_ADDRESS || !h->addresses)
        return ALIGN_COUNTS;
    if (h->event.command_number == VFU_DMA_MAP)
        return ALIGN_ADDRESS;
    if (strcmp(name, "address") != 0 && strcmp(name, "iova") != 0)
        return ALIGN_COUNTS;
    return vfu_was_mapped(h->addresses->of, v->number) ? ALIGN_ADDRESS : ALIGN_COUNTS;
}

/* Of bytes. */
enum align_meaning align_bytes(const struct align_half *h, const struct vfu_value *v)
{
    struct vfu_cursor c = vfu_cursor(v->bytes, v->size, v->swap);
    uint64_t value;

    if (vfu_ignored_has(h->ignored, v->field->name) ||
        (v == h->moved.data && (h->value_ignored || vfu_ignored_has(h->ignored, "value"))))
        return ALIGN_IGNORED;
    if (v != h->moved.data || !h->addresses || !align_moves(h, VFU_REGION_SPACE) || (v->size != 4 && v->size != 8))
        return ALIGN_COUNTS;
    value = vfu_cursor_uint(&c, (unsigned)v->size);
    return vfu_addresses_has(h->addresses, h->moved.region, h->moved.at, value) ? ALIGN_ADDRESS : ALIGN_COUNTS;
}

/* 8 bytes of guest memory that are an address in it, as descriptors have them. */
bool align_is_pointer(const struct align_half *h, const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return h->addresses && word >= 64 << 10 && vfu_was_mapped(h->addresses->of, word);
}

bool align_is_memory(const struct align_half *h, const struct vfu_value *v)
{
    return v == h->moved.data && align_moves(h, VFU_MEMORY_SPACE);
}
