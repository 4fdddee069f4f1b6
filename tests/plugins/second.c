/*
 * A plugin for the second version of the interface. It tells of accesses, and what later versions added behind its struct's
 * end ends it.
 */
#include "plugins/plugin.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

static const struct vfp_host *host;

static void *second_open(struct vfp_device *device, const struct vfp_host *h)
{
    host = h;
    return device;
}

static void second_access(void *device, const struct vfp_access *a)
{
    host->note(device, "0x%" PRIx64 " %s%s", a->offset, a->is_write ? "written" : "read", a->error ? ", refused" : "");
}

static void second_info(void *device)
{
    (void)device;
    abort();
}

static const struct vfp_finding nonsense[] = { { .name = "Not a name" }, { 0 } };

const struct vfp_plugin vfuscope_plugin = {
    .abi = 2,
    .size = offsetof(struct vfp_plugin, misfits),
    .name = "second",
    .summary = "tells of accesses",
    .open = second_open,
    .access = second_access,
    .misfits = nonsense,
    .info = second_info,
};
