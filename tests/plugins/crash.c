/*
 * A plugin that dies at the first access: by a signal that no sanitizer handles.
 */
#include "plugins/plugin.h"

#include <signal.h>

static int state;

static void *crash_open(struct vfp_device *device, const struct vfp_host *host)
{
    (void)device;
    (void)host;
    return &state;
}

static void crash_access(void *context, const struct vfp_access *access)
{
    (void)context;
    (void)access;
    raise(SIGKILL);
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "crash",
    .summary = "dies",
    .open = crash_open,
    .access = crash_access,
};
