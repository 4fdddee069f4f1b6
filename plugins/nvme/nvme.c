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
        n->past = nvme_past_new();
    }
    return n;
}

static void nvme_close(void *state)
{
    struct nvme *n = state;

    free(n->past);
    free(n);
}

static void refused(struct nvme *n, const struct vfp_access *a)
{
    WARN(n, "%s of bar0+0x%" PRIx64 " is refused", a->is_write ? "write" : "read", a->offset);
    nvme_refused(n, a);
    if (a->is_write && a->offset >= NVME_DOORBELLS)
        nvme_doorbell_refused(n, a);
}

/* An interrupt that came before the doorbell was answered: what it is about is known now. */
static void look_early(struct nvme *n)
{
    n->sent -= n->sent > 0;
    if (n->early.is_there)
        nvme_look_vector(n, n->early.any, n->early.vector);
    n->early.is_there = n->early.is_there && n->sent;
}

static void nvme_access(void *state, const struct vfp_access *a)
{
    struct nvme *n = state;

    n->time_ns = a->time_ns;
    if (vfp_is_function_reset(n->device, n->host, a)) {
        nvme_look_last(n);
        nvme_bury(n);
        nvme_start_over(n, true);
        NOTE(n, "controller reset, by a function-level reset");
    }
    if (a->region == VFP_CONFIG)
        nvme_sizing(n, a);
    if (a->region == VFP_CONFIG && !a->is_write) {
        nvme_fit(n);
        nvme_note_places(n);
    }
    if (a->region != VFP_BAR0)
        return;
    if (a->error)
        refused(n, a);
    else if (a->offset >= NVME_DOORBELLS)
        nvme_doorbell(n, a);
    else {
        if (a->is_write && a->offset == NVME_CC && a->data_size && !(a->data[0] & NVME_CC_EN))
            nvme_look_last(n);
        nvme_register(n, a);
        if (a->offset < NVME_VS || (a->offset >= NVME_CMBLOC && a->offset < NVME_CMBMSC))
            nvme_note_places(n);
    }
    if (a->is_write && !a->posted && a->offset >= NVME_DOORBELLS)
        look_early(n);
    nvme_look(n);
}

static void nvme_sent(void *state, const struct vfp_access *a)
{
    if (a->region == VFP_BAR0 && a->offset >= NVME_DOORBELLS && !a->posted)
        nvme_doorbell_sent(state, a);
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
    nvme_look_vector(n, i->index != VFP_MSIX, i->vector);
    if (n->sent) {
        n->early.any = i->index != VFP_MSIX || (n->early.is_there && (n->early.any || n->early.vector != i->vector));
        n->early.vector = i->vector;
        n->early.is_there = true;
    }
}

/* A device that translated a queue's address once has to do it again. */
static void nvme_mapping(void *state, const struct vfp_map *m)
{
    if (m->unmapped)
        nvme_unmapped(state, m->address, m->size);
}

static void nvme_reset(void *state)
{
    nvme_look_last(state);
    nvme_bury(state);
    nvme_start_over(state, true);
    NOTE((struct nvme *)state, "controller reset");
}

/* What is loaded was set up elsewhere, unseen. */
static void nvme_migration(void *state, uint32_t number)
{
    if (number == VFIO_DEVICE_STATE_RESUMING)
        nvme_start_over(state, false);
}

static enum vfp_moved nvme_has_moved(void *state) { return nvme_moved(state); }

static void nvme_by_clock(void *state, uint64_t time_ns)
{
    struct nvme *n = state;

    n->time_ns = time_ns;
    nvme_look(n);
}

static void nvme_missing(void *state) { nvme_gap(state); }

static void nvme_info(void *state)
{
    nvme_fit(state);
    nvme_note_places(state);
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
    .close = nvme_close,
    .access = nvme_access,
    .map = nvme_mapping,
    .dma = nvme_dma_seen,
    .interrupt = nvme_interrupt,
    .reset = nvme_reset,
    .migration = nvme_migration,
    .commands = nvme_commands,
    .sent = nvme_sent,
    .gap = nvme_missing,
    .misfits = nvme_misfits,
    .reasons = nvme_reasons,
    .info = nvme_info,
    .place = nvme_place,
    .moved = nvme_has_moved,
    .look = nvme_by_clock,
};
