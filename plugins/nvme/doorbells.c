/*
 * NVMe: doorbells. Completions are read when their doorbell says that the host took them, unless they were looked for
 * before: they are whole by then, and not overwritten before the controller has gone round the queue.
 */
#include "plugins/nvme/nvme.h"

#include <stdlib.h>

/* Entries wait for a look, and there are more now than the queue has: the oldest are not there any more. */
static void overtaken(struct nvme *n, struct nvme_queue *q, char kind, uint16_t id, uint32_t count)
{
    uint32_t waiting = q->rest ? (q->at + q->depth - q->seen) % q->depth : 0, gone;

    if (!waiting || waiting + count < q->depth)
        return;
    gone = waiting + count - (q->depth - 1);
    NOTE(n, "%cQ%u: %u entries went by unseen", kind, id, gone);
    if (kind == 'C')
        nvme_went_by(n, id, gone);
    q->lossy = true;
    while (gone--)
        nvme_step(q);
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
    if (!count && !q->lossy)
        WARN(n, "SQ%u: the doorbell is written without a new entry", id);
    overtaken(n, q, 'S', id, count);
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
    overtaken(n, q, 'C', id, count);
    q->at = to;
    q->at_known = true;
    if (ahead < count || q->rest)
        nvme_show(n, q, id, false, to);
}

struct nvme_queue *nvme_doorbell_queue(struct nvme *n, const struct vfp_access *a)
{
    unsigned stride = nvme_stride(n);
    uint64_t at = a->offset - NVME_DOORBELLS, id = at / stride / 2;

    if (at % stride || (a->size != 2 && a->size != 4) || id >= NVME_QUEUES)
        return NULL;
    return at / stride % 2 == 0 ? &n->sq[id] : &n->cq[id];
}

/* --- where they are --- */

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* BAR0 may hold MSI-X's table and pending bits, too: where the first of them begins. */
static uint64_t end_by_msix(const struct nvme *n, uint64_t end)
{
    uint8_t at, head[2], bytes[12];

    if (!n->host->config(n->device, PCI_CAPABILITY_LIST, &at, 1))
        return least(end, 2 * NVME_DOORBELLS); /* not known: it may begin a page */
    for (unsigned steps = 0; (at &= 0xfc) >= PCI_STD_HEADER_SIZEOF && steps < 48; steps++, at = head[1]) {
        if (!n->host->config(n->device, at, head, sizeof head))
            return least(end, 2 * NVME_DOORBELLS);
        if (head[0] != PCI_CAP_ID_MSIX)
            continue;
        if (!n->host->config(n->device, at, bytes, sizeof bytes))
            return least(end, 2 * NVME_DOORBELLS);
        for (unsigned i = PCI_MSIX_TABLE; i <= PCI_MSIX_PBA; i += 4)
            if (!(bytes[i] & PCI_MSIX_TABLE_BIR) && vfp_le(bytes + i, 4) >= NVME_DOORBELLS)
                end = least(end, vfp_le(bytes + i, 4));
    }
    return end;
}

/* So may the controller memory buffer be. */
static uint64_t end_by_buffer(const struct nvme *n, uint64_t end)
{
    uint64_t where = nvme_value(n, NVME_CMBLOC, 4, NULL), size = nvme_value(n, NVME_CMBSZ, 4, NULL);
    uint64_t at = vfp_bits(where, 12, 20) << least(12 + 4 * vfp_bits(size, 8, 4), 36);

    return vfp_bits(size, 12, 20) && !vfp_bits(where, 0, 3) && at >= NVME_DOORBELLS ? least(end, at) : end;
}

void nvme_note_places(struct nvme *n)
{
    enum { UNKNOWN = 64, MOST = 65536 };
    uint32_t before = n->bells, stride = n->bell_stride;
    uint64_t end = n->host->region_size(n->device, VFP_BAR0);
    bool known;

    nvme_value(n, NVME_CAP, 8, &known);
    if (!known)
        return; /* or not any more: they stay where they are */
    n->bell_stride = nvme_stride(n);
    end = end_by_buffer(n, end_by_msix(n, end ? end : NVME_DOORBELLS + UNKNOWN * 2ull * n->bell_stride));
    n->bells = end > NVME_DOORBELLS ? (uint32_t)least((end - NVME_DOORBELLS) / (2ull * n->bell_stride), MOST) : 0;
    if (n->bells != before || n->bell_stride != stride)
        n->host->places_changed(n->device);
}

bool nvme_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place)
{
    const struct nvme *n = state;

    if (number || !n->bells)
        return false;
    *place = (struct vfp_place){ .region = VFP_BAR0, .offset = NVME_DOORBELLS + (uint64_t)r->offset * n->bell_stride,
                                 .count = n->bells, .stride = 2ull * n->bell_stride };
    return true;
}

/* --- what they do --- */

/* What is read for it, and whatever that leads to, is read by a copy, of which nothing is kept. */
void nvme_doorbell_sent(struct nvme *n, const struct vfp_access *a)
{
    struct nvme_queue *q = nvme_doorbell_queue(n, a);
    struct nvme *copy = q ? malloc(sizeof *copy) : NULL;

    n->sent++;
    if (!copy || !a->has_value) {
        free(copy);
        return;
    }
    *copy = *n;
    copy->past = NULL;
    nvme_doorbell(copy, a);
    free(copy);
    q->is_announced = q->open && (a->value & 0xffff) < q->depth;
    q->announced = (uint32_t)(a->value & 0xffff);
}

void nvme_doorbell_refused(struct nvme *n, const struct vfp_access *a)
{
    struct nvme_queue *q = nvme_doorbell_queue(n, a);

    if (q)
        q->is_announced = false;
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
    q = nvme_doorbell_queue(n, a);
    if (!q) {
        WARN(n, "bar0+0x%" PRIx64 " <- %" PRIu64 " bytes: not a doorbell (stride %u)", a->offset, a->size, stride);
        return;
    }
    if (!(nvme_value(n, NVME_CC, 4, NULL) & NVME_CC_EN) && n->known[NVME_CC])
        WARN(n, "a doorbell is written while the controller is disabled");
    if (!a->has_value) {
        NOTE(n, "%s%u: where its doorbell is set to is not at hand", is_submission ? "SQ" : "CQ", (unsigned)id);
        q->lossy = true;
    } else if (!q->open)
        NOTE(n, "%s%u %s <- %u: its creation was not seen", is_submission ? "SQ" : "CQ", (unsigned)id,
             is_submission ? "tail" : "head", to);
    else if (to >= q->depth)
        (n->unsure ? n->host->note : n->host->warn)(n->device, "%s%u %s <- %u: the queue has %u entries",
                                                    is_submission ? "SQ" : "CQ", (unsigned)id,
                                                    is_submission ? "tail" : "head", to, q->depth);
    else if (is_submission)
        tail(n, q, (uint16_t)id, to);
    else
        head(n, q, (uint16_t)id, to);
}
