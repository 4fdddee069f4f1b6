/*
 * How a range of addresses is mapped, as far as it is known for certain: what reasons for refused maps, unmaps, DMA and
 * reports of dirty pages have in common.
 */
#include "decoder/reasons/inside.h"

#include <errno.h>

/* Does a command of the client's, older than the one that is refused, still wait for its reply? */
static bool still_waits(const struct vfu_refusal *r, uint64_t no)
{
    const struct vfu_pairing *commands = &r->peers->pairing[VFU_MAIN][VFU_CLIENT];
    unsigned limit = 1024; /* more at once nobody has */

    for (const struct vfu_pending *p = vfu_pairing_oldest(commands); p && p->no <= no; p = vfu_pairing_newer(commands, p))
        if (p->no == no || !limit--)
            return true;
    return false;
}

/* Is the map as it seems, but for the very command that is refused? */
static bool is_sure(const struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;

    return !known->maps_unsure || known->overlap_no == r->reply->reply_to;
}

bool vfu_is_mapped_since(const struct vfu_refusal *r, const struct vfu_known_map *m)
{
    return m->no < r->reply->reply_to && !m->silent && is_sure(r) && !still_waits(r, m->no);
}

bool vfu_knows_maps(const struct vfu_refusal *r)
{
    return r->seen_all && is_sure(r) && r->peers->known.maps.count < VFU_MAX_KNOWN_MAPS;
}

static bool overlaps(const struct vfu_known_map *m, uint64_t address, uint64_t size)
{
    return size && m->size && m->address <= vfu_range_last(address, size) && address <= vfu_range_last(m->address, m->size);
}

/* The last mapping there that was taken away before the command that is refused (or by it, or since); NULL: none is remembered. */
enum when { BEFORE, BY_ITSELF, SINCE };
static const struct vfu_unmapped *unmapped(const struct vfu_refusal *r, uint64_t address, uint64_t size, enum when when)
{
    const struct vfu_unmapped *found = NULL;

    for (unsigned i = 0; i < VFU_UNMAPPED; i++) {
        const struct vfu_unmapped *u = &r->peers->unmapped[i];
        enum when then = u->by < r->reply->reply_to ? BEFORE : u->by == r->reply->reply_to ? BY_ITSELF : SINCE;

        if (then == when && overlaps(&u->map, address, size) && (!found || u->by > found->by))
            found = u;
    }
    return found;
}

/* Is it the errno that the specification has for it? Of another one the reason may be another. */
static bool is_expected(const struct vfu_refusal *r)
{
    return r->reply->command_number != VFU_DMA_UNMAP || r->reply->error == ENOENT;
}

static void say_nearest(struct vfu_refusal *r, uint64_t address, uint64_t size)
{
    void (*say)(struct vfu_refusal *, enum vfu_reason_number, const uint64_t *, unsigned, const char *, ...) =
        is_expected(r) ? vfu_say_because : vfu_say_perhaps;
    const struct vfu_ranges *maps = &r->peers->known.maps;
    const struct vfu_known_map *below = vfu_ranges_below(maps, address);
    const struct vfu_known_map *above = vfu_ranges_from(maps, vfu_range_last(address, size));
    char range[VFU_RANGE_ROOM], a[VFU_RANGE_ROOM], b[VFU_RANGE_ROOM];

    vfu_reason_range(address, size, range);
    below = below && vfu_is_mapped_since(r, below) ? below : NULL;
    above = above && vfu_is_mapped_since(r, above) ? above : NULL;
    if (below && above)
        say(r, REASON_NOT_MAPPED, (const uint64_t[]){ below->no, above->no }, 2,
                        "%s is not mapped; the nearest are %s (#%llu) and %s (#%llu)", range,
                        vfu_reason_range(below->address, below->size, a), (unsigned long long)below->no,
                        vfu_reason_range(above->address, above->size, b), (unsigned long long)above->no);
    else if (below || above)
        say(r, REASON_NOT_MAPPED, (const uint64_t[]){ (below ? below : above)->no }, 1,
                        "%s is not mapped; the nearest is %s (#%llu)", range,
                        vfu_reason_range((below ? below : above)->address, (below ? below : above)->size, a),
                        (unsigned long long)(below ? below : above)->no);
    else
        say(r, REASON_NOT_MAPPED, NULL, 0, "%s is not mapped%s", range, maps->count == 0 ? ", nothing is" : "");
}

/* What there is does not begin and end as it should. */
static void say_otherwise(struct vfu_refusal *r, uint64_t address, uint64_t size, const struct vfu_known_map *m)
{
    char range[VFU_RANGE_ROOM], other[VFU_RANGE_ROOM];

    (is_expected(r) ? vfu_say_because : vfu_say_perhaps)(
        r, REASON_MAPPED_OTHERWISE, &m->no, 1, "%s is not mapped so: #%llu mapped %s",
        vfu_reason_range(address, size, range), (unsigned long long)m->no, vfu_reason_range(m->address, m->size, other));
}

/* Nothing is mapped there now. */
static bool say_gone(struct vfu_refusal *r, uint64_t address, uint64_t size)
{
    const struct vfu_unmapped *u = unmapped(r, address, size, BEFORE);
    char range[VFU_RANGE_ROOM];

    if (!vfu_knows_maps(r) || unmapped(r, address, size, SINCE))
        return false;
    if (u)
        vfu_say_because(r, REASON_ALREADY_UNMAPPED, (const uint64_t[]){ u->map.no, u->by }, 2,
                        "%s, mapped by #%llu, was unmapped by #%llu",
                        vfu_reason_range(u->map.address, u->map.size, range), (unsigned long long)u->map.no,
                        (unsigned long long)u->by);
    else
        say_nearest(r, address, size);
    return true;
}

bool vfu_because_not_mapped(struct vfu_refusal *r, uint64_t address, uint64_t size, bool whole)
{
    const struct vfu_unmapped *own = unmapped(r, address, size, BY_ITSELF);
    const struct vfu_known_map *m = own ? &own->map : vfu_ranges_over(&r->peers->known.maps, address, size);

    if (size == 0)
        return false;
    if (!m)
        return say_gone(r, address, size);
    if (!whole || (m->address == address && m->size == size) || !vfu_is_mapped_since(r, m))
        return false;
    say_otherwise(r, address, size, m);
    return true;
}

static void say_dirty(struct vfu_refusal *r, const struct vfu_known_map *m)
{
    const struct vfu_known_log *log = &r->peers->known.log;
    char range[VFU_RANGE_ROOM];

    vfu_reason_range(m->address, m->size, range);
    if (!m->has_fd && !m->fd_unsure)
        vfu_say_because(r, REASON_DMA_WITHOUT_FD, &m->no, 1, "%s: mapped by #%llu, without a descriptor", range,
                        (unsigned long long)m->no);
    else if (log->started && m->no > log->started)
        vfu_say_because(r, REASON_MAPPED_AFTER_LOG, (const uint64_t[]){ m->no, log->started }, 2,
                        "%s: mapped by #%llu, after the log began (#%llu)", range, (unsigned long long)m->no,
                        (unsigned long long)log->started);
}

/* Is logging known not to run? Says so. */
static bool is_not_logging(struct vfu_refusal *r)
{
    const struct vfu_known_log *log = &r->peers->known.log;
    char no[VFU_NO_ROOM];

    if (log->started || log->stopped > r->reply->reply_to || log->refused > r->reply->reply_to)
        return false;
    if (log->stopped)
        vfu_say_because(r, REASON_LOG_NOT_STARTED, &log->stopped, 1, "logging was stopped by #%llu",
                        (unsigned long long)log->stopped);
    else if (log->refused)
        vfu_say_because(r, REASON_LOG_NOT_STARTED, &log->refused, 1, "logging does not run: its start was refused%s",
                        vfu_reason_no(log->refused, no));
    else if (r->seen_all)
        vfu_say_because(r, REASON_LOG_NOT_STARTED, NULL, 0, "logging was not started");
    return log->stopped || log->refused || r->seen_all;
}

static void say_page(struct vfu_refusal *r, uint64_t address, uint64_t size, uint64_t page)
{
    char range[VFU_RANGE_ROOM], room[VFU_RANGE_ROOM];

    if (page == 0 || page & (page - 1))
        vfu_say_because(r, REASON_LOG_PAGE_SIZE, NULL, 0, "a page size of 0x%llx is no power of two",
                        (unsigned long long)page);
    else if ((address | size) & (page - 1) && r->reply->error != ENOENT)
        vfu_say_because(r, REASON_LOG_PAGE_SIZE, NULL, 0, "%s is not made of pages of %s",
                        vfu_reason_range(address, size, range), vfu_reason_size(page, room));
}

/* The part of a range that is not mapped; or that it is more than one mapping, which servers may not like. */
static void say_gap(struct vfu_refusal *r, uint64_t address, uint64_t size)
{
    const struct vfu_ranges *maps = &r->peers->known.maps;
    const struct vfu_known_map *m = vfu_ranges_at(maps, address), *next;
    uint64_t last = vfu_range_last(address, size), end = m ? vfu_range_last(m->address, m->size) : 0;
    char range[VFU_RANGE_ROOM];

    if (!m || end >= last) {
        if (!m)
            vfu_because_not_mapped(r, address, size, false);
        return;
    }
    next = vfu_ranges_at(maps, end + 1);
    if (!next)
        vfu_because_not_mapped(r, end + 1, last - end, false);
    else if (vfu_is_mapped_since(r, m) && vfu_is_mapped_since(r, next))
        vfu_say_perhaps(r, REASON_MAPPED_OTHERWISE, (const uint64_t[]){ m->no, next->no }, 2,
                        "%s is more than one mapping: #%llu and #%llu", vfu_reason_range(address, size, range),
                        (unsigned long long)m->no, (unsigned long long)next->no);
}

void vfu_because_not_logged(struct vfu_refusal *r, uint64_t address, uint64_t size, uint64_t page)
{
    const struct vfu_ranges *maps = &r->peers->known.maps;
    const struct vfu_unmapped *own = unmapped(r, address, size, BY_ITSELF);
    unsigned before, left = VFU_MOST_LOOKED;

    say_page(r, address, size, page);
    if (is_not_logging(r) || size == 0)
        return;
    before = r->count;
    if (own)
        say_dirty(r, &own->map);
    for (const struct vfu_known_map *m = own ? NULL : vfu_ranges_over(maps, address, size);
         m && m->address <= vfu_range_last(address, size) && left-- && r->count < VFU_MAX_BECAUSE;
         m = vfu_ranges_next(maps, m))
        if (vfu_is_mapped_since(r, m))
            say_dirty(r, m);
    if (r->count == before && !own)
        say_gap(r, address, size);
}
