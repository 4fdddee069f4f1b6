/*
 * NVMe: entries, and the commands in flight: from a submission queue entry to the completion that names it.
 */
#include "plugins/nvme/nvme.h"

enum { ASYNC_EVENT = 0x0c };

static struct nvme_command *in_flight(struct nvme *n, uint16_t queue, uint16_t id)
{
    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        struct nvme_command *c = &n->commands[i];

        if (c->used && c->queue == queue && c->id == id)
            return c;
    }
    return NULL;
}

bool nvme_is_in_flight(struct nvme *n, uint16_t queue, uint16_t id)
{
    return in_flight(n, queue, id) != NULL;
}

void nvme_forget_command(struct nvme *n, uint16_t queue, uint16_t id)
{
    struct nvme_command *c = in_flight(n, queue, id);

    if (c)
        c->used = false;
}

void nvme_close_queue(struct nvme *n, uint16_t queue)
{
    unsigned count = 0;

    n->sq[queue].open = false;
    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        struct nvme_command *c = &n->commands[i];

        count += c->used && c->queue == queue && nvme_is_hidden(n, queue);
        c->used = c->used && c->queue != queue;
    }
    nvme_went_by(n, queue, count);
}

static struct nvme_command *new_command(struct nvme *n)
{
    struct nvme_command *c;

    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        c = &n->commands[(n->next_command + i) % NVME_IN_FLIGHT];
        if (!c->used) {
            n->next_command = (n->next_command + i + 1) % NVME_IN_FLIGHT;
            return c;
        }
    }
    c = &n->commands[n->next_command++ % NVME_IN_FLIGHT];
    n->sq[c->queue % NVME_QUEUES].lossy = true;
    return c;
}

static void submission(struct nvme *n, uint16_t queue, const uint8_t *entry)
{
    uint16_t id = (uint16_t)vfp_le(entry + 2, 2);
    struct nvme_command *c = in_flight(n, queue, id);
    struct vfp_line l = { 0 };

    if (c && !c->unsure && nvme_is_hidden(n, queue))
        nvme_went_by(n, queue, 1); /* which is done, or the driver would not use its id again */
    else if (c && !c->unsure)
        WARN(n, "SQ%u: command id %u is in use: no completion of it was seen", queue, id);
    if (!c)
        c = new_command(n);
    *c = (struct nvme_command){ .used = true,
                                .queue = queue,
                                .id = id,
                                .opcode = entry[0],
                                .flags = entry[1],
                                .nsid = (uint32_t)vfp_le(entry + 4, 4),
                                .prp1 = vfp_le(entry + 24, 8),
                                .prp2 = vfp_le(entry + 32, 8),
                                .dw10 = (uint32_t)vfp_le(entry + 40, 4),
                                .dw11 = (uint32_t)vfp_le(entry + 44, 4),
                                .dw12 = (uint32_t)vfp_le(entry + 48, 4),
                                .bytes = nvme_bytes(n, queue, entry),
                                .time_ns = n->time_ns };
    vfp_add(&l, "SQ%u id %u: ", queue, id);
    nvme_describe(n, &l, queue, entry);
    nvme_submitted(n, c);
}

static void add_status(struct vfp_line *l, unsigned status)
{
    const char *name = nvme_status_name(status);

    if ((status & 0x7ff) == 0)
        vfp_add(l, ": ok");
    else if (name)
        vfp_add(l, ": %s%s", name, status & 0x4000 ? " (do not retry)" : "");
    else
        vfp_add(l, ": status type %u, code 0x%02x", (unsigned)vfp_bits(status, 8, 3), status & 0xff);
}

/* What an async event request brings: its type, what happened, the log page to read. */
static void add_event(struct vfp_line *l, uint32_t result)
{
    unsigned type = result & 7, info = result >> 8 & 0xff, page = result >> 16 & 0xff;
    const char *notice = type == 2 ? nvme_notice_name(info) : NULL, *log = nvme_log_name((uint8_t)page);

    if (notice)
        vfp_add(l, ", %s", notice);
    else
        vfp_add(l, ", %s 0x%02x", nvme_event_type(type), info);
    if (log)
        vfp_add(l, ", log page %s", log);
    else
        vfp_add(l, ", log page 0x%02x", page);
}

/* What is wrong with a completion itself. Nothing is said of queues that were not seen whole. */
static void check_completion(struct nvme *n, uint16_t cq, uint16_t sq, const uint8_t *entry, const struct nvme_command *c)
{
    const struct nvme_queue *q = sq < NVME_QUEUES ? &n->sq[sq] : NULL;
    unsigned head = (unsigned)vfp_le(entry + 8, 2), id = (unsigned)vfp_le(entry + 12, 2);

    if (!q || !q->open)
        return;
    if (head >= q->depth && !q->lossy)
        WARN(n, "CQ%u: it gives SQ%u's head as %u: the queue has %u entries", cq, sq, head, q->depth);
    if (q->completes_to != cq && n->unsure)
        return;
    if (q->completes_to != cq)
        WARN(n, "CQ%u: SQ%u completes to CQ%u", cq, sq, q->completes_to);
    else if (!c && !q->lossy && !nvme_is_hidden(n, sq))
        WARN(n, "CQ%u: SQ%u has no command %u in flight", cq, sq, id);
}

static unsigned under_way(const struct nvme *n, uint16_t queue)
{
    unsigned count = 0;

    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++)
        count += n->commands[i].used && n->commands[i].queue == queue;
    return count;
}

/* For whoever counts and computes: what the notes say in words. Events that are waited for are no requests of anybody's. */
static void tell_request(struct nvme *n, uint16_t queue, uint16_t id, unsigned status, const struct nvme_command *c)
{
    struct vfp_request r = { .known = VFP_HAS_STATUS, .queue = queue, .id = id, .status = status & 0x7ff };
    const char *name = c ? nvme_opcode(queue == 0, c->opcode) : NULL;

    if (n->host->size <= offsetof(struct vfp_host, request))
        return;
    if (status & 0x7ff)
        r.known |= VFP_HAS_FAILED;
    if (c) {
        r.known |= VFP_HAS_OPCODE | (nvme_since(n, c->time_ns) && !(queue == 0 && c->opcode == ASYNC_EVENT) ? VFP_HAS_LATENCY : 0u);
        r.opcode = c->opcode;
        r.name = name[0] >= 'a' ? NULL : name;
        r.since_ns = c->time_ns;
        r.latency_ns = nvme_since(n, c->time_ns);
        r.depth = under_way(n, queue);
        r.bytes = c->bytes;
        if (queue && nvme_has_blocks(c->opcode)) {
            r.known |= VFP_HAS_LBA;
            r.lba = c->dw10 | (uint64_t)c->dw11 << 32;
            r.blocks = (c->dw12 & 0xffff) + 1;
        }
    }
    n->host->request(n->device, &r);
}

void nvme_completion(struct nvme *n, uint16_t queue, const uint8_t *entry)
{
    uint32_t result = (uint32_t)vfp_le(entry, 4);
    uint16_t sq = (uint16_t)vfp_le(entry + 10, 2), id = (uint16_t)vfp_le(entry + 12, 2);
    unsigned status = (unsigned)vfp_le(entry + 14, 2) >> 1;
    struct nvme_command *c = in_flight(n, sq, id);
    struct vfp_line l = { 0 };

    vfp_add(&l, "CQ%u: SQ%u id %u", queue, sq, id);
    if (c)
        vfp_add(&l, " "), nvme_add_opcode(&l, sq == 0, c->opcode);
    add_status(&l, status);
    if (c && sq == 0 && c->opcode == ASYNC_EVENT && !(status & 0x7ff))
        add_event(&l, result);
    else if (result)
        vfp_add(&l, ", result 0x%x", result);
    if (c && nvme_since(n, c->time_ns)) {
        vfp_add(&l, ", within ");
        vfp_add_time(&l, nvme_since(n, c->time_ns));
    }
    if (status & 0x7ff)
        WARN(n, "%s", l.text);
    else
        NOTE(n, "%s", l.text);
    check_completion(n, queue, sq, entry, c);
    tell_request(n, sq, id, status, c);
    if (!c)
        return;
    if (status & 0x7ff)
        nvme_why(n, c, status & 0x7ff);
    nvme_completed(n, c, status & 0x7ff, result);
    c->used = false;
}

void nvme_unfinished(struct nvme *n)
{
    struct vfp_line l = { 0 };
    unsigned count = 0;
    bool hidden = false;

    for (unsigned i = 0; i < NVME_IN_FLIGHT; i++) {
        const struct nvme_command *c = &n->commands[i];

        if (!c->used || c->unsure || (c->queue == 0 && c->opcode == ASYNC_EVENT))
            continue;
        hidden = hidden || nvme_is_hidden(n, c->queue);
        if (count++ < 4) {
            vfp_add(&l, "%sSQ%u id %u ", l.size ? ", " : "", c->queue, c->id);
            nvme_add_opcode(&l, c->queue == 0, c->opcode);
            vfp_add(&l, " (since ");
            vfp_add_time(&l, nvme_since(n, c->time_ns));
            vfp_add(&l, ")");
        }
    }
    if (count > 4)
        vfp_add(&l, ", ...");
    if (count && hidden)
        NOTE(n, "no completion was seen of %u command%s: %s", count, count == 1 ? "" : "s", l.text);
    else if (count)
        WARN(n, "%u command%s without a completion: %s", count, count == 1 ? "" : "s", l.text);
}

/* --- entries of a queue --- */

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
    enum vfp_memory result = VFP_OK;
    uint8_t entry[NVME_SQE];

    q->rest = false;
    for (; !q->in_device && q->open && shown < count; shown++) {
        result = nvme_has_room(n) ? nvme_entry(n, q, q->seen, entry, is_submission ? NVME_SQE : NVME_CQE) : VFP_TOO_MUCH;
        if (result != VFP_OK)
            break;
        if (!is_submission)
            nvme_remember(n, q, q->seen, entry);
        nvme_step(q);
        if (is_submission)
            submission(n, id, entry);
        else
            nvme_completion(n, id, entry);
    }
    q->rest = result == VFP_TOO_MUCH && q->at_known && q->at == to;
    if (shown == count || q->rest)
        return;
    if (result != VFP_OK && result != VFP_TOO_MUCH)
        cannot_show(n, q, q->seen, result);
    q->lossy = true;
    if (result == VFP_NOT_SHARED && is_submission) /* nvme_dma is to show them */
        return;
    if (!is_submission)
        nvme_unsure(n, id);
    while (q->open && q->seen != to)
        nvme_step(q);
}

/* --- DMA by messages --- */

/* The whole entries of a queue within what was transferred. */
static void transferred(struct nvme *n, struct nvme_queue *q, uint16_t id, bool is_submission, const struct vfp_dma *d)
{
    for (uint64_t at = 0; at + q->entry <= d->data_size; at += q->entry) {
        uint64_t place = d->address + at - q->base;
        uint32_t index = (uint32_t)(place / q->entry), to = q->is_announced ? q->announced : q->at;

        if (d->address + at < q->base || place % q->entry || index >= q->depth)
            continue;
        if (!is_submission) {
            nvme_completion(n, id, d->data + at);
        } else if (q->seen != to && (index + q->depth - q->seen) % q->depth < (to + q->depth - q->seen) % q->depth) {
            submission(n, id, d->data + at);
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
