/*
 * Which registers lie where, and what the bits of an access say of them.
 */
#include "decoder/registers/registers.h"
#include "decoder/wire/grow.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 8 };

static int compare(const void *a, const void *b)
{
    const struct vfu_register_place *x = a, *y = b;

    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static uint64_t stride_of(const struct vfu_register_place *p)
{
    return p->stride ? p->stride : p->reg->width;
}

/* Where it ends, gaps of an array too; UINT64_MAX if that can't be said. */
static uint64_t end_of(const struct vfu_register_place *p)
{
    uint64_t last, end;

    if (__builtin_mul_overflow(p->count ? p->count - 1 : 0, stride_of(p), &last) ||
        __builtin_add_overflow(p->offset, last, &end) || __builtin_add_overflow(end, p->reg->width, &end))
        return UINT64_MAX;
    return end;
}

/*
 * Those of one region are a tree: the middle one is its root, what lies before and behind it are its branches, and `reach` says how
 * far any of them goes. So an array that others lie in costs nothing where it does not matter.
 */
static uint64_t set_reach(struct vfu_register_place *places, size_t count)
{
    size_t middle = count / 2;
    uint64_t below, above, own;

    if (!count)
        return 0;
    own = end_of(&places[middle]);
    below = set_reach(places, middle);
    above = set_reach(places + middle + 1, count - middle - 1);
    own = below > own ? below : own;
    return places[middle].reach = above > own ? above : own;
}

static bool is_region_before(const void *items, size_t index, uint64_t region)
{
    return ((const struct vfu_register_place *)items)[index].region < region;
}

void vfu_register_map_sort(struct vfu_register_place *places, size_t count)
{
    if (count)
        qsort(places, count, sizeof *places, compare);
    for (size_t i = 0, next; i < count; i = next) {
        next = i + vfu_lower_bound(places + i, count - i, (uint64_t)places[i].region + 1, is_region_before);
        set_reach(places + i, next - i);
    }
}

/* Those of one place that lie in [offset, end), behind the `count` that were found. */
static unsigned add(const struct vfu_register_place *p, uint64_t offset, uint64_t end, struct vfu_register_at *found,
                    unsigned count)
{
    uint64_t index = p->count && offset > p->offset ? (offset - p->offset) / stride_of(p) : 0;

    for (; count < VFU_REGISTERS_NAMED && index < (p->count ? p->count : 1); index++) {
        uint64_t start;

        if (__builtin_mul_overflow(index, stride_of(p), &start) || __builtin_add_overflow(start, p->offset, &start) ||
            start >= end)
            break;
        if (start > offset || offset - start < p->reg->width)
            found[count++] = (struct vfu_register_at){
                .reg = p->reg, .index = (uint32_t)index, .at = (int32_t)(offset - start), .indexed = p->count
            };
    }
    return count;
}

/* Of a tree those that lie in [offset, end). */
static unsigned search(const struct vfu_register_place *places, size_t size, uint64_t offset, uint64_t end,
                       struct vfu_register_at *found, unsigned count)
{
    while (size && count < VFU_REGISTERS_NAMED) {
        size_t middle = size / 2;

        if (places[middle].reach <= offset)
            break;
        count = search(places, middle, offset, end, found, count);
        if (places[middle].offset >= end)
            break;
        count = add(&places[middle], offset, end, found, count);
        places += middle + 1;
        size -= middle + 1;
    }
    return count;
}

unsigned vfu_register_map_find(const struct vfu_register_map *map, uint64_t region, uint64_t offset, uint64_t size,
                               struct vfu_register_at found[VFU_REGISTERS_NAMED])
{
    size_t first, end;

    if (!size || size > WIDEST || offset + size < offset || region > UINT32_MAX)
        return 0;
    first = vfu_lower_bound(map->places, map->count, region, is_region_before);
    end = first + vfu_lower_bound(map->places + first, map->count - first, region + 1, is_region_before);
    return search(map->places + first, end - first, offset, offset + size, found, 0);
}

/* Where the index stands in the name of an array within one: "adc.ch[].gain"; NULL: behind it. */
static const char *index_within(const struct vfu_register *reg)
{
    return strstr(reg->name, "[]");
}

static void write_index(struct vfu_writer *w, const struct vfu_register_at *r)
{
    vfu_write_char(w, '[');
    vfu_write_decimal(w, r->index);
    vfu_write_char(w, ']');
}

void vfu_register_write_name(struct vfu_writer *w, const struct vfu_register_at *r)
{
    const char *within = r->indexed ? index_within(r->reg) : NULL;

    if (within) {
        vfu_write(w, r->reg->name, (size_t)(within - r->reg->name));
        write_index(w, r);
        vfu_write_text(w, within + 2);
    } else {
        vfu_write_text(w, r->reg->name);
        if (r->indexed)
            write_index(w, r);
    }
    if (r->at > 0) {
        vfu_write_char(w, '+');
        vfu_write_decimal(w, (uint64_t)r->at);
    }
}

/* Names are written in any case, and _ for what is no letter of a name. */
static bool same_letter(char text, char name)
{
    return tolower((unsigned char)text) == tolower((unsigned char)name) || (text == '_' && name && !isalnum((unsigned char)name));
}

/* How much of `text` is that name, or 0. */
static size_t same_size(const char *text, const char *name)
{
    size_t size = 0;

    while (name[size] && same_letter(text[size], name[size]))
        size++;
    return name[size] ? 0 : size;
}

bool vfu_register_same_word(const char *text, const char *name)
{
    return same_size(text, name) == strlen(text) && *text;
}

/* An index in brackets, if one stands there: behind it. */
static const char *take_index(const char *text, uint64_t *index)
{
    char *end;

    if (*text != '[' || !isdigit((unsigned char)text[1]))
        return text + (text[0] == '[' && text[1] == ']' ? 2 : 0); /* as the name itself is written */
    *index = strtoull(text + 1, &end, 10);
    return end + (*end == ']');
}

bool vfu_register_named(const char *text, const struct vfu_register *reg, uint64_t *index, const char **rest)
{
    const char *name = reg->name;

    *index = UINT64_MAX;
    *rest = text;
    for (; *name; name++) {
        if (name[0] == '[' && name[1] == ']') {
            *rest = take_index(*rest, index);
            name++;
        } else if (!same_letter(**rest, *name)) {
            return false;
        } else {
            ++*rest;
        }
    }
    if (*rest == text)
        return false;
    if (**rest == '[' && *index == UINT64_MAX)
        *rest = take_index(*rest, index);
    return !**rest || **rest == '.' || **rest == '+';
}

static uint64_t ones(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

uint64_t vfu_register_bits(const struct vfu_register_at *r, uint64_t value, unsigned width, uint64_t *known)
{
    unsigned shift = 8 * (unsigned)(r->at < 0 ? -r->at : r->at);

    *known = ones(8 * width);
    value &= *known;
    if (shift >= 64) {
        *known = 0;
        return 0;
    }
    *known = r->at < 0 ? *known >> shift : *known << shift;
    *known &= ones(8u * r->reg->width);
    return (r->at < 0 ? value >> shift : value << shift) & *known;
}

bool vfu_register_field(const struct vfu_register_at *r, const struct vfu_register_field *f, uint64_t value, unsigned width,
                        uint64_t *found)
{
    uint64_t known, bits = vfu_register_bits(r, value, width, &known), mask;

    if (!f->bits || f->low >= 64)
        return false;
    mask = ones(f->bits) << f->low;
    *found = (bits & mask) >> f->low;
    return (known & mask) == mask;
}

const char *vfu_register_value_name(const struct vfu_register_field *f, uint64_t value)
{
    for (unsigned i = 0; i < f->value_count; i++)
        if (f->values[i].value == value)
            return f->values[i].name;
    return NULL;
}

void vfu_register_write_fields(struct vfu_writer *w, const struct vfu_register_at *r, uint64_t value, unsigned width)
{
    bool any = false;

    for (unsigned i = 0; i < r->reg->field_count; i++) {
        const struct vfu_register_field *f = &r->reg->fields[i];
        const char *word;
        uint64_t v;

        if (!vfu_register_field(r, f, value, width, &v) || !v)
            continue;
        vfu_write_text(w, any ? ", " : "");
        vfu_write_text(w, f->name);
        any = true;
        word = vfu_register_value_name(f, v);
        if (!word && f->bits == 1)
            continue;
        vfu_write_char(w, ' ');
        if (word)
            vfu_write_text(w, word);
        else if (v < 10)
            vfu_write_decimal(w, v);
        else
            vfu_write_0x(w, v);
    }
}

bool vfu_bytes_value(const struct vfu_value *data, uint64_t *value, unsigned *width)
{
    struct vfu_cursor c;

    if (!data || data->size != data->claimed || (data->size != 1 && data->size != 2 && data->size != 4 && data->size != 8))
        return false;
    c = vfu_cursor(data->bytes, data->size, data->swap);
    *width = (unsigned)data->size;
    *value = vfu_cursor_uint(&c, *width);
    return true;
}

bool vfu_event_value(const struct vfu_event *event, const struct vfu_decoded *decoded, uint64_t *value, unsigned *width)
{
    const struct vfu_value *data = &decoded->values[decoded->count ? decoded->count - 1 : 0]; /* it stands last */

    return vfu_event_is_access(event) && decoded->count && data->field->kind == VFU_BYTES &&
           decoded->layout != &vfu_unknown_layout && vfu_bytes_value(data, value, width);
}
