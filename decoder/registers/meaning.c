/*
 * Writes to registers of maps: see meaning.h. Nobody is accused of what may be right: what a map does not say, what was written in
 * parts of which some are old, and addresses where messages are missing.
 */
#include "decoder/registers/meaning.h"

#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 64 /* whose writes are followed, the last ones */, SAID = 256 /* warnings, each once for a register */, WIDEST = 8, HALF = 4 };

enum warning { FORBIDDEN, WRONG_WIDTH };

/* What was last written to a register with an address, the upper half of one, or a length; or to one of an array of these. */
struct part {
    const struct vfu_devmap_register *reg; /* NULL: none */
    uint32_t index; /* UINT32_MAX: it is no array */
    uint64_t value;
    uint8_t known;       /* bytes of it that were written */
    uint64_t written[2]; /* when, each half of 4 bytes: by the number of the write */
    uint64_t spoken;     /* of an address: of what was written until then all was said */
};

struct vfu_meaning {
    struct part parts[PARTS];
    unsigned next; /* the one whose turn it is to be given up */
    uint64_t writes;
    struct {
        const struct vfu_register *reg;
        enum warning warning;
    } said[SAID];
    unsigned said_count;
};

struct vfu_meaning *vfu_meaning_new(void)
{
    return calloc(1, sizeof(struct vfu_meaning));
}

void vfu_meaning_free(struct vfu_meaning *m)
{
    free(m);
}

void vfu_meaning_forget(struct vfu_meaning *m)
{
    memset(m->parts, 0, sizeof m->parts);
}

/* --- notes --- */

struct saying {
    struct vfu_meaning *m;
    const struct vfu_written *w;
    struct vfu_note *notes;
    unsigned count;
    struct vfu_writer writer;
    char room[sizeof((struct vfu_note *)0)->text];
};

static struct vfu_writer *begin(struct saying *s)
{
    s->writer = vfu_writer(s->room, sizeof s->room - 1, NULL, NULL);
    return &s->writer;
}

static void say(struct saying *s, bool warning)
{
    struct vfu_note *n = &s->notes[s->count];

    if (s->count == VFU_MEANING_NOTES)
        return;
    *n = (struct vfu_note){ .plugin = "registers", .warning = warning };
    memcpy(n->text, s->room, s->writer.used);
    s->count++;
}

/* Once for each register. */
static bool is_new(struct vfu_meaning *m, const struct vfu_register *reg, enum warning warning)
{
    for (unsigned i = 0; i < m->said_count; i++)
        if (m->said[i].reg == reg && m->said[i].warning == warning)
            return false;
    if (m->said_count == SAID)
        return false;
    m->said[m->said_count].reg = reg;
    m->said[m->said_count++].warning = warning;
    return true;
}

/* --- what is not to be written, and not so --- */

static const char *why_not(const struct vfu_devmap_register *d)
{
    return d->access == VFU_ACCESS_RO ? "read-only" : d->access == VFU_ACCESS_RESERVED ? "reserved" : NULL;
}

static void check_access(struct saying *s)
{
    const struct vfu_written *w = s->w;
    const struct vfu_register_at *first = NULL;
    struct vfu_writer *text;

    for (unsigned i = 0; i < w->count; i++) {
        if (!why_not(vfu_devmap_register_of(w->registers[i].reg)))
            return; /* it is this one that is meant */
        if (!first)
            first = &w->registers[i];
    }
    if (!first || !is_new(s->m, first->reg, FORBIDDEN))
        return;
    text = begin(s);
    vfu_register_write_name(text, first);
    vfu_write_text(text, " is written: it is ");
    vfu_write_text(text, why_not(vfu_devmap_register_of(first->reg)));
    say(s, true);
}

/* The bytes of the access that a register has. */
static uint64_t covered(const struct vfu_written *w)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < w->count; i++)
        for (unsigned b = 0; b < w->size; b++) {
            int64_t at = (int64_t)b + w->registers[i].at;

            if (at >= 0 && at < w->registers[i].reg->width)
                bytes |= (uint64_t)1 << b;
        }
    return bytes;
}

/* By what the map says of widths; without, only what is hardly meant: a part of a register, or more than there is. */
static bool is_wrong_width(const struct vfu_written *w, const struct vfu_devmap_register *d)
{
    unsigned width = d->reg.width;

    if (d->widths)
        return !(d->widths & (w->size == 1 ? 1 : w->size == 2 ? 2 : w->size == 4 ? 4 : w->size == 8 ? 8 : 0));
    if (w->size < width)
        return !(width == WIDEST && w->size == WIDEST / 2);
    return w->count == 1 && covered(w) != ((uint64_t)1 << w->size) - 1;
}

static void check_width(struct saying *s)
{
    const struct vfu_written *w = s->w;
    const struct vfu_register_at *r = &w->registers[0];
    struct vfu_writer *text;

    if (w->region == VFIO_PCI_CONFIG_REGION_INDEX)
        return; /* there any part of a register may be written */
    for (unsigned i = 0; i < w->count; i++)
        if (!is_wrong_width(w, vfu_devmap_register_of(w->registers[i].reg)))
            return;
    if (!w->count || !is_new(s->m, r->reg, WRONG_WIDTH))
        return;
    text = begin(s);
    vfu_write_text(text, "a write of ");
    vfu_write_count(text, w->size, "byte");
    vfu_write_text(text, " to ");
    vfu_register_write_name(text, r);
    vfu_write_text(text, ", which has ");
    vfu_write_decimal(text, r->reg->width);
    say(s, true);
}

/* --- DMA --- */

static struct part *find(struct vfu_meaning *m, const struct vfu_devmap_register *reg, uint32_t index)
{
    for (unsigned i = 0; i < PARTS; i++)
        if (m->parts[i].reg == reg && m->parts[i].index == index)
            return &m->parts[i];
    return NULL;
}

/* The one that belongs to a register, which may be an array while this one is none. */
static struct part *find_beside(struct vfu_meaning *m, const struct vfu_devmap_register *reg, uint32_t index)
{
    struct part *found = reg ? find(m, reg, index) : NULL;

    return found || !reg ? found : find(m, reg, UINT32_MAX);
}

static bool is_whole(const struct part *p)
{
    unsigned all = (1u << p->reg->reg.width) - 1;

    return (p->known & all) == all;
}

/* Was all of it written since then? */
static bool is_fresh(const struct part *p, uint64_t since)
{
    return p->written[0] > since && (p->reg->reg.width <= HALF || p->written[1] > since);
}

/* Is all of it in the map? By whom the first byte was mapped, and the last. */
static bool is_mapped(const struct vfu_connection *known, uint64_t address, uint64_t size, uint64_t *first, uint64_t *last)
{
    const struct vfu_known_map *map = vfu_ranges_at(&known->maps, address);
    uint64_t end = vfu_range_last(address, size), at;

    for (*first = map ? map->no : 0; map; map = vfu_ranges_at(&known->maps, at + 1)) {
        *last = map->no;
        at = vfu_range_last(map->address, map->size);
        if (at >= end)
            return true;
    }
    return false;
}

static void put_mapped(struct vfu_writer *w, uint64_t first, uint64_t last)
{
    vfu_write_text(w, "mapped by #");
    vfu_write_decimal(w, first);
    if (last != first) {
        vfu_write_text(w, " to #");
        vfu_write_decimal(w, last);
    }
}

/* A length that is nothing but a number of bytes; not one with flags beside it, or in blocks. */
static bool is_in_bytes(const struct vfu_devmap_register *length)
{
    return length->reg.field_count == 0 && (!length->unit || strcmp(length->unit, "bytes") == 0);
}

/* size 0: how much is not known. */
static bool judge(struct saying *s, const struct part *a, uint64_t address, uint64_t size, bool accuse)
{
    const struct vfu_connection *known = s->w->known;
    struct vfu_register_at at = { .reg = &a->reg->reg, .index = a->index, .indexed = a->index != UINT32_MAX };
    uint64_t first, last = 0;
    bool mapped = is_mapped(known, address, size ? size : 1, &first, &last);
    struct vfu_writer *w;

    if (!mapped && (!accuse || !s->w->sure || known->maps_unsure || known->unmaps_pending ||
                    known->maps.count == VFU_MAX_KNOWN_MAPS)) /* more of them are not known */
        return false;
    w = begin(s);
    if (mapped && size) {
        vfu_write_text(w, "DMA ");
        vfu_write_size(w, size);
        vfu_write_text(w, " from ");
        vfu_write_0x(w, address);
        vfu_write_text(w, ", ");
        put_mapped(w, first, last);
    } else if (mapped) {
        vfu_write_0x(w, address);
        vfu_write_text(w, " is ");
        put_mapped(w, first, last);
    } else {
        vfu_write_0x(w, address);
        if (size) {
            vfu_write_char(w, '+');
            vfu_write_size(w, size);
        }
        vfu_write_text(w, ", in ");
        vfu_register_write_name(w, &at);
        vfu_write_text(w, first ? ", is not in the DMA map to its end" : ", is not in the DMA map");
    }
    say(s, !mapped);
    return !mapped;
}

/*
 * Something of an address was written, or its length: is there now something to say? Of what is half old only that it is mapped;
 * the rest may follow.
 */
static void look(struct saying *s, struct part *a, bool wrote_length)
{
    const struct vfu_devmap_register *upper = a->reg->role == VFU_ROLE_DMA_LOW ? a->reg->high : NULL;
    const struct part *high = find_beside(s->m, upper, a->index), *length = find_beside(s->m, a->reg->length, a->index);
    bool fresh = is_fresh(a, a->spoken) && (!upper || (high && is_fresh(high, a->spoken))), both = false;
    uint64_t address = a->value, size = 0;

    if (!s->w->known || !is_whole(a) || (upper && !(high && is_whole(high))))
        return;
    if (a->reg->role == VFU_ROLE_DMA_LOW && a->reg->reg.width < WIDEST && !upper)
        return; /* half of what? */
    if (upper && a->reg->reg.width < WIDEST)
        address |= high->value << 8 * a->reg->reg.width;
    if (address == 0 || address == UINT64_MAX || address == UINT32_MAX)
        return; /* none */
    if (length && is_whole(length) && is_in_bytes(length->reg)) {
        both = fresh && length->value && is_fresh(length, a->spoken);
        size = both || wrote_length ? length->value : 0;
    }
    if (wrote_length && !size)
        return;
    if (judge(s, a, address, size, both || (fresh && !wrote_length)) || both || (fresh && !a->reg->length))
        a->spoken = s->m->writes;
}

/* The bytes of the register that are written. */
static struct part *put(struct saying *s, const struct vfu_register_at *r)
{
    const struct vfu_devmap_register *d = vfu_devmap_register_of(r->reg);
    uint32_t index = r->indexed ? r->index : UINT32_MAX;
    uint64_t known, value = vfu_register_bits(r, s->w->value, (unsigned)s->w->size, &known);
    struct part *p = find(s->m, d, index);

    if (!p) {
        p = &s->m->parts[s->m->next++ % PARTS];
        *p = (struct part){ .reg = d, .index = index };
    }
    p->value = (p->value & ~known) | value;
    for (unsigned i = 0; i < WIDEST; i++)
        if (known >> 8 * i & 0xff) {
            p->known |= (uint8_t)(1u << i);
            p->written[i / HALF] = s->m->writes;
        }
    return p;
}

static void take(struct saying *s, const struct vfu_register_at *r)
{
    const struct vfu_devmap_register *d = vfu_devmap_register_of(r->reg);
    const struct part *p;

    if (d->role != VFU_ROLE_DMA_ADDRESS && d->role != VFU_ROLE_DMA_LOW && d->role != VFU_ROLE_DMA_HIGH && d->role != VFU_ROLE_LENGTH)
        return;
    p = put(s, r);
    for (unsigned i = 0; i < PARTS; i++) {
        struct part *a = &s->m->parts[i];

        if (a->reg && (a == p ? d->role == VFU_ROLE_DMA_ADDRESS || d->role == VFU_ROLE_DMA_LOW : a->reg->high == d || a->reg->length == d) &&
            (p->index == UINT32_MAX || a->index == p->index))
            look(s, a, a->reg->length == d);
    }
}

unsigned vfu_meaning_write(struct vfu_meaning *m, const struct vfu_written *w, struct vfu_note *notes)
{
    struct saying s = { .m = m, .w = w, .notes = notes };

    m->writes++;
    check_access(&s);
    check_width(&s);
    for (unsigned i = 0; i < w->count && w->has_value; i++)
        take(&s, &w->registers[i]);
    return s.count;
}
