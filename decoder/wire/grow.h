/*
 * Arrays that grow by doubling, and the search in sorted ones: the one place for either.
 */
#ifndef VFU_DECODER_WIRE_GROW_H
#define VFU_DECODER_WIRE_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Room for `wanted` items of `item` bytes in the array that `*array` (a pointer to the items' type) points to; *room is
 * how many there is room for. Twice as much each time, so that n pushes cost n copies. False: out of memory (or no such
 * size), and nothing is changed. The array is the caller's to free.
 */
bool vfu_grow(void *array, size_t *room, size_t wanted, size_t item);
#define VFU_GROW(array, room, wanted) vfu_grow(&(array), &(room), (wanted), sizeof *(array))

/*
 * In an array sorted by it: the first index for which is_before(items, index, key) is false; `count` if there is none.
 * Inline, so that the comparison is.
 */
static inline size_t vfu_lower_bound(const void *items, size_t count, uint64_t key,
                                     bool (*is_before)(const void *items, size_t index, uint64_t key))
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (is_before(items, middle, key))
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

#endif
