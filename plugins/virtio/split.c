/*
 * virtio: split virtqueues (2.7) in guest memory: the chains of the available ring, and the used ring.
 */
#include "virtio.h"

enum { AVAIL = 2, USED = 8, RING = 4 /* where the elements begin */, BATCH = 256 /* elements looked at, at a time */ };

/* `count` elements of a ring from the running index `from` on; at most BATCH. */
static bool read_ring(struct virtio *v, unsigned queue, const char *what, uint64_t ring, unsigned element, uint16_t from,
                      unsigned count, uint8_t *to)
{
    uint16_t size = v->queues[queue].size;
    unsigned first = from % size, before_end = count < (unsigned)size - first ? count : (unsigned)size - first;
    enum vfp_memory result = v->host->read(v->device, ring + RING + (uint64_t)first * element, to,
                                           (size_t)before_end * element);

    if (result == VFP_OK)
        result = v->host->read(v->device, ring + RING, to + (size_t)before_end * element,
                               (size_t)(count - before_end) * element);
    if (result != VFP_OK)
        virtio_unread(v, queue, what, ring, result);
    return result == VFP_OK;
}

/* How many elements a ring has more than were seen. False: it can't be read. */
static bool how_many(struct virtio *v, unsigned queue, const char *what, uint64_t ring, uint16_t *next, unsigned *count)
{
    const char *index_of = what[0] == 'a' ? "available" : "used";
    uint16_t size = v->queues[queue].size, index;
    uint8_t bytes[2];
    enum vfp_memory result = v->host->read(v->device, ring + 2, bytes, sizeof bytes);

    *count = 0;
    if (result != VFP_OK) {
        virtio_unread(v, queue, what, ring + 2, result);
        return false;
    }
    index = (uint16_t)virtio_le(bytes, 2);
    if ((uint16_t)(index - *next) > size) {
        WARN(v, "queue %u: its %s index went from %u to %u, the queue has %u entries", queue, index_of, *next, index, size);
        *next = index;
    }
    *count = (uint16_t)(index - *next);
    return true;
}

/* Has the device put the chain into the used ring meanwhile? Then its descriptors are the driver's again. */
static bool is_done(struct virtio *v, unsigned queue, uint16_t head)
{
    const struct virtio_queue *q = &v->queues[queue];
    uint8_t index[2], element[4];
    uint16_t end;

    if (v->host->read(v->device, q->device + 2, index, sizeof index) != VFP_OK)
        return false;
    end = (uint16_t)virtio_le(index, 2);
    for (uint16_t at = q->next_used; at != end && (uint16_t)(at - q->next_used) < q->size; at++)
        if (v->host->read(v->device, q->device + RING + USED * (uint64_t)(at % q->size), element, sizeof element) !=
                VFP_OK ||
            virtio_le(element, 4) == head)
            return true;
    return false;
}

static void chain(struct virtio *v, unsigned queue, struct virtio_chain c, bool shown)
{
    struct virtio_queue *q = &v->queues[queue];
    uint32_t index = c.id;

    for (uint32_t steps = 0; !c.wrong; steps++) {
        uint8_t d[VIRTIO_DESC];
        enum vfp_memory result;

        if (index >= q->size || steps >= q->size) {
            c.wrong = index >= q->size ? "an index beyond the table" : "a loop";
            break;
        }
        result = v->host->read(v->device, q->desc + (uint64_t)index * VIRTIO_DESC, d, sizeof d);
        c.cut = virtio_is_out_of_reach(result);
        if (result != VFP_OK)
            c.wrong = v->host->why(result);
        else if (!virtio_append(v, &c, d, false) || !(virtio_le(d + 12, 2) & DESC_NEXT))
            break;
        index = (uint32_t)virtio_le(d + 14, 2);
    }
    virtio_given(v, queue, &c, shown);
}

/* What was given since, and what of it and of earlier is done by now. */
struct news {
    uint8_t heads[BATCH * AVAIL], used[BATCH * USED];
    unsigned given, done, at, told; /* at: the next of `heads`, told: of `used` */
};

static uint16_t head_of(const struct news *n, unsigned at) { return (uint16_t)virtio_le(n->heads + AVAIL * at, 2); }
static uint16_t used_of(const struct news *n, unsigned at) { return (uint16_t)virtio_le(n->used + USED * at, 4); }
static uint32_t written_of(const struct news *n, unsigned at) { return (uint32_t)virtio_le(n->used + USED * at + 4, 4); }

/* The next one; if the driver has used the same descriptors again, what they say is not about this one. */
static void next(struct virtio *v, unsigned queue, struct news *n)
{
    unsigned at = n->at++;
    struct virtio_chain c = { .id = head_of(n, at), .is_done = is_done };

    for (unsigned i = n->at; i < n->given; i++)
        if (head_of(n, i) == c.id)
            return;
    for (unsigned i = n->told; i < n->done && !c.done; i++) {
        c.done = used_of(n, i) == c.id;
        c.written = written_of(n, i);
    }
    chain(v, queue, c, at < VIRTIO_CHAINS);
}

static void tell(struct virtio *v, unsigned queue, struct news *n)
{
    for (; n->told < n->done; n->told++) {
        unsigned i = n->told;
        uint16_t id = used_of(n, i);

        for (bool passed = false; !passed && !virtio_find(&v->queues[queue], id) && n->at < n->given; next(v, queue, n))
            passed = head_of(n, n->at) == id;
        virtio_done(v, queue, id, written_of(n, i), i < VIRTIO_CHAINS);
    }
    if (n->done > VIRTIO_CHAINS)
        NOTE(v, "queue %u: %u chains more are done", queue, n->done - VIRTIO_CHAINS);
    while (n->at < n->given)
        next(v, queue, n);
    if (n->given > VIRTIO_CHAINS)
        NOTE(v, "queue %u: %u chains more", queue, n->given - VIRTIO_CHAINS);
}

void virtio_look_split(struct virtio *v, unsigned queue)
{
    struct virtio_queue *q = &v->queues[queue];
    struct news n = { .at = 0 };
    unsigned given, done;

    /* The used ring first: what it has then was in the available ring before. */
    if (!how_many(v, queue, "used ring", q->device, &q->next_used, &done) ||
        !how_many(v, queue, "available ring", q->driver, &q->next_avail, &given))
        return;
    n.given = given < BATCH ? given : BATCH;
    n.done = done < BATCH ? done : BATCH;
    if ((given && !read_ring(v, queue, "available ring", q->driver, AVAIL, q->next_avail, n.given, n.heads)) ||
        (done && !read_ring(v, queue, "used ring", q->device, USED, q->next_used, n.done, n.used)))
        return;
    tell(v, queue, &n);
    q->next_used = (uint16_t)(q->next_used + done);
    q->next_avail = (uint16_t)(q->next_avail + given);
}
