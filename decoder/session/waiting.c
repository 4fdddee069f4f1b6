/*
 * The session, commands that wait for their reply: which they are, and which wait too long.
 */
#include "decoder/session/inside.h"

#include <stdio.h>

enum { OVERDUE_SEARCH = 16 };

/* The oldest command of a side that is overdue and was not told of. */
static const struct vfu_pending *find_overdue(const struct vfu_peers *p, unsigned channel, unsigned from, uint64_t before)
{
    return vfu_pairing_since(&p->pairing[channel][from], p->rules.overdue[channel][from], before, OVERDUE_SEARCH);
}

/* Does that side wait too, and was told of? Of two that wait for each other the second one says so. */
static bool waits_long(const struct vfu_peers *p, unsigned from, uint64_t before)
{
    for (unsigned channel = 0; channel < 2; channel++) {
        const struct vfu_pending *oldest = vfu_pairing_oldest(&p->pairing[channel][from]);

        if (oldest && oldest->mono_ns < before && oldest->no <= p->rules.overdue[channel][from])
            return true;
    }
    return false;
}

static void tell_overdue(struct vfu_session *s, struct vfu_peers *p, const struct vfu_pending *late,
                         struct vfu_event *e)
{
    const struct vfu_command *command = vfu_command_by_number(late->command);
    uint64_t age_ms = (e->time.mono_ns - late->mono_ns) / 1000000;

    e->overdue.no = late->no;
    e->overdue.count = p->pairing[e->channel][e->from].count;
    snprintf(e->overdue.what, sizeof e->overdue.what, "%s, id %u, for %llu.%03u s", command ? command->name : "UNKNOWN",
             late->id, (unsigned long long)(age_ms / 1000), (unsigned)(age_ms % 1000));
    p->rules.overdue[e->channel][e->from] = late->no;
    vfu_session_check(s, p, e);
}

bool vfu_session_overdue(struct vfu_session *s, struct vfu_time now, uint64_t limit_ns, struct vfu_event *event)
{
    uint64_t before = now.mono_ns > limit_ns ? now.mono_ns - limit_ns : 0;

    for (size_t i = 0; i < s->count; i++) {
        struct vfu_peers *p = s->conns[i];

        for (unsigned side = 0; side < 4; side++) {
            const struct vfu_pending *late = find_overdue(p, side / 2, side % 2, before);

            if (!late)
                continue;
            *event = (struct vfu_event){ .kind = VFU_EVENT_OVERDUE, .time = now, .conn = p->known.conn,
                                         .channel = (enum vfu_channel)(side / 2), .from = (enum vfu_side)(side % 2),
                                         .overdue.both = waits_long(p, !(side % 2), before) };
            tell_overdue(s, p, late, event);
            return true;
        }
    }
    return false;
}

size_t vfu_session_waiting(const struct vfu_session *s, uint32_t conn, struct vfu_waiting *list, size_t room)
{
    const struct vfu_peers *peers = vfu_peers_find(s, conn);
    size_t count = 0;

    for (int i = 0; peers && i < 4; i++) {
        const struct vfu_pairing *p = &peers->pairing[i / 2][i % 2];

        for (const struct vfu_pending *w = vfu_pairing_oldest(p); w && count < room; w = vfu_pairing_newer(p, w))
            list[count++] = (struct vfu_waiting){ .no = w->no,
                                                  .mono_ns = w->mono_ns,
                                                  .channel = (enum vfu_channel)(i / 2),
                                                  .from = (enum vfu_side)(i % 2),
                                                  .id = w->id,
                                                  .command = w->command };
    }
    return count;
}

uint64_t vfu_session_outstanding(const struct vfu_session *s)
{
    return s->outstanding;
}

uint64_t vfu_session_unanswered(const struct vfu_session *s)
{
    return s->unanswered;
}
