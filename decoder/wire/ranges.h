/*
 * Ranges of addresses, in order: the DMA map of whoever keeps one. A list of chunks of up to some sixty ranges, so that
 * a map may come and go anywhere among 65,536 for the price of moving a few.
 *
 *     struct vfu_ranges maps = VFU_RANGES_OF(struct vfu_known_map);
 *
 * An item begins with `uint64_t address, size`. Its range ends with its last byte, and at the last address at the latest.
 * No two share a byte; of size 0 there are none. Items are found by the bytes that they have; the pointers hold until
 * something is added or removed.
 */
#ifndef VFU_DECODER_WIRE_RANGES_H
#define VFU_DECODER_WIRE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vfu_range_chunk;
struct vfu_ranges {
    struct vfu_range_chunk **chunks; /* chunk_count of them, none empty */
    size_t chunk_count, room;
    size_t count; /* of items */
    size_t item;  /* bytes of one */
    size_t moved; /* how many items and chunks were moved so far, to make room and to close gaps: for tests */
};

#define VFU_RANGES_OF(type) \
    { .item = sizeof(type) + 0 * sizeof(struct { \
        _Static_assert(offsetof(type, address) == 0 && offsetof(type, size) == 8, "see above"); char unused; }) }

/* The last byte of a range that is not empty. */
static inline uint64_t vfu_range_last(uint64_t address, uint64_t size)
{
    return size - 1 > UINT64_MAX - address ? UINT64_MAX : address + (size - 1);
}

/* The first item that has a byte at `address` or above it; NULL: there is none. */
void *vfu_ranges_from(const struct vfu_ranges *r, uint64_t address);
/* The first item that shares a byte with this range; NULL: none does. */
void *vfu_ranges_over(const struct vfu_ranges *r, uint64_t address, uint64_t size);
/* The last item that lies below `address`, all of it; NULL: there is none. */
void *vfu_ranges_below(const struct vfu_ranges *r, uint64_t address);
/* The item that has the byte at `address`, or NULL. */
static inline void *vfu_ranges_at(const struct vfu_ranges *r, uint64_t address)
{
    return vfu_ranges_over(r, address, 1);
}
/* All of them, in order: the first, and the one behind another; NULL: no more. */
static inline void *vfu_ranges_first(const struct vfu_ranges *r)
{
    return vfu_ranges_from(r, 0);
}
void *vfu_ranges_next(const struct vfu_ranges *r, const void *item);

/* Add a copy of an item that is not empty and lies over no other; where it stands now. NULL: out of memory. */
void *vfu_ranges_add(struct vfu_ranges *r, const void *item);
/* Take an item out, which is one of theirs. */
void vfu_ranges_remove(struct vfu_ranges *r, const void *item);
/* Take all out, and free what they took. */
void vfu_ranges_clear(struct vfu_ranges *r);

#endif
