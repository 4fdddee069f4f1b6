/*
 * What came of things, over all connections, those that have ended too: DMA by message by mapping, SET_IRQS by action, each
 * vector's life, accesses to what could have been mapped. Bounded: what there is no room for is counted together.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/area.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>
#include <string.h>

void vfu_tally_free(struct vfu_tally *t)
{
    free(t->maps);
    free(t->areas);
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++)
        free(t->irqs[i].vectors);
}

const struct vfu_tally *vfu_session_tally(const struct vfu_session *s)
{
    return &s->tally;
}

/* --- DMA by message --- */

/* A mapping's entry, made where it is used first; one that comes again is the same. NULL: there is no room. */
static struct vfu_used_map *used_map(struct vfu_tally *t, uint32_t conn, const struct vfu_known_map *m)
{
    for (size_t i = 0; i < t->map_count; i++)
        if (t->maps[i].conn == conn && t->maps[i].address == m->address && t->maps[i].size == m->size)
            return &t->maps[i];
    if (t->map_count == VFU_MAX_USED || !VFU_GROW(t->maps, t->map_room, t->map_count + 1))
        return NULL;
    t->maps[t->map_count] = (struct vfu_used_map){ .conn = conn, .no = m->no, .address = m->address, .size = m->size,
                                                   .has_fd = m->has_fd };
    return &t->maps[t->map_count++];
}

void vfu_tally_dma(struct vfu_tally *t, struct vfu_peers *p, const struct vfu_event *e)
{
    struct vfu_known_map *m;
    struct vfu_used_map *used;
    struct vfu_moved moved;

    if (!vfu_event_is_command(e))
        return;
    p->memory.transfers++; /* be it cut off where */
    if (!vfu_moved_first(&moved, e->command, e->decoded))
        return;
    m = vfu_ranges_over(&p->known.maps, moved.at, moved.size ? moved.size : 1);
    if (m && !m->used && (used = used_map(t, p->known.conn, m)) != NULL)
        m->used = (uint32_t)(used - t->maps) + 1;
    used = m && m->used ? &t->maps[m->used - 1] : &t->elsewhere;
    *(e->command->moves.write ? &used->writes : &used->reads) += 1;
    *(e->command->moves.write ? &used->written : &used->read) += moved.size;
}

/* --- interrupts --- */

static enum vfu_irq_action action_of(uint64_t flags, uint64_t count, bool fds)
{
    if (flags & VFIO_IRQ_SET_ACTION_MASK)
        return VFU_IRQ_MASKED;
    if (flags & VFIO_IRQ_SET_ACTION_UNMASK)
        return VFU_IRQ_UNMASKED;
    if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
        return fds ? VFU_IRQ_ARMED : VFU_IRQ_TAKEN_AWAY;
    return count ? VFU_IRQ_TRIGGERED : VFU_IRQ_DISABLED;
}

/* The vector's entry; NULL: no device has as many, or out of memory. */
static struct vfu_vector *vector_of(struct vfu_irq_tally *irq, uint64_t vector)
{
    size_t before = irq->room;

    if (vector >= VFU_MAX_ARMED || !VFU_GROW(irq->vectors, irq->room, vector + 1))
        return NULL;
    if (irq->room > before)
        memset(irq->vectors + before, 0, (irq->room - before) * sizeof *irq->vectors);
    if (irq->count <= vector)
        irq->count = (uint32_t)vector + 1;
    return &irq->vectors[vector];
}

void vfu_tally_irqs(struct vfu_tally *t, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    uint64_t flags = vfu_number(d->values, d->count, "flags", 0), index = vfu_number(d->values, d->count, "index", 0);
    uint64_t start = vfu_number(d->values, d->count, "start", 0), count = vfu_number(d->values, d->count, "count", 0);
    bool cut = !vfu_value_by_name(d->values, d->count, "count"); /* the last of them */
    const struct vfu_message *m = &e->message;
    enum vfu_irq_action action = action_of(flags, count, m->nfds || m->fds_cut || m->fds_unknown);
    struct vfu_vector *v;

    if (!vfu_event_is_command(e) || index >= VFU_MAX_KNOWN_IRQS || d->is_short || cut)
        return;
    t->irqs[index].actions[action]++;
    if (action != VFU_IRQ_ARMED && action != VFU_IRQ_MASKED)
        return;
    for (uint64_t i = start; i < start + count && (v = vector_of(&t->irqs[index], i)) != NULL; i++) {
        *(action == VFU_IRQ_ARMED ? &v->armed : &v->masked) += 1;
        if (action == VFU_IRQ_ARMED)
            v->armed_no = m->no;
    }
}

void vfu_tally_interrupt(struct vfu_tally *t, const struct vfu_event *e)
{
    struct vfu_vector *v = e->interrupt.index < VFU_MAX_KNOWN_IRQS
                               ? vector_of(&t->irqs[e->interrupt.index], e->interrupt.vector)
                               : NULL;

    if (!v)
        return;
    v->fired += e->interrupt.count;
    v->fired_unarmed += e->interrupt.late ? e->interrupt.count : 0;
}

/* --- what could have been mapped --- */

static void offer(struct vfu_peers *p, const struct vfu_event *reply, uint32_t region, uint64_t offset, uint64_t size)
{
    struct vfu_offered *o = &p->offered[p->offered_count];

    if (p->offered_count == VFU_MAX_OFFERED || !size)
        return;
    *o = (struct vfu_offered){ .region = region, .offset = offset, .size = size, .no = reply->message.no };
    p->offered_count++;
    p->offered_regions |= UINT64_C(1) << region;
}

/* What of the region can be mapped, by areas, or all of it. */
static void offer_areas(struct vfu_peers *p, const struct vfu_event *e, uint32_t region)
{
    const struct vfu_decoded *d = e->decoded;
    const struct vfu_value *chain = vfu_value_by_name(d->values, d->count, "capabilities"), *areas;
    struct vfu_value values[VFU_MAX_VALUES], inner[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX, area_at;
    unsigned count, inner_count;
    bool broken = false, sparse = false;

    while (chain && vfu_list_next(chain, &at, &layout, values, &count, &broken)) {
        areas = vfu_value_by_name(values, count, "areas");
        sparse |= areas != NULL;
        area_at = SIZE_MAX;
        while (areas && vfu_list_next(areas, &area_at, &layout, inner, &inner_count, &broken)) {
            struct vfu_area area = vfu_area_of(inner, inner_count, 0);

            offer(p, e, region, area.offset, area.size);
        }
    }
    if (!sparse)
        offer(p, e, region, 0, vfu_number(d->values, d->count, "size", 0));
}

void vfu_tally_region(struct vfu_peers *p, const struct vfu_event *e, bool changed)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);
    uint64_t region = vfu_number(d->values, d->count, "index", UINT64_MAX);
    unsigned kept = 0;

    if (region >= 64)
        return;
    for (unsigned i = 0; i < p->offered_count; i++) /* it is told anew */
        if (p->offered[i].region != region)
            p->offered[kept++] = p->offered[i];
    p->offered_count = kept;
    p->offered_regions &= ~(UINT64_C(1) << region);
    if (!changed && e->message.nfds && vfu_number(d->values, d->count, "flags", 0) & VFIO_REGION_INFO_FLAG_MMAP)
        offer_areas(p, e, (uint32_t)region);
}

static struct vfu_unmapped_area *unmapped_area(struct vfu_tally *t, uint32_t conn, const struct vfu_offered *o)
{
    for (size_t i = 0; i < t->area_count; i++)
        if (t->areas[i].conn == conn && t->areas[i].region == o->region && t->areas[i].offset == o->offset)
            return &t->areas[i];
    if (t->area_count == VFU_MAX_USED || !VFU_GROW(t->areas, t->area_room, t->area_count + 1))
        return NULL;
    t->areas[t->area_count] = (struct vfu_unmapped_area){ .conn = conn, .region = o->region, .offset = o->offset,
                                                          .size = o->size, .no = o->no };
    return &t->areas[t->area_count++];
}

void vfu_tally_access(struct vfu_tally *t, struct vfu_peers *p, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    uint64_t region = d->count > e->command->moves.region ? d->values[e->command->moves.region].number : 64, at;
    struct vfu_unmapped_area *area;

    if (region >= 64 || !(p->offered_regions & UINT64_C(1) << region))
        return;
    at = d->values[e->command->moves.at].number;
    for (struct vfu_offered *o = p->offered; o < p->offered + p->offered_count; o++) {
        if (o->region != region || at < o->offset || at - o->offset >= o->size)
            continue;
        if (!o->used && (area = unmapped_area(t, p->known.conn, o)) != NULL)
            o->used = (uint32_t)(area - t->areas) + 1;
        if (o->used)
            *(e->command->moves.write ? &t->areas[o->used - 1].writes : &t->areas[o->used - 1].reads) += 1;
        return;
    }
}
