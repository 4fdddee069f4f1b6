/*
 * A plugin that finds misfits and gives reasons. A write to bar0: at 0 it says a misfit of the server's, at 4 one of
 * nobody's, at 8 one with a terminal's codes in it, each with the value; at 0xc more than an event has room for. What is refused has
 * a reason, borne out by the last write that was not. And it compares what the device says of bar1 and MSI-X.
 */
#include "plugins/fields.h"

#include <stdlib.h>

struct finds {
    struct vfp_device *device;
    const struct vfp_host *host;
    uint64_t last;
};

static void *finds_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct finds *f = calloc(1, sizeof *f);

    if (f)
        *f = (struct finds){ .device = device, .host = host };
    return f;
}

static void finds_access(void *state, const struct vfp_access *a)
{
    struct finds *f = state;
    const uint64_t messages[] = { 0, f->last };

    if (a->error && a->is_write)
        f->host->because(f->device, 0, messages, 2, "offset 0x%" PRIx64 " is odd", a->offset);
    else if (a->error)
        f->host->perhaps(f->device, 1, NULL, 0, "it is tired");
    if (a->error || !a->is_write || a->region != VFP_BAR0)
        return;
    f->last = f->host->message(f->device);
    f->host->because(f->device, 0, NULL, 0, "nothing is refused here");
    f->host->misfit(f->device, 99, "there is no such row");
    if (a->offset == 0 || a->offset == 4)
        f->host->misfit(f->device, (unsigned)a->offset / 4, "the value is %" PRIu64, a->value);
    else if (a->offset == 8)
        f->host->misfit(f->device, 0, "\033[31mred\n%1000s", "long");
    for (unsigned i = 0; a->offset == 0xc && i < 40; i++)
        f->host->misfit(f->device, 0, "misfit %u", i);
}

static void finds_info(void *state)
{
    struct finds *f = state;
    struct vfp_region_info region;
    struct vfp_irq_info irq;

    if (f->host->region(f->device, VFP_BAR1, &region) && f->host->irq(f->device, VFP_MSIX, &irq) && irq.count)
        f->host->note(f->device, "bar1: %" PRIu64 " bytes, flags 0x%x, %s, %s; %u vectors, flags 0x%x", region.size, region.flags,
                      region.whole ? "whole" : "not whole", region.msix_mappable ? "table too" : "but the table", irq.count,
                      irq.flags);
}

#define WORDS .section = "finds.c", .help = "what it says", .means = "It means nothing.", .todo = "Nothing."
static const struct vfp_finding misfits[] = {
    { .name = "server", WORDS, .by = VFP_SERVER, .who = "Nobody does.", .example = "one\n two" },
    { .name = "nobody", WORDS },
    { 0 },
};
static const struct vfp_finding reasons[] = { { .name = "odd", WORDS }, { .name = "tired", WORDS }, { 0 } };

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "finds",
    .summary = "finds misfits",
    .open = finds_open,
    .close = free,
    .access = finds_access,
    .misfits = misfits,
    .reasons = reasons,
    .info = finds_info,
};
