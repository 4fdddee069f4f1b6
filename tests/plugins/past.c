/*
 * A plugin for the first version of the interface. It tells of the writes that it hears of, and what later versions added
 * behind its struct's end ends it.
 */
#include "plugins/plugin.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

static const struct vfp_host *host;

static void *past_open(struct vfp_device *device, const struct vfp_host *h)
{
    host = h;
    return device;
}

static void past_access(void *device, const struct vfp_access *a)
{
    if (a->is_write)
        host->note(device, "0x%" PRIx64 " written%s", a->offset, a->error ? ", refused" : "");
}

static void past_sent(void *device, const struct vfp_access *a)
{
    (void)device, (void)a;
    abort();
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = 1,
    .size = offsetof(struct vfp_plugin, sent),
    .name = "past",
    .summary = "tells of writes",
    .open = past_open,
    .access = past_access,
    .sent = past_sent,
};
