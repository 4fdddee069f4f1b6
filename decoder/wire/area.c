/*
 * Areas of region info.
 */
#include "decoder/wire/area.h"
#include "decoder/wire/protocol.h"

struct vfu_area vfu_area_of(const struct vfu_value *values, unsigned count, uint64_t base)
{
    uint64_t offset = vfu_number(values, count, "offset", 0);
    bool has_file = vfu_value_by_name(values, count, "fd_index") != NULL;

    return (struct vfu_area){
        .offset = offset,
        .size = vfu_number(values, count, "size", 0),
        .has_file = has_file,
        .fd = (uint32_t)vfu_number(values, count, "fd_index", 0),
        .at = has_file ? vfu_number(values, count, "fd_offset", 0) : base + offset,
    };
}

bool vfu_areas_have_files(uint64_t id)
{
    return id == VFU_CAP_SPARSE_MMAP_FDS || id == VFU_CAP_SPARSE_MMAP_FDS_LATER;
}
