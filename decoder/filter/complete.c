/*
 * What may stand at the word that is being typed: fields, operators, values, what joins tests.
 */
#include "decoder/filter/inside.h"
#include "decoder/wire/near.h"

#include <ctype.h>
#include <stdio.h>

/* The word if it begins as the one at hand does; in its quotes, if that has some. */
static void offer(void *context, const char *word)
{
    const struct filter_parser *p = context;
    char quoted[FILTER_TEXT];
    size_t size = strlen(p->word);

    if (strncasecmp(word, p->word, size) != 0 || (p->quoted && p->closed))
        return;
    if (p->quoted)
        snprintf(quoted, sizeof quoted, "%c%s%c", *p->from, word, *p->from);
    p->offers->take(p->offers->context, p->quoted ? quoted : word);
}

/* As a filter writes it: in lower case, without blanks. */
static void offer_written(struct filter_parser *p, const char *before, const char *name)
{
    char word[FILTER_TEXT];
    size_t size = strlen(before);

    snprintf(word, sizeof word, "%s%s", before, name);
    for (char *at = word + size; *at; at++)
        *at = isalnum((unsigned char)*at) || strchr("._-[]", *at) ? (char)tolower((unsigned char)*at) : '_';
    offer(p, word);
}

/* Registers by name; their fields once such a name is typed, since there are many. */
static void offer_registers(struct filter_parser *p, bool fields)
{
    const struct vfu_register_map *map = filter_known_registers(p);
    char before[FILTER_TEXT];
    const char *rest;
    uint64_t index;

    for (size_t i = 0; map && i < map->count; i++) {
        const struct vfu_register *reg = map->places[i].reg;

        if (p->early && map->places[i].region == VFU_FILTER_NOWHERE)
            continue;
        offer_written(p, "", reg->name);
        if (!fields || !vfu_register_named(p->word, reg, &index, &rest) || *rest == '+')
            continue;
        snprintf(before, sizeof before, "%.*s.", (int)(rest - p->word), p->word);
        for (unsigned f = 0; f < reg->field_count; f++)
            offer_written(p, before, reg->fields[f].name);
    }
}

/* What is known too late for what is decided before, or is of no message, is not offered there. */
static void offer_field(void *context, const char *name)
{
    const struct filter_parser *p = context;
    const struct filter_own *own = filter_own_by_name(name);

    if (!p->early || !own || !own->late)
        offer(context, name);
}

bool filter_offer_test(struct filter_parser *p)
{
    if (p->quoted)
        return false;
    filter_each_field(offer_field, p);
    offer(p, "not");
    offer(p, "(");
    offer_registers(p, true);
    return false;
}

bool filter_offer_joins(struct filter_parser *p)
{
    offer(p, "and");
    offer(p, "or");
    if (p->open)
        offer(p, ")");
    return false;
}

bool filter_offer_operators(struct filter_parser *p, const struct filter_node *n)
{
    enum filter_type type = n->type;
    bool ordered = type == TYPE_NUMBER || type == TYPE_TIME;

    if (type != TYPE_ALONE && type != TYPE_TEXT) {
        offer(p, "==");
        offer(p, "!=");
    }
    for (unsigned op = VFU_LT; op <= VFU_GE && ordered; op++)
        offer(p, vfu_operator_names[op]);
    if (ordered || type == TYPE_REGISTER)
        offer(p, "in");
    if (type == TYPE_NUMBER && n->mask == UINT64_MAX)
        offer(p, "&");
    if (type == TYPE_TEXT || type == TYPE_STRING || type == TYPE_BYTES || type == TYPE_REGISTER)
        offer(p, "contains");
    return type == TYPE_TEXT ? false : filter_offer_joins(p);
}

/* The names that a field of a register has for values. */
static void offer_bits(struct filter_parser *p, const struct filter_node *n)
{
    const struct vfu_register_field *field;

    if (!filter_known_register(p, n->name, &field) || !field)
        return;
    for (unsigned i = 0; i < field->value_count; i++)
        offer_written(p, "", field->values[i].name);
}

static void offer_plugins(struct filter_parser *p)
{
    const struct vfu_register_map *map = filter_known_registers(p);
    char name[64];

    for (size_t i = 0; map && i < map->count; i++) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(map->places[i].reg->name, "."), map->places[i].reg->name);
        offer(p, name);
    }
}

bool filter_offer_values(struct filter_parser *p, const struct filter_node *n)
{
    char place[32];

    if (n->mask != UINT64_MAX)
        return false;
    if (n->subject == SUBJECT_BITS)
        offer_bits(p, n);
    else if (n->subject == SUBJECT_NOTE || n->subject == SUBJECT_WARNING)
        offer_plugins(p);
    else if (n->type == TYPE_REGISTER && n->op != VFU_IN)
        offer_registers(p, false);
    for (const struct vfu_name *region = vfu_region_names; n->type == TYPE_REGISTER && region->name; region++) {
        snprintf(place, sizeof place, "%s+0x", region->name);
        offer(p, place);
    }
    filter_each_value(n, offer, p);
    return false;
}
