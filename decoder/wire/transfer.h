/*
 * What messages move: where, how much, and its bytes. By the column `moves` of the table.
 */
#ifndef VFU_DECODER_WIRE_TRANSFER_H
#define VFU_DECODER_WIRE_TRANSFER_H

#include "decoder/wire/decode.h"

struct vfu_moved {
    uint64_t region; /* of a VFU_REGION_SPACE */
    uint64_t at;     /* offset in the region, or guest address */
    uint64_t size;   /* bytes; 0 if that is cut off */
    const struct vfu_value *data; /* NULL: not in this message */

    const struct vfu_transfer *transfer;
    const struct vfu_value *list; /* that is being walked */
    size_t offset;                /* of this one's item */
    struct vfu_value values[VFU_MAX_VALUES];
};

/*
 * What a request of the command, or its reply, says that it moves: the first, or the only one. False: nothing, or where
 * is not at hand. `m` points into what was decoded.
 */
bool vfu_moved_first(struct vfu_moved *m, const struct vfu_command *command, const struct vfu_decoded *decoded);
/* The next one of its list. */
bool vfu_moved_next(struct vfu_moved *m);

#endif
