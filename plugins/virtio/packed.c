/*
 * virtio: packed virtqueues (2.8) in guest memory: one ring of descriptors, which the device overwrites with what it is
 * done with. A chain that is done before it is read is therefore lost but for its id.
 */
#include "plugins/virtio/virtio.h"

#include <stddef.h>

enum { FLAG_AVAIL = 1 << 7, FLAG_USED = 1 << 15, TURNS = 512 /* of one look */ };

struct slot {
    uint8_t bytes[VIRTIO_DESC];
    uint16_t id, flags;
    uint32_t length;
};

static bool read_slot(struct virtio *v, unsigned queue, unsigned at, struct slot *s)
{
    uint64_t address = v->queues[queue].desc + (uint64_t)at * VIRTIO_DESC;
    enum vfp_memory result = v->host->read(v->device, address, s->bytes, sizeof s->bytes);

    if (result != VFP_OK)
        virtio_unread(v, queue, "ring", address, result);
    s->length = (uint32_t)vfp_le(s->bytes + 8, 4);
    s->id = (uint16_t)vfp_le(s->bytes + 12, 2);
    s->flags = (uint16_t)vfp_le(s->bytes + 14, 2);
    return result == VFP_OK;
}

static bool is_available(const struct slot *s, bool wrap)
{
    return !(s->flags & FLAG_AVAIL) == !wrap && !(s->flags & FLAG_USED) == wrap;
}

static bool is_used(const struct slot *s, bool wrap)
{
    return !(s->flags & FLAG_AVAIL) == !wrap && !(s->flags & FLAG_USED) == !wrap;
}

static void advance(const struct virtio_queue *q, uint16_t *at, bool *wrap, unsigned slots)
{
    unsigned next = *at + slots;

    if (next >= q->size) {
        next -= q->size;
        *wrap = !*wrap;
    }
    *at = (uint16_t)(next < q->size ? next : 0);
}

/* The slot that a chain begins with is no longer the driver's: it is done. */
static bool is_done(struct virtio *v, unsigned queue, uint16_t id)
{
    const struct virtio_queue *q = &v->queues[queue];
    enum vfp_memory (*read)(struct vfp_device *, uint64_t, void *, size_t) =
        v->host->size > offsetof(struct vfp_host, read_now) ? v->host->read_now : v->host->read;
    struct slot s = { .id = id };
    uint8_t flags[2];

    if (read(v->device, q->desc + (uint64_t)q->next_avail * VIRTIO_DESC + 14, flags, sizeof flags) != VFP_OK)
        return true;
    s.flags = (uint16_t)vfp_le(flags, 2);
    return !is_available(&s, q->avail_wrap);
}

/* The chain that begins here; its id is its last descriptor's. */
static void given(struct virtio *v, unsigned queue, struct slot s, bool shown)
{
    struct virtio_queue *q = &v->queues[queue];
    struct virtio_chain c = { .slots = 1, .id = s.id, .is_done = is_done };

    while (virtio_append(v, &c, s.bytes, true) && s.flags & DESC_NEXT && !c.wrong) {
        if (c.slots == q->size)
            c.wrong = "it is longer than the ring";
        else if (!read_slot(v, queue, (q->next_avail + c.slots++) % q->size, &s))
            c.wrong = "the rest can't be read";
        else
            c.id = s.id;
    }
    virtio_given(v, queue, &c, shown);
    advance(q, &q->next_avail, &q->avail_wrap, c.slots);
}

/*
 * The device was faster: what begins here is done, and its first descriptor overwritten. The others of the chain bear the
 * same id, as drivers write it, and are still as they were; an indirect one is always by itself.
 */
static void missed(struct virtio *v, unsigned queue, const struct slot *first)
{
    struct virtio_queue *q = &v->queues[queue];
    uint16_t at = q->next_avail, slots = 1;
    bool wrap = q->avail_wrap;
    struct slot s;

    for (bool more = true; more && slots < q->size; slots += more) {
        advance(q, &at, &wrap, 1);
        if (!read_slot(v, queue, at, &s))
            break;
        more = is_available(&s, wrap) && s.id == first->id && !(s.flags & DESC_INDIRECT);
        if (more && !(s.flags & DESC_NEXT)) {
            slots++;
            break;
        }
    }
    virtio_done(v, queue, first->id, first->length);
    advance(q, &q->next_avail, &q->avail_wrap, slots);
    q->next_used = q->next_avail;
    q->used_wrap = q->avail_wrap;
}

/* IN_ORDER (2.8.9): the last one of a batch is written only, and those before it are done, too. */
static void used(struct virtio *v, unsigned queue, const struct slot *s)
{
    struct virtio_queue *q = &v->queues[queue];
    struct virtio_waiting *w = virtio_find(q, s->id), *first;
    unsigned slots = w->slots;
    uint64_t order = w->order;

    while (virtio_took(v, F_IN_ORDER) && (first = virtio_oldest(q)) && first->order < order && virtio_has_room(v)) {
        slots += first->slots;
        virtio_done(v, queue, first->id, 0);
    }
    virtio_done(v, queue, s->id, s->length);
    advance(q, &q->next_used, &q->used_wrap, slots ? slots : 1);
}

/* Where the driver says that it is, if nothing is under way: the ring may have gone round unseen. */
static void trust(struct virtio_queue *q, int index)
{
    for (unsigned i = 0; i < VIRTIO_WAITING; i++)
        if (q->waiting[i].used)
            return;
    q->next_avail = q->next_used = (uint16_t)((index & 0x7fff) % q->size);
    q->avail_wrap = q->used_wrap = index >> 15;
}

void virtio_look_packed(struct virtio *v, unsigned queue, int index)
{
    struct virtio_queue *q = &v->queues[queue];
    struct slot at_used, at_avail;
    unsigned count = 0, buffers = 0;

    for (; count < TURNS && virtio_has_room(v); count++) {
        if (!read_slot(v, queue, q->next_used, &at_used) || !read_slot(v, queue, q->next_avail, &at_avail))
            return;
        if (is_used(&at_used, q->used_wrap) && virtio_find(q, at_used.id))
            used(v, queue, &at_used);
        else if (is_available(&at_avail, q->avail_wrap))
            given(v, queue, at_avail, !virtio_is_receive(v, queue) || buffers++ < VIRTIO_BUFFERS);
        else if (is_used(&at_avail, q->avail_wrap) && q->next_avail == q->next_used)
            missed(v, queue, &at_avail);
        else
            break;
    }
    if (buffers > VIRTIO_BUFFERS)
        NOTE(v, "queue %u: %u chains more", queue, buffers - VIRTIO_BUFFERS);
    if (index >= 0 && !count)
        trust(q, index);
}
