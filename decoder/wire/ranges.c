/*
 * Ranges of addresses, in order. Chunks are cut in half when they are full, and two neighbours become one when half a
 * chunk holds both: so there are never more than four times as many as are needed, whatever comes and goes.
 */
#include "decoder/wire/grow.h"
#include "decoder/wire/ranges.h"

#include <stdlib.h>
#include <string.h>

enum { FULL = 64 };

struct vfu_range_chunk {
    size_t count;
    uint64_t items[]; /* room for FULL of them */
};

/* What every item begins with. */
struct range {
    uint64_t address, size;
};

static char *item_at(const struct vfu_ranges *r, const struct vfu_range_chunk *c, size_t at)
{
    return (char *)c->items + at * r->item;
}

static struct range range_of(const void *item)
{
    struct range range;

    memcpy(&range, item, sizeof range);
    return range;
}

static uint64_t last_of(const struct vfu_ranges *r, const struct vfu_range_chunk *c, size_t at)
{
    struct range range = range_of(item_at(r, c, at));

    return vfu_range_last(range.address, range.size);
}

/* A place among the items; chunk == chunk_count: behind all. */
struct place {
    size_t chunk, at;
};

/* The first item that ends at the address or above. */
static struct place place_of(const struct vfu_ranges *r, uint64_t address)
{
    struct place p = { 0, 0 };
    size_t high = r->chunk_count;

    while (p.chunk < high) {
        size_t middle = p.chunk + (high - p.chunk) / 2;

        if (last_of(r, r->chunks[middle], r->chunks[middle]->count - 1) < address)
            p.chunk = middle + 1;
        else
            high = middle;
    }
    high = p.chunk < r->chunk_count ? r->chunks[p.chunk]->count : 0;
    while (p.at < high) {
        size_t middle = p.at + (high - p.at) / 2;

        if (last_of(r, r->chunks[p.chunk], middle) < address)
            p.at = middle + 1;
        else
            high = middle;
    }
    return p;
}

static void *item_of(const struct vfu_ranges *r, struct place p)
{
    return p.chunk < r->chunk_count ? item_at(r, r->chunks[p.chunk], p.at) : NULL;
}

void *vfu_ranges_from(const struct vfu_ranges *r, uint64_t address)
{
    return item_of(r, place_of(r, address));
}

void *vfu_ranges_below(const struct vfu_ranges *r, uint64_t address)
{
    struct place p = place_of(r, address);

    if (p.at > 0)
        p.at--;
    else if (p.chunk == 0)
        return NULL;
    else
        p = (struct place){ p.chunk - 1, r->chunks[p.chunk - 1]->count - 1 };
    return item_of(r, p);
}

void *vfu_ranges_over(const struct vfu_ranges *r, uint64_t address, uint64_t size)
{
    void *item = size ? vfu_ranges_from(r, address) : NULL;

    return item && range_of(item).address <= vfu_range_last(address, size) ? item : NULL;
}

void *vfu_ranges_next(const struct vfu_ranges *r, const void *item)
{
    struct place p = place_of(r, range_of(item).address);

    if (++p.at == r->chunks[p.chunk]->count)
        p = (struct place){ p.chunk + 1, 0 };
    return item_of(r, p);
}

/* --- what changes them --- */

/* A new chunk at this index, empty. NULL: out of memory. */
static struct vfu_range_chunk *add_chunk(struct vfu_ranges *r, size_t at)
{
    struct vfu_range_chunk *c = malloc(sizeof *c + FULL * r->item);

    if (!c || !VFU_GROW(r->chunks, r->room, r->chunk_count + 1)) {
        free(c);
        return NULL;
    }
    c->count = 0;
    memmove(r->chunks + at + 1, r->chunks + at, (r->chunk_count - at) * sizeof(struct vfu_range_chunk *));
    r->moved += r->chunk_count - at;
    r->chunks[at] = c;
    r->chunk_count++;
    return c;
}

static void remove_chunk(struct vfu_ranges *r, size_t at)
{
    free(r->chunks[at]);
    r->chunk_count--;
    memmove(r->chunks + at, r->chunks + at + 1, (r->chunk_count - at) * sizeof(struct vfu_range_chunk *));
    r->moved += r->chunk_count - at;
}

/* Put the items of one chunk from `at` on behind those of another. */
static void hand_over(struct vfu_ranges *r, struct vfu_range_chunk *from, size_t at, struct vfu_range_chunk *to)
{
    memcpy(item_at(r, to, to->count), item_at(r, from, at), (from->count - at) * r->item);
    r->moved += from->count - at;
    to->count += from->count - at;
    from->count = at;
}

/* Where an item that goes to p finds room. False: out of memory. */
static bool make_room(struct vfu_ranges *r, struct place *p)
{
    struct vfu_range_chunk *c, *half;

    if (p->chunk == r->chunk_count && p->chunk > 0) /* behind all: at the end of the last one */
        p->at = r->chunks[--p->chunk]->count;
    if (r->chunk_count == 0)
        return add_chunk(r, 0) != NULL;
    c = r->chunks[p->chunk];
    if (c->count < FULL)
        return true;
    half = add_chunk(r, p->chunk + 1);
    if (!half)
        return false;
    if (p->at < FULL) /* else they come in order, and full chunks stay full */
        hand_over(r, c, FULL / 2, half);
    if (p->at > c->count || c->count == FULL)
        *p = (struct place){ p->chunk + 1, p->at - c->count };
    return true;
}

void *vfu_ranges_add(struct vfu_ranges *r, const void *item)
{
    struct place p = place_of(r, range_of(item).address);
    struct vfu_range_chunk *c;
    char *here;

    if (!make_room(r, &p))
        return NULL;
    c = r->chunks[p.chunk];
    here = item_at(r, c, p.at);
    memmove(here + r->item, here, (c->count - p.at) * r->item);
    r->moved += c->count - p.at;
    memcpy(here, item, r->item);
    c->count++;
    r->count++;
    return here;
}

/* This chunk and the one behind it, if half of one is enough for both. */
static void join(struct vfu_ranges *r, size_t at)
{
    if (at + 1 >= r->chunk_count || r->chunks[at]->count + r->chunks[at + 1]->count > FULL / 2)
        return;
    hand_over(r, r->chunks[at + 1], 0, r->chunks[at]);
    remove_chunk(r, at + 1);
}

void vfu_ranges_remove(struct vfu_ranges *r, const void *item)
{
    struct place p = place_of(r, range_of(item).address);
    struct vfu_range_chunk *c = r->chunks[p.chunk];
    char *here = item_at(r, c, p.at);

    c->count--;
    r->count--;
    memmove(here, here + r->item, (c->count - p.at) * r->item);
    r->moved += c->count - p.at;
    if (c->count == 0) {
        remove_chunk(r, p.chunk);
        return;
    }
    join(r, p.chunk);
    if (p.chunk > 0)
        join(r, p.chunk - 1);
}

void vfu_ranges_clear(struct vfu_ranges *r)
{
    for (size_t i = 0; i < r->chunk_count; i++)
        free(r->chunks[i]);
    free(r->chunks);
    r->chunks = NULL;
    r->chunk_count = r->room = r->count = 0;
}
