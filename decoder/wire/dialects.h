/*
 * What hangs on rows of the table and needs code: which layout a message has.
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

#endif
