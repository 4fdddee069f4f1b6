/*
 * CMSIS-SVD, the XML in which vendors of chips describe registers: peripherals with clusters and registers in them. svdtree.c reads
 * it, as far as it matters here, and finds what is derived from what.
 */
#include "plugins/maps/svd.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a peripheral, a cluster or the device says for all its registers. */
struct defaults {
    unsigned bits;
    uint8_t access; /* enum vfu_register_access */
    bool has_reset;
    uint64_t reset;
};

static bool read_list(struct svd *s, const struct svd_node *of, const struct defaults *above, unsigned depth);

/* "UART0.CR: why" */
static bool wrong(struct svd *s, const struct svd_node *node, const char *what, const char *why)
{
    return svd_wrong(s, node, what, why);
}

/* --- values --- */

/* 10, 0x10, #101, 0b101, true, false; x in binary is any: 0. */
static bool parse(const char *text, uint64_t *number)
{
    bool binary = text[0] == '#' || (text[0] == '0' && (text[1] == 'b' || text[1] == 'B'));
    char *end;

    *number = 0;
    if (binary) {
        text += text[0] == '#' ? 1 : 2;
        if (strlen(text) > 64 || !*text)
            return false;
        for (; *text; text++) {
            if (!strchr("01xX", *text))
                return false;
            *number = *number << 1 | (*text == '1');
        }
        return true;
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        *number = *text == 't';
        return true;
    }
    if (!isdigit((unsigned char)*text))
        return false;
    /* A 0 in front does not mean octal here. */
    *number = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
    return !*end;
}

/* A number, if the element is there. */
static bool take(struct svd *s, const struct svd_node *node, enum svd_tag tag, uint64_t *number, bool *given)
{
    const struct svd_node *found = svd_get(s, node, tag);

    *given = found && found->text[0];
    if (!*given)
        return true;
    return parse(found->text, number) || wrong(s, node, svd_tag_name(tag), "a number is expected");
}

static bool take_access(struct svd *s, const struct svd_node *node, uint8_t *access)
{
    static const struct vfu_name names[] = {
        { VFU_ACCESS_RO, "read-only" }, { VFU_ACCESS_WO, "write-only" }, { VFU_ACCESS_RW, "read-write" },
        { VFU_ACCESS_WO, "writeOnce" }, { VFU_ACCESS_RW, "read-writeOnce" }, { 0, NULL },
    };
    const struct svd_node *found = svd_get(s, node, SVD_ACCESS), *changes = svd_get(s, node, SVD_MODIFIED_WRITE_VALUES);
    uint64_t value = *access;

    if (found && !vfu_name_value(names, found->text, &value))
        return wrong(s, node, "access", "read-only, write-only, read-write, writeOnce or read-writeOnce is expected");
    if (changes && strcmp(changes->text, "oneToClear") == 0 && value == VFU_ACCESS_RW)
        value = VFU_ACCESS_RW1C;
    *access = (uint8_t)value;
    return true;
}

static bool take_defaults(struct svd *s, const struct svd_node *node, struct defaults *d)
{
    uint64_t bits = d->bits;
    bool given, reset = false;

    if (!take(s, node, SVD_SIZE, &bits, &given) || !take(s, node, SVD_RESET_VALUE, &d->reset, &reset) ||
        !take_access(s, node, &d->access))
        return false;
    d->has_reset |= reset;
    if (bits < 1 || bits > 64)
        return wrong(s, node, "size", "1 to 64 bits are expected");
    d->bits = (unsigned)bits;
    return true;
}

static const char *text_of(struct svd *s, const struct svd_node *node, enum svd_tag tag)
{
    const struct svd_node *found = svd_get(s, node, tag);

    return found && found->text[0] ? found->text : NULL;
}

static bool keep(struct svd *s, const struct svd_node *node, const char *text, const char **kept)
{
    *kept = text ? vfu_devmap_text(s->m->map, text) : NULL;
    return *kept || !text || wrong(s, node, "", "it has more than fits into a map, or out of memory");
}

/* --- fields --- */

static bool read_bits(struct svd *s, const struct svd_node *node, struct vfu_register_field *f, unsigned width)
{
    const char *range = text_of(s, node, SVD_BIT_RANGE);
    uint64_t low = 0, bits = 1, high = 0;
    bool given, has_high = false, has_bits = false;
    unsigned a = 0, b = 0;

    if (range) {
        char inner[16] = "";
        size_t size = strlen(range);

        if (size > 2 && size < sizeof inner && range[0] == '[' && range[size - 1] == ']')
            memcpy(inner, range + 1, size - 2);
        if (!maps_parse_bits(inner, &a, &b))
            return wrong(s, node, "bitRange", "[MSB:LSB] is expected");
        low = a;
        bits = b;
    } else if (!take(s, node, SVD_LSB, &low, &given) || !take(s, node, SVD_MSB, &high, &has_high)) {
        return false;
    } else if (given && has_high) {
        bits = high - low + 1;
    } else if (!take(s, node, SVD_BIT_OFFSET, &low, &given) || !take(s, node, SVD_BIT_WIDTH, &bits, &has_bits)) {
        return false;
    } else if (!given) {
        return wrong(s, node, "", "where its bits are is missing: bitOffset and bitWidth, lsb and msb, or bitRange");
    }
    if (!bits || bits > 64 || low > 63 || low + bits > 8 * width)
        return wrong(s, node, "", "its bits are not in the register");
    f->low = (uint8_t)low;
    f->bits = (uint8_t)bits;
    return true;
}

/* enumeratedValues: names of values; those for reading, if there are others for writing. */
static const struct svd_node *values_of(struct svd *s, const struct svd_node *field)
{
    const struct svd_node *found = NULL;

    for (const struct svd_node *n = svd_children(field); n; n = n->next) {
        const char *usage = n->tag == SVD_ENUMERATED_VALUES ? text_of(s, n, SVD_USAGE) : NULL;

        if (n->tag == SVD_ENUMERATED_VALUES && (!found || !usage || strcmp(usage, "write") != 0))
            found = n;
    }
    return found;
}

static bool read_values(struct svd *s, const struct svd_node *node, struct vfu_register_field *f)
{
    const struct svd_node *values = values_of(s, node);
    struct vfu_register_value *to;
    size_t count = 0;

    for (const struct svd_node *n = values ? svd_children(values) : NULL; n; n = n->next)
        count += n->tag == SVD_ENUMERATED_VALUE && text_of(s, n, SVD_VALUE) && text_of(s, n, SVD_NAME);
    if (!count)
        return true;
    if (count > VFU_DEVMAP_VALUES)
        return wrong(s, node, "", "too many enumerated values");
    to = vfu_devmap_room(s->m->map, count, sizeof *to);
    if (!to)
        return wrong(s, node, "", "it has more than fits into a map, or out of memory");
    f->values = to;
    for (const struct svd_node *n = svd_children(values); n; n = n->next) {
        const char *value = n->tag == SVD_ENUMERATED_VALUE ? text_of(s, n, SVD_VALUE) : NULL, *name = value ? text_of(s, n, SVD_NAME) : NULL;

        if (!name)
            continue;
        if (!parse(value, &to->value))
            return wrong(s, node, "enumeratedValue", "a number is expected as value");
        if (!keep(s, node, name, &to->name))
            return false;
        to++;
        f->value_count++;
    }
    return true;
}

/* A field, or each of an array of fields; false: a mistake, or there are too many. */
static bool read_field(struct svd *s, const struct svd_node *node, struct vfu_register_field *fields, uint16_t *count, unsigned width)
{
    struct vfu_register_field f = { 0 };
    struct svd_dim dim;
    char name[VFU_DEVMAP_NAME];

    if (!svd_read_dim(s, node, &dim) || !read_bits(s, node, &f, width) || !read_values(s, node, &f))
        return false;
    for (uint32_t i = 0; i < (dim.count ? dim.count : 1); i++) {
        if (*count == VFU_DEVMAP_FIELDS)
            return wrong(s, node, "", "the register has too many fields");
        if (f.low + f.bits > 8u * width)
            return wrong(s, node, "", "its bits are not in the register");
        svd_name_of(&dim, svd_name(node), i, name);
        fields[*count] = f;
        if (!keep(s, node, name, &fields[*count].name))
            return false;
        ++*count;
        f.low = (uint8_t)(f.low + (dim.stride < 64 ? dim.stride : 64));
    }
    return true;
}

static bool read_fields(struct svd *s, const struct svd_node *reg, struct vfu_register *to)
{
    struct vfu_register_field fields[VFU_DEVMAP_FIELDS], *kept;
    const struct svd_node *list = svd_get(s, reg, SVD_FIELDS);

    for (const struct svd_node *n = list ? svd_children(list) : NULL; n; n = n->next)
        if (n->tag == SVD_FIELD && svd_name(n)[0] && !read_field(s, n, fields, &to->field_count, to->width))
            return false;
    if (!to->field_count)
        return true;
    kept = vfu_devmap_room(s->m->map, to->field_count, sizeof *kept);
    if (!kept)
        return wrong(s, reg, "", "it has more than fits into a map, or out of memory");
    memcpy(kept, fields, to->field_count * sizeof *kept);
    to->fields = kept;
    return true;
}

/* --- registers and clusters --- */

static bool push(struct svd *s, const struct svd_node *node, uint64_t offset)
{
    struct svd_dim dim;

    if (s->m->level_count >= MAPS_DEPTH)
        return wrong(s, node, "", "too many clusters within each other");
    if (!svd_read_dim(s, node, &dim))
        return false;
    s->m->levels[s->m->level_count++] = (struct maps_level){ .name = svd_name(node), .offset = offset, .count = dim.count,
                                                             .stride = dim.stride, .words = dim.words };
    return true;
}

static bool read_register(struct svd *s, const struct svd_node *node, const struct defaults *above)
{
    const char *effect = text_of(s, node, SVD_READ_ACTION);
    struct defaults d = *above;
    struct maps_register reg = { 0 };
    uint64_t offset = 0;
    bool given;

    if (!take_defaults(s, node, &d) || !take(s, node, SVD_ADDRESS_OFFSET, &offset, &given))
        return false;
    if (!given)
        return wrong(s, node, "addressOffset", "it is missing");
    reg.as = (struct vfu_devmap_register){ .access = d.access, .has_reset = d.has_reset, .reset = d.reset };
    reg.as.reg.width = d.bits > 32 ? 8 : d.bits > 16 ? 4 : d.bits > 8 ? 2 : 1;
    reg.as.reg.flags = (uint8_t)(maps_flags_of(d.access) | (effect ? VFU_REGISTER_READ_CHANGES : 0));
    if (!keep(s, node, text_of(s, node, SVD_DESCRIPTION), &reg.as.reg.help) || !read_fields(s, node, &reg.as.reg) || !push(s, node, offset))
        return false;
    if (!maps_add(s->m, &reg)) {
        char why[256];

        snprintf(why, sizeof why, "%s", s->m->error->text);
        return wrong(s, node, "", why);
    }
    s->m->level_count--;
    return true;
}

static bool read_cluster(struct svd *s, const struct svd_node *node, const struct defaults *above, unsigned depth)
{
    struct defaults d = *above;
    uint64_t offset = 0;
    bool given;

    if (!take_defaults(s, node, &d) || !take(s, node, SVD_ADDRESS_OFFSET, &offset, &given) || !push(s, node, offset) ||
        !read_list(s, node, &d, depth + 1))
        return false;
    s->m->level_count--;
    return true;
}

/* The registers and clusters of an element, and those of what it is derived from. */
static bool read_list(struct svd *s, const struct svd_node *of, const struct defaults *above, unsigned depth)
{
    if (depth > MAPS_DEPTH)
        return wrong(s, of, "", "too many clusters within each other");
    for (const struct svd_node *base = of; base; base = base->base)
        for (const struct svd_node *n = base->children; n; n = n->next) {
            if (++s->steps > SVD_STEPS)
                return wrong(s, of, "", "too much is derived from other elements");
            if ((n->tag != SVD_REGISTER && n->tag != SVD_CLUSTER) || (base != of && svd_has_child(s, of, base, n)))
                continue;
            if (!svd_name(n)[0])
                return wrong(s, of, svd_tag_name(n->tag), "it has no name");
            if (!(n->tag == SVD_REGISTER ? read_register(s, n, above) : read_cluster(s, n, above, depth)))
                return false;
        }
    return true;
}

/* <registers> of a peripheral stands between: its own, or those of what it is derived from. */
static bool read_peripheral(struct svd *s, const struct svd_node *node, const struct defaults *above, uint64_t lowest)
{
    const struct svd_node *registers = svd_get(s, node, SVD_REGISTERS);
    struct defaults d = *above;
    uint64_t base = 0;
    bool given;

    if (!take_defaults(s, node, &d) || !take(s, node, SVD_BASE_ADDRESS, &base, &given))
        return false;
    s->m->level_count = 0;
    if (!push(s, node, base - lowest))
        return false;
    return !registers || read_list(s, registers, &d, 0);
}

static bool lowest_base(struct svd *s, const struct svd_node *list, uint64_t *lowest)
{
    *lowest = UINT64_MAX;
    for (const struct svd_node *n = list->children; n; n = n->next) {
        uint64_t base = 0;
        bool given;

        if (n->tag != SVD_PERIPHERAL)
            continue;
        if (!svd_name(n)[0])
            return wrong(s, n, "peripheral", "it has no name");
        if (!take(s, n, SVD_BASE_ADDRESS, &base, &given))
            return false;
        if (!given)
            return wrong(s, n, "baseAddress", "it is missing");
        *lowest = base < *lowest ? base : *lowest;
    }
    return true;
}

static bool read_device(struct svd *s)
{
    const struct svd_node *list = svd_get(s, s->root, SVD_PERIPHERALS);
    struct defaults d = { .bits = 32 };
    uint64_t lowest;

    if (s->root->tag != SVD_DEVICE)
        return vfu_fail(s->m->error, 0, "no SVD: its outermost element is not <device>");
    if (!keep(s, s->root, svd_name(s->root)[0] ? svd_name(s->root) : "svd", &s->m->map->name) ||
        !keep(s, s->root, text_of(s, s->root, SVD_DESCRIPTION), &s->m->map->help) || !take_defaults(s, s->root, &d))
        return false;
    if (!list)
        return vfu_fail(s->m->error, 0, "it has no <peripherals>");
    if (!lowest_base(s, list, &lowest))
        return false;
    for (const struct svd_node *n = list->children; n; n = n->next)
        if (n->tag == SVD_PERIPHERAL && !read_peripheral(s, n, &d, lowest))
            return false;
    return s->looks <= SVD_LOOKS || vfu_fail(s->m->error, 0, "too much is derived from elements that have too much in them");
}

bool maps_svd(struct maps_making *m, const char *bytes, size_t size)
{
    struct svd s = { .m = m };
    bool good = svd_parse(&s, bytes, size) && svd_derive(&s) && read_device(&s);

    svd_free(&s);
    return good;
}
