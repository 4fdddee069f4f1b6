/*
 * A plugin for another version of the interface.
 */
#include "plugins/plugin.h"

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI + 1,
    .size = sizeof vfuscope_plugin,
    .name = "future",
    .summary = "comes too early",
};
