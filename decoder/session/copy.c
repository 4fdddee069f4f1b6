/*
 * A session as it is now, once more: what comes then is told to either as it would have been to the one.
 */
#include "decoder/session/copy.h"
#include "decoder/session/inside.h"

#include <stdlib.h>
#include <string.h>

/* `count` items of `item` bytes, of which there is `room`; NULL where there is none. */
static bool copy_array(void *to, const void *from, size_t room, size_t item)
{
    void *copy = room ? malloc(room * item) : NULL;

    if (copy)
        memcpy(copy, from, room * item);
    memcpy(to, &copy, sizeof copy);
    return copy || !room;
}

/* One in which nothing waits needs no room. */
static size_t size_of_pairing(const struct vfu_pairing *p)
{
    return !p->count ? 0 : p->room * (sizeof *p->entries + sizeof *p->buckets);
}

static bool copy_pairing(struct vfu_pairing *to, const struct vfu_pairing *from)
{
    bool good;

    *to = (struct vfu_pairing){ .key = from->key };
    if (!from->count)
        return true;
    *to = *from;
    good = copy_array(&to->entries, from->entries, from->room, sizeof *from->entries);
    return copy_array(&to->buckets, from->buckets, from->room, sizeof *from->buckets) && good;
}

static bool copy_maps(struct vfu_ranges *to, const struct vfu_ranges *from)
{
    *to = (struct vfu_ranges)VFU_RANGES_OF(struct vfu_known_map);
    for (const void *item = vfu_ranges_first(from); item; item = vfu_ranges_next(from, item))
        if (!vfu_ranges_add(to, item))
            return false;
    return true;
}

static struct vfu_peers *copy_peers(const struct vfu_peers *from, bool *good)
{
    struct vfu_peers *to = malloc(sizeof *to);

    if (!to) {
        *good = false;
        return NULL;
    }
    *to = *from;
    *good = copy_maps(&to->known.maps, &from->known.maps) && *good;
    for (int i = 0; i < 4; i++)
        *good = copy_pairing(&to->pairing[i / 2][i % 2], &from->pairing[i / 2][i % 2]) && *good;
    return to;
}

static bool copy_tally(struct vfu_tally *to, const struct vfu_tally *from)
{
    bool good;

    *to = *from;
    good = copy_array(&to->maps, from->maps, from->map_room, sizeof *from->maps);
    good = copy_array(&to->areas, from->areas, from->area_room, sizeof *from->areas) && good;
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++)
        good = copy_array(&to->irqs[i].vectors, from->irqs[i].vectors, from->irqs[i].room, sizeof *from->irqs[i].vectors) && good;
    return good;
}

struct vfu_session *vfu_session_copy(const struct vfu_session *s)
{
    struct vfu_session *to = malloc(sizeof *to);
    bool good;

    if (!to)
        return NULL;
    *to = *s;
    to->last = NULL;
    to->count = 0;
    good = copy_tally(&to->tally, &s->tally);
    to->room = s->count;
    to->conns = s->count ? malloc(s->count * sizeof *to->conns) : NULL;
    good = good && (to->conns || !s->count);
    for (size_t i = 0; good && i < s->count; i++) {
        to->conns[i] = copy_peers(s->conns[i], &good);
        to->count += to->conns[i] != NULL;
    }
    if (good)
        return to;
    vfu_session_free(to);
    return NULL;
}

size_t vfu_session_size(const struct vfu_session *s)
{
    size_t size = sizeof *s + s->count * (sizeof *s->conns + sizeof **s->conns);

    for (size_t i = 0; i < s->count; i++) {
        size += s->conns[i]->known.maps.count * sizeof(struct vfu_known_map);
        for (int p = 0; p < 4; p++)
            size += size_of_pairing(&s->conns[i]->pairing[p / 2][p % 2]);
    }
    size += s->tally.map_room * sizeof *s->tally.maps + s->tally.area_room * sizeof *s->tally.areas;
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++)
        size += s->tally.irqs[i].room * sizeof *s->tally.irqs[i].vectors;
    return size;
}
