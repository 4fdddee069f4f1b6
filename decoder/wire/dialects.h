/*
 * What hangs on rows of the table and needs code: which layout a message has, which fields are there, where tails are.
 * Only table.c uses these; the layouts below are table.c's, for dialects.c to choose from.
 */
#ifndef VFU_DECODER_WIRE_DIALECTS_H
#define VFU_DECODER_WIRE_DIALECTS_H

#include "decoder/wire/table.h"

extern const struct vfu_layout vfu_dma64, vfu_dma32, vfu_dma32_padded, vfu_dma64_data, vfu_dma32_data;
extern const struct vfu_layout vfu_feature_plain, vfu_feature_other, vfu_feature_migration, vfu_feature_state,
    vfu_feature_log_start, vfu_feature_log_report;

/* For vfu_shape.choose: NULL means the row's own layout. */
const struct vfu_layout *vfu_choose_or_empty(const struct vfu_view *view);
const struct vfu_layout *vfu_choose_dma_count(const struct vfu_view *view);
const struct vfu_layout *vfu_choose_dma_data(const struct vfu_view *view);
const struct vfu_layout *vfu_choose_feature(const struct vfu_view *view);

/* For vfu_field.present */
bool vfu_has_unmap_bitmap(const struct vfu_view *view);
bool vfu_has_dirty_range(const struct vfu_view *view);
bool vfu_has_reply_room(const struct vfu_view *view);
bool vfu_has_device_cap_offset(const struct vfu_view *view);
bool vfu_has_capabilities(const struct vfu_view *view);
bool vfu_is_sparse_mmap(const struct vfu_view *view);
bool vfu_is_region_type(const struct vfu_view *view);
bool vfu_is_other_capability(const struct vfu_view *view);
bool vfu_has_sub_regions(const struct vfu_view *view);
bool vfu_is_ioregionfd(const struct vfu_view *view);
bool vfu_is_not_ioregionfd(const struct vfu_view *view);
bool vfu_has_io_padding(const struct vfu_view *view);
bool vfu_has_io_shadow_fd(const struct vfu_view *view);
bool vfu_has_io_shadow_offset(const struct vfu_view *view);
bool vfu_has_io_datamatch32(const struct vfu_view *view);
bool vfu_has_io_more(const struct vfu_view *view);
bool vfu_has_irq_bools(const struct vfu_view *view);
bool vfu_has_dma32_padding(const struct vfu_view *view);
bool vfu_has_report_bitmap(const struct vfu_view *view);

/* For vfu_field.place and .next */
bool vfu_place_capabilities(const struct vfu_view *view, struct vfu_value *list);
size_t vfu_next_capability(const struct vfu_value *list, size_t offset);
bool vfu_place_sub_regions(const struct vfu_view *view, struct vfu_value *list);
bool vfu_place_write_data(const struct vfu_view *view, struct vfu_value *data);
bool vfu_place_dma32_padding(const struct vfu_view *view, struct vfu_value *padding);

#endif
