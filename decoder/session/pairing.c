/*
 * Pairing: a hash of (id, command), and one list of all by age. Real peers reuse ids while they are outstanding
 * (libvfio-user's sample client has one id for ten commands in a row), so those of the same id and command are a queue
 * of their own, of which only the oldest stands in the bucket: adding and taking cost the same however many there are.
 */
#include "decoder/session/pairing.h"
#include "decoder/session/session.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = 0xffffffff, FIRST_ROOM = 64 };

static uint32_t bucket_of(const struct vfu_pairing *p, uint16_t id, uint16_t command)
{
    return (uint32_t)vfu_hash(&p->key, id, command) & (p->room - 1);
}

/* Where the number of the oldest entry with this id and command stands, or NONE. */
static uint32_t *find_in(const struct vfu_pairing *p, uint32_t bucket, uint16_t id, uint16_t command)
{
    uint32_t *at = &p->buckets[bucket];

    while (*at != NONE && (p->entries[*at].id != id || p->entries[*at].command != command))
        at = &p->entries[*at].other;
    return at;
}

/* Likewise. Replies come in the order of commands, nearly always: the oldest of all needs no hash. */
static uint32_t *find(const struct vfu_pairing *p, uint16_t id, uint16_t command)
{
    const struct vfu_pending *oldest = p->oldest == NONE ? NULL : &p->entries[p->oldest];
    uint32_t bucket = oldest && oldest->id == id && oldest->command == command ? oldest->bucket : bucket_of(p, id, command);

    return find_in(p, bucket, id, command);
}

static void link_entry(struct vfu_pairing *p, uint32_t i)
{
    struct vfu_pending *e = &p->entries[i];
    uint32_t *at = find_in(p, e->bucket = bucket_of(p, e->id, e->command), e->id, e->command);

    e->next = e->other = NONE;
    e->last = i;
    if (*at == NONE) {
        *at = i;
    } else {
        struct vfu_pending *first = &p->entries[*at];

        p->entries[first->last].next = i;
        first->last = i;
    }
}

/* Double the room and hash everything again, oldest first, so that the queues keep their order. */
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
    buckets = realloc(p->buckets, room * sizeof *buckets);
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
    memset(buckets, 0xff, room * sizeof *buckets);
    for (uint32_t i = p->oldest; i != NONE; i = entries[i].newer)
        link_entry(p, i);
    return true;
}

/* Take out the entry that `at`, found, names: the oldest of its id and command. */
static void unlink_entry(struct vfu_pairing *p, uint32_t *at)
{
    uint32_t i = *at;
    struct vfu_pending *e = &p->entries[i];

    *at = e->next == NONE ? e->other : e->next;
    if (e->next != NONE) {
        p->entries[e->next].last = e->last;
        p->entries[e->next].other = e->other;
    }
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

const struct vfu_pending *vfu_pairing_find(const struct vfu_pairing *p, uint16_t id, uint16_t command)
{
    uint32_t at = p->count ? *find(p, id, command) : NONE;

    return at == NONE ? NULL : &p->entries[at];
}

const struct vfu_pending *vfu_pairing_take(struct vfu_pairing *p, uint16_t id, uint16_t command)
{
    uint32_t *at = p->count ? find(p, id, command) : NULL;
    const struct vfu_pending *found;

    if (!at || *at == NONE)
        return NULL;
    found = &p->entries[*at];
    unlink_entry(p, at);
    return found;
}

bool vfu_pairing_add(struct vfu_pairing *p, const struct vfu_event *command)
{
    const struct vfu_message *m = &command->message;
    size_t at_hand = vfu_message_at_hand(m), payload = at_hand > VFU_HEADER_SIZE ? at_hand - VFU_HEADER_SIZE : 0;
    struct vfu_pending *e;
    bool pushed_out = false;
    uint32_t i;

    if (p->count == p->room && !grow(p)) {
        if (p->count == 0)
            return true;
        /* The oldest of all is the oldest of its id and command too. */
        unlink_entry(p, find(p, p->entries[p->oldest].id, p->entries[p->oldest].command));
        pushed_out = true;
    }
    i = p->free;
    e = &p->entries[i];
    p->free = e->next;
    e->no = m->no;
    e->mono_ns = m->time.mono_ns;
    e->id = command->id;
    e->command = command->command_number;
    e->kept = e->changed = false;
    e->swapped = m->swapped;
    e->fds = m->fds_unknown || m->fds_cut || m->nfds >= VFU_FDS_UNKNOWN ? VFU_FDS_UNKNOWN : (uint8_t)m->nfds;
    e->payload = command->size > VFU_HEADER_SIZE ? command->size - VFU_HEADER_SIZE : 0;
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

struct vfu_pending *vfu_pairing_find_no(struct vfu_pairing *p, uint64_t no)
{
    uint32_t i = p->count ? p->newest : NONE;

    while (i != NONE && p->entries[i].no > no)
        i = p->entries[i].older;
    return i != NONE && p->entries[i].no == no ? &p->entries[i] : NULL;
}

void vfu_pairing_keep_all(struct vfu_pairing *p)
{
    for (uint32_t i = p->count ? p->oldest : NONE; i != NONE; i = p->entries[i].newer)
        p->entries[i].kept = true;
}

const struct vfu_pending *vfu_pairing_owed(const struct vfu_pairing *p)
{
    const struct vfu_pending *pending = vfu_pairing_oldest(p);

    while (pending && pending->kept)
        pending = vfu_pairing_newer(p, pending);
    return pending;
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
        if (p->entries[i].no > no && !p->entries[i].kept)
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
