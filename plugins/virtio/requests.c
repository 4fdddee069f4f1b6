/*
 * virtio: requests, in queues of either kind: chains that are given to the device, and what it is done with.
 */
#include "plugins/virtio/virtio.h"

#include <stddef.h>

void virtio_unread(struct virtio *v, unsigned queue, const char *what, uint64_t address, enum vfp_memory result)
{
    struct virtio_queue *q = &v->queues[queue];

    if (q->told_unread || result == VFP_TOO_MUCH) /* the next look has room again */
        return;
    q->told_unread = true;
    if (virtio_is_out_of_reach(result))
        NOTE(v, "queue %u: the %s at 0x%" PRIx64 " is %s", queue, what, address, v->host->why(result));
    else
        WARN(v, "queue %u: the %s at 0x%" PRIx64 ": %s", queue, what, address, v->host->why(result));
}

static void check_parts(struct virtio *v, const struct virtio_chain *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        const struct virtio_part *p = &c->parts[i];

        if (i && !p->writeable && p[-1].writeable)
            COMPLAIN(v, "what the device reads stands behind what it writes");
        if (!v->host->is_mapped(v->device, p->address, p->size, p->writeable))
            COMPLAIN(v, "0x%" PRIx64 "+0x%x is not in the DMA map for the device to %s", p->address, p->size,
                     p->writeable ? "write" : "read");
    }
}

struct virtio_waiting *virtio_find(struct virtio_queue *q, uint16_t id)
{
    for (unsigned i = 0; i < VIRTIO_WAITING; i++)
        if (q->waiting[i].used && q->waiting[i].id == id)
            return &q->waiting[i];
    return NULL;
}

struct virtio_waiting *virtio_oldest(struct virtio_queue *q)
{
    struct virtio_waiting *found = NULL;

    for (unsigned i = 0; i < VIRTIO_WAITING; i++)
        if (q->waiting[i].used && (!found || q->waiting[i].order < found->order))
            found = &q->waiting[i];
    return found;
}

void virtio_went_by(struct virtio *v, unsigned queue, unsigned count)
{
    struct virtio_queue *q = &v->queues[queue];

    NOTE(v, "queue %u: its available index went from %u to %u between two looks: %u requests went by unseen", queue, q->next_avail,
         (q->next_avail + count) & 0xffff, count);
    q->next_avail = (uint16_t)(q->next_avail + count);
    q->went_by = count;
    if (v->host->size > offsetof(struct vfp_host, went_by))
        v->host->went_by(v->device, queue, count);
    for (unsigned i = 0; i < VIRTIO_WAITING; i++)
        q->waiting[i].unsure = true;
}

bool virtio_has_room(const struct virtio *v)
{
    return v->host->size <= offsetof(struct vfp_host, room) || v->host->room(v->device) >= VIRTIO_ROOM;
}

static struct virtio_waiting *new_waiting(struct virtio_queue *q, uint16_t id)
{
    struct virtio_waiting *w = virtio_find(q, id);

    for (unsigned i = 0; i < VIRTIO_WAITING && !w; i++)
        if (!q->waiting[i].used)
            w = &q->waiting[i];
    return w ? w : &q->waiting[q->next_waiting++ % VIRTIO_WAITING];
}

static void add_request(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_chain *c,
                        struct virtio_waiting *w)
{
    vfp_add(l, "queue %u chain %u: ", queue, c->id);
    if (c->cut && !c->count) {
        vfp_add(l, "%s", c->wrong ? c->wrong : "not read");
        return;
    }
    if (v->type == TYPE_BLOCK)
        virtio_block(v, l, c, w);
    else if (v->type == TYPE_NET)
        virtio_net(v, l, queue, c, w);
    else if (v->type == TYPE_SCSI)
        virtio_scsi(v, l, queue, c, w);
    else
        vfp_add(l, "%" PRIu64 " bytes to read, %" PRIu64 " to write", virtio_sum(c, false), virtio_sum(c, true));
    vfp_add(l, ", %u%s descriptor%s", c->count, c->cut ? " and more" : "", c->count == 1 && !c->cut ? "" : "s");
    if (c->wrong)
        vfp_add(l, ": %s", c->wrong);
}

void virtio_read_request(struct virtio *v, unsigned queue, const struct virtio_chain *c)
{
    struct virtio_waiting w = { 0 };
    struct vfp_line l = { 0 };

    add_request(v, &l, queue, c, &w);
}

void virtio_given(struct virtio *v, unsigned queue, const struct virtio_chain *c, bool shown)
{
    struct virtio_waiting *w = new_waiting(&v->queues[queue], c->id);
    bool wrong = c->wrong && !c->cut;
    struct vfp_line l = { 0 };

    *w = (struct virtio_waiting){ .used = true, .id = c->id, .slots = c->slots, .order = v->queues[queue].given++,
                                   .time_ns = v->time_ns };
    v->complaint = (struct vfp_line){ 0 };
    add_request(v, &l, queue, c, w);
    check_parts(v, c);
    if ((wrong || v->complaint.size) && (c->done || (c->is_done && c->is_done(v, queue, c->id)))) {
        w->what[0] = '\0';
        w->answer = 0;
        if (!c->done)
            NOTE(v, "queue %u chain %u: it was done before it could be read", queue, c->id);
        w->used = !c->done;
        return;
    }
    if (shown)
        SAY(v, !wrong, l);
    if (v->complaint.size)
        WARN(v, "queue %u: %s", queue, v->complaint.text);
}

/* For whoever counts and computes: what the notes say in words. Receive buffers are no requests of anybody's. */
static void tell_request(struct virtio *v, unsigned queue, struct virtio_waiting *w, uint32_t written, bool well)
{
    struct vfp_request *r = &w->request;

    if (v->host->size <= offsetof(struct vfp_host, request) || virtio_is_receive(v, queue))
        return;
    r->queue = queue;
    r->id = w->id;
    r->bytes = r->bytes ? r->bytes : written;
    r->known |= well ? 0u : VFP_HAS_FAILED;
    r->since_ns = w->time_ns;
    if (v->time_ns > w->time_ns) {
        r->known |= VFP_HAS_LATENCY;
        r->latency_ns = v->time_ns - w->time_ns;
    }
    for (unsigned i = 0; i < VIRTIO_WAITING; i++)
        r->depth += v->queues[queue].waiting[i].used;
    v->host->request(v->device, r);
}

void virtio_done(struct virtio *v, unsigned queue, uint16_t id, uint32_t written)
{
    struct virtio_waiting *w = virtio_find(&v->queues[queue], id);
    struct vfp_line l = { 0 };
    bool well = true;

    if (!w) {
        NOTE(v, "queue %u chain %u done, %u byte%s written; it was done before it could be read", queue, id, written,
             written == 1 ? "" : "s");
        if (v->host->size > offsetof(struct vfp_host, request) && !virtio_is_receive(v, queue))
            v->host->request(v->device, &(struct vfp_request){ .queue = queue, .id = id });
        return;
    }
    vfp_add(&l, "queue %u chain %u done", queue, id);
    if (w->what[0])
        vfp_add(&l, ": %s", w->what);
    if (v->type == TYPE_BLOCK)
        well = virtio_block_result(v, &l, w);
    else if (v->type == TYPE_NET)
        well = virtio_net_result(v, &l, queue, w, written);
    else if (v->type == TYPE_SCSI)
        well = virtio_scsi_result(v, &l, queue, w);
    if (v->time_ns > w->time_ns) { /* else both were seen at once */
        vfp_add(&l, ", within ");
        vfp_add_time(&l, v->time_ns - w->time_ns);
    }
    vfp_add(&l, ", %u byte%s written", written, written == 1 ? "" : "s");
    SAY(v, well, l);
    tell_request(v, queue, w, written, well);
    w->used = false;
}
