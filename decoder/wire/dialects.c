/*
 * The part of the protocol that a list of fields can't say: dialects of a message. Hung on the rows of table.c.
 */
#include "decoder/wire/decode.h"
#include "decoder/wire/dialects.h"

/* An integer of the payload, before its fields are decoded; `otherwise` if it is not at hand. */
static uint64_t peek(const struct vfu_view *view, size_t offset, unsigned width, uint64_t otherwise)
{
    struct vfu_cursor c = view->payload;
    uint64_t number;

    vfu_cursor_seek(&c, offset);
    number = vfu_cursor_uint(&c, width);
    return c.failed ? otherwise : number;
}

static bool is_reply(const struct vfu_view *view)
{
    return view->event && vfu_event_is_reply(view->event);
}

const struct vfu_layout *vfu_choose_or_empty(const struct vfu_view *view)
{
    /* Some servers answer with the bare header: DMA_UNMAP, DIRTY_PAGES, accesses of no bytes. */
    return view->payload_size == 0 ? &vfu_empty_layout : NULL;
}

/*
 * DMA messages have three forms; sizes alone do not tell them apart. The count is a u64
 * (QEMU 11, libvfio-user), or a u32 that ends the fixed part (the specification, in the DMA_WRITE reply), or a u32 in a
 * struct padded to 16 bytes, with the data in front of the padding (older QEMU). A count that can't be true as a u64
 * but can as its low half is the last.
 */
const struct vfu_layout *vfu_choose_dma_count(const struct vfu_view *view)
{
    uint64_t size = view->payload_size, count64 = peek(view, 8, 8, 0);

    if (size == 0 && is_reply(view))
        return &vfu_empty_layout;
    if (size >= 12 && size < 16)
        return &vfu_dma32;
    if (size >= 16 && count64 > VFU_MAX_MESSAGE && (uint32_t)peek(view, 8, 4, 0) <= VFU_MAX_MESSAGE)
        return &vfu_dma32_padded;
    return &vfu_dma64;
}

const struct vfu_layout *vfu_choose_dma_data(const struct vfu_view *view)
{
    uint64_t size = view->payload_size;

    if (size == 0 && is_reply(view))
        return &vfu_empty_layout;
    if (size >= 16 && peek(view, 8, 8, 0) <= size - 16)
        return &vfu_dma64_data;
    if (size >= 12 && peek(view, 8, 4, UINT64_MAX) <= size - 12)
        return &vfu_dma32_data;
    return &vfu_dma64_data;
}

const struct vfu_layout *vfu_choose_feature(const struct vfu_view *view)
{
    uint64_t flags = peek(view, 4, 4, 0);
    bool reply = is_reply(view), more = view->payload_size > 8;
    bool got = (flags & VFIO_DEVICE_FEATURE_GET) && reply && more;
    bool set = (flags & VFIO_DEVICE_FEATURE_SET) && (!reply || more);

    if (flags & VFIO_DEVICE_FEATURE_PROBE)
        return more ? NULL : &vfu_feature_plain;
    switch (flags & VFIO_DEVICE_FEATURE_MASK) {
    case VFIO_DEVICE_FEATURE_MIGRATION:
        return got ? &vfu_feature_migration : NULL;
    case VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE:
        return got || set ? &vfu_feature_state : NULL;
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_START:
        return set ? &vfu_feature_log_start : NULL;
    case VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT:
        /* The one feature whose request to get carries data. */
        return (flags & VFIO_DEVICE_FEATURE_GET) && (!reply || more) ? &vfu_feature_log_report : NULL;
    default:
        return NULL;
    }
}
