/*
 * FIELD OP VALUE: what a name stands for, and values as its type has them.
 */
#include "decoder/filter/inside.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"

#include <stdio.h>
#include <stdlib.h>

static bool set_own(struct filter_parser *p, struct filter_node *n, const struct filter_own *own, const struct vfu_name **names)
{
    n->subject = own->subject;
    n->type = own->type;
    *names = own->names;
    p->f->single |= own->single;
    if (!p->early || !own->late)
        return true;
    if (n->subject == SUBJECT_TIME)
        return filter_fail(p, "time: what is done to messages goes by their number, see when=");
    if (n->subject == SUBJECT_NOTE || n->subject == SUBJECT_WARNING)
        return filter_fail(p, "%.60s: plugins see a message once it was passed on", p->word);
    return filter_fail(p, "%.60s: of no message", p->word);
}

static void offer(void *context, const char *name)
{
    vfu_near_offer(context, name);
}

static bool fail_unknown(struct filter_parser *p)
{
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, p->word);
    filter_each_field(offer, &near);
    return filter_fail(p, "no message has a field %.60s%s", p->word, vfu_near_text(&near, text));
}

/* Of all that messages have under this name: lists, and objects, are only there or not. */
static enum filter_type type_of(unsigned kinds)
{
    if (!(kinds & ~(1u << VFU_LIST | 1u << VFU_OBJECT)))
        return TYPE_ALONE;
    return kinds & 1u << VFU_JSON ? TYPE_STRING : kinds & 1u << VFU_BYTES ? TYPE_BYTES : TYPE_NUMBER;
}

/* DEVICE_GET_REGION_INFO's `type` and others of the event's own names can't be fields. */
bool filter_parse_subject(struct filter_parser *p, struct filter_node *n, const struct vfu_name **names)
{
    const struct filter_own *own = filter_own_by_name(p->word);
    const char *name = p->word;
    unsigned kinds = 0;
    uint64_t number;

    n->name = filter_keep(p, p->word, strlen(p->word));
    if (own)
        return set_own(p, n, own, names);
    if (strncmp(name, "header.", 7) == 0) {
        n->subject = SUBJECT_HEADER;
        n->name += 7;
        n->header = vfu_field_by_name(&vfu_header_layout, n->name);
        *names = n->header ? n->header->names : NULL;
    } else if (strpbrk(name, ".[+")) {
        n->subject = SUBJECT_BITS;
        return strchr(name, '.') && !strchr(name, '+') ? filter_check_register(p, n, true) : fail_unknown(p);
    } else {
        n->subject = SUBJECT_FIELD;
        filter_names_anywhere(name, NULL, &number, &kinds);
        n->header = vfu_field_by_name(&vfu_header_layout, name);
        n->payload_of = filter_payloads_with(name);
    }
    kinds |= n->header ? 1u << n->header->kind : 0;
    n->type = type_of(kinds);
    return kinds || fail_unknown(p);
}

static bool parse_hex(struct filter_node *n, const char *text)
{
    uint8_t *bytes;
    size_t size;
    bool good = vfu_parse_hex(text, &bytes, &size);

    if (good && size <= FILTER_BYTES) {
        memcpy(n->bytes, bytes, size);
        n->size = size;
        n->is_bytes = true;
    }
    free(good ? bytes : NULL);
    return good && size <= FILTER_BYTES;
}

/* Is there a word at all? */
static bool need_word(struct filter_parser *p)
{
    if (!p->word[0] && !p->quoted)
        return filter_fail(p, "a value is missing");
    return !p->quoted || p->closed || filter_fail(p, "the second quote is missing");
}

/* The word at hand is the value by name. */
static void take_name(struct filter_parser *p, struct filter_node *n)
{
    n->value = filter_keep(p, p->word, strlen(p->word));
    n->size = strlen(n->value);
}

/* A name that the subject's values have; *number is one that it means somewhere. */
static bool is_named(struct filter_parser *p, const struct filter_node *n, const struct vfu_name *names, uint64_t *number)
{
    const struct vfu_command *command = n->subject == SUBJECT_COMMAND ? vfu_command_by_name(p->word) : NULL;
    unsigned kinds;

    if (n->mask != UINT64_MAX)
        return false;
    if (command)
        *number = command->number;
    if (command || vfu_name_value(names, p->word, number))
        return true;
    return n->subject == SUBJECT_FIELD && (filter_names_anywhere(n->name, p->word, number, &kinds) ||
                                           (n->header && vfu_name_value(n->header->names, p->word, number)));
}

static bool parse_number(struct filter_parser *p, struct filter_node *n, const struct vfu_name *names, uint64_t *number)
{
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    if (is_named(p, n, names, number)) {
        n->by_name = true;
        if (n->subject != SUBJECT_COMMAND)
            take_name(p, n);
        return true;
    }
    if (n->type == TYPE_BYTES)
        return parse_hex(n, p->word) || filter_fail(p, "%.60s: not hex of at most %d bytes", p->word, FILTER_BYTES);
    if (vfu_parse_number(p->word, number))
        return true;
    vfu_near_begin(&near, p->word);
    if (n->mask == UINT64_MAX)
        filter_each_value(n, offer, &near);
    return filter_fail(p, "%.60s: neither a number nor a name that this field has%s", p->word, vfu_near_text(&near, text));
}

/*
 * A register's value, or a field's. Names of values may look like numbers (NVMe's IOSQES calls 6 "64"): in quotes, or with a unit,
 * they are names first.
 */
static bool parse_bits(struct filter_parser *p, struct filter_node *n, uint64_t *number)
{
    const struct vfu_register_field *field;
    const struct vfu_register_place *place = filter_known_register(p, n->name, &field);
    bool plain = !p->quoted && !strpbrk(p->word, "kKmMgGtT"), equal = n->op == VFU_EQ || n->op == VFU_NE;
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    n->has_number = vfu_parse_number(p->word, number);
    if (n->mask != UINT64_MAX || (n->has_number && plain))
        return n->has_number || filter_fail(p, "%.60s: what is masked is compared with a number", p->word);
    if (place && field && filter_field_value(field, p->word, number)) {
        n->has_number = true;
        if (equal && !n->is_placed)
            take_name(p, n);
        return true;
    }
    if (place && !n->has_number) {
        vfu_near_begin(&near, p->word);
        filter_each_value(n, offer, &near);
        for (unsigned i = 0; field && i < field->value_count; i++)
            vfu_near_offer(&near, field->values[i].name);
        return filter_fail(p, "%.60s: neither a number nor a name that this %s has%s", p->word, field ? "field" : "register",
                           vfu_near_text(&near, text));
    }
    if (!place && equal)
        take_name(p, n);
    return n->has_number || equal || filter_fail(p, "%.60s: not a number", p->word);
}

/* bar0+0x14: REGION+OFFSET. */
static bool parse_place(const char *text, uint32_t *region, uint64_t *offset)
{
    const char *plus = strchr(text, '+');
    char name[16];
    uint64_t number;

    if (!plus || (size_t)(plus - text) >= sizeof name)
        return false;
    memcpy(name, text, (size_t)(plus - text));
    name[plus - text] = '\0';
    if (!vfu_parse_named(vfu_region_names, name, &number) || number > UINT32_MAX || !vfu_parse_number(plus + 1, offset))
        return false;
    *region = (uint32_t)number;
    return true;
}

/* A register's name, or a place; the other end of a range may leave out its region. */
static bool parse_register(struct filter_parser *p, struct filter_node *n, uint64_t *offset)
{
    bool behind = offset == &n->high;
    uint32_t region;

    if (parse_place(p->word, &region, offset)) {
        if (behind && region != n->region)
            return filter_fail(p, "%.60s: both ends lie in one region", p->word);
        n->region = region;
        n->high = *offset;
        n->is_place = true;
        return true;
    }
    if (behind && vfu_parse_number(p->word, offset))
        return true;
    if (n->op == VFU_IN)
        return filter_fail(p, "%.60s: not a place such as bar0+0x14", p->word);
    if (!strchr(p->word, '.'))
        return filter_fail(p, "%.60s: neither a register, such as nvme.csts, nor a place, such as bar0+0x14", p->word);
    take_name(p, n);
    return filter_check_register(p, n, false);
}

static bool parse_time(struct filter_parser *p, struct filter_node *n, uint64_t *number)
{
    if (n->subject == SUBJECT_LATENCY)
        return vfu_parse_time(p->word, number) || filter_fail(p, "%.60s: not a time such as 10us or 1ms", p->word);
    return vfu_parse_instant(p->word, number, number == &n->low ? &n->low_since_start : &n->high_since_start) ||
           filter_fail(p, "%.60s: not a time since the start (0.25, 250ms), nor a quoted date with time and zone", p->word);
}

static bool parse_typed(struct filter_parser *p, struct filter_node *n, const struct vfu_name *names, uint64_t *number)
{
    switch (n->type) {
    case TYPE_TIME:
        return parse_time(p, n, number);
    case TYPE_REGISTER:
        return parse_register(p, n, number);
    case TYPE_WORD:
    case TYPE_STRING:
        take_name(p, n);
        return true;
    default:
        return n->subject == SUBJECT_BITS ? parse_bits(p, n, number) : parse_number(p, n, names, number);
    }
}

bool filter_parse_value(struct filter_parser *p, struct filter_node *n, const struct vfu_name *names, uint64_t *number)
{
    if (filter_at_cursor(p))
        return filter_offer_values(p, n);
    if (!need_word(p) || !parse_typed(p, n, names, number))
        return false;
    filter_advance(p);
    return true;
}

bool filter_parse_range(struct filter_parser *p, struct filter_node *n, const struct vfu_name *names)
{
    if (!filter_parse_value(p, n, names, &n->low))
        return false;
    if (!filter_word_is(p, "..", NULL))
        return filter_fail(p, "in needs a range, A..B");
    filter_advance(p);
    return filter_parse_value(p, n, names, &n->high) &&
           (n->low <= n->high || n->low_since_start != n->high_since_start || filter_fail(p, "the range is empty"));
}

bool filter_parse_contained(struct filter_parser *p, struct filter_node *n)
{
    if (!need_word(p))
        return false;
    if (n->type == TYPE_BYTES && !parse_hex(n, p->word))
        return filter_fail(p, "%.60s: not hex of at most %d bytes", p->word, FILTER_BYTES);
    if (n->type != TYPE_BYTES)
        take_name(p, n);
    if (!n->size || n->size > FILTER_TEXT)
        return filter_fail(p, n->size ? "it is too long" : "nothing is contained everywhere");
    if (p->early && n->type == TYPE_REGISTER)
        return filter_fail(p, "registers have no names before plugins see a message, once it was passed on");
    filter_advance(p);
    return true;
}

bool filter_parse_mask(struct filter_parser *p, struct filter_node *n)
{
    if (!need_word(p))
        return false;
    if (!vfu_parse_number(p->word, &n->mask))
        return filter_fail(p, "%.60s: a mask is a number; a flag is asked for by name with ==", p->word);
    filter_advance(p);
    return true;
}
