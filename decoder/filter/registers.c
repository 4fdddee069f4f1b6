/*
 * Registers by name, when a filter is parsed: what the tables that are known by then have of them.
 */
#include "decoder/filter/inside.h"
#include "decoder/wire/near.h"

#include <ctype.h>
#include <stdio.h>

bool filter_names_register_at(const char *text, const struct vfu_register_at *r, const char **rest)
{
    uint64_t index;

    return vfu_register_named(text, r->reg, &index, rest) && (index == UINT64_MAX || (r->indexed && index == r->index));
}

const struct vfu_register_field *filter_register_field(const struct vfu_register *reg, const char *name)
{
    for (unsigned i = 0; i < reg->field_count; i++)
        if (vfu_register_same_word(name, reg->fields[i].name))
            return &reg->fields[i];
    return NULL;
}

bool filter_field_value(const struct vfu_register_field *f, const char *name, uint64_t *number)
{
    for (unsigned i = 0; i < f->value_count; i++) {
        if (!vfu_register_same_word(name, f->values[i].name))
            continue;
        *number = f->values[i].value;
        return true;
    }
    return false;
}

const struct vfu_register_map *filter_known_registers(const struct filter_parser *p)
{
    return p->known && p->known->registers ? p->known->registers(p->known->context) : NULL;
}

/* Does the name mean this one? A field of it is then *field. */
static bool means(const char *name, const struct vfu_register_place *place, const struct vfu_register_field **field)
{
    const char *rest;
    uint64_t index;

    *field = NULL;
    if (!vfu_register_named(name, place->reg, &index, &rest))
        return false;
    if (index != UINT64_MAX && index >= place->count && place->region != VFU_FILTER_NOWHERE) /* how many there are is said, too */
        return false;
    if (*rest == '.')
        *field = filter_register_field(place->reg, rest + 1);
    return *rest != '.' || *field;
}

const struct vfu_register_place *filter_known_register(const struct filter_parser *p, const char *name,
                                                       const struct vfu_register_field **field)
{
    const struct vfu_register_map *map = filter_known_registers(p);
    const struct vfu_register_place *found = NULL;
    const struct vfu_register_field *of;

    *field = NULL;
    for (size_t i = 0; map && i < map->count; i++) {
        if (!means(name, &map->places[i], &of) || (found && map->places[i].region == VFU_FILTER_NOWHERE))
            continue;
        found = &map->places[i];
        *field = of;
        if (found->region != VFU_FILTER_NOWHERE)
            break;
    }
    return found;
}

/* What a field of a register is called in a filter. */
static void offer_fields(struct vfu_near *near, const struct vfu_register *reg)
{
    char name[128];

    for (unsigned i = 0; i < reg->field_count; i++) {
        snprintf(name, sizeof name, "%.60s.%.60s", reg->name, reg->fields[i].name);
        for (char *at = name; *at; at++)
            *at = *at == ' ' ? '_' : (char)tolower((unsigned char)*at);
        vfu_near_offer(near, name);
    }
}

/*
 * No table has it. That is a mistake only if one has others of its map, NVMe's of `nvme.`, or if it names no map or no
 * register: see struct vfu_filter_known.
 */
static bool check_unknown(struct filter_parser *p, bool fields)
{
    const struct vfu_register_map *map = filter_known_registers(p);
    size_t prefix = strcspn(p->word, ".");
    char near_text[VFU_NEAR_TEXT];
    struct vfu_near near;
    const char *rest;
    uint64_t index;
    bool same_map = !prefix || !p->word[prefix] || !p->word[prefix + 1];

    vfu_near_begin(&near, p->word);
    for (size_t i = 0; map && i < map->count; i++) {
        const struct vfu_register *reg = map->places[i].reg;

        same_map |= strncasecmp(reg->name, p->word, prefix) == 0 && reg->name[prefix] == '.';
        vfu_near_offer(&near, reg->name);
        if (fields && vfu_register_named(p->word, reg, &index, &rest))
            offer_fields(&near, reg);
    }
    if (same_map)
        return filter_fail(p, "%.60s: there is no such register%s%s", p->word, fields ? ", nor a field of one" : "",
                           vfu_near_text(&near, near_text));
    return !p->early || filter_fail(p, "%.60s: where it lies has to be known before the traffic; register == bar0+0x14 names a place",
                                    p->word);
}

/* Without plugins it is looked for where the table says that it lies. */
static bool set_place(struct filter_parser *p, struct filter_node *n, const struct vfu_register_place *place,
                      const struct vfu_register_field *field)
{
    const char *name = place->reg->name, *rest;
    uint64_t index;

    if (place->region == VFU_FILTER_NOWHERE)
        return filter_fail(p, "%.60s: only the device's config space says where it lies, before that it can't be looked for; "
                           "register == bar0+0x14 names a place", p->word);
    n->is_placed = true;
    n->placed = *place;
    n->placed.reg = &n->reg;
    vfu_register_named(p->word, place->reg, &index, &rest);
    n->reg = (struct vfu_register){ .name = filter_keep(p, name, strlen(name)), .width = place->reg->width };
    if (field) {
        n->field = (struct vfu_register_field){ .low = field->low, .bits = field->bits };
        n->field.name = filter_keep(p, rest + 1, strlen(rest + 1));
        n->reg.fields = &n->field;
        n->reg.field_count = 1;
    }
    vfu_register_map_sort(&n->placed, 1);
    return true;
}

bool filter_check_register(struct filter_parser *p, struct filter_node *n, bool fields)
{
    const struct vfu_register_field *field;
    const struct vfu_register_place *place = filter_known_register(p, p->word, &field);

    if (!place || (field && !fields))
        return check_unknown(p, fields);
    return !p->early || set_place(p, n, place, field);
}
