/*
 * Pairing: a hash of (id, command) whose chains are in the order of arrival, and one list of all by age. Real peers
 * reuse ids while they are outstanding (libvfio-user's sample client has one id for ten commands in a row), so both
 * ends of a chain are at hand: adding and taking cost the same however many share an id.
 */
#include "decoder/session/pairing.h"
#include "decoder/session/session.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = 0xffffffff, FIRST_ROOM = 64 };

static uint32_t *bucket_of(const struct vfu_pairing *p, uint16_t id, uint16_t command)
{
    uint32_t hash = (id * 0x9e3779b1u) ^ (command * 0x85ebca6bu);

    return &p->buckets[2 * ((hash ^ hash >> 15) & (p->room - 1))];
}

static void link_entry(struct vfu_pairing *p, uint32_t i)
{
    struct vfu_pending *e = &p->entries[i];
    uint32_t *bucket = bucket_of(p, e->id, e->command);

    e->next = NONE;
    if (bucket[0] == NONE)
        bucket[0] = i;
    else
        p->entries[bucket[1]].next = i;
    bucket[1] = i;
}

/* Double the room and hash everything again, oldest first, so that the chains keep their order. */
static bool grow(struct vfu_pairing *p)
{
    uint32_t room = p->room ? 2 * p->room : FIRST_ROOM;
    struct vfu_pending *entries;
    uint32_t *buckets;

    if (room > VFU_MAX_OUTSTANDING)
        return false;
    entries = realloc(p->entries, room * sizeof *entries);
    if (!entries)
        return false;
    p->entries = entries;
    buckets = realloc(p->buckets, 2 * room * sizeof *buckets);
    if (!buckets)
        return false;
    p->buckets = buckets;
    if (p->room == 0) {
        p->free = NONE;
        p->oldest = p->newest = NONE;
    }
    for (uint32_t i = room; i-- > p->room;) {
        entries[i].next = p->free;
        p->free = i;
    }
    p->room = room;
    memset(buckets, 0xff, 2 * room * sizeof *buckets);
    for (uint32_t i = p->oldest; i != NONE; i = entries[i].newer)
        link_entry(p, i);
    return true;
}

/* Take entry i, the one after `before` in its chain (NONE: the first), out of everything. */
static void unlink_entry(struct vfu_pairing *p, uint32_t i, uint32_t before)
{
    struct vfu_pending *e = &p->entries[i];
    uint32_t *bucket = bucket_of(p, e->id, e->command);

    if (before == NONE)
        bucket[0] = e->next;
    else
        p->entries[before].next = e->next;
    if (bucket[1] == i)
        bucket[1] = before;
    if (e->older == NONE)
        p->oldest = e->newer;
    else
        p->entries[e->older].newer = e->newer;
    if (e->newer == NONE)
        p->newest = e->older;
    else
        p->entries[e->newer].older = e->older;
    e->next = p->free;
    p->free = i;
    p->count--;
}

bool vfu_pairing_take(struct vfu_pairing *p, uint16_t id, uint16_t command, struct vfu_pending *found)
{
    uint32_t before = NONE;

    if (p->count == 0)
        return false;
    for (uint32_t i = bucket_of(p, id, command)[0]; i != NONE; before = i, i = p->entries[i].next) {
        if (p->entries[i].id != id || p->entries[i].command != command)
            continue;
        *found = p->entries[i];
        unlink_entry(p, i, before);
        return true;
    }
    return false;
}

bool vfu_pairing_add(struct vfu_pairing *p, const struct vfu_event *command)
{
    const struct vfu_message *m = &command->message;
    size_t payload = m->captured > VFU_HEADER_SIZE ? m->captured - VFU_HEADER_SIZE : 0;
    struct vfu_pending *e;
    bool pushed_out = false;
    uint32_t i;

    if (p->count == p->room && !grow(p)) {
        if (p->count == 0)
            return true;
        /* The oldest of all is the oldest of its chain too. */
        unlink_entry(p, p->oldest, NONE);
        pushed_out = true;
    }
    i = p->free;
    e = &p->entries[i];
    p->free = e->next;
    e->no = m->no;
    e->mono_ns = m->time.mono_ns;
    e->id = command->id;
    e->command = command->command_number;
    e->request_size = (uint8_t)(payload < VFU_REQUEST_HEAD ? payload : VFU_REQUEST_HEAD);
    if (e->request_size)
        memcpy(e->request, m->bytes + VFU_HEADER_SIZE, e->request_size);
    e->older = p->newest;
    e->newer = NONE;
    if (p->newest == NONE)
        p->oldest = i;
    else
        p->entries[p->newest].newer = i;
    p->newest = i;
    p->count++;
    link_entry(p, i);
    return pushed_out;
}

const struct vfu_pending *vfu_pairing_find_id(const struct vfu_pairing *p, uint16_t id, unsigned limit)
{
    for (uint32_t i = p->count ? p->oldest : NONE; i != NONE && limit--; i = p->entries[i].newer)
        if (p->entries[i].id == id)
            return &p->entries[i];
    return NULL;
}

const struct vfu_pending *vfu_pairing_oldest(const struct vfu_pairing *p)
{
    return p->count ? &p->entries[p->oldest] : NULL;
}

const struct vfu_pending *vfu_pairing_since(const struct vfu_pairing *p, uint64_t no, uint64_t mono_ns, unsigned limit)
{
    for (uint32_t i = p->count ? p->oldest : NONE; i != NONE && limit--; i = p->entries[i].newer) {
        if (p->entries[i].mono_ns >= mono_ns)
            return NULL;
        if (p->entries[i].no > no)
            return &p->entries[i];
    }
    return NULL;
}

const struct vfu_pending *vfu_pairing_newer(const struct vfu_pairing *p, const struct vfu_pending *pending)
{
    return pending->newer == NONE ? NULL : &p->entries[pending->newer];
}

void vfu_pairing_free(struct vfu_pairing *p)
{
    free(p->entries);
    free(p->buckets);
    memset(p, 0, sizeof *p);
}
