/*
 * vfuscope fuzz: numbers at their edges, and the fields that get them: whatever the table says that a message has.
 */
#include "cli/fuzz/inside.h"
#include "decoder/wire/header.h"

#include <stdio.h>

enum { LEAST_PAGE = 0x1000, NAME = 96, MORE = 4096, LITTLE = 64 };

/* --- numbers --- */

/* What this device ends at, or begins. */
static uint64_t edge_of_device(struct fuzz_state *s)
{
    const struct fuzz_device *d = s->device;
    const struct fuzz_map *m = s->map_count ? &s->maps[fuzz_below(&s->random, s->map_count)] : NULL;
    uint64_t region, irq;

    if (!d)
        return fuzz_below(&s->random, LITTLE);
    region = fuzz_below(&s->random, d->num_regions);
    irq = fuzz_below(&s->random, d->num_irqs);
    switch (fuzz_below(&s->random, 6)) {
    case 0:
        return d->regions[region].size;
    case 1:
        return d->irqs[irq].count;
    case 2:
        return d->max_xfer;
    case 3:
        return m ? m->address : d->page;
    case 4:
        return m ? m->address + m->size : d->page;
    default:
        return fuzz_one_in(&s->random, 2) ? d->num_regions : d->num_irqs;
    }
}

static uint64_t edge(struct fuzz_state *s, uint64_t was, uint64_t max)
{
    const uint64_t one = fuzz_below(&s->random, 3) - 1; /* beside it, or there */

    switch (fuzz_below(&s->random, 15)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return max;
    case 3:
        return max - 1;
    case 4:
        return (max >> 1) + (one & 1); /* the sign */
    case 5:
        return was + one;
    case 6:
        return was * 2 + one;
    case 7:
        return 0 - was + one; /* with what was there it wraps */
    case 8:
        return LEAST_PAGE + one;
    case 9:
        return 0 - (uint64_t)LEAST_PAGE + one;
    case 10:
        return UINT64_C(1) << fuzz_below(&s->random, 64);
    case 11:
        return was ^ UINT64_C(1) << fuzz_below(&s->random, 64);
    case 12:
        return fuzz_below(&s->random, LITTLE);
    default:
        return edge_of_device(s) + one;
    }
}

uint64_t fuzz_edge(struct fuzz_state *s, uint64_t was, unsigned width)
{
    const uint64_t max = width < 8 ? (UINT64_C(1) << 8 * width) - 1 : UINT64_MAX;

    return edge(s, was, max) & max;
}

/* --- fields --- */

struct vfu_event fuzz_event(const uint8_t *bytes, size_t size)
{
    struct vfu_header h = vfu_header_read(bytes, false);
    struct vfu_event e = { .kind = VFU_EVENT_MESSAGE, .id = h.id, .command_number = h.command, .size = h.size, .flags = h.flags,
                           .error = h.error, .command = vfu_command_by_number(h.command) };

    e.message.bytes = bytes;
    e.message.captured = e.message.size = size;
    return e;
}

static bool set(struct fuzz_state *s, struct vfu_build *b, const char *name, const struct vfu_value *v)
{
    const struct vfu_field *f = v->field;
    uint64_t number = fuzz_edge(s, v->number, f->width);

    if (f->mask) /* other bits of these bytes are another field's */
        number &= f->mask;
    return vfu_build_set_number(b, name, number);
}

/* One of those of an item, or an object. */
static bool set_within(struct fuzz_state *s, struct vfu_build *b, const char *path, const struct vfu_value *values, unsigned count)
{
    const struct vfu_value *v = count ? &values[fuzz_below(&s->random, count)] : NULL;
    char name[NAME];

    if (!v || v->field->kind >= VFU_BYTES)
        return false;
    snprintf(name, sizeof name, "%s.%s", path, v->field->name);
    return set(s, b, name, v);
}

static bool set_item(struct fuzz_state *s, struct vfu_build *b, const struct vfu_value *list)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count = 0, item = 0, which = (unsigned)fuzz_below(&s->random, 4);
    bool broken = false;
    char path[NAME / 2];

    if (!vfu_list_next(list, &offset, &layout, values, &count, &broken))
        return false;
    while (item < which && vfu_list_next(list, &offset, &layout, values, &count, &broken))
        item++;
    if (item < which && !vfu_list_next(list, &(size_t){ SIZE_MAX }, &layout, values, &count, &broken))
        return false;
    snprintf(path, sizeof path, "%s[%u]", list->field->name, item < which ? 0 : item);
    return set_within(s, b, path, values, count);
}

bool fuzz_mutate(struct fuzz_state *s, struct vfu_build *b)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_value *v;
    struct vfu_decoded d;
    struct vfu_event e = fuzz_event(b->bytes, b->size);

    e.command = b->command; /* whatever the header says by now */
    vfu_decode(&e, &d);
    if (!d.count)
        return false;
    v = &d.values[fuzz_below(&s->random, d.count)];
    if (v->field->kind == VFU_LIST)
        return set_item(s, b, v);
    if (v->field->kind == VFU_OBJECT)
        return set_within(s, b, v->field->name, values, vfu_object_values(v, values));
    if (v->field->kind >= VFU_BYTES)
        return false;
    return set(s, b, v->field->name, v);
}

void fuzz_mutate_header(struct fuzz_state *s, struct vfu_build *b)
{
    static const uint32_t flags[] = { VFU_TYPE_REPLY, VFU_NO_REPLY, VFU_ERROR, VFU_TYPE_REPLY | VFU_ERROR, 2, 15, 0x40,
                                      UINT32_MAX };
    size_t commands;

    vfu_commands(&commands);
    switch (fuzz_below(&s->random, 5)) {
    case 0:
        vfu_build_set_number(b, "header.flags", flags[fuzz_below(&s->random, sizeof flags / sizeof flags[0])]);
        break;
    case 1:
        vfu_build_set_number(b, "header.error", fuzz_edge(s, 0, 4));
        break;
    case 2: /* another one's payload */
        vfu_build_set_number(b, "header.command", fuzz_below(&s->random, commands + 3));
        break;
    case 3:
        vfu_build_set_number(b, "header.command", fuzz_edge(s, commands, 2));
        break;
    default: /* an id that is in use, or was */
        vfu_build_set_number(b, "header.id", fuzz_below(&s->random, 4));
        break;
    }
}

void fuzz_resize(struct fuzz_state *s, struct vfu_build *b)
{
    static const uint8_t zeros[MORE];
    size_t payload = b->size - VFU_HEADER_SIZE;

    if (payload && fuzz_one_in(&s->random, 2))
        b->size = VFU_HEADER_SIZE + (size_t)fuzz_below(&s->random, payload);
    else
        vfu_build_append(b, zeros, 1 + (size_t)fuzz_below(&s->random, fuzz_one_in(&s->random, 2) ? 16 : MORE));
    vfu_build_set_number(b, "header.size", b->size);
}

void fuzz_lie(struct fuzz_state *s, struct vfu_build *b)
{
    uint64_t size = fuzz_edge(s, b->size, 4);

    vfu_build_set_number(b, "header.size", size == b->size ? 0 : size);
}
