/*
 * A plugin that tells of each access that it is told of, and what guest memory has at the value written to bar0+0x90, as
 * it was when the write was sent.
 */
#include "plugins/fields.h"

#include <stdlib.h>

struct tell {
    struct vfp_device *device;
    const struct vfp_host *host;
};

static void *tell_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct tell *t = calloc(1, sizeof *t);

    if (t)
        *t = (struct tell){ device, host };
    return t;
}

static void look(const struct tell *t, const struct vfp_access *a)
{
    uint8_t byte;
    enum vfp_memory result = t->host->read(t->device, a->value, &byte, 1);

    if (result == VFP_OK)
        t->host->note(t->device, "there is %02x", byte);
    else
        t->host->note(t->device, "there: %s", t->host->why(result));
}

static bool is_look(const struct vfp_access *a)
{
    return a->is_write && a->region == VFP_BAR0 && a->offset == 0x90 && a->has_value;
}

static void tell_access(void *context, const struct vfp_access *a)
{
    const struct tell *t = context;
    struct vfp_line l = { 0 };

    vfp_add(&l, "%s region %u 0x%" PRIx64 "+%" PRIu64, a->posted ? "posted" : a->is_write ? "write" : "read", a->region,
            a->offset, a->size);
    if (a->error)
        vfp_add(&l, a->error == UINT32_MAX ? " not done" : " refused: %u", a->error);
    else if (a->has_value)
        vfp_add(&l, " = 0x%" PRIx64, a->value);
    else
        vfp_add(&l, ", %zu bytes at hand", a->data_size);
    t->host->note(t->device, "%s", l.text);
    if (!a->error && is_look(a))
        look(t, a);
}

static void tell_sent(void *context, const struct vfp_access *a)
{
    const struct tell *t = context;

    t->host->warn(t->device, "nobody is to see this");
    if (is_look(a))
        look(t, a);
}

static void tell_dma(void *context, const struct vfp_dma *d)
{
    const struct tell *t = context;

    t->host->note(t->device, "dma %s 0x%" PRIx64 "+%" PRIu64 ", %zu bytes at hand", d->is_write ? "write" : "read",
                  d->address, d->size, d->data_size);
}

static void tell_reset(void *context)
{
    const struct tell *t = context;

    t->host->note(t->device, "reset");
}

static void tell_gap(void *context)
{
    const struct tell *t = context;

    t->host->note(t->device, "gap");
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "tell",
    .summary = "tells of accesses",
    .uses = VFP_USES_MEMORY,
    .open = tell_open,
    .close = free,
    .access = tell_access,
    .dma = tell_dma,
    .reset = tell_reset,
    .sent = tell_sent,
    .gap = tell_gap,
};
