/*
 * virtio: split virtqueues (2.7) in guest memory. On a notification the new chains of the available ring, and what the
 * device has put into the used ring since; the latter too when the ISR says queue. All that is read is the guest's word:
 * indexes are taken modulo the queue, chains are cut.
 */
#include "virtio.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, DESC = 16 };

/* Say once that a ring can't be read; messages only, or a capture without it. */
static void unread(struct virtio *v, struct virtio_queue *q, unsigned queue, const char *what, uint64_t address,
                   enum vfp_memory result)
{
    if (q->told_unread)
        return;
    q->told_unread = true;
    if (result == VFP_MISSING || result == VFP_NOT_SHARED)
        NOTE(v, "queue %u: the %s at 0x%" PRIx64 " is %s", queue, what, address, v->host->why(result));
    else
        WARN(v, "queue %u: the %s at 0x%" PRIx64 ": %s", queue, what, address, v->host->why(result));
}

static bool read_le(struct virtio *v, struct virtio_queue *q, unsigned queue, const char *what, uint64_t address,
                    unsigned size, uint64_t *value)
{
    uint8_t bytes[8];
    enum vfp_memory result = v->host->read(v->device, address, bytes, size);

    if (result != VFP_OK)
        unread(v, q, queue, what, address, result);
    *value = virtio_le(bytes, size);
    return result == VFP_OK;
}

/* --- chains --- */

/* Follow a chain in a table of `size` descriptors; how many parts it has, cut at VIRTIO_PARTS. */
static unsigned follow(struct virtio *v, uint64_t table, uint32_t size, uint16_t head, struct virtio_part *parts,
                       const char **wrong)
{
    unsigned count = 0;
    bool indirect = false;
    uint32_t index = head, steps = 0;

    *wrong = NULL;
    while (count < VIRTIO_PARTS) {
        uint8_t d[DESC];
        uint16_t flags;

        if (index >= size || steps++ > size) {
            *wrong = index >= size ? "an index beyond the table" : "a loop";
            break;
        }
        if (v->host->read(v->device, table + (uint64_t)index * DESC, d, sizeof d) != VFP_OK) {
            *wrong = "a descriptor that can't be read";
            break;
        }
        flags = (uint16_t)virtio_le(d + 12, 2);
        if (flags & DESC_INDIRECT) {
            if (indirect || count || flags & DESC_NEXT) {
                *wrong = "a misplaced indirect table";
                break;
            }
            indirect = true;
            table = virtio_le(d, 8);
            size = (uint32_t)virtio_le(d + 8, 4) / DESC;
            index = steps = 0;
            continue;
        }
        parts[count++] = (struct virtio_part){ virtio_le(d, 8), (uint32_t)virtio_le(d + 8, 4), flags & DESC_WRITE };
        if (!(flags & DESC_NEXT))
            break;
        index = (uint32_t)virtio_le(d + 14, 2);
    }
    return count;
}

static void check_parts(struct virtio *v, unsigned queue, const struct virtio_part *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (v->host->is_mapped(v->device, parts[i].address, parts[i].size, parts[i].writeable))
            continue;
        WARN(v, "queue %u: 0x%" PRIx64 "+0x%x is not in the DMA map for the device to %s", queue, parts[i].address,
             parts[i].size, parts[i].writeable ? "write" : "read");
        return; /* one is enough */
    }
}

static struct virtio_waiting *new_waiting(struct virtio_queue *q, uint16_t head)
{
    struct virtio_waiting *w = NULL;

    for (unsigned i = 0; i < VIRTIO_WAITING && !w; i++)
        if (q->waiting[i].used && q->waiting[i].head == head)
            w = &q->waiting[i];
    for (unsigned i = 0; i < VIRTIO_WAITING && !w; i++)
        if (!q->waiting[i].used)
            w = &q->waiting[i];
    return w ? w : &q->waiting[q->next_waiting++ % VIRTIO_WAITING];
}

/* Has the device put the chain into the used ring already? Then its descriptors are the driver's again. */
static bool is_done(struct virtio *v, const struct virtio_queue *q, uint16_t head)
{
    uint8_t index[2], element[4];
    uint16_t end;

    if (v->host->read(v->device, q->used + 2, index, sizeof index) != VFP_OK)
        return false;
    end = (uint16_t)virtio_le(index, 2);
    for (uint16_t at = q->next_used; at != end && (uint16_t)(at - q->next_used) < q->size; at++)
        if (v->host->read(v->device, q->used + 4 + 8 * (uint64_t)(at % q->size), element, sizeof element) != VFP_OK ||
            virtio_le(element, 4) == head)
            return true;
    return false;
}

static void chain(struct virtio *v, unsigned queue, uint16_t head)
{
    struct virtio_queue *q = &v->queues[queue];
    struct virtio_part parts[VIRTIO_PARTS];
    struct virtio_waiting *w = new_waiting(q, head);
    struct vfp_line l = { 0 };
    const char *wrong;
    unsigned count = follow(v, q->desc, q->size, head, parts, &wrong);

    *w = (struct virtio_waiting){ .used = true, .head = head, .time_ns = v->time_ns };
    vfp_add(&l, "queue %u chain %u: ", queue, head);
    virtio_request(v, &l, queue, parts, count, w);
    if (wrong && is_done(v, q, head)) {
        NOTE(v, "queue %u chain %u: it was done before it could be read", queue, head);
        return;
    }
    if (wrong) {
        vfp_add(&l, ": %s", wrong);
        WARN(v, "%s", l.text);
    } else {
        NOTE(v, "%s", l.text);
    }
    check_parts(v, queue, parts, count);
}

/* --- rings --- */

static bool is_followed(const struct virtio *v, unsigned queue)
{
    return queue < VIRTIO_QUEUES && v->queues[queue].enabled && v->queues[queue].size;
}

static void available(struct virtio *v, unsigned queue)
{
    struct virtio_queue *q = &v->queues[queue];
    uint64_t index, head;
    uint16_t count;

    if (!read_le(v, q, queue, "available ring", q->avail + 2, 2, &index))
        return;
    count = (uint16_t)(index - q->next_avail);
    if (count > q->size) {
        WARN(v, "queue %u: its available index went from %u to %u, the queue has %u entries", queue, q->next_avail,
             (unsigned)index, q->size);
        q->next_avail = (uint16_t)index;
        return;
    }
    for (unsigned i = 0; i < count && i < VIRTIO_CHAINS; i++) {
        uint16_t at = (uint16_t)(q->next_avail + i);

        if (!read_le(v, q, queue, "available ring", q->avail + 4 + 2 * (uint64_t)(at % q->size), 2, &head))
            return;
        chain(v, queue, (uint16_t)head);
    }
    if (count > VIRTIO_CHAINS)
        NOTE(v, "queue %u: %u chains more", queue, count - VIRTIO_CHAINS);
    q->next_avail = (uint16_t)index;
}

static void completed(struct virtio *v, unsigned queue, uint32_t head, uint32_t written)
{
    struct virtio_queue *q = &v->queues[queue];
    struct vfp_line l = { 0 };
    bool well = true;

    vfp_add(&l, "queue %u chain %u done", queue, head);
    for (unsigned i = 0; i < VIRTIO_WAITING; i++) {
        struct virtio_waiting *w = &q->waiting[i];

        if (!w->used || w->head != head)
            continue;
        if (w->what[0])
            vfp_add(&l, ": %s", w->what);
        well = virtio_result(v, &l, w);
        vfp_add(&l, ", within %.1f us", (double)(v->time_ns - w->time_ns) / 1000);
        w->used = false;
    }
    vfp_add(&l, ", %u bytes written", written);
    if (well)
        NOTE(v, "%s", l.text);
    else
        WARN(v, "%s", l.text);
}

void virtio_used(struct virtio *v, unsigned queue)
{
    struct virtio_queue *q = &v->queues[queue];
    uint64_t index, element;
    uint16_t count;

    if (!is_followed(v, queue) || !read_le(v, q, queue, "used ring", q->used + 2, 2, &index))
        return;
    count = (uint16_t)(index - q->next_used);
    if (count > q->size) {
        WARN(v, "queue %u: its used index went from %u to %u, the queue has %u entries", queue, q->next_used,
             (unsigned)index, q->size);
        count = 0;
    }
    for (unsigned i = 0; i < count && i < VIRTIO_CHAINS; i++) {
        uint16_t at = (uint16_t)(q->next_used + i);

        if (!read_le(v, q, queue, "used ring", q->used + 4 + 8 * (uint64_t)(at % q->size), 8, &element))
            return;
        completed(v, queue, (uint32_t)element, (uint32_t)(element >> 32));
    }
    if (count > VIRTIO_CHAINS)
        NOTE(v, "queue %u: %u chains more are done", queue, count - VIRTIO_CHAINS);
    q->next_used = (uint16_t)index;
}

void virtio_all_used(struct virtio *v)
{
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        virtio_used(v, i);
}

void virtio_notify(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    unsigned queue;

    if (!a->is_write || !a->has_value)
        return;
    queue = (unsigned)(a->value & 0xffff);
    NOTE(v, "queue %u is notified", queue);
    if (queue < VIRTIO_QUEUES && v->multiplier && v->queues[queue].seen_size &&
        at != (uint64_t)v->queues[queue].notify_off * v->multiplier)
        WARN(v, "queue %u: its address for notifications is 0x%" PRIx64 ", not 0x%" PRIx64, queue,
             (uint64_t)v->queues[queue].notify_off * v->multiplier, at);
    if (!(v->status & STATUS_DRIVER_OK) && v->status_known)
        WARN(v, "a notification before DRIVER_OK");
    if (!is_followed(v, queue)) {
        if (queue < VIRTIO_QUEUES && !(v->driver_features >> F_RING_PACKED & 1))
            NOTE(v, "queue %u: its set-up was not seen", queue);
        return;
    }
    virtio_used(v, queue);
    available(v, queue);
}
