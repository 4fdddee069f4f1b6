/*
 * A plugin with a misfit that says nothing about itself.
 */
#include "plugins/plugin.h"

static void *nameless_open(struct vfp_device *device, const struct vfp_host *host)
{
    (void)host;
    return device;
}

static const struct vfp_finding misfits[] = { { .name = "much-too-long-a-name-to-be-one", .section = "", .help = "", .means = "",
                                                .todo = "" },
                                              { 0 } };

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "nameless",
    .summary = "has a row that is none",
    .open = nameless_open,
    .misfits = misfits,
};
