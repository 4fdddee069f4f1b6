/*
 * NVMe: what is known of the controller: registers as last seen, and what follows from them.
 */
#include "plugins/nvme/nvme.h"

uint64_t nvme_value(const struct nvme *n, unsigned offset, unsigned width, bool *known)
{
    bool all = true;

    for (unsigned i = 0; i < width; i++)
        all = all && n->known[offset + i];
    if (known)
        *known = all;
    return vfp_le(n->bytes + offset, width);
}

unsigned nvme_page_size(const struct nvme *n)
{
    return 4096u << vfp_bits(nvme_value(n, NVME_CC, 4, NULL), 7, 4);
}

unsigned nvme_stride(const struct nvme *n)
{
    return 4u << vfp_bits(nvme_value(n, NVME_CAP, 8, NULL), 32, 4);
}

bool nvme_is_hidden(const struct nvme *n, unsigned id)
{
    return n->mappable || (n->shadow && id);
}

bool nvme_in_device(const struct nvme *n, uint64_t address)
{
    static const uint64_t units[] = { 1 << 12, 1 << 16, 1 << 20, 1 << 24, 1 << 28, (uint64_t)1 << 32, (uint64_t)1 << 36 };
    uint64_t control = nvme_value(n, NVME_CMBMSC, 8, NULL), where = nvme_value(n, NVME_CMBLOC, 4, NULL);
    uint64_t size = nvme_value(n, NVME_CMBSZ, 4, NULL), unit = vfp_bits(size, 8, 4), base = control & ~(uint64_t)0xfff;
    uint8_t bar[8];

    if (!vfp_bits(size, 12, 20) || unit > 6)
        return false;
    if (!(control & 2)) { /* no address of its own: it is where its BAR is */
        if (!n->host->config(n->device, 0x10 + 4 * (unsigned)vfp_bits(where, 0, 3), bar, sizeof bar))
            return false;
        base = (bar[0] & 4 ? vfp_le(bar, 8) : vfp_le(bar, 4)) & ~(uint64_t)0xf;
        base += vfp_bits(where, 12, 20) * units[unit];
    }
    return address >= base && address - base < vfp_bits(size, 12, 20) * units[unit];
}

bool nvme_has_room(const struct nvme *n)
{
    return n->host->size <= offsetof(struct vfp_host, room) || n->host->room(n->device) >= NVME_ROOM;
}

uint64_t nvme_blocks(const struct nvme *n, uint32_t nsid)
{
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        if (n->namespaces[i].shift && n->namespaces[i].nsid == nsid)
            return n->namespaces[i].blocks;
    return 0;
}

uint64_t nvme_since(const struct nvme *n, uint64_t time_ns) { return n->time_ns > time_ns ? n->time_ns - time_ns : 0; }

void nvme_forget(struct nvme *n)
{
    memset(n->sq, 0, sizeof n->sq);
    memset(n->cq, 0, sizeof n->cq);
    memset(n->commands, 0, sizeof n->commands);
    n->queues = 0;
    n->shadow = 0;
    n->unsure = false;
}

void nvme_start_over(struct nvme *n, bool is_reset)
{
    nvme_forget(n);
    memset(n->known, 0, sizeof n->known);
    memset(n->bytes + NVME_CC, 0, 4);
    memset(n->known + NVME_CC, is_reset, 4);
    n->enabled_ns = n->disabled_ns = n->shutdown_ns = 0;
    n->sent = 0;
    n->early.is_there = false;
}

void nvme_unsure(struct nvme *n, unsigned queue)
{
    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        struct nvme_command *c = &n->commands[i];

        if (c->used && c->queue < NVME_QUEUES && n->sq[c->queue].completes_to == queue)
            c->unsure = true;
    }
}

/* CAP and VS are what they are. The others keep their values as a guess, and what changes from now on is not known. */
void nvme_gap(struct nvme *n)
{
    memset(n->known + NVME_INTMS, 0, sizeof n->known - NVME_INTMS);
    n->enabled_ns = n->disabled_ns = n->shutdown_ns = 0;
    n->sent = 0;
    n->early.is_there = false;
    n->unsure = true;
    for (unsigned id = 0; id < n->queues; id++) {
        n->sq[id].lossy = n->cq[id].lossy = true;
        n->sq[id].is_announced = false;
        nvme_unsure(n, id);
    }
}
