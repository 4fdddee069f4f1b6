/*
 * Notes that a capture has, beside what the plugins say of the same message now.
 */
#ifndef VFU_PLUGINS_HOST_RECORDED_H
#define VFU_PLUGINS_HOST_RECORDED_H

#include "capture/file/annotate.h"
#include "plugins/host/process/process.h"

/* Starts zeroed. */
struct plugin_recorded {
    char names[PLUGIN_MAX][sizeof ((struct vfu_note *)0)->plugin]; /* of plugins that have notes in the capture */
    unsigned count;
};

/*
 * Make one list of an event's recorded notes and of what plugins say now (count of them in `notes`, which has `room`);
 * how many there are. Where the capture lacks what came before, a plugin that was there when it was written knew more
 * then than it does now; else what it says now takes the place of what it said.
 */
unsigned plugin_recorded_add(struct plugin_recorded *r, const struct vfu_event *event, struct vfu_note *notes,
                             unsigned count, unsigned room);

#endif
