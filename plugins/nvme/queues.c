/*
 * NVMe: queues, where their entries are, and doorbells. Completions are read when their doorbell says that the host took
 * them, unless they were looked for before: they are whole by then, and not overwritten before the controller has gone
 * round the queue.
 */
#include "plugins/nvme/nvme.h"

void nvme_open_queue(struct nvme *n, bool is_submission, unsigned id, const struct nvme_queue *q)
{
    struct nvme_queue *place = is_submission ? &n->sq[id] : &n->cq[id];

    *place = *q;
    place->open = place->at_known = true;
    place->phase = true;
    place->in_device = !q->in_pieces && nvme_in_device(n, q->base);
    if (id >= n->queues)
        n->queues = id + 1;
}

void nvme_forget(struct nvme *n)
{
    memset(n->sq, 0, sizeof n->sq);
    memset(n->cq, 0, sizeof n->cq);
    memset(n->commands, 0, sizeof n->commands);
    n->queues = 0;
    n->shadow = 0;
}

static void check_mapped(struct nvme *n, const struct nvme_queue *q, const char *name, bool to_write)
{
    uint64_t size = (uint64_t)q->depth * q->entry;

    if (!q->in_device && !n->host->is_mapped(n->device, q->base, size, to_write))
        WARN(n, "%s: 0x%" PRIx64 "+0x%" PRIx64 " is not in the DMA map for the device to %s", name, q->base, size,
             to_write ? "write" : "read");
}

void nvme_admin_queue(struct nvme *n, struct vfp_line *l)
{
    bool aqa_known, asq_known, acq_known;
    uint64_t aqa = nvme_value(n, NVME_AQA, 4, &aqa_known), asq = nvme_value(n, NVME_ASQ, 8, &asq_known);
    uint64_t acq = nvme_value(n, NVME_ACQ, 8, &acq_known);
    uint8_t byte;
    struct nvme_queue sq = { .base = asq & ~(uint64_t)0xfff, .depth = (uint32_t)vfp_bits(aqa, 0, 12) + 1, .entry = NVME_SQE };
    struct nvme_queue cq = { .base = acq & ~(uint64_t)0xfff, .depth = (uint32_t)vfp_bits(aqa, 16, 12) + 1, .entry = NVME_CQE };

    nvme_forget(n);
    n->mappable = n->host->size > offsetof(struct vfp_host, is_mappable) &&
                  n->host->is_mappable(n->device, VFP_BAR0, NVME_DOORBELLS, 4);
    if (!aqa_known || !asq_known || !acq_known) {
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
        NOTE(n, "doorbells can be mapped, and are then not seen: queues are looked at when an access or an interrupt comes");
    n->told_mappable = n->mappable;
    if (!asq || !acq || sq.depth < 2 || cq.depth < 2)
        WARN(n, "enabled without admin queues: ASQ 0x%" PRIx64 ", ACQ 0x%" PRIx64 ", AQA 0x%" PRIx64, asq, acq, aqa);
    if (n->host->read(n->device, sq.base, &byte, 1) == VFP_NOT_SHARED)
        NOTE(n, "the admin queue's memory came without a file descriptor: the device can only reach it by messages");
    check_mapped(n, &n->sq[0], "admin submission queue", false);
    check_mapped(n, &n->cq[0], "admin completion queue", true);
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
        *address = nvme_le(pointer, 8);
        if (result != VFP_OK || index < own)
            return result;
        index -= own;
        left -= own;
        list = *address;
    }
    return VFP_TOO_MUCH;
}

enum vfp_memory nvme_entry(struct nvme *n, const struct nvme_queue *q, uint32_t index, uint8_t *entry, size_t size)
{
    uint64_t at = (uint64_t)index * q->entry, address = q->base + at;
    enum vfp_memory result = VFP_OK;

    if (q->in_pieces) {
        uint64_t page = nvme_page_size(n);

        result = page_at(n, q->base, ((uint64_t)q->depth * q->entry + page - 1) / page, at / page, &address);
        address += at % page;
    }
    return result == VFP_OK ? n->host->read(n->device, address, entry, size) : result;
}

void nvme_step(struct nvme_queue *q)
{
    if (++q->seen >= q->depth) {
        q->seen = 0;
        q->phase = !q->phase;
    }
}

/* Why entries are not shown. Those that the device fetches or writes by messages are shown then. */
static void cannot_show(struct nvme *n, struct nvme_queue *q, uint32_t index, enum vfp_memory result)
{
    uint64_t address = q->base + (uint64_t)index * q->entry;

    if (result == VFP_MISSING && !q->told_missing)
        NOTE(n, "the entries at 0x%" PRIx64 " are not at hand", address);
    if (result == VFP_MISSING)
        q->told_missing = true;
    else if (result != VFP_NOT_SHARED)
        WARN(n, "the entry at 0x%" PRIx64 ": %s", address, n->host->why(result));
}

void nvme_show(struct nvme *n, struct nvme_queue *q, uint16_t id, bool is_submission, uint32_t to)
{
    uint32_t count = (to + q->depth - q->seen) % q->depth, shown = 0;
    uint8_t entry[NVME_SQE];

    for (; !q->in_device && shown < count && shown < NVME_SHOWN; shown++) {
        enum vfp_memory result = nvme_entry(n, q, q->seen, entry, is_submission ? NVME_SQE : NVME_CQE);

        if (result != VFP_OK) {
            cannot_show(n, q, q->seen, result);
            q->lossy = true;
            if (result == VFP_NOT_SHARED && is_submission) /* nvme_dma is to show them */
                return;
            break;
        }
        nvme_step(q);
        if (is_submission)
            nvme_submission(n, id, entry);
        else
            nvme_completion(n, id, entry);
    }
    if (shown == NVME_SHOWN && shown < count)
        NOTE(n, "%u entries more", count - shown);
    q->lossy = q->lossy || shown < count;
    while (q->open && q->seen != to)
        nvme_step(q);
}

/* --- doorbells --- */

void nvme_advance(struct nvme_queue *q, uint32_t to)
{
    q->passed += (to + q->depth - q->at) % q->depth;
    q->at = to;
}

/* The tail of a submission queue moves. Of a hidden one it may have been seen further on already. */
static void tail(struct nvme *n, struct nvme_queue *q, uint16_t id, uint32_t to)
{
    uint32_t from = q->at_known ? q->at : to, count = (to + q->depth - from) % q->depth;

    q->rung += (to + q->depth - q->rung % q->depth) % q->depth;
    if (nvme_is_hidden(n, id) && (q->rung <= q->passed || !count)) {
        NOTE(n, "SQ%u tail -> %u of %u", id, to, q->depth);
        return;
    }
    NOTE(n, "SQ%u tail %u -> %u of %u: %u command%s", id, from, to, q->depth, count, count == 1 ? "" : "s");
    if (!count)
        WARN(n, "SQ%u: the doorbell is written without a new entry", id);
    nvme_advance(q, to);
    q->at_known = true;
    if (count)
        nvme_show(n, q, id, true, to);
}

/* The head of a completion queue moves. What a look has shown is not shown again. */
static void head(struct nvme *n, struct nvme_queue *q, uint16_t id, uint32_t to)
{
    uint32_t from = q->at_known ? q->at : to, count = (to + q->depth - from) % q->depth;
    uint32_t ahead = (q->seen + q->depth - from) % q->depth;

    if (nvme_is_hidden(n, id)) {
        NOTE(n, "CQ%u head -> %u of %u", id, to, q->depth);
        q->at = to;
        return;
    }
    NOTE(n, "CQ%u head %u -> %u of %u: %u completion%s", id, from, to, q->depth, count, count == 1 ? "" : "s");
    q->at = to;
    q->at_known = true;
    if (ahead < count)
        nvme_show(n, q, id, false, to);
}

unsigned nvme_stride(const struct nvme *n)
{
    return 4u << vfp_bits(nvme_value(n, NVME_CAP, 8, NULL), 32, 4);
}

void nvme_doorbell(struct nvme *n, const struct vfp_access *a)
{
    unsigned stride = nvme_stride(n);
    uint64_t at = a->offset - NVME_DOORBELLS, id = at / stride / 2;
    bool is_submission = at / stride % 2 == 0;
    uint32_t to = (uint32_t)(a->value & 0xffff);
    struct nvme_queue *q;

    if (!a->is_write) {
        WARN(n, "a doorbell is read: what that gives is not defined");
        return;
    }
    if (at % stride || !a->has_value || a->size < 2 || id >= NVME_QUEUES) {
        WARN(n, "bar0+0x%" PRIx64 " <- %" PRIu64 " bytes: not a doorbell (stride %u)", a->offset, a->size, stride);
        return;
    }
    if (!(nvme_value(n, NVME_CC, 4, NULL) & NVME_CC_EN) && n->known[NVME_CC])
        WARN(n, "a doorbell is written while the controller is disabled");
    q = is_submission ? &n->sq[id] : &n->cq[id];
    if (!q->open)
        NOTE(n, "%s%u %s <- %u: its creation was not seen", is_submission ? "SQ" : "CQ", (unsigned)id,
             is_submission ? "tail" : "head", to);
    else if (to >= q->depth)
        WARN(n, "%s%u %s <- %u: the queue has %u entries", is_submission ? "SQ" : "CQ", (unsigned)id,
             is_submission ? "tail" : "head", to, q->depth);
    else if (is_submission)
        tail(n, q, (uint16_t)id, to);
    else
        head(n, q, (uint16_t)id, to);
}

/* --- DMA by messages --- */

/* The whole entries of a queue within what was transferred. */
static void transferred(struct nvme *n, struct nvme_queue *q, uint16_t id, bool is_submission, const struct vfp_dma *d)
{
    for (uint64_t at = 0; at + q->entry <= d->data_size; at += q->entry) {
        uint64_t place = d->address + at - q->base;
        uint32_t index = (uint32_t)(place / q->entry);

        if (d->address + at < q->base || place % q->entry || index >= q->depth)
            continue;
        if (!is_submission) {
            nvme_completion(n, id, d->data + at);
        } else if (q->seen != q->at && (index + q->depth - q->seen) % q->depth < (q->at + q->depth - q->seen) % q->depth) {
            nvme_submission(n, id, d->data + at);
            q->seen = (index + 1) % q->depth;
        }
    }
}

void nvme_dma(struct nvme *n, const struct vfp_dma *d)
{
    struct nvme_queue *queues = d->is_write ? n->cq : n->sq;

    for (unsigned id = 0; id < n->queues; id++) {
        struct nvme_queue *q = &queues[id];
        uint64_t size = (uint64_t)q->depth * q->entry;

        if (q->open && !q->in_pieces && d->address < q->base + size && q->base < d->address + d->data_size)
            transferred(n, q, (uint16_t)id, !d->is_write, d);
    }
}
