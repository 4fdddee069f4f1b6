/*
 * A plugin that does not come back from the first access.
 */
#include "plugins/plugin.h"

#include <unistd.h>

static int state;

static void *hang_open(struct vfp_device *device, const struct vfp_host *host)
{
    (void)device;
    (void)host;
    return &state;
}

static void hang_access(void *context, const struct vfp_access *access)
{
    (void)context;
    (void)access;
    for (;;)
        pause();
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "hang",
    .summary = "hangs",
    .open = hang_open,
    .access = hang_access,
};
