/*
 * A plugin that does not come back from the first access; with HANG=deaf not for a signal either that can be kept off.
 */
#include "plugins/plugin.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
    const char *how = getenv("HANG");
    sigset_t all;

    (void)context;
    (void)access;
    sigfillset(&all);
    if (how && strcmp(how, "deaf") == 0)
        sigprocmask(SIG_BLOCK, &all, NULL);
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
