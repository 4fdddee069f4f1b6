/*
 * The mappable areas of region info's capabilities: what an item of `areas` says, whichever capability it stands in.
 */
#ifndef VFU_DECODER_WIRE_AREA_H
#define VFU_DECODER_WIRE_AREA_H

#include "decoder/wire/decode.h"

struct vfu_area {
    uint64_t offset, size; /* in the region */
    bool has_file;         /* of its own, as SPARSE_MMAP_FDS gives it; else it is in the region's */
    uint32_t fd;           /* which of the reply's descriptors */
    uint64_t at;           /* and where in its file */
};

/* An area from its `count` values; base: the `offset` of the reply, where the region begins in its file. */
struct vfu_area vfu_area_of(const struct vfu_value *values, unsigned count, uint64_t base);

/* Have the areas of the capability with this id files of their own? */
bool vfu_areas_have_files(uint64_t id);

#endif
