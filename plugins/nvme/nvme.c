/*
 * The NVMe plugin: registers, queues and commands of an NVM Express controller. This file: what vfuscope sees of it.
 */
#include "plugins/nvme/nvme.h"

#include <linux/vfio.h>
#include <stdlib.h>

static void *nvme_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct nvme *n = calloc(1, sizeof *n);

    if (n) {
        n->device = device;
        n->host = host;
    }
    return n;
}

static void nvme_access(void *state, const struct vfp_access *a)
{
    struct nvme *n = state;

    if (a->region != VFP_BAR0)
        return;
    n->time_ns = a->time_ns;
    if (a->error)
        WARN(n, "%s of bar0+0x%" PRIx64 " is refused", a->is_write ? "write" : "read", a->offset);
    else if (a->offset >= NVME_DOORBELLS)
        nvme_doorbell(n, a);
    else {
        if (a->is_write && a->offset == NVME_CC && a->has_value && !(a->value & NVME_CC_EN))
            nvme_look_last(n);
        nvme_register(n, a);
    }
    nvme_look(n);
}

static void nvme_dma_seen(void *state, const struct vfp_dma *d)
{
    struct nvme *n = state;

    n->time_ns = d->time_ns;
    nvme_dma(n, d);
}

static void nvme_interrupt(void *state, const struct vfp_interrupt *i)
{
    struct nvme *n = state;

    n->time_ns = i->time_ns;
    nvme_look(n);
    nvme_look_vector(n, i->index != VFP_MSIX, i->vector);
}

/* A device that translated a queue's address once has to do it again. */
static void nvme_mapping(void *state, const struct vfp_map *m)
{
    if (m->unmapped)
        nvme_unmapped(state, m->address, m->size);
}

/* Nothing that was seen of the controller holds any more. */
static void start_over(struct nvme *n)
{
    nvme_forget(n);
    memset(n->known, 0, sizeof n->known);
    n->enabled_ns = n->disabled_ns = n->shutdown_ns = 0;
}

static void nvme_reset(void *state)
{
    start_over(state);
    NOTE((struct nvme *)state, "controller reset");
}

/* What is loaded was set up elsewhere, unseen. */
static void nvme_migration(void *state, uint32_t number)
{
    if (number == VFIO_DEVICE_STATE_RESUMING)
        start_over(state);
}

static const struct vfp_claim claims[] = {
    { VFP_ANY, VFP_ANY, 0x010802, 0xffffff }, /* mass storage, non-volatile memory, NVMe I/O controller */
};

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "nvme",
    .summary = "NVM Express controllers: registers, queues, commands",
    .uses = VFP_USES_MEMORY,
    .claims = claims,
    .claim_count = sizeof claims / sizeof claims[0],
    .registers = nvme_registers,
    .open = nvme_open,
    .close = free,
    .access = nvme_access,
    .map = nvme_mapping,
    .dma = nvme_dma_seen,
    .interrupt = nvme_interrupt,
    .reset = nvme_reset,
    .migration = nvme_migration,
    .commands = nvme_commands,
};
