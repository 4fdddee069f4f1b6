/*
 * NVMe: queues whose doorbells are out of sight, because the client may have them mapped, or has put them into guest memory
 * (Doorbell Buffer Config). Whenever something does come by, an access or an interrupt, the queues are looked at: the
 * phase tag tells which completions are new, and their SQ heads which commands were fetched.
 *
 * SPDK offers its doorbells for mmap, or Doorbell Buffer Config where it is told not to (disable_mappable_bar0). QEMU maps
 * them, and unmaps them for a second after each INTx: so some are seen and some are not, as with SeaBIOS' driver.
 */
#include "plugins/nvme/nvme.h"

static bool is_enabled(const struct nvme *n)
{
    return nvme_value(n, NVME_CC, 4, NULL) & NVME_CC_EN;
}

/* Does this head or tail of a submission queue lead forward from what was seen of it? */
static bool is_ahead(const struct nvme_queue *q, uint32_t to)
{
    return q->at_known && to < q->depth && (to + q->depth - q->at) % q->depth <= q->depth / 2;
}

/* The commands up to `head` were fetched. */
static void fetched(struct nvme *n, uint16_t id, uint32_t head)
{
    struct nvme_queue *q = id < NVME_QUEUES ? &n->sq[id] : NULL;

    if (!q || !q->open || !is_ahead(q, head))
        return;
    nvme_advance(q, head);
    nvme_show(n, q, id, true, head);
}

/* The driver's tail, in the shadow doorbells. What can't be a step forward is not one. */
static void look_shadow(struct nvme *n, uint16_t id)
{
    struct nvme_queue *q = &n->sq[id];
    uint8_t tail[4];

    if (!n->shadow || !id || !q->open || !q->at_known ||
        n->host->read(n->device, n->shadow + 2 * (uint64_t)id * nvme_stride(n), tail, sizeof tail) != VFP_OK)
        return;
    fetched(n, id, (uint32_t)vfp_le(tail, 4));
}

/* A completion, and the commands before it, that there is no room to show. */
static void skipped(struct nvme *n, const uint8_t *entry)
{
    uint16_t id = (uint16_t)vfp_le(entry + 10, 2);
    uint32_t head = (uint32_t)vfp_le(entry + 8, 2);
    struct nvme_queue *q = id < NVME_QUEUES ? &n->sq[id] : NULL;

    nvme_forget_command(n, id, (uint16_t)vfp_le(entry + 12, 2));
    if (q && q->open && nvme_is_hidden(n, id) && is_ahead(q, head)) {
        nvme_advance(q, head);
        q->seen = head;
    }
}

/*
 * Is the next completion there, and shall it be shown? What is looked at is memory as it is now, but accesses come in
 * their order, and perhaps late: a completion whose command's doorbell is still to come waits.
 */
static bool next_completion(struct nvme *n, const struct nvme_queue *q, uint8_t *entry)
{
    uint16_t sq;

    if (!q->open || q->in_device || nvme_entry(n, q, q->seen, entry, NVME_CQE) != VFP_OK || (entry[14] & 1) != q->phase)
        return false;
    sq = (uint16_t)vfp_le(entry + 10, 2);
    return nvme_is_hidden(n, sq) || nvme_is_in_flight(n, sq, (uint16_t)vfp_le(entry + 12, 2));
}

/* Are so many not shown yet that the controller comes round to them soon? */
static bool is_behind(struct nvme *n, const struct nvme_queue *q)
{
    uint32_t ahead = q->seen + q->depth / 2;
    bool wraps = ahead >= q->depth;
    uint8_t entry[NVME_CQE];

    return nvme_entry(n, q, wraps ? ahead - q->depth : ahead, entry, sizeof entry) == VFP_OK &&
           (entry[14] & 1) == (q->phase != wraps);
}

/*
 * Shows new completions, and the commands before them where those are hidden. Those for which there is no room are left
 * to the next look, unless this is the last one.
 */
static void look_completion_queue(struct nvme *n, uint16_t id, bool last)
{
    struct nvme_queue *q = &n->cq[id];
    uint8_t entry[NVME_CQE];
    unsigned shown = 0, more = 0;

    for (; shown < NVME_LOOKED && next_completion(n, q, entry); shown++) {
        uint16_t sq = (uint16_t)vfp_le(entry + 10, 2);

        if (nvme_is_hidden(n, sq)) /* its command is done by now, and known to be as long as this entry is still ahead */
            fetched(n, sq, (uint32_t)vfp_le(entry + 8, 2));
        nvme_step(q);
        nvme_completion(n, id, entry);
    }
    if (shown < NVME_LOOKED || !(last || is_behind(n, q)))
        return;
    for (; more < q->depth && next_completion(n, q, entry); more++) {
        skipped(n, entry);
        nvme_step(q);
    }
    if (more)
        NOTE(n, "CQ%u: %u completions more, not shown", id, more);
}

void nvme_look(struct nvme *n)
{
    if (!is_enabled(n))
        return;
    for (unsigned id = 0; id < n->queues; id++)
        if (nvme_is_hidden(n, id))
            look_completion_queue(n, (uint16_t)id, false);
    for (unsigned id = 0; id < n->queues; id++)
        look_shadow(n, (uint16_t)id);
}

void nvme_look_vector(struct nvme *n, bool any, unsigned vector)
{
    if (!is_enabled(n))
        return;
    for (unsigned id = 0; id < n->queues; id++)
        if (any || n->cq[id].vector == vector)
            look_completion_queue(n, (uint16_t)id, false);
}

void nvme_look_last(struct nvme *n)
{
    if (!is_enabled(n))
        return;
    for (unsigned id = 0; id < n->queues; id++)
        look_completion_queue(n, (uint16_t)id, true);
}
