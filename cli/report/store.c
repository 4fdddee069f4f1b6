/*
 * Bytes that are kept once each: texts, and payloads, of which a conversation has few that differ.
 */
#include "cli/report/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

void report_store_free(struct report_store *s)
{
    free(s->bytes);
    free(s->list);
    free(s->slots);
    *s = (struct report_store){ 0 };
}

/* FNV-1a */
static uint32_t hash_of(const uint8_t *bytes, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

static bool make_slots(struct report_store *s, uint32_t count)
{
    uint32_t *slots = calloc(count, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = s->list[i].hash & (count - 1);

        while (slots[at])
            at = (at + 1) & (count - 1);
        slots[at] = i + 1;
    }
    free(s->slots);
    s->slots = slots;
    s->slot_count = count;
    return true;
}

static bool make_room(struct report_store *s, size_t size)
{
    if ((s->count + 1) * 2 > s->slot_count && !make_slots(s, s->slot_count ? s->slot_count * 2 : 1024))
        return false;
    if (s->count == s->list_room) {
        uint32_t room = s->list_room ? s->list_room * 2 : 512;
        void *list = realloc(s->list, room * sizeof *s->list);

        if (!list)
            return false;
        s->list = list;
        s->list_room = room;
    }
    if (s->used + size > s->room) {
        size_t room = (s->room + size) * 2 + 4096;
        void *bytes = realloc(s->bytes, room);

        if (!bytes)
            return false;
        s->bytes = bytes;
        s->room = room;
    }
    return true;
}

static uint32_t find(const struct report_store *s, const void *bytes, size_t size, uint32_t hash, uint32_t *slot)
{
    uint32_t at = hash & (s->slot_count - 1);

    for (; s->slots[at]; at = (at + 1) & (s->slot_count - 1)) {
        const struct report_kept *k = &s->list[s->slots[at] - 1];

        if (k->hash == hash && k->size == size && (size == 0 || memcmp(s->bytes + k->at, bytes, size) == 0))
            return s->slots[at];
    }
    *slot = at;
    return 0;
}

uint32_t report_store_add(struct report_store *s, const void *bytes, size_t size)
{
    uint32_t hash = hash_of(bytes, size), slot, found;

    if (!s->count && size && report_store_add(s, "", 0) != 0)
        return 0;
    if (!make_room(s, size))
        return 0;
    found = find(s, bytes, size, hash, &slot);
    if (found)
        return found - 1;
    s->list[s->count] = (struct report_kept){ .at = s->used, .size = (uint32_t)size, .hash = hash };
    if (size)
        memcpy(s->bytes + s->used, bytes, size);
    s->used += size;
    s->slots[slot] = ++s->count;
    return s->count - 1;
}
