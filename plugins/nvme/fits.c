/*
 * NVMe: what the controller says of itself against its BAR, and queues against guest memory.
 */
#include "plugins/nvme/nvme.h"

enum { WINDOWS_BAR0 = 16 << 10 };

static bool can_say(const struct nvme *n) { return n->host->size > offsetof(struct vfp_host, irq); }

/* Of BAR0, as the region's info says, or else its sizing. */
static bool bar0_size(const struct nvme *n, uint64_t *size)
{
    struct vfp_region_info info;
    bool told = can_say(n) && n->host->region(n->device, VFP_BAR0, &info);

    *size = told ? info.size : n->sized;
    return told || n->sized;
}

/* --- BAR0 --- */

void nvme_sizing(struct nvme *n, const struct vfp_access *a)
{
    if (a->region != VFP_CONFIG || a->offset != PCI_BASE_ADDRESS_0 || a->size != 4 || !a->has_value || a->error)
        return;
    if (!a->is_write && n->sizing && a->value != UINT32_MAX) {
        n->sized = a->value >> 4 ? (uint32_t)~(a->value & ~(uint64_t)0xf) + (uint64_t)1 : 0; /* 4G or more stand in the upper half */
        nvme_fit(n);
    }
    n->sizing = a->is_write && a->value == UINT32_MAX;
}

void nvme_fit_doorbells(struct nvme *n, unsigned queues)
{
    uint64_t size, end = NVME_DOORBELLS + (2 * (uint64_t)queues - 1) * nvme_stride(n) + 4;
    struct vfp_line l = { 0 };
    bool known;

    nvme_value(n, NVME_CAP, 8, &known);
    if (!known || !bar0_size(n, &size) || size < NVME_DOORBELLS || end <= size)
        return;
    vfp_add_size(&l, size);
    if (queues == 1)
        MISFIT(n, NVME_DOORBELLS_OUTSIDE, "doorbell stride %u: the admin queue's are outside BAR0 (%s)", nvme_stride(n), l.text);
    else
        MISFIT(n, NVME_DOORBELLS_OUTSIDE, "%u I/O queues: the last one's doorbells, at BAR0+0x%" PRIx64 ", are outside BAR0 (%s)",
               queues - 1, end - 4, l.text);
}

static void fit_bar0(struct nvme *n)
{
    const struct vfp_ids *ids = n->host->ids(n->device);
    struct vfp_line l = { 0 };
    uint64_t size;

    if (!ids->known || ids->class_code != 0x010802 || !bar0_size(n, &size) || size >= WINDOWS_BAR0)
        return;
    vfp_add_size(&l, size);
    if (!size)
        MISFIT(n, NVME_BAR0_ABSENT, "BAR0 has size 0: an NVMe controller's registers are there");
    else
        MISFIT(n, NVME_BAR0_SIZE, "BAR0 has %s: Windows needs 16K (MLBAR bits 13:4 are reserved)", l.text);
}

static void fit_cap(struct nvme *n)
{
    bool known;
    uint64_t cap = nvme_value(n, NVME_CAP, 8, &known);
    unsigned least = (unsigned)vfp_bits(cap, 48, 4), most = (unsigned)vfp_bits(cap, 52, 4);
    struct vfp_line l = { 0 };

    if (!known)
        return;
    vfp_add_size(&l, (uint64_t)4096 << least);
    if (!vfp_bits(cap, 0, 16))
        MISFIT(n, NVME_QUEUE_SIZE, "CAP.MQES is 0: queues of 1 entry, which can hold none");
    if (least > most)
        MISFIT(n, NVME_PAGE_SIZE, "CAP.MPSMIN %u is above CAP.MPSMAX %u", least, most);
    else if (least)
        MISFIT(n, NVME_PAGE_SIZE, "CAP.MPSMIN: pages of %s at least, x86's have 4K", l.text);
    nvme_fit_doorbells(n, 1);
}

void nvme_fit(struct nvme *n)
{
    if (!can_say(n))
        return;
    fit_bar0(n);
    fit_cap(n);
}

/* --- queues --- */

void nvme_fit_queue(struct nvme *n, const struct nvme_queue *q, const char *name, bool to_write)
{
    uint64_t size = (uint64_t)q->depth * q->entry;

    if (can_say(n) && !q->in_pieces && !q->in_device && !n->host->is_mapped(n->device, q->base, size, to_write))
        MISFIT(n, NVME_QUEUE_UNMAPPED, "%s: 0x%" PRIx64 "+0x%" PRIx64 " is not in the DMA map for the device to %s", name, q->base,
               size, to_write ? "write" : "read");
}

void nvme_fit_pieces(struct nvme *n, bool is_submission, unsigned id)
{
    bool known;
    uint64_t cap = nvme_value(n, NVME_CAP, 8, &known);

    if (can_say(n) && known && vfp_bits(cap, 16, 1))
        MISFIT(n, NVME_QUEUE_PIECES, "%cQ%u is in pieces: by CAP.CQR the controller takes queues in one piece only",
               is_submission ? 'S' : 'C', id);
}
