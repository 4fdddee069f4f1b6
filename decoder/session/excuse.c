/*
 * The session, what its source does itself to messages: keeps them, changes them, passes them on late. Nobody is late
 * for that, nor silent.
 */
#include "decoder/session/inside.h"

static struct vfu_pending *find(struct vfu_session *s, const struct vfu_event *command)
{
    struct vfu_peers *p = vfu_peers_find(s, command->conn);

    return p ? vfu_pairing_find_no(&p->pairing[command->channel][command->from], command->message.no) : NULL;
}

void vfu_session_keep(struct vfu_session *s, const struct vfu_event *command)
{
    struct vfu_pending *pending = find(s, command);

    if (pending)
        pending->kept = true;
}

void vfu_session_changed(struct vfu_session *s, const struct vfu_event *command)
{
    struct vfu_pending *pending = vfu_event_is_command(command) ? find(s, command) : NULL;
    struct vfu_peers *p = vfu_peers_find(s, command->conn);

    if (p && vfu_event_is_reply(command) && command->command_number == VFU_DEVICE_GET_REGION_INFO)
        vfu_tally_region(p, command, true);
    if (!pending)
        return;
    pending->changed = true;
    if (command->command_number == VFU_DMA_MAP)
        vfu_learn_map_changed(p, command, pending);
}

void vfu_session_passed(struct vfu_session *s, struct vfu_event *command, uint64_t mono_ns)
{
    struct vfu_pending *pending = find(s, command);

    if (!pending)
        return;
    pending->kept = false;
    pending->mono_ns = command->time.mono_ns = mono_ns;
}

void vfu_session_excuse(struct vfu_session *s, uint32_t conn, unsigned sides, uint64_t until_ns)
{
    struct vfu_peers *p = vfu_peers_find(s, conn);

    for (unsigned side = 0; p && side < 2; side++)
        if (sides & 1u << side && p->rules.excused_ns[side] < until_ns)
            p->rules.excused_ns[side] = until_ns;
}
