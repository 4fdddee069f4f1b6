/*
 * virtio: split virtqueues (2.7) in guest memory: the chains of the available ring, and the used ring.
 */
#include "plugins/virtio/virtio.h"

enum { AVAIL = 2, USED = 8, RING = 4 /* where the elements begin */, BATCH = VIRTIO_CHAINS };

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
static bool how_many(struct virtio *v, unsigned queue, const char *what, uint64_t ring, uint16_t next, unsigned *count)
{
    uint8_t bytes[2];
    enum vfp_memory result = v->host->read(v->device, ring + 2, bytes, sizeof bytes);

    *count = 0;
    if (result != VFP_OK) {
        virtio_unread(v, queue, what, ring + 2, result);
        return false;
    }
    *count = (uint16_t)(vfp_le(bytes, 2) - next);
    return true;
}

/* Fill in a chain from its id on. */
static void follow(struct virtio *v, unsigned queue, struct virtio_chain *c)
{
    const struct virtio_queue *q = &v->queues[queue];
    uint32_t index = c->id;

    for (uint32_t steps = 0; !c->wrong; steps++) {
        uint8_t d[VIRTIO_DESC];
        enum vfp_memory result;

        if (index >= q->size || steps >= q->size) {
            c->wrong = index >= q->size ? "an index beyond the table" : "a loop";
            break;
        }
        result = v->host->read(v->device, q->desc + (uint64_t)index * VIRTIO_DESC, d, sizeof d);
        c->cut = virtio_is_out_of_reach(result);
        if (result != VFP_OK)
            c->wrong = v->host->why(result);
        else if (!virtio_append(v, c, d, false) || !(vfp_le(d + 12, 2) & DESC_NEXT))
            break;
        index = (uint32_t)vfp_le(d + 14, 2);
    }
}

/* What was given since, and what of it and of earlier is done by now. */
struct news {
    uint8_t heads[BATCH * AVAIL], used[BATCH * USED];
    unsigned given, left_out, done, at, told; /* at: the next of `heads`, told: of `used`; left_out: there are, too */
};

static uint16_t head_of(const struct news *n, unsigned at) { return (uint16_t)vfp_le(n->heads + AVAIL * at, 2); }
static uint16_t used_of(const struct news *n, unsigned at) { return (uint16_t)vfp_le(n->used + USED * at, 4); }
static uint32_t written_of(const struct news *n, unsigned at) { return (uint32_t)vfp_le(n->used + USED * at + 4, 4); }

/* The next one; if the driver has used the same descriptors again, what they say is not about this one. */
static void next(struct virtio *v, unsigned queue, struct news *n)
{
    unsigned at = n->at++;
    struct virtio_chain c = { .id = head_of(n, at) };

    for (unsigned i = n->at; i < n->given; i++)
        if (head_of(n, i) == c.id)
            return;
    for (unsigned i = n->told; i < n->done && !c.done; i++) {
        c.done = used_of(n, i) == c.id;
        c.written = written_of(n, i);
    }
    follow(v, queue, &c);
    virtio_given(v, queue, &c, !virtio_is_receive(v, queue) || at < VIRTIO_BUFFERS);
}

/* Is a chain of this id among those that were given after it? */
static void note_again(struct virtio *v, unsigned queue, const struct news *n, uint16_t id)
{
    struct virtio_waiting *w = virtio_find(&v->queues[queue], id);

    for (unsigned i = n->at; w && i < n->given; i++)
        w->again = w->again || head_of(n, i) == id;
}

/* One that the device is done with. False: it was given after the available ring was read, and is for the next look. */
static bool done(struct virtio *v, unsigned queue, struct news *n)
{
    struct virtio_queue *q = &v->queues[queue];
    uint16_t id = used_of(n, n->told);
    bool passed = false;

    for (; !passed && !virtio_find(q, id) && n->at < n->given; next(v, queue, n))
        passed = head_of(n, n->at) == id;
    if (!passed && !virtio_find(q, id) && (n->left_out || !q->put_off)) {
        q->put_off = true;
        return false;
    }
    q->put_off = false;
    note_again(v, queue, n, id);
    virtio_done(v, queue, id, written_of(n, n->told));
    return true;
}

/*
 * IN_ORDER (2.7.9): of those that it is done with at once a device may write the last one only, and the used index counts all
 * of them. They are the oldest; how many bytes were written is only known of one that has an element of its own.
 */
static bool done_in_order(struct virtio *v, unsigned queue, struct news *n)
{
    struct virtio_queue *q = &v->queues[queue];
    const struct virtio_waiting *w;

    while (!(w = virtio_oldest(q)) && n->at < n->given)
        next(v, queue, n);
    if (!w)
        return false;
    virtio_done(v, queue, w->id, used_of(n, n->told) == w->id ? written_of(n, n->told) : 0);
    return true;
}

/* Those for which there is no room are left to the next look. */
static void tell(struct virtio *v, unsigned queue, struct news *n)
{
    bool in_order = virtio_took(v, F_IN_ORDER);

    while (n->told < n->done && virtio_has_room(v) && (in_order ? done_in_order : done)(v, queue, n))
        n->told++;
    while (n->at < n->given && virtio_has_room(v))
        next(v, queue, n);
    if (n->at > VIRTIO_BUFFERS && virtio_is_receive(v, queue))
        NOTE(v, "queue %u: %u chains more", queue, n->at - VIRTIO_BUFFERS);
}

/*
 * What was given is read before the used ring is: a chain that is not there by then was the device's all the time. The host
 * reads a place once for a message, so that it is the same when it is told of.
 */
static bool read_given(struct virtio *v, unsigned queue, struct news *n)
{
    struct virtio_queue *q = &v->queues[queue];
    unsigned count;

    if (!how_many(v, queue, "available ring", q->driver, q->next_avail, &count))
        return false;
    if (count > q->size) { /* more than once round: nobody need have notified of it */
        virtio_went_by(v, queue, count);
        count = 0;
    }
    n->given = count < VIRTIO_CHAINS ? count : VIRTIO_CHAINS;
    n->left_out = count - n->given;
    if (count && !read_ring(v, queue, "available ring", q->driver, AVAIL, q->next_avail, n->given, n->heads))
        return false;
    for (unsigned i = 0; i < n->given; i++) {
        struct virtio_chain c = { .id = head_of(n, i) };

        follow(v, queue, &c);
        virtio_read_request(v, queue, &c);
    }
    return true;
}

/*
 * No more can be under way than the queue has entries. The used index was read last, and may be ahead of what was available
 * before; by more than a queue it can't.
 */
static void check_under_way(struct virtio *v, unsigned queue, uint16_t available, uint16_t used)
{
    struct virtio_queue *q = &v->queues[queue];
    int count = (int16_t)(available - used);
    bool over = count > q->size || -count > q->size;

    if (over && !q->told_over)
        WARN(v, "queue %u: its available index is %u, its used index %u: the queue has %u entries", queue, available, used,
             q->size);
    q->told_over = over;
}

void virtio_look_split(struct virtio *v, unsigned queue)
{
    struct virtio_queue *q = &v->queues[queue];
    struct news n = { .at = 0 };
    unsigned count;

    if (!read_given(v, queue, &n) || !how_many(v, queue, "used ring", q->device, q->next_used, &count))
        return;
    if (count > q->size) {
        if (count != q->went_by) /* else by what it was given, which was said */
            NOTE(v, "queue %u: its used index went from %u to %u between two looks", queue, q->next_used,
                 (q->next_used + count) & 0xffff);
        q->next_used = (uint16_t)(q->next_used + count);
        count = 0;
    }
    q->went_by = 0;
    n.done = count < VIRTIO_CHAINS ? count : VIRTIO_CHAINS;
    check_under_way(v, queue, (uint16_t)(q->next_avail + n.given + n.left_out), (uint16_t)(q->next_used + count));
    if (count && !read_ring(v, queue, "used ring", q->device, USED, q->next_used, n.done, n.used))
        return;
    tell(v, queue, &n);
    q->next_used = (uint16_t)(q->next_used + n.told);
    q->next_avail = (uint16_t)(q->next_avail + n.at);
}
