/*
 * Maps of registers from files: see devmap.h. Texts and tables lie in a few large pieces of memory.
 */
#include "decoder/registers/devmap.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

const struct vfu_name vfu_register_access_names[] = {
    { VFU_ACCESS_RO, "ro" }, { VFU_ACCESS_WO, "wo" }, { VFU_ACCESS_RW, "rw" }, { VFU_ACCESS_RW1C, "rw1c" }, { VFU_ACCESS_RC, "rc" },
    { VFU_ACCESS_RESERVED, "reserved" }, { 0, NULL },
};
const struct vfu_name vfu_register_role_names[] = {
    { VFU_ROLE_DMA_ADDRESS, "dma_address" }, { VFU_ROLE_DMA_LOW, "dma_low" }, { VFU_ROLE_DMA_HIGH, "dma_high" },
    { VFU_ROLE_LENGTH, "length" }, { VFU_ROLE_DOORBELL, "doorbell" }, { VFU_ROLE_IRQ_STATUS, "irq_status" }, { 0, NULL },
};

enum { PIECE = 64 << 10 };

struct vfu_devmap_piece {
    struct vfu_devmap_piece *next;
    size_t used, size;
    _Alignas(max_align_t) uint8_t bytes[];
};

struct vfu_devmap *vfu_devmap_new(void)
{
    return calloc(1, sizeof(struct vfu_devmap));
}

void vfu_devmap_free(struct vfu_devmap *m)
{
    if (!m)
        return;
    for (struct vfu_devmap_piece *p = m->pieces, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    free(m->places);
    free(m);
}

void *vfu_devmap_room(struct vfu_devmap *m, size_t count, size_t size)
{
    struct vfu_devmap_piece *p = m->pieces;
    size_t wanted, piece;
    void *at;

    if (__builtin_mul_overflow(count, size, &wanted) || wanted > VFU_DEVMAP_BYTES - m->bytes)
        return NULL;
    wanted = (wanted + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (!p || wanted > p->size - p->used) {
        piece = wanted > PIECE ? wanted : PIECE;
        p = calloc(1, sizeof *p + piece);
        if (!p)
            return NULL;
        p->size = piece;
        p->next = m->pieces;
        m->pieces = p;
    }
    at = p->bytes + p->used;
    p->used += wanted;
    m->bytes += wanted < VFU_DEVMAP_BYTES - m->bytes ? wanted : VFU_DEVMAP_BYTES - m->bytes;
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *vfu_devmap_text(struct vfu_devmap *m, const char *text)
{
    size_t size = strlen(text);
    char *copy = vfu_devmap_room(m, size + 1, 1), *to = copy;
    bool good = vfu_is_utf8((const uint8_t *)text, size);

    if (!copy)
        return NULL;
    for (; *text; text++) {
        char shown[8], one[] = { *text, '\0' };
        struct vfu_writer w = vfu_writer(shown, sizeof shown, NULL, NULL);

        if (*text > ' ' && *text <= '~') { /* most are */
            *to++ = *text;
            continue;
        }
        if (is_blank(*text)) {
            if (to > copy && to[-1] != ' ')
                *to++ = ' ';
            continue;
        }
        vfu_write_printable(&w, one);
        *to++ = (w.used == 1 && shown[0] == *text) || (good && (uint8_t)*text >= 0x80) ? *text : '?';
    }
    while (to > copy && to[-1] == ' ')
        to--;
    *to = '\0';
    return copy;
}

bool vfu_devmap_add(struct vfu_devmap *m, const struct vfu_register_place *place, struct vfu_error *error)
{
    uint64_t last, end;

    if (m->map.count == VFU_DEVMAP_REGISTERS)
        return vfu_fail(error, 0, "more than %d registers", VFU_DEVMAP_REGISTERS);
    if (strlen(place->reg->name) >= VFU_DEVMAP_NAME)
        return vfu_fail(error, 0, "a name of more than %d characters", VFU_DEVMAP_NAME - 1);
    if (place->count > 1 && place->stride && place->stride < place->reg->width)
        return vfu_fail(error, 0, "stride: %llu bytes are less than the register has (%u)", (unsigned long long)place->stride,
                        place->reg->width);
    if (__builtin_mul_overflow(place->count ? place->count - 1 : 0, place->stride ? place->stride : place->reg->width, &last) ||
        __builtin_add_overflow(place->offset, last, &end) || __builtin_add_overflow(end, place->reg->width, &end))
        return vfu_fail(error, 0, "offset: it ends above the last address");
    if (!VFU_GROW(m->places, m->room, m->map.count + 1))
        return vfu_fail(error, 0, "out of memory");
    m->places[m->map.count++] = *place;
    m->map.places = m->places;
    return true;
}

static bool is_before(const void *items, size_t index, uint64_t region)
{
    return ((const struct vfu_register_place *)items)[index].region < region;
}

/* Where the tree of a region begins, and how many it has. */
static size_t region_at(const struct vfu_register_map *map, uint32_t region, size_t *size)
{
    size_t first = vfu_lower_bound(map->places, map->count, region, is_before);

    *size = vfu_lower_bound(map->places + first, map->count - first, (uint64_t)region + 1, is_before);
    return first;
}

static uint64_t stride_of(const struct vfu_register_place *p)
{
    return p->stride ? p->stride : p->reg->width;
}

static uint64_t end_of(const struct vfu_register_place *p)
{
    return p->offset + (p->count ? p->count - 1 : 0) * stride_of(p) + p->reg->width;
}

/* How many places of a tree reach beyond `offset` and begin at it or before: at most VFU_DEVMAP_AROUND + 1. */
static unsigned around(const struct vfu_register_place *places, size_t size, uint64_t offset, unsigned count)
{
    while (size && count <= VFU_DEVMAP_AROUND) {
        size_t middle = size / 2;

        if (places[middle].reach <= offset)
            break;
        count = around(places, middle, offset, count);
        if (places[middle].offset > offset)
            break;
        count += end_of(&places[middle]) > offset;
        places += middle + 1;
        size -= middle + 1;
    }
    return count;
}

/* Is there an array, or are so many registers as good as at one place? */
static bool may_be_deep(const struct vfu_register_place *places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (places[i].count > 1 || (i + VFU_DEVMAP_AROUND < count && places[i + VFU_DEVMAP_AROUND].region == places[i].region &&
                                    places[i + VFU_DEVMAP_AROUND].offset - places[i].offset < VFU_DEVMAP_AROUND))
            return true;
    return false;
}

/* A look-up costs as much as there are arrays around the place. */
static bool check_depth(const struct vfu_devmap *m, struct vfu_error *error)
{
    if (!may_be_deep(m->places, m->map.count))
        return true;
    for (size_t i = 0; i < m->map.count; i++) {
        size_t size, first = region_at(&m->map, m->places[i].region, &size);

        if (around(m->places + first, size, m->places[i].offset, 0) > VFU_DEVMAP_AROUND)
            return vfu_fail(error, 0, "%s: more than %d registers lie around its place", m->places[i].reg->name, VFU_DEVMAP_AROUND);
    }
    return true;
}

bool vfu_devmap_finish(struct vfu_devmap *m, struct vfu_error *error)
{
    vfu_register_map_sort(m->places, m->map.count);
    return check_depth(m, error);
}

bool vfu_devmap_claims(const struct vfu_devmap *m, uint16_t vendor, uint16_t device, uint32_t class_code)
{
    for (unsigned i = 0; i < m->claim_count; i++) {
        const struct vfu_devmap_claim *c = &m->claims[i];

        if ((c->vendor > UINT16_MAX || c->vendor == vendor) && (c->device > UINT16_MAX || c->device == device) &&
            (class_code & c->class_mask) == (c->class_code & c->class_mask))
            return true;
    }
    return !m->claim_count;
}

/* Two names of one place for reading and writing are meant. */
static bool is_pair(const struct vfu_register *a, const struct vfu_register *b)
{
    unsigned both = VFU_REGISTER_READ_ONLY | VFU_REGISTER_WRITE_ONLY;

    return ((a->flags ^ b->flags) & both) == both && (a->flags & both) != both && (a->flags & both) != 0;
}

/* Do bytes of both lie at one place? Of an array's the first steps are looked at. */
static bool do_overlap(const struct vfu_register_place *a, const struct vfu_register_place *b)
{
    enum { STEPS = 64 };
    struct vfu_register_place alone = *a;
    const struct vfu_register_map one = { &alone, 1 };
    struct vfu_register_at found[VFU_REGISTERS_NAMED];

    alone.reach = UINT64_MAX;
    for (uint64_t i = 0; i < (b->count ? b->count : 1) && i < STEPS; i++)
        if (vfu_register_map_find(&one, b->region, b->offset + i * stride_of(b), b->reg->width, found))
            return true;
    return false;
}

/* In a tree, of those that stand before `p`, one that overlaps it; NULL: none. */
static const struct vfu_register_place *before(const struct vfu_register_place *places, size_t size, const struct vfu_register_place *p)
{
    const struct vfu_register_place *found = NULL;

    while (size && !found) {
        const struct vfu_register_place *middle = places + size / 2;

        if (middle->reach <= p->offset)
            break;
        found = before(places, size / 2, p);
        if (found || middle >= p)
            break;
        if (!is_pair(middle->reg, p->reg) && do_overlap(middle, p))
            found = middle;
        size -= size / 2 + 1;
        places = middle + 1;
    }
    return found;
}

bool vfu_devmap_overlap(const struct vfu_devmap *m, size_t *at, const struct vfu_register_place **one,
                        const struct vfu_register_place **other)
{
    while (*at < m->map.count) {
        const struct vfu_register_place *p = &m->map.places[(*at)++];
        size_t size, first = region_at(&m->map, p->region, &size);

        *one = before(m->map.places + first, size, p);
        *other = p;
        if (*one)
            return true;
    }
    return false;
}

bool vfu_devmap_find(const struct vfu_devmap *m, const char *name, const struct vfu_register_place **place, uint64_t *index)
{
    const char *rest;

    for (size_t i = 0; i < m->map.count; i++) {
        const struct vfu_register_place *p = &m->map.places[i];

        if (!vfu_register_named(name, p->reg, index, &rest) || *rest || (*index != UINT64_MAX && *index >= p->count))
            continue;
        if (*index == UINT64_MAX)
            *index = 0;
        *place = p;
        return true;
    }
    return false;
}
