/*
 * NVMe: queues, and where their entries are.
 */
#include "plugins/nvme/nvme.h"

void nvme_open_queue(struct nvme *n, bool is_submission, unsigned id, const struct nvme_queue *q)
{
    struct nvme_queue *place = is_submission ? &n->sq[id] : &n->cq[id];

    *place = *q;
    place->open = place->at_known = true;
    place->phase = true;
    place->in_device = !q->in_pieces && nvme_in_device(n, q->base);
    place->past = NVME_NO_PAST;
    if (!is_submission)
        nvme_past_begin(n, place);
    if (id >= n->queues)
        n->queues = id + 1;
}

bool nvme_admin_queues(const struct nvme *n, struct nvme_queue *sq, struct nvme_queue *cq)
{
    bool aqa_known, asq_known, acq_known;
    uint64_t aqa = nvme_value(n, NVME_AQA, 4, &aqa_known), asq = nvme_value(n, NVME_ASQ, 8, &asq_known);
    uint64_t acq = nvme_value(n, NVME_ACQ, 8, &acq_known);

    *sq = (struct nvme_queue){ .base = asq & ~(uint64_t)0xfff, .depth = (uint32_t)vfp_bits(aqa, 0, 12) + 1, .entry = NVME_SQE };
    *cq = (struct nvme_queue){ .base = acq & ~(uint64_t)0xfff, .depth = (uint32_t)vfp_bits(aqa, 16, 12) + 1, .entry = NVME_CQE };
    return aqa_known && asq_known && acq_known;
}

void nvme_admin_queue(struct nvme *n, struct vfp_line *l)
{
    uint64_t aqa = nvme_value(n, NVME_AQA, 4, NULL), asq = nvme_value(n, NVME_ASQ, 8, NULL), acq = nvme_value(n, NVME_ACQ, 8, NULL);
    struct nvme_queue sq, cq;
    uint8_t byte;

    nvme_forget(n);
    n->mappable = n->host->size > offsetof(struct vfp_host, is_mappable) &&
                  n->host->is_mappable(n->device, VFP_BAR0, NVME_DOORBELLS, 4);
    if (!nvme_admin_queues(n, &sq, &cq)) {
        vfp_add(l, ", the admin queues' registers were not seen");
        NOTE(n, "%s", l->text);
        return;
    }
    nvme_open_queue(n, true, 0, &sq);
    nvme_open_queue(n, false, 0, &cq);
    vfp_add(l, ", admin queue %u deep at 0x%" PRIx64 ", its completions %u deep at 0x%" PRIx64, sq.depth, sq.base,
            cq.depth, cq.base);
    NOTE(n, "%s", l->text);
    if (n->mappable && !n->told_mappable)
        NOTE(n, "doorbells can be mapped, and are then not seen: queues are looked at when an access or an interrupt comes, and by "
                "a clock");
    n->told_mappable = n->mappable;
    if (!asq || !acq || sq.depth < 2 || cq.depth < 2)
        WARN(n, "enabled without admin queues: ASQ 0x%" PRIx64 ", ACQ 0x%" PRIx64 ", AQA 0x%" PRIx64, asq, acq, aqa);
    if (n->host->read(n->device, sq.base, &byte, 1) == VFP_NOT_SHARED)
        NOTE(n, "the admin queue's memory came without a file descriptor: the device can only reach it by messages");
    nvme_fit_queue(n, &n->sq[0], "admin submission queue", false);
    nvme_fit_queue(n, &n->cq[0], "admin completion queue", true);
}

static bool is_in(const struct nvme_queue *q, uint64_t address, uint64_t size)
{
    return q->open && !q->in_pieces && !q->in_device && q->base <= address + (size - 1) &&
           address <= q->base + ((uint64_t)q->depth * q->entry - 1);
}

void nvme_unmapped(struct nvme *n, uint64_t address, uint64_t size)
{
    struct vfp_line l = { 0 };

    for (unsigned id = 0; id < n->queues; id++) {
        if (is_in(&n->sq[id], address, size))
            vfp_add(&l, "%sSQ%u", l.size ? ", " : "", id);
        if (is_in(&n->cq[id], address, size))
            vfp_add(&l, "%sCQ%u", l.size ? ", " : "", id);
    }
    if (l.size)
        NOTE(n, "the memory of %s is unmapped", l.text);
}

/* --- entries --- */

/* In a queue that is a list of `left` pages: the address of the index-th one. */
static enum vfp_memory page_at(struct nvme *n, uint64_t list, uint64_t left, uint64_t index, uint64_t *address)
{
    unsigned page = nvme_page_size(n);
    enum vfp_memory result;
    uint8_t pointer[8];

    for (unsigned lists = 0; lists < NVME_LISTS; lists++) {
        uint64_t room = (page - list % page) / 8, own = left > room ? room - 1 : left; /* the last one may lead on */

        result = n->host->read(n->device, list + 8 * (index < own ? index : room - 1), pointer, sizeof pointer);
        *address = vfp_le(pointer, 8);
        if (result != VFP_OK || index < own)
            return result;
        index -= own;
        left -= own;
        list = *address;
    }
    return VFP_TOO_MUCH;
}

static enum vfp_memory read_entry(struct nvme *n, const struct nvme_queue *q, uint32_t index, uint8_t *entry, size_t size, bool now)
{
    uint64_t at = (uint64_t)index * q->entry, address = q->base + at;
    enum vfp_memory result = VFP_OK;

    if (q->in_pieces) {
        uint64_t page = nvme_page_size(n);

        result = page_at(n, q->base, ((uint64_t)q->depth * q->entry + page - 1) / page, at / page, &address);
        address += at % page;
    }
    if (result != VFP_OK)
        return result;
    now = now && n->host->size > offsetof(struct vfp_host, read_now);
    return (now ? n->host->read_now : n->host->read)(n->device, address, entry, size);
}

enum vfp_memory nvme_entry(struct nvme *n, const struct nvme_queue *q, uint32_t index, uint8_t *entry, size_t size)
{
    return read_entry(n, q, index, entry, size, false);
}

void nvme_step(struct nvme_queue *q)
{
    if (++q->seen >= q->depth) {
        q->seen = 0;
        q->phase = !q->phase;
    }
}

void nvme_advance(struct nvme_queue *q, uint32_t to)
{
    q->passed += (to + q->depth - q->at) % q->depth;
    q->at = to;
}

bool nvme_is_done(struct nvme *n, uint16_t queue, uint16_t id)
{
    enum { SOON = 48 };
    const struct nvme_queue *sq = queue < NVME_QUEUES ? &n->sq[queue] : NULL;
    struct nvme_queue cq;
    uint8_t entry[NVME_CQE];

    if (!sq || sq->completes_to >= NVME_QUEUES || !n->cq[sq->completes_to].open)
        return false;
    cq = n->cq[sq->completes_to];
    for (uint32_t i = 0; i < SOON && i < cq.depth; i++) {
        if (read_entry(n, &cq, cq.seen, entry, sizeof entry, true) != VFP_OK || (entry[14] & 1) != cq.phase)
            return false;
        if (vfp_le(entry + 10, 2) == queue && vfp_le(entry + 12, 2) == id)
            return true;
        nvme_step(&cq);
    }
    return false;
}
