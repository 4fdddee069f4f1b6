/*
 * virtio: notifications, and looks at queues of either kind. All that is read is the guest's word: indexes are taken modulo
 * the queue, chains are cut.
 */
#include "plugins/virtio/virtio.h"

static bool is_followed(const struct virtio *v, unsigned queue)
{
    return queue < VIRTIO_QUEUES && v->queues[queue].enabled && v->queues[queue].size;
}

static void look(struct virtio *v, unsigned queue, int index)
{
    if (!is_followed(v, queue))
        return;
    if (virtio_took(v, F_RING_PACKED))
        virtio_look_packed(v, queue, index);
    else
        virtio_look_split(v, queue);
}

void virtio_look_queue(struct virtio *v, unsigned queue) { look(v, queue, -1); }

void virtio_look_all(struct virtio *v)
{
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        look(v, i, -1);
}

/* Has one side gone on? Of a packed queue that is only known by looking at what it has. */
static bool has_moved(struct virtio *v, const struct virtio_queue *q)
{
    uint8_t available[2], used[2];

    if (virtio_took(v, F_RING_PACKED))
        return true;
    return v->host->read(v->device, q->driver + 2, available, sizeof available) == VFP_OK &&
           v->host->read(v->device, q->device + 2, used, sizeof used) == VFP_OK &&
           (vfp_le(available, 2) != q->next_avail || vfp_le(used, 2) != q->next_used);
}

enum vfp_moved virtio_moved(struct virtio *v)
{
    if (!v->unseen || !(v->status & STATUS_DRIVER_OK))
        return VFP_SEEN;
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        if (is_followed(v, i) && has_moved(v, &v->queues[i]))
            return VFP_MOVED;
    return VFP_STILL;
}

/* NOTIFICATION_DATA (4.1.5.2): the queue, and how far its driver has come. */
static int notification_data(struct virtio *v, const struct vfp_access *a, unsigned queue)
{
    unsigned more = (unsigned)(a->value >> 16 & 0xffff);

    if (!virtio_took(v, F_NOTIFICATION_DATA) || a->size != 4) {
        NOTE(v, "queue %u is notified", queue);
        return -1;
    }
    if (virtio_took(v, F_RING_PACKED))
        NOTE(v, "queue %u is notified: next slot %u, wrap counter %u", queue, more & 0x7fff, more >> 15);
    else
        NOTE(v, "queue %u is notified: available index %u", queue, more);
    return (int)more;
}

void virtio_notify(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    unsigned queue;
    int index;

    if (!a->is_write)
        return;
    if (!a->has_value) {
        NOTE(v, "a queue is notified: which one is not at hand");
        return;
    }
    queue = (unsigned)(a->value & 0xffff);
    index = notification_data(v, a, queue);
    if (queue < VIRTIO_QUEUES && v->multiplier && v->queues[queue].seen_size &&
        at != (uint64_t)v->queues[queue].notify_off * v->multiplier)
        WARN(v, "queue %u: its address for notifications is 0x%" PRIx64 ", not 0x%" PRIx64, queue,
             (uint64_t)v->queues[queue].notify_off * v->multiplier, at);
    if (v->num_queues && queue >= v->num_queues)
        WARN(v, "queue %u: the device has %u", queue, v->num_queues);
    if (!(v->status & STATUS_DRIVER_OK) && v->status_known)
        WARN(v, "a notification before DRIVER_OK");
    if (!is_followed(v, queue)) {
        NOTE(v, "queue %u: %s", queue, queue < VIRTIO_QUEUES ? "its set-up was not seen" : "it is not followed");
        return;
    }
    look(v, queue, index);
}
