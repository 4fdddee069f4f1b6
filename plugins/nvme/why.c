/*
 * NVMe: why an access is refused.
 */
#include "plugins/nvme/nvme.h"

static bool can_say(const struct nvme *n) { return n->host->size > offsetof(struct vfp_host, irq); }

static void because_unmapped(struct nvme *n, const struct nvme_queue *q, const char *name, bool to_write)
{
    uint64_t size = (uint64_t)q->depth * q->entry;

    if (!nvme_in_device(n, q->base) && !n->host->is_mapped(n->device, q->base, size, to_write))
        BECAUSE(n, NVME_WHY_UNMAPPED, NULL, 0, "the admin %s queue, 0x%" PRIx64 "+0x%" PRIx64 ", is not in the DMA map", name, q->base,
                size);
}

/* The controller was to be enabled. */
static void enable_refused(struct nvme *n, const struct vfp_access *a)
{
    struct nvme_queue sq, cq;

    if (!a->data_size || !(a->data[0] & NVME_CC_EN) || !nvme_admin_queues(n, &sq, &cq))
        return;
    because_unmapped(n, &sq, "submission", false);
    because_unmapped(n, &cq, "completion", true);
}

/* May there be queues that were not seen to be made? */
static bool may_be_unseen(const struct nvme *n)
{
    return n->unsure || nvme_is_hidden(n, 0) || !n->sq[0].open || n->sq[0].lossy || n->sq[0].in_device;
}

static void doorbell_refused(struct nvme *n, const struct vfp_access *a)
{
    unsigned stride = nvme_stride(n), id = (unsigned)((a->offset - NVME_DOORBELLS) / stride / 2);
    bool is_submission = (a->offset - NVME_DOORBELLS) / stride % 2 == 0, cc_known, cap_known;
    const struct nvme_queue *q = nvme_doorbell_queue(n, a);
    uint64_t cc = nvme_value(n, NVME_CC, 4, &cc_known);

    nvme_value(n, NVME_CAP, 8, &cap_known);
    if (!cap_known)
        return; /* nor is the stride */
    if (!q)
        BECAUSE(n, NVME_WHY_NO_DOORBELL, NULL, 0, "%" PRIu64 " bytes at bar0+0x%" PRIx64 " are no doorbell (stride %u)", a->size,
                a->offset, stride);
    else if (cc_known && !(cc & NVME_CC_EN))
        BECAUSE(n, NVME_WHY_DISABLED, &n->cc_no, 1, "the controller is disabled");
    else if (!q->open && !may_be_unseen(n))
        BECAUSE(n, NVME_WHY_NO_QUEUE, NULL, 0, "there is no %cQ%u", is_submission ? 'S' : 'C', id);
    else if (q->open && !n->unsure && a->has_value && (a->value & 0xffff) >= q->depth)
        BECAUSE(n, NVME_WHY_QUEUE_END, NULL, 0, "%cQ%u has %u entries, 0 to %u", is_submission ? 'S' : 'C', id, q->depth, q->depth - 1);
}

void nvme_refused(struct nvme *n, const struct vfp_access *a)
{
    const struct vfp_register *r = vfp_register_at(nvme_registers, VFP_BAR0, a->offset);
    struct vfp_line l = { 0 };

    if (!can_say(n) || !a->is_write)
        return;
    if (a->offset >= NVME_DOORBELLS) {
        doorbell_refused(n, a);
    } else if (a->offset == NVME_CC) {
        enable_refused(n, a);
    } else if (r && r->flags & VFP_READ_ONLY) {
        vfp_add_upper(&l, r->name);
        BECAUSE(n, NVME_WHY_READ_ONLY, NULL, 0, "%s is read-only", l.text);
    }
}
