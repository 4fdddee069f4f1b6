/*
 * The session, commands that wait for their reply: which they are, and which wait too long.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/transfer.h"

#include <stdio.h>
#include <string.h>

enum { OVERDUE_SEARCH = 16 };

/* How long a command may wait, and those that were told of because they waited longer. */
struct patience {
    uint64_t before;     /* commands sent earlier than that are late */
    uint64_t (*told)[2]; /* by channel and side: the last one, by number */
};

static uint64_t earlier(struct vfu_time now, uint64_t ns)
{
    return now.mono_ns > ns ? now.mono_ns - ns : 0;
}

/* The oldest command of a side that is late and was not told of. */
static const struct vfu_pending *find_late(const struct vfu_peers *p, unsigned channel, unsigned from,
                                           const struct patience *patience)
{
    if (!vfu_rules_owes(&p->rules, (enum vfu_channel)channel, (enum vfu_side)!from) ||
        p->rules.excused_ns[!from] > patience->before)
        return NULL;
    return vfu_pairing_since(&p->pairing[channel][from], patience->told[channel][from], patience->before, OVERDUE_SEARCH);
}

/* Does that side wait too, and was told of? Of two that wait for each other the second one says so. */
static bool waits_long(const struct vfu_peers *p, unsigned from, const struct patience *patience)
{
    for (unsigned channel = 0; channel < 2; channel++) {
        const struct vfu_pending *oldest = vfu_pairing_owed(&p->pairing[channel][from]);

        if (oldest && oldest->mono_ns < patience->before && oldest->no <= patience->told[channel][from])
            return true;
    }
    return false;
}

/* Another connection that the server goes on with; 0: none. */
static uint32_t other_served(const struct vfu_session *s, const struct vfu_peers *p)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->conns[i] != p && s->conns[i]->rules.client_spoke && s->conns[i]->rules.settled)
            return s->conns[i]->known.conn;
    return 0;
}

uint32_t vfu_session_busy_with(const struct vfu_session *s, const struct vfu_peers *p)
{
    const struct vfu_pending *first = vfu_pairing_oldest(&p->pairing[VFU_MAIN][VFU_CLIENT]);

    return first && first->command == VFU_VERSION ? other_served(s, p) : 0;
}

/* Does a command read or write one place in that space? It is in `m`, which points into what was decoded. */
static bool moves(const struct vfu_pending *pending, enum vfu_space space, struct vfu_decoded *request, struct vfu_moved *m)
{
    const struct vfu_command *command = vfu_command_by_number(pending->command);

    return command && command->moves.space == space && !command->moves.list && vfu_pending_decode(pending, request) &&
           vfu_moved_first(m, command, request);
}

/* What DMA waits for was taken away: the mapping that it was in, and by which command. NULL: not as far as it is known. */
static const struct vfu_unmapped *taken_away(const struct vfu_peers *p, const struct vfu_pending *late)
{
    const struct vfu_unmapped *found = NULL;
    struct vfu_decoded request;
    struct vfu_moved m;

    if (!moves(late, VFU_MEMORY_SPACE, &request, &m) || vfu_ranges_over(&p->known.maps, m.at, 1))
        return NULL;
    for (unsigned i = 0; i < VFU_UNMAPPED; i++) {
        const struct vfu_unmapped *u = &p->unmapped[i];

        if (u->map.size && u->map.address <= m.at && m.at <= vfu_range_last(u->map.address, u->map.size) &&
            (!found || u->by > found->by))
            found = u;
    }
    return found;
}

/* Why it may take so long, as far as the session knows; nobody is blamed for it. */
static void say_why(const struct vfu_peers *p, const struct vfu_pending *late, uint32_t other, enum vfu_channel channel,
                    enum vfu_side from, char *text, size_t room)
{
    const struct vfu_unmapped *u = taken_away(p, late);

    if (other)
        snprintf(text, room, ": connection %u is still open at this server: many serve one client at a time", other);
    else if (u)
        snprintf(text, room, ": the memory at 0x%llx, mapped by #%llu, was unmapped by #%llu",
                 (unsigned long long)u->map.address, (unsigned long long)u->map.no, (unsigned long long)u->by);
    else if (channel == VFU_TWIN && from == VFU_SERVER && p->rules.from_start && !p->rules.recent[VFU_TWIN][VFU_SERVER].at)
        snprintf(text, room, ": nothing has come back on the twin socket so far: does the client serve it?");
}

static void tell_overdue(struct vfu_session *s, struct vfu_peers *p, const struct vfu_pending *late,
                         struct vfu_event *e)
{
    const struct vfu_command *command = vfu_command_by_number(late->command);
    uint64_t age_ms = (e->time.mono_ns - late->mono_ns) / 1000000;
    uint32_t other = late->command == VFU_VERSION ? vfu_session_busy_with(s, p) : 0;
    int used;

    e->overdue.no = late->no;
    e->overdue.count = p->pairing[e->channel][e->from].count;
    e->overdue.waiting_ms = age_ms;
    e->overdue.excused = other != 0;
    used = snprintf(e->overdue.what, sizeof e->overdue.what, "%s, id %u, for %llu.%03u s",
                    command ? command->name : "UNKNOWN", late->id, (unsigned long long)(age_ms / 1000),
                    (unsigned)(age_ms % 1000));
    say_why(p, late, other, e->channel, e->from, e->overdue.what + used, sizeof e->overdue.what - (size_t)used);
    p->rules.overdue[e->channel][e->from] = late->no;
    if (age_ms >= VFU_PATIENCE_MS)
        p->rules.owed[e->channel][e->from] = late->no;
    vfu_session_check(s, p, e);
}

static bool find_overdue(struct vfu_session *s, struct vfu_peers *p, const struct patience *patience, struct vfu_time now,
                         struct vfu_event *event)
{
    for (unsigned side = 0; side < 4; side++) {
        const struct vfu_pending *late = find_late(p, side / 2, side % 2, patience);

        if (!late)
            continue;
        *event = (struct vfu_event){ .kind = VFU_EVENT_OVERDUE, .time = now, .conn = p->known.conn,
                                     .channel = (enum vfu_channel)(side / 2), .from = (enum vfu_side)(side % 2),
                                     .overdue.both = waits_long(p, !(side % 2), patience) };
        tell_overdue(s, p, late, event);
        return true;
    }
    return false;
}

bool vfu_session_overdue(struct vfu_session *s, struct vfu_time now, uint64_t limit_ns, struct vfu_event *event)
{
    const uint64_t owed_ns = VFU_PATIENCE_MS * UINT64_C(1000000);

    for (size_t i = 0; i < s->count; i++) {
        struct vfu_peers *p = s->conns[i];
        const struct patience late = { earlier(now, limit_ns), p->rules.overdue };
        const struct patience owed = { earlier(now, limit_ns > owed_ns ? limit_ns : owed_ns), p->rules.owed };

        if (find_overdue(s, p, &owed, now, event) || find_overdue(s, p, &late, now, event))
            return true;
    }
    return false;
}

static struct vfu_waiting waiting_of(const struct vfu_pending *p, enum vfu_channel channel, enum vfu_side from)
{
    struct vfu_waiting w = { .no = p->no, .mono_ns = p->mono_ns, .channel = channel, .from = from, .id = p->id,
                             .command = p->command };
    struct vfu_decoded request;
    struct vfu_moved m;

    w.has_place = moves(p, VFU_REGION_SPACE, &request, &m);
    if (w.has_place) {
        w.offset = m.at;
        w.region = (uint32_t)m.region;
    }
    return w;
}

bool vfu_session_owes(const struct vfu_session *s, uint32_t conn, enum vfu_side side, struct vfu_waiting *oldest)
{
    const struct vfu_peers *peers = vfu_peers_find(s, conn);
    const struct vfu_pending *found = NULL;

    for (int channel = 0; peers && channel < 2; channel++) {
        const struct vfu_pending *p = vfu_pairing_owed(&peers->pairing[channel][!side]);

        if (!p || (found && found->no < p->no))
            continue;
        found = p;
        *oldest = waiting_of(p, (enum vfu_channel)channel, (enum vfu_side)!side);
    }
    return found;
}

void vfu_waiting_say(const struct vfu_waiting *w, char *text, size_t room)
{
    const struct vfu_command *command = vfu_command_by_number(w->command);
    const char *region = vfu_name_of(vfu_region_names, w->region);
    int used = snprintf(text, room, "%s", command ? command->name : "UNKNOWN");

    if (!w->has_place || used < 0 || (size_t)used >= room)
        return;
    if (region)
        snprintf(text + used, room - (size_t)used, " %s+0x%llx", region, (unsigned long long)w->offset);
    else
        snprintf(text + used, room - (size_t)used, " %u+0x%llx", w->region, (unsigned long long)w->offset);
}

size_t vfu_session_waiting(const struct vfu_session *s, uint32_t conn, struct vfu_waiting *list, size_t room)
{
    const struct vfu_peers *peers = vfu_peers_find(s, conn);
    size_t count = 0;

    for (int i = 0; peers && i < 4; i++) {
        const struct vfu_pairing *p = &peers->pairing[i / 2][i % 2];

        for (const struct vfu_pending *w = vfu_pairing_oldest(p); w && count < room; w = vfu_pairing_newer(p, w))
            list[count++] = waiting_of(w, (enum vfu_channel)(i / 2), (enum vfu_side)(i % 2));
    }
    for (size_t i = 0; i < count; i++)
        list[i].conn = conn;
    return count;
}

size_t vfu_session_never_answered(const struct vfu_session *s, const struct vfu_waiting **list)
{
    *list = s->never;
    return s->never_count;
}

uint64_t vfu_session_outstanding(const struct vfu_session *s)
{
    return s->outstanding;
}

uint64_t vfu_session_unanswered(const struct vfu_session *s)
{
    return s->unanswered;
}
