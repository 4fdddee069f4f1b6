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

/* The controller has gone round the queue unseen: where is the command of this completion, of those that it has fetched last? */
static void resume(struct nvme *n, struct nvme_queue *q, uint32_t head, uint16_t id)
{
    enum { BACK = 64 };
    uint8_t entry[NVME_SQE];
    uint32_t at = (head + q->depth - 1) % q->depth;

    q->lapped = false;
    q->at = q->seen = at;
    for (uint32_t back = 0; back < BACK && back < q->depth - 1; back++, at = (at + q->depth - 1) % q->depth) {
        if (nvme_entry(n, q, at, entry, sizeof entry) != VFP_OK)
            return;
        if (vfp_le(entry + 2, 2) == id) {
            q->at = q->seen = at;
            return;
        }
    }
}

static void look_completion_queue(struct nvme *n, uint16_t id, bool last);

/* Queues that a command just now deletes: before its completion says that they are gone. */
static void look_ending(struct nvme *n)
{
    for (unsigned id = 0; id < n->queues; id++)
        if (n->cq[id].ends) {
            n->cq[id].ends = false;
            look_completion_queue(n, (uint16_t)id, true);
        }
}

/* The commands up to `head` were fetched. */
static void fetched(struct nvme *n, uint16_t id, uint32_t head)
{
    struct nvme_queue *q = id < NVME_QUEUES ? &n->sq[id] : NULL;

    if (!q || !q->open || !is_ahead(q, head))
        return;
    nvme_advance(q, head);
    nvme_show(n, q, id, true, head);
    look_ending(n);
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
 * Has the controller gone round the queue since the last look? What is next has the phase of the round after this one then, and
 * the last entry has this one's. What is left of the queue begins where the two meet; how many there were before, beside whole
 * rounds, is known.
 */
static void catch_up(struct nvme *n, struct nvme_queue *q, uint16_t id, const uint8_t *next)
{
    uint32_t low = q->seen, high = q->depth - 1;
    uint8_t entry[NVME_CQE];

    if (q->past != NVME_NO_PAST || (next[14] & 1) == q->phase || !nvme_is_changed(n, q, q->seen, next))
        return;
    if (low >= high || nvme_entry(n, q, high, entry, sizeof entry) != VFP_OK || (entry[14] & 1) != q->phase) {
        nvme_remember(n, q, q->seen, next); /* which is what it was */
        return;
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (nvme_entry(n, q, middle, entry, sizeof entry) != VFP_OK)
            return;
        if ((entry[14] & 1) == q->phase)
            high = middle;
        else
            low = middle;
    }
    NOTE(n, "CQ%u: %u completions or more went by unseen", id, high - q->seen);
    nvme_went_by(n, id, high - q->seen);
    q->seen = high;
    nvme_unsure(n, id);
    for (unsigned sq = 0; sq < n->queues; sq++)
        if (n->sq[sq].open && n->sq[sq].completes_to == id)
            n->sq[sq].lapped = n->sq[sq].lossy = true;
}

/*
 * Is the next completion there, and shall it be shown? What is looked at is memory as it is now, but accesses come in
 * their order, and perhaps late: a completion whose command's doorbell is still to come waits.
 */
static bool next_completion(struct nvme *n, struct nvme_queue *q, uint16_t id, uint8_t *entry)
{
    uint16_t sq;

    if (!q->open || q->in_device || nvme_entry(n, q, q->seen, entry, NVME_CQE) != VFP_OK)
        return false;
    if ((entry[14] & 1) != q->phase && nvme_is_hidden(n, id))
        catch_up(n, q, id, entry);
    if (nvme_entry(n, q, q->seen, entry, NVME_CQE) != VFP_OK || (entry[14] & 1) != q->phase || nvme_is_past(n, q, entry))
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

    return q->past == NVME_NO_PAST && nvme_entry(n, q, wraps ? ahead - q->depth : ahead, entry, sizeof entry) == VFP_OK &&
           (entry[14] & 1) == (q->phase != wraps);
}

/* One entry on from a completion that was looked at. */
static void pass(struct nvme *n, struct nvme_queue *q, const uint8_t *entry)
{
    nvme_remember(n, q, q->seen, entry);
    nvme_step(q);
}

static void show(struct nvme *n, struct nvme_queue *q, uint16_t id, const uint8_t *entry)
{
    uint16_t sq = (uint16_t)vfp_le(entry + 10, 2);
    uint32_t head = (uint32_t)vfp_le(entry + 8, 2);

    if (nvme_is_hidden(n, sq)) { /* its command is done by now, and known to be as long as this entry is still ahead */
        if (sq < NVME_QUEUES && n->sq[sq].open && n->sq[sq].lapped && head < n->sq[sq].depth)
            resume(n, &n->sq[sq], head, (uint16_t)vfp_le(entry + 12, 2));
        fetched(n, sq, head);
    }
    pass(n, q, entry);
    nvme_completion(n, id, entry);
}

/*
 * Shows new completions, and the commands before them where those are hidden. Those for which there is no room are left
 * to the next look, unless this is the last one.
 */
static void look_completion_queue(struct nvme *n, uint16_t id, bool last)
{
    struct nvme_queue *q = &n->cq[id];
    uint8_t entry[NVME_CQE];
    unsigned more = 0;
    bool was_at_it = q->looked_at;

    if (was_at_it)
        return;
    q->looked_at = true; /* a command that is shown may be one that deletes it */
    while (nvme_has_room(n) && next_completion(n, q, id, entry))
        show(n, q, id, entry);
    q->looked_at = false;
    if (nvme_has_room(n) || !(last || is_behind(n, q)))
        return;
    for (; more < q->depth && next_completion(n, q, id, entry); more++) {
        skipped(n, entry);
        pass(n, q, entry);
    }
    nvme_went_by(n, id, more);
    if (more)
        NOTE(n, "CQ%u: %u completions more, not shown", id, more);
}

/* Entries that a doorbell told of, and for which there was no room then. */
static void look_behind(struct nvme *n, uint16_t id)
{
    struct nvme_queue *sq = &n->sq[id], *cq = &n->cq[id];

    if (sq->open && sq->rest && nvme_has_room(n))
        nvme_show(n, sq, id, true, sq->at);
    if (cq->open && cq->rest && nvme_has_room(n))
        nvme_show(n, cq, id, false, cq->at);
}

/* all: an interrupt came, or the queues end: those too that are not hidden. Of one vector only; `any`: of whichever. */
static void look(struct nvme *n, bool all, bool any, unsigned vector, bool last)
{
    if (!is_enabled(n))
        return;
    for (unsigned id = 0; id < n->queues; id++)
        look_behind(n, (uint16_t)id);
    look_ending(n);
    for (unsigned id = 0; id < n->queues; id++)
        if (nvme_is_hidden(n, id) || (all && (any || n->cq[id].vector == vector)))
            look_completion_queue(n, (uint16_t)id, last);
    for (unsigned id = 0; id < n->queues; id++)
        look_shadow(n, (uint16_t)id);
}

/* Is there more in the queue than was looked at? */
static bool has_moved(struct nvme *n, const struct nvme_queue *q)
{
    uint8_t entry[NVME_CQE];

    if (!q->open || q->in_device || nvme_entry(n, q, q->seen, entry, sizeof entry) != VFP_OK)
        return false;
    if ((entry[14] & 1) == q->phase && q->past == NVME_NO_PAST)
        return true;
    return ((entry[14] & 1) == q->phase || q->past == NVME_NO_PAST) && nvme_is_changed(n, q, q->seen, entry);
}

static bool has_moved_shadow(struct nvme *n, unsigned id)
{
    const struct nvme_queue *q = &n->sq[id];
    uint8_t tail[4];

    return n->shadow && id && q->open && q->at_known &&
           n->host->read(n->device, n->shadow + 2 * (uint64_t)id * nvme_stride(n), tail, sizeof tail) == VFP_OK &&
           vfp_le(tail, 4) != q->at && is_ahead(q, (uint32_t)vfp_le(tail, 4));
}

enum vfp_moved nvme_moved(struct nvme *n)
{
    enum vfp_moved moved = VFP_SEEN;

    if (!is_enabled(n))
        return VFP_SEEN;
    for (unsigned id = 0; id < n->queues && moved != VFP_MOVED; id++) {
        if (!nvme_is_hidden(n, id))
            continue;
        moved = n->sq[id].rest || n->cq[id].rest || has_moved(n, &n->cq[id]) || has_moved_shadow(n, id) ? VFP_MOVED : VFP_STILL;
    }
    return moved;
}

void nvme_look(struct nvme *n) { look(n, false, false, 0, false); }

void nvme_look_vector(struct nvme *n, bool any, unsigned vector) { look(n, true, any, vector, false); }

void nvme_look_last(struct nvme *n) { look(n, true, true, 0, true); }
