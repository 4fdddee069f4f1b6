/*
 * NVMe: why a command fails.
 */
#include "plugins/nvme/nvme.h"

/* By type and code (Base Specification, 4.6.1). */
enum { INVALID_PRP = 0x013, OUT_OF_RANGE = 0x080, NO_CQ = 0x100, WRONG_SIZE = 0x102, NO_VECTOR = 0x108 };

static void why_out_of_range(struct nvme *n, const struct nvme_command *c)
{
    uint64_t lba = c->dw10 | (uint64_t)c->dw11 << 32, count = (c->dw12 & 0xffff) + (uint64_t)1;
    uint64_t blocks = nvme_blocks(n, c->nsid);

    if (c->queue && blocks && (lba >= blocks || count > blocks - lba))
        NOTE(n, "because namespace %u has 0x%" PRIx64 " blocks", c->nsid, blocks);
}

static void why_wrong_size(struct nvme *n, const struct nvme_command *c)
{
    bool known;
    uint64_t most = vfp_bits(nvme_value(n, NVME_CAP, 8, &known), 0, 16) + 1;
    unsigned depth = (c->dw10 >> 16) + 1;

    if (depth < 2)
        NOTE(n, "because a queue has 2 entries at least");
    else if (known && depth > most)
        NOTE(n, "because CAP.MQES allows %" PRIu64 " entries, and %u are asked for", most, depth);
}

static void why_no_vector(struct nvme *n, const struct nvme_command *c)
{
    struct vfp_irq_info irq;

    if (n->host->size > offsetof(struct vfp_host, irq) && n->host->irq(n->device, VFP_MSIX, &irq) && c->dw11 >> 16 >= irq.count)
        NOTE(n, "because MSI-X has %u vectors, and %u is asked for", irq.count, c->dw11 >> 16);
}

void nvme_why(struct nvme *n, const struct nvme_command *c, unsigned status)
{
    bool creates = c->queue == 0 && nvme_creates_queue(c->opcode);

    if (status == OUT_OF_RANGE)
        why_out_of_range(n, c);
    else if (status == INVALID_PRP && creates && c->prp1 % nvme_page_size(n))
        NOTE(n, "because 0x%" PRIx64 " is not at the begin of a page (%u)", c->prp1, nvme_page_size(n));
    else if (status == WRONG_SIZE && creates)
        why_wrong_size(n, c);
    else if (status == NO_VECTOR && creates)
        why_no_vector(n, c);
    else if (status == NO_CQ && creates && c->dw11 >> 16 < NVME_QUEUES && !n->cq[c->dw11 >> 16].open && !n->unsure)
        NOTE(n, "because CQ%u was not created", c->dw11 >> 16);
}
