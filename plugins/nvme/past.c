/*
 * NVMe: completion queue entries that were there before. A driver need not clear a queue's memory when the controller was
 * disabled, or a queue deleted (Linux keeps the admin queue's, and clears it after CC.EN is set): until it does, or the
 * controller has written there, what lies in it has the phase of a new completion, and is none.
 */
#include "plugins/nvme/nvme.h"

#include <stdlib.h>

enum { PLACES = 1 << 15 /* entries, over all queues; one that has another's place takes it */ };

struct nvme_past {
    struct {
        uint64_t address;
        uint64_t print; /* of its bytes; bit 0: the phase; 0: nothing was seen there */
    } places[PLACES];
};

struct nvme_past *nvme_past_new(void) { return calloc(1, sizeof(struct nvme_past)); }

static uint64_t print_of(const uint8_t *entry)
{
    uint64_t hash = 14695981039346656037u;

    for (unsigned i = 0; i < NVME_CQE; i++)
        hash = (hash ^ entry[i]) * 1099511628211u;
    return (hash & ~(uint64_t)3) | 2 | (entry[14] & 1);
}

static uint64_t address_of(const struct nvme_queue *q, uint32_t index)
{
    return (q->base + (uint64_t)index * q->entry) | q->in_pieces;
}

static uint64_t known(const struct nvme *n, const struct nvme_queue *q, uint32_t index)
{
    uint64_t address = address_of(q, index);
    size_t at = (address >> 4) % PLACES;

    return n->past && n->past->places[at].address == address ? n->past->places[at].print : 0;
}

void nvme_remember(struct nvme *n, const struct nvme_queue *q, uint32_t index, const uint8_t *entry)
{
    uint64_t address = address_of(q, index);
    size_t at = (address >> 4) % PLACES;

    if (!n->past)
        return;
    n->past->places[at].address = address;
    n->past->places[at].print = print_of(entry);
}

void nvme_past_begin(const struct nvme *n, struct nvme_queue *q)
{
    q->past = NVME_NO_PAST;
    for (uint32_t i = q->depth; i-- > 0 && q->past == NVME_NO_PAST;)
        if (known(n, q, i) & 1)
            q->past = i;
}

/* Is there another entry than there was? Where that can't be read nothing is known. */
static bool is_another(struct nvme *n, const struct nvme_queue *q, uint32_t index)
{
    uint64_t before = known(n, q, index);
    uint8_t entry[NVME_CQE];

    if (index >= q->depth || nvme_entry(n, q, index, entry, sizeof entry) != VFP_OK)
        return false;
    return before ? before != print_of(entry) : entry[14] & 1;
}

bool nvme_is_past(struct nvme *n, struct nvme_queue *q, const uint8_t *entry)
{
    if (q->past == NVME_NO_PAST)
        return false;
    if (q->seen > q->past || !q->phase)
        q->past = NVME_NO_PAST;
    else if (known(n, q, q->seen) != print_of(entry))
        return false;
    else if (is_another(n, q, q->past) || is_another(n, q, q->seen + 1) || is_another(n, q, q->past + 1))
        q->past = NVME_NO_PAST; /* the driver has cleared it, or the controller has come by */
    return q->past != NVME_NO_PAST;
}

bool nvme_is_changed(const struct nvme *n, const struct nvme_queue *q, uint32_t index, const uint8_t *entry)
{
    static const uint8_t zeros[NVME_CQE];
    uint64_t before = known(n, q, index);

    return before ? before != print_of(entry) : memcmp(entry, zeros, sizeof zeros) != 0;
}

void nvme_bury_queue(struct nvme *n, const struct nvme_queue *q)
{
    enum { AT_ONCE = 256 };
    uint8_t entries[AT_ONCE * NVME_CQE];
    uint32_t step = q->entry == NVME_CQE && !q->in_pieces ? AT_ONCE : 1;

    if (!n->past || !q->open || q->in_device)
        return;
    for (uint32_t i = 0, count; i < q->depth; i += count) {
        count = q->depth - i < step ? q->depth - i : step;
        if (nvme_entry(n, q, i, entries, (size_t)count * NVME_CQE) != VFP_OK)
            return;
        for (uint32_t k = 0; k < count; k++)
            nvme_remember(n, q, i + k, entries + (size_t)k * NVME_CQE);
    }
}

void nvme_bury(struct nvme *n)
{
    for (unsigned id = 0; id < n->queues; id++)
        nvme_bury_queue(n, &n->cq[id]);
}
