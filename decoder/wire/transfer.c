/*
 * What messages move: see transfer.h.
 */
#include "decoder/wire/transfer.h"

static bool take(struct vfu_moved *m, const struct vfu_value *values, unsigned count)
{
    const struct vfu_transfer *t = m->transfer;

    if (count <= t->at || count <= t->region)
        return false;
    m->region = t->space == VFU_REGION_SPACE ? values[t->region].number : 0;
    m->at = t->space != VFU_STATE_SPACE ? values[t->at].number : 0;
    m->size = count > t->size ? values[t->size].number : 0;
    m->data = vfu_value_by_name(values, count, "data");
    return true;
}

bool vfu_moved_next(struct vfu_moved *m)
{
    const struct vfu_layout *layout;
    unsigned count;
    bool broken;

    return m->list && vfu_list_next(m->list, &m->offset, &layout, m->values, &count, &broken) &&
           take(m, m->values, count);
}

bool vfu_moved_first(struct vfu_moved *m, const struct vfu_command *command, const struct vfu_decoded *decoded)
{
    m->transfer = &command->moves;
    m->list = NULL;
    if (command->moves.space == VFU_NO_SPACE || decoded->layout == &vfu_unknown_layout)
        return false;
    if (!command->moves.list)
        return take(m, decoded->values, decoded->count);
    m->list = vfu_value_by_name(decoded->values, decoded->count, command->moves.list);
    m->offset = SIZE_MAX;
    return vfu_moved_next(m);
}
