/*
 * What several sessions know, of connections that are numbered over all of them, as one: for what is told at the end.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

static void join_irqs(struct vfu_irq_tally *into, const struct vfu_irq_tally *from)
{
    size_t before = into->room;

    for (unsigned i = 0; i < VFU_IRQ_ACTIONS; i++)
        into->actions[i] += from->actions[i];
    if (!VFU_GROW(into->vectors, into->room, from->count))
        return;
    if (into->room > before)
        memset(into->vectors + before, 0, (into->room - before) * sizeof *into->vectors);
    for (uint32_t i = 0; i < from->count; i++) {
        into->vectors[i].armed += from->vectors[i].armed;
        into->vectors[i].masked += from->vectors[i].masked;
        into->vectors[i].fired += from->vectors[i].fired;
        into->vectors[i].fired_unarmed += from->vectors[i].fired_unarmed;
    }
    into->count = from->count > into->count ? from->count : into->count;
}

static void add_used(struct vfu_used_map *to, const struct vfu_used_map *m)
{
    to->reads += m->reads;
    to->read += m->read;
    to->writes += m->writes;
    to->written += m->written;
}

/* What there is no room for is counted together, or, of areas, left out, as the tally itself does. */
static void join_tally(struct vfu_tally *into, const struct vfu_tally *from)
{
    for (size_t i = 0; i < from->map_count; i++) {
        if (into->map_count == VFU_MAX_USED || !VFU_GROW(into->maps, into->map_room, into->map_count + 1))
            add_used(&into->elsewhere, &from->maps[i]);
        else
            into->maps[into->map_count++] = from->maps[i];
    }
    add_used(&into->elsewhere, &from->elsewhere);
    for (size_t i = 0; i < from->area_count && into->area_count < VFU_MAX_USED; i++)
        if (VFU_GROW(into->areas, into->area_room, into->area_count + 1))
            into->areas[into->area_count++] = from->areas[i];
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++)
        join_irqs(&into->irqs[i], &from->irqs[i]);
}

static int compare_conns(const void *a, const void *b)
{
    const struct vfu_peers *const *left = a, *const *right = b;

    return (*left)->known.conn < (*right)->known.conn ? -1 : 1;
}

void vfu_session_join(struct vfu_session *into, struct vfu_session *from)
{
    into->outstanding += from->outstanding;
    into->unanswered += from->unanswered;
    for (size_t i = 0; i < from->never_count && into->never_count < VFU_NEVER_ANSWERED; i++)
        into->never[into->never_count++] = from->never[i];
    if (from->count && VFU_GROW(into->conns, into->room, into->count + from->count)) {
        memcpy(into->conns + into->count, from->conns, from->count * sizeof *from->conns);
        into->count += from->count;
        from->count = 0;
        qsort(into->conns, into->count, sizeof *into->conns, compare_conns);
    }
    for (size_t i = 0; i < from->hint_count && into->hint_count < VFU_MAX_HINTS; i++)
        into->hints[into->hint_count++] = from->hints[i];
    join_tally(&into->tally, &from->tally);
    vfu_session_free(from);
}
