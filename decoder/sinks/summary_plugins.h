/*
 * The summary's part about plugins: how often each was called and how long that took.
 */
#ifndef VFU_DECODER_SINKS_SUMMARY_PLUGINS_H
#define VFU_DECODER_SINKS_SUMMARY_PLUGINS_H

#include "decoder/sinks/sinks.h"

enum { VFU_SUMMARY_PLUGINS = 32 };

struct vfu_summary_plugins {
    struct vfu_summary_plugin list[VFU_SUMMARY_PLUGINS];
    unsigned count;
};

void vfu_summary_plugins_text(const struct vfu_summary_plugins *p, struct vfu_writer *w);
/* A member, with the comma in front of it; nothing without plugins. */
void vfu_summary_plugins_json(const struct vfu_summary_plugins *p, struct vfu_writer *w);

#endif
