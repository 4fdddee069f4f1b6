/*
 * A plugin that looks at guest memory when an interrupt comes, and goes on looking until the byte at 0x1000 is 1. By a clock it
 * looks at the next byte.
 */
#include "plugins/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct glance {
    struct vfp_device *device;
    const struct vfp_host *host;
    uint8_t last; /* byte at 0x1001 */
};

static void *glance_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct glance *g = calloc(1, sizeof *g);

    if (g)
        *g = (struct glance){ .device = device, .host = host };
    return g;
}

static void glance_interrupt(void *state, const struct vfp_interrupt *i)
{
    const struct glance *g = state;
    useconds_t pause_us = 2000;
    uint8_t byte = 0;

    while (g->host->read_now(g->device, 0x1000, &byte, 1) != VFP_OK || byte != 1) {
        usleep(pause_us);
        pause_us += pause_us < 500000 ? pause_us / 4 : 0; /* a message has so many reads */
    }
    g->host->note(g->device, "looked at vector %u", i->vector);
}

static enum vfp_moved glance_moved(void *state)
{
    const struct glance *g = state;
    uint8_t byte = 0;

    if (g->host->read(g->device, 0x1001, &byte, 1) != VFP_OK)
        return VFP_SEEN;
    g->host->note(g->device, "it counts for nothing");
    return byte == g->last ? VFP_STILL : VFP_MOVED;
}

static void glance_look(void *state, uint64_t time_ns)
{
    struct glance *g = state;

    if (g->host->read(g->device, 0x1001, &g->last, 1) != VFP_OK || !time_ns)
        return;
    if (g->last == 99)
        fputs("glance says nothing\n", stderr);
    else
        g->host->note(g->device, "the byte is %u", g->last);
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "glance",
    .summary = "looks at a byte when an interrupt comes",
    .uses = VFP_USES_MEMORY,
    .open = glance_open,
    .close = free,
    .interrupt = glance_interrupt,
    .moved = glance_moved,
    .look = glance_look,
};
