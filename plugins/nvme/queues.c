/*
 * NVMe: doorbells, and what they are about: submission queue entries from guest memory, completions matched with them.
 * Completions are read when their doorbell says that the host took them: they are whole by then, and not overwritten
 * before the controller has gone round the queue.
 */
#include "nvme.h"

static void open_queue(struct nvme_queue *q, uint64_t base, uint32_t depth, uint32_t entry)
{
    *q = (struct nvme_queue){ .open = true, .at_known = true, .base = base, .depth = depth, .entry = entry };
}

void nvme_forget(struct nvme *n)
{
    memset(n->sq, 0, sizeof n->sq);
    memset(n->cq, 0, sizeof n->cq);
    memset(n->commands, 0, sizeof n->commands);
}

static void check_mapped(struct nvme *n, const struct nvme_queue *q, const char *name, bool to_write)
{
    uint64_t size = (uint64_t)q->depth * q->entry;

    if (!n->host->is_mapped(n->device, q->base, size, to_write))
        WARN(n, "%s: 0x%" PRIx64 "+0x%" PRIx64 " is not in the DMA map for the device to %s", name, q->base, size,
             to_write ? "write" : "read");
}

void nvme_admin_queue(struct nvme *n, struct vfp_line *l)
{
    bool aqa_known, asq_known, acq_known;
    uint64_t aqa = nvme_value(n, NVME_AQA, 4, &aqa_known), asq = nvme_value(n, NVME_ASQ, 8, &asq_known);
    uint64_t acq = nvme_value(n, NVME_ACQ, 8, &acq_known);

    nvme_forget(n);
    if (!aqa_known || !asq_known || !acq_known) {
        vfp_add(l, ", the admin queues' registers were not seen");
        NOTE(n, "%s", l->text);
        return;
    }
    open_queue(&n->sq[0], asq & ~(uint64_t)0xfff, (uint32_t)vfp_bits(aqa, 0, 12) + 1, NVME_SQE);
    open_queue(&n->cq[0], acq & ~(uint64_t)0xfff, (uint32_t)vfp_bits(aqa, 16, 12) + 1, NVME_CQE);
    vfp_add(l, ", admin queue %u deep at 0x%" PRIx64 ", its completions %u deep at 0x%" PRIx64, n->sq[0].depth,
            n->sq[0].base, n->cq[0].depth, n->cq[0].base);
    NOTE(n, "%s", l->text);
    if (!asq || !acq || n->sq[0].depth < 2 || n->cq[0].depth < 2)
        WARN(n, "enabled without admin queues: ASQ 0x%" PRIx64 ", ACQ 0x%" PRIx64 ", AQA 0x%" PRIx64, asq, acq, aqa);
    check_mapped(n, &n->sq[0], "admin submission queue", false);
    check_mapped(n, &n->cq[0], "admin completion queue", true);
}

/* --- commands in flight --- */

static struct nvme_command *in_flight(struct nvme *n, uint16_t queue, uint16_t id)
{
    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        struct nvme_command *c = &n->commands[i];

        if (c->used && c->queue == queue && c->id == id)
            return c;
    }
    return NULL;
}

static struct nvme_command *new_command(struct nvme *n)
{
    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        struct nvme_command *c = &n->commands[(n->next_command + i) % NVME_IN_FLIGHT];

        if (!c->used) {
            n->next_command = (n->next_command + i + 1) % NVME_IN_FLIGHT;
            return c;
        }
    }
    return &n->commands[n->next_command++ % NVME_IN_FLIGHT];
}

/* A submission queue entry: what it asks for. */
static void submission(struct nvme *n, uint16_t queue, const uint8_t *entry)
{
    uint16_t id = (uint16_t)nvme_le(entry + 2, 2);
    struct nvme_command *c = in_flight(n, queue, id);
    struct vfp_line l = { 0 };

    if (c)
        WARN(n, "SQ%u: command id %u is in use: no completion of it was seen", queue, id);
    else
        c = new_command(n);
    *c = (struct nvme_command){ .used = true,
                                .queue = queue,
                                .id = id,
                                .opcode = entry[0],
                                .flags = entry[1],
                                .nsid = (uint32_t)nvme_le(entry + 4, 4),
                                .prp1 = nvme_le(entry + 24, 8),
                                .prp2 = nvme_le(entry + 32, 8),
                                .dw10 = (uint32_t)nvme_le(entry + 40, 4),
                                .dw11 = (uint32_t)nvme_le(entry + 44, 4),
                                .time_ns = n->time_ns };
    vfp_add(&l, "SQ%u id %u: ", queue, id);
    nvme_describe(n, &l, queue, entry);
    nvme_submitted(n, c, entry);
}

/* A completion queue entry. */
static void completion(struct nvme *n, uint16_t queue, const uint8_t *entry)
{
    uint32_t result = (uint32_t)nvme_le(entry, 4);
    uint16_t sq = (uint16_t)nvme_le(entry + 10, 2), id = (uint16_t)nvme_le(entry + 12, 2);
    unsigned status = (unsigned)nvme_le(entry + 14, 2) >> 1;
    struct nvme_command *c = in_flight(n, sq, id);
    const char *name = nvme_status_name(status);
    struct vfp_line l = { 0 };

    vfp_add(&l, "CQ%u: SQ%u id %u", queue, sq, id);
    if (c)
        vfp_add(&l, " %s", nvme_opcode(sq == 0, c->opcode));
    if ((status & 0x7ff) == 0)
        vfp_add(&l, ": ok");
    else if (name)
        vfp_add(&l, ": %s%s", name, status & 0x4000 ? " (do not retry)" : "");
    else
        vfp_add(&l, ": status type %u, code 0x%02x", (unsigned)vfp_bits(status, 8, 3),
                status & 0xff);
    if (result)
        vfp_add(&l, ", result 0x%x", result);
    if (c && n->time_ns > c->time_ns)
        vfp_add(&l, ", within %.1f us", (double)(n->time_ns - c->time_ns) / 1000);
    if (status & 0x7ff)
        WARN(n, "%s", l.text);
    else
        NOTE(n, "%s", l.text);
    if (!c)
        return;
    nvme_completed(n, c, status & 0x7ff, result);
    c->used = false;
}

bool nvme_is_done(struct nvme *n, uint16_t queue, uint16_t id)
{
    const struct nvme_queue *sq = queue < NVME_QUEUES ? &n->sq[queue] : NULL;
    const struct nvme_queue *cq = sq && sq->completes_to < NVME_QUEUES ? &n->cq[sq->completes_to] : NULL;
    uint8_t entry[NVME_CQE];

    for (uint32_t i = 0; cq && cq->open && !cq->in_pieces && i < NVME_SHOWN && i < cq->depth; i++) {
        uint64_t address = cq->base + (uint64_t)((cq->at + i) % cq->depth) * cq->entry;

        if (n->host->read(n->device, address, entry, sizeof entry) != VFP_OK)
            return false;
        if (nvme_le(entry + 10, 2) == queue && nvme_le(entry + 12, 2) == id)
            return true;
    }
    return false;
}

/* --- doorbells --- */

/* Show `count` entries from `from` on, as far as they can be read. */
static void entries(struct nvme *n, struct nvme_queue *q, uint16_t id, bool is_submission, uint32_t from, uint32_t count)
{
    uint8_t entry[NVME_SQE];
    uint32_t shown = 0;

    for (; shown < count && shown < NVME_SHOWN; shown++) {
        uint64_t address = q->base + (uint64_t)((from + shown) % q->depth) * q->entry;
        enum vfp_memory result = n->host->read(n->device, address, entry, is_submission ? NVME_SQE : NVME_CQE);

        if (result == VFP_NOT_SHARED) /* the device fetches it by a message: shown then */
            return;
        if (result == VFP_MISSING) {
            NOTE(n, "the entries at 0x%" PRIx64 " are not in the capture", address);
            break;
        }
        if (result != VFP_OK) {
            WARN(n, "the entry at 0x%" PRIx64 ": %s", address, n->host->why(result));
            break;
        }
        if (is_submission)
            submission(n, id, entry);
        else
            completion(n, id, entry);
        q->fetched = (from + shown + 1) % q->depth;
    }
    if (shown == NVME_SHOWN && shown < count)
        NOTE(n, "%u entries more", count - shown);
}

/* The head of a completion queue or the tail of a submission queue moves. */
static void moved(struct nvme *n, struct nvme_queue *q, uint16_t id, bool is_submission, uint32_t to)
{
    const char *name = is_submission ? "SQ" : "CQ", *end = is_submission ? "tail" : "head";
    const char *what = is_submission ? "command" : "completion";
    uint32_t from = q->at, count;

    if (!q->open) {
        NOTE(n, "%s%u %s <- %u: its creation was not seen", name, id, end, to);
        return;
    }
    if (to >= q->depth) {
        WARN(n, "%s%u %s <- %u: the queue has %u entries", name, id, end, to, q->depth);
        return;
    }
    if (!q->at_known)
        from = to;
    count = (to + q->depth - from) % q->depth;
    NOTE(n, "%s%u %s %u -> %u of %u: %u %s%s", name, id, end, from, to, q->depth, count, what, count == 1 ? "" : "s");
    q->at = to;
    q->at_known = true;
    if (!count && is_submission)
        WARN(n, "%s%u: the doorbell is written without a new entry", name, id);
    if (count && !q->in_pieces)
        entries(n, q, id, is_submission, from, count);
}

void nvme_doorbell(struct nvme *n, const struct vfp_access *a)
{
    unsigned stride = 4u << vfp_bits(nvme_value(n, NVME_CAP, 8, NULL), 32, 4);
    uint64_t at = a->offset - NVME_DOORBELLS, id = at / stride / 2;
    bool is_submission = at / stride % 2 == 0;

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
    moved(n, is_submission ? &n->sq[id] : &n->cq[id], (uint16_t)id, is_submission, (uint32_t)(a->value & 0xffff));
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
            completion(n, id, d->data + at);
        } else if (q->fetched != q->at && (index + q->depth - q->fetched) % q->depth < (q->at + q->depth - q->fetched) % q->depth) {
            submission(n, id, d->data + at);
            q->fetched = (index + 1) % q->depth;
        }
    }
}

void nvme_dma(struct nvme *n, const struct vfp_dma *d)
{
    struct nvme_queue *queues = d->is_write ? n->cq : n->sq;

    for (unsigned id = 0; id < NVME_QUEUES; id++) {
        struct nvme_queue *q = &queues[id];
        uint64_t size = (uint64_t)q->depth * q->entry;

        if (q->open && !q->in_pieces && d->address < q->base + size && q->base < d->address + d->data_size)
            transferred(n, q, (uint16_t)id, !d->is_write, d);
    }
}
