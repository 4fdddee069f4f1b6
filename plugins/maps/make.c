/*
 * Registers of a map, made of what a format says of blocks, arrays and registers. The innermost array that is counted stays one
 * entry; what has names of its own, and arrays around others, is as many entries as there are names.
 */
#include "decoder/wire/grow.h"
#include "decoder/wire/parse.h"
#include "plugins/maps/inside.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A register whose length or upper half is another one, by the other's whole name. */
struct maps_partner {
    struct vfu_devmap_register *of;
    const struct vfu_devmap_register **to;
    const char *name;
};

enum { NAME = VFU_DEVMAP_NAME };

/* Of the map or of one of its registers, while its places are made. */
struct adding {
    struct maps_making *m;
    const struct maps_register *reg;
    struct vfu_register_place place;
    unsigned counted; /* the level whose index is counted; level_count: none */
    char name[NAME];
};

bool maps_is_name(const char *text)
{
    size_t size = strlen(text);

    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("_-.", *at))
            return false;
    return size > 0 && size < NAME / 2 && text[0] != '.' && text[size - 1] != '.';
}

void maps_remark(const struct maps_making *m, const char *text)
{
    if (m->how->remark)
        m->how->remark(m->how->context, text);
}

uint8_t maps_flags_of(enum vfu_register_access access)
{
    switch (access) {
    case VFU_ACCESS_RO:
        return VFU_REGISTER_READ_ONLY;
    case VFU_ACCESS_RC:
        return VFU_REGISTER_READ_CHANGES;
    case VFU_ACCESS_WO:
        return VFU_REGISTER_WRITE_ONLY;
    default:
        return 0;
    }
}

bool maps_parse_bits(const char *text, unsigned *low, unsigned *bits)
{
    unsigned long high, first;
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    high = first = strtoul(text, &end, 10);
    if (high > 63)
        return false;
    if (*end == ':' && isdigit((unsigned char)end[1]))
        first = strtoul(end + 1, &end, 10);
    *low = (unsigned)first;
    *bits = (unsigned)(high - first) + 1;
    return !*end && first <= high;
}

static bool no_room(struct maps_making *m)
{
    return vfu_fail(m->error, 0, "it has more than fits into a map (%d MiB), or out of memory", VFU_DEVMAP_BYTES >> 20);
}

static bool note_partner(struct adding *a, struct vfu_devmap_register *of, const struct vfu_devmap_register **to, const char *name)
{
    struct maps_making *m = a->m;
    const char *dot = strrchr(of->reg.name, '.');
    char whole[2 * NAME];

    if (!name)
        return true;
    snprintf(whole, sizeof whole, "%.*s%.*s", dot ? (int)(dot + 1 - of->reg.name) : 0, of->reg.name, NAME, name);
    if (!VFU_GROW(m->partners, m->partner_room, m->partner_count + 1))
        return no_room(m);
    m->partners[m->partner_count] = (struct maps_partner){ of, to, vfu_devmap_text(m->map, whole) };
    return m->partners[m->partner_count++].name || no_room(m);
}

static bool add_one(struct adding *a)
{
    struct vfu_devmap_register *reg = vfu_devmap_room(a->m->map, 1, sizeof *reg);

    if (!reg)
        return no_room(a->m);
    *reg = a->reg->as;
    reg->reg.flags |= a->m->how->first ? VFU_REGISTER_FIRST : 0;
    reg->reg.name = vfu_devmap_text(a->m->map, a->name);
    if (!reg->reg.name)
        return no_room(a->m);
    a->place.reg = &reg->reg;
    a->place.region = a->m->region;
    return vfu_devmap_add(a->m->map, &a->place, a->m->error) && note_partner(a, reg, &reg->length, a->reg->length) &&
           note_partner(a, reg, &reg->high, a->reg->high);
}

/* The name of the level with this in its %s, or behind it in brackets, behind what is there already. */
static bool append(struct adding *a, const struct maps_level *l, const char *index)
{
    const char *at = strstr(l->name, "%s");
    size_t used = strlen(a->name);
    int added;

    if (at && index)
        added = snprintf(a->name + used, NAME - used, "%s%.*s%s%s", used ? "." : "", (int)(at - l->name), l->name, index, at + 2);
    else
        added = snprintf(a->name + used, NAME - used, index ? "%s%s[%s]" : "%s%s", used ? "." : "", l->name, index);
    return (size_t)added < NAME - used ||
           vfu_fail(a->m->error, 0, "%.60s...: a name of more than %d characters", a->name, NAME - 1);
}

static bool add_level(struct adding *a, unsigned number);

/* One of its items, or what it is. */
static bool add_item(struct adding *a, unsigned number, uint64_t index, const char *text)
{
    const struct maps_level *l = &a->m->levels[number];
    size_t used = strlen(a->name);
    uint64_t before = a->place.offset, by;
    bool good;

    if (__builtin_mul_overflow(index, l->stride ? l->stride : a->reg->as.reg.width, &by) ||
        __builtin_add_overflow(before, by, &a->place.offset) ||
        __builtin_add_overflow(a->place.offset, l->offset, &a->place.offset))
        return vfu_fail(a->m->error, 0, "offset: it is above the last address");
    good = append(a, l, text) && (number + 1 == a->m->level_count ? add_one(a) : add_level(a, number + 1));
    a->name[used] = '\0';
    a->place.offset = before;
    return good;
}

/* The counted array: one entry. Its index stands within the name, unless it is at its end anyway. */
static bool add_counted(struct adding *a, unsigned number)
{
    const struct maps_level *l = &a->m->levels[number];
    struct maps_level plain = *l;
    char name[NAME];
    const char *at = strstr(l->name, "[%s]");
    bool last = number + 1 == a->m->level_count && (!at || !at[4]), good;

    snprintf(name, sizeof name, "%.*s%s%s", at ? (int)(at - l->name) : NAME, l->name, last ? "" : "[]", at ? at + 4 : "");
    plain.name = name;
    a->place.count = l->count;
    a->place.stride = l->stride;
    a->m->levels[number] = plain;
    good = add_item(a, number, 0, NULL);
    plain = *l;
    a->place.count = 0;
    a->place.stride = 0;
    return good;
}

static bool add_level(struct adding *a, unsigned number)
{
    const struct maps_level l = a->m->levels[number];
    bool good = true;

    if (!l.count)
        return add_item(a, number, 0, NULL);
    if (number == a->counted) {
        good = add_counted(a, number);
        a->m->levels[number] = l;
        return good;
    }
    for (uint32_t i = 0; i < l.count && good; i++) {
        char index[16];

        snprintf(index, sizeof index, "%u", i);
        good = add_item(a, number, i, l.words ? l.words[i] : index);
    }
    return good;
}

/* Can its index be counted: is there none, or one in brackets? */
static bool is_counted(const struct maps_level *l)
{
    return l->count && !l->words && (!strstr(l->name, "%s") || strstr(l->name, "[%s]"));
}

bool maps_add(struct maps_making *m, const struct maps_register *reg)
{
    struct adding a = { .m = m, .reg = reg, .place.offset = m->offset, .counted = m->level_count };

    for (unsigned i = 0; i < m->level_count; i++)
        if (is_counted(&m->levels[i]))
            a.counted = i;
    return add_level(&a, 0);
}

/* --- registers that belong together --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct vfu_register_place *)a)->reg->name, ((const struct vfu_register_place *)b)->reg->name);
}

static int is_name(const void *name, const void *place)
{
    return strcmp(name, ((const struct vfu_register_place *)place)->reg->name);
}

/* By the names that they have for each other; before the places are put in their order. */
static bool find_partners(struct maps_making *m)
{
    if (m->partner_count)
        qsort(m->map->places, m->map->map.count, sizeof *m->map->places, by_name);
    for (size_t i = 0; i < m->partner_count; i++) {
        const struct maps_partner *p = &m->partners[i];
        const struct vfu_register_place *found = bsearch(p->name, m->map->places, m->map->map.count, sizeof *found, is_name);

        if (!found)
            return vfu_fail(m->error, 0, "%s: there is no register %s, which it names", p->of->reg.name, p->name);
        *p->to = vfu_devmap_register_of(found->reg);
    }
    return true;
}


struct role {
    struct vfu_devmap_register *reg;
    uint32_t region;
    size_t prefix; /* of its name: the block that it is in */
};

static bool are_beside(const struct role *a, const struct role *b)
{
    return a->region == b->region && a->prefix == b->prefix && strncmp(a->reg->reg.name, b->reg->reg.name, a->prefix) == 0;
}

/* The length behind an address and before the next one; or the only one of the block. */
static const struct vfu_devmap_register *length_for(const struct role *roles, size_t count, size_t of)
{
    const struct vfu_devmap_register *only = NULL;
    unsigned lengths = 0;

    for (size_t i = of + 1; i < count; i++) {
        if (!are_beside(&roles[of], &roles[i]))
            continue;
        if (roles[i].reg->role == VFU_ROLE_LENGTH)
            return roles[i].reg;
        if (roles[i].reg->role == VFU_ROLE_DMA_ADDRESS || roles[i].reg->role == VFU_ROLE_DMA_LOW)
            break;
    }
    for (size_t i = 0; i < count; i++)
        if (are_beside(&roles[of], &roles[i]) && roles[i].reg->role == VFU_ROLE_LENGTH) {
            only = roles[i].reg;
            lengths++;
        }
    return lengths == 1 ? only : NULL;
}

/* The upper half is the one behind the lower, or the one before it; where both are there, nobody knows which. */
static const struct vfu_devmap_register *high_for(const struct role *roles, size_t count, size_t of)
{
    bool behind = of + 1 < count && are_beside(&roles[of], &roles[of + 1]) && roles[of + 1].reg->role == VFU_ROLE_DMA_HIGH;
    bool before = of && are_beside(&roles[of], &roles[of - 1]) && roles[of - 1].reg->role == VFU_ROLE_DMA_HIGH;

    return behind == before ? NULL : behind ? roles[of + 1].reg : roles[of - 1].reg;
}

/* In the order of the places. */
static bool pair_roles(struct maps_making *m)
{
    static const unsigned wanted = 1 << VFU_ROLE_DMA_ADDRESS | 1 << VFU_ROLE_DMA_LOW | 1 << VFU_ROLE_DMA_HIGH | 1 << VFU_ROLE_LENGTH;
    struct role *roles = calloc(m->map->map.count + 1, sizeof *roles);
    size_t count = 0;

    if (!roles)
        return vfu_fail(m->error, 0, "out of memory");

    for (size_t i = 0; i < m->map->map.count; i++) {
        const struct vfu_register_place *p = &m->map->places[i];
        struct vfu_devmap_register *reg = (struct vfu_devmap_register *)(uintptr_t)p->reg; /* made by maps_add */
        const char *dot = strrchr(reg->reg.name, '.');

        if (!(wanted >> reg->role & 1))
            continue;
        roles[count++] = (struct role){ reg, p->region, dot ? (size_t)(dot - reg->reg.name) + 1 : 0 };
    }
    for (size_t i = 0; i < count; i++) {
        struct vfu_devmap_register *reg = roles[i].reg;

        if (reg->role == VFU_ROLE_DMA_LOW && !reg->high)
            reg->high = high_for(roles, count, i);
        if ((reg->role == VFU_ROLE_DMA_LOW || reg->role == VFU_ROLE_DMA_ADDRESS) && !reg->length)
            reg->length = length_for(roles, count, i);
    }
    free(roles);
    return true;
}

bool maps_finish(struct maps_making *m)
{
    if (!find_partners(m) || !vfu_devmap_finish(m->map, m->error))
        return false;
    return pair_roles(m);
}

void maps_making_free(struct maps_making *m)
{
    free(m->partners);
}
