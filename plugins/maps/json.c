/*
 * Our own format of register maps, JSON: vfuscope-registers(5).
 */
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"
#include "plugins/maps/inside.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 200, WIDEST = 8 };

/* What is read, and where that stands in the file. */
struct reading {
    struct maps_making *m;
    char path[PATH];
    uint8_t widths; /* that the map, or the region, says for all its registers */
};

/* "regions.bar0.registers[3].width: why" */
__attribute__((format(printf, 3, 4))) static bool wrong(const struct reading *r, const char *member, const char *format, ...)
{
    char why[160];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return vfu_fail(r->m->error, 0, "%s%s%.60s%s%s", r->path, r->path[0] && member[0] ? "." : "", member,
                    r->path[0] || member[0] ? ": " : "", why);
}

static size_t go_into(struct reading *r, const char *member, int index)
{
    size_t before = strlen(r->path);

    if (member[0])
        snprintf(r->path + before, PATH - before, "%s%.60s", before ? "." : "", member);
    if (index >= 0) {
        size_t used = strlen(r->path);

        snprintf(r->path + used, PATH - used, "[%d]", index);
    }
    return before;
}

static void go_back(struct reading *r, size_t before)
{
    r->path[before] = '\0';
}

static const cJSON *get(const cJSON *object, const char *member)
{
    return cJSON_GetObjectItemCaseSensitive(object, member);
}

static bool is_word_of(const char *words, const char *word)
{
    size_t size = strlen(word);

    for (; *words; words += strcspn(words, " "), words += strspn(words, " "))
        if (strcspn(words, " ") == size && strncmp(words, word, size) == 0)
            return true;
    return false;
}

/* Members that nobody reads are likely mistyped; those that begin with $ or x- are somebody else's. */
static void look_for_others(const struct reading *r, const cJSON *object, const char *known)
{
    char text[PATH + VFU_NEAR_TEXT + 100], near[VFU_NEAR_TEXT];
    const cJSON *child;

    cJSON_ArrayForEach(child, object) {
        const char *name = child->string ? child->string : "";

        if (is_word_of(known, name) || name[0] == '$' || strncmp(name, "x-", 2) == 0)
            continue;
        snprintf(text, sizeof text, "%s%s%.60s: no member that is known%s", r->path, r->path[0] ? "." : "", name,
                 vfu_near_words(name, known, near));
        maps_remark(r->m, text);
    }
}

static bool is_object(const struct reading *r, const cJSON *node, const char *known)
{
    if (!cJSON_IsObject(node))
        return wrong(r, "", "an object is expected");
    look_for_others(r, node, known);
    return true;
}

/* --- values --- */

static bool number_of(const cJSON *node, uint64_t *number)
{
    if (cJSON_IsString(node))
        return isdigit((unsigned char)*node->valuestring) && vfu_parse_number(node->valuestring, number);
    if (!cJSON_IsNumber(node) || !(node->valuedouble >= 0 && node->valuedouble <= 9007199254740992.0) ||
        (double)(uint64_t)node->valuedouble != node->valuedouble)
        return false;
    *number = (uint64_t)node->valuedouble;
    return true;
}

/* A number, if the member is there; most: the highest. *given says whether it is. */
static bool take_number(const struct reading *r, const cJSON *object, const char *member, uint64_t most, uint64_t *number, bool *given)
{
    const cJSON *node = get(object, member);

    *given = node;
    if (!node)
        return true;
    if (!number_of(node, number))
        return wrong(r, member, "a number is expected: 32, or \"0x20\"");
    return *number <= most || wrong(r, member, "more than 0x%llx", (unsigned long long)most);
}

/* A text of the map's, if the member is there; else NULL. */
static bool take_text(const struct reading *r, const cJSON *object, const char *member, const char **text)
{
    const cJSON *node = get(object, member);

    *text = NULL;
    if (!node)
        return true;
    if (!cJSON_IsString(node))
        return wrong(r, member, "a string is expected");
    *text = vfu_devmap_text(r->m->map, node->valuestring);
    return *text || wrong(r, member, "out of memory");
}

/* A word of a list, if the member is there. */
static bool take_word(const struct reading *r, const cJSON *object, const char *member, const struct vfu_name *names, uint8_t *value)
{
    const cJSON *node = get(object, member);
    char list[160] = "", near[VFU_NEAR_TEXT];
    uint64_t found;

    if (!node)
        return true;
    for (const struct vfu_name *n = names; n->name; n++) {
        if (cJSON_IsString(node) && strcmp(n->name, node->valuestring) == 0) {
            *value = (uint8_t)n->value;
            return true;
        }
        found = strlen(list);
        snprintf(list + found, sizeof list - found, "%s%s", found ? " " : "", n->name);
    }
    return wrong(r, member, "one of %s is expected%s", list,
                 cJSON_IsString(node) ? vfu_near_words(node->valuestring, list, near) : "");
}

static bool take_name(const struct reading *r, const cJSON *object, const char **name)
{
    const cJSON *node = get(object, "name");

    if (!cJSON_IsString(node))
        return wrong(r, "name", node ? "a string is expected" : "it is missing");
    if (!maps_is_name(node->valuestring))
        return wrong(r, "name", "letters, digits, _, - and . are expected, %d at most", VFU_DEVMAP_NAME / 2 - 1);
    *name = node->valuestring;
    return true;
}

static bool width_bit(const cJSON *node, uint8_t *widths)
{
    uint64_t n;

    if (!number_of(node, &n) || (n != 1 && n != 2 && n != 4 && n != 8))
        return false;
    *widths |= (uint8_t)(1u << __builtin_ctzll(n));
    return true;
}

/* The widths of accesses that are right: a number or several. */
static bool take_widths(const struct reading *r, const cJSON *object, uint8_t *widths)
{
    const cJSON *node = get(object, "widths"), *child;
    bool good = true;

    if (!node)
        return true;
    *widths = 0;
    if (cJSON_IsArray(node) && node->child) {
        cJSON_ArrayForEach(child, node)
            good = good && width_bit(child, widths);
    } else {
        good = width_bit(node, widths);
    }
    return good || wrong(r, "widths", "1, 2, 4 or 8 is expected, or a list of these");
}

/* --- fields --- */

static bool read_value(const struct reading *r, const cJSON *node, struct vfu_register_value *to, unsigned bits)
{
    if (!node->string || !vfu_parse_number(node->string, &to->value))
        return wrong(r, node->string ? node->string : "", "a number is expected as the member's name");
    if (bits < 64 && to->value >> bits)
        return wrong(r, node->string, "the field has %u bit%s", bits, bits == 1 ? "" : "s");
    if (!cJSON_IsString(node) || !node->valuestring[0])
        return wrong(r, node->string, "a name is expected");
    to->name = vfu_devmap_text(r->m->map, node->valuestring);
    return to->name || wrong(r, node->string, "out of memory");
}

static bool read_values(struct reading *r, const cJSON *object, struct vfu_register_field *f)
{
    const cJSON *node = get(object, "values"), *child;
    size_t before = go_into(r, "values", -1);
    int count = node ? cJSON_GetArraySize(node) : 0;
    struct vfu_register_value *values;
    bool good = true;

    if (node && !cJSON_IsObject(node))
        return wrong(r, "", "an object is expected: {\"0\": \"idle\"}");
    if (count > VFU_DEVMAP_VALUES)
        return wrong(r, "", "more than %d", VFU_DEVMAP_VALUES);
    if (count) {
        values = vfu_devmap_room(r->m->map, (size_t)count, sizeof *values);
        if (!values)
            return wrong(r, "", "out of memory");
        f->values = values;
        cJSON_ArrayForEach(child, node) {
            if (!good)
                break;
            good = read_value(r, child, &values[f->value_count++], f->bits);
        }
    }
    if (good)
        go_back(r, before);
    return good;
}

static bool read_bits(const struct reading *r, const cJSON *object, unsigned width, struct vfu_register_field *f)
{
    const cJSON *node = get(object, "bits");
    unsigned low = 0, bits = 0;
    uint64_t n = 0;

    if (!node)
        return wrong(r, "bits", "it is missing");
    if (cJSON_IsString(node) ? !maps_parse_bits(node->valuestring, &low, &bits) : !number_of(node, &n) || n > 63)
        return wrong(r, "bits", "\"7:4\" or \"3\" is expected, the high one first");
    if (!cJSON_IsString(node)) {
        low = (unsigned)n;
        bits = 1;
    }
    if (low + bits > 8 * width)
        return wrong(r, "bits", "the register has %u, from 0 to %u", 8 * width, 8 * width - 1);
    f->low = (uint8_t)low;
    f->bits = (uint8_t)bits;
    return true;
}

static bool read_field(struct reading *r, const cJSON *node, unsigned width, struct vfu_register_field *f, const char **unit,
                       const char **help)
{
    uint8_t access;

    if (!is_object(r, node, "name bits values description unit access") || !take_text(r, node, "name", &f->name))
        return false;
    if (!f->name || !f->name[0])
        return wrong(r, "name", "it is missing");
    if (strlen(f->name) >= VFU_DEVMAP_NAME / 2)
        return wrong(r, "name", "more than %d characters", VFU_DEVMAP_NAME / 2 - 1);
    return read_bits(r, node, width, f) && read_values(r, node, f) && take_text(r, node, "unit", unit) &&
           take_text(r, node, "description", help) && take_word(r, node, "access", vfu_register_access_names, &access);
}

static bool read_fields(struct reading *r, const cJSON *object, struct vfu_devmap_register *reg)
{
    const cJSON *node = get(object, "fields"), *child;
    int count = cJSON_IsArray(node) ? cJSON_GetArraySize(node) : 0, i = 0;
    struct vfu_register_field *fields;
    const char **units, **helps;

    if (node && !cJSON_IsArray(node))
        return wrong(r, "fields", "a list is expected");
    if (count > VFU_DEVMAP_FIELDS)
        return wrong(r, "fields", "more than %d", VFU_DEVMAP_FIELDS);
    if (!count)
        return true;
    fields = vfu_devmap_room(r->m->map, (size_t)count, sizeof *fields);
    units = vfu_devmap_room(r->m->map, (size_t)count, sizeof *units);
    helps = vfu_devmap_room(r->m->map, (size_t)count, sizeof *helps);
    if (!fields || !units || !helps)
        return wrong(r, "fields", "out of memory");
    cJSON_ArrayForEach(child, node) {
        size_t before = go_into(r, "fields", i);

        if (!read_field(r, child, reg->reg.width, &fields[i], &units[i], &helps[i]))
            return false;
        go_back(r, before);
        i++;
    }
    reg->reg.fields = fields;
    reg->reg.field_count = (uint16_t)count;
    reg->units = units;
    reg->helps = helps;
    return true;
}

/* --- registers, and blocks of them --- */

static bool read_place(const struct reading *r, const cJSON *node, struct maps_level *l, unsigned width)
{
    uint64_t n = 0;
    bool given;

    *l = (struct maps_level){ 0 };
    if (!take_name(r, node, &l->name) || !take_number(r, node, "offset", UINT64_MAX, &l->offset, &given))
        return false;
    if (!given)
        return wrong(r, "offset", "it is missing");
    if (!take_number(r, node, "count", UINT32_MAX, &n, &given))
        return false;
    if (given && !n)
        return wrong(r, "count", "1 or more is expected");
    l->count = given ? (uint32_t)n : 0;
    if (!take_number(r, node, "stride", UINT64_MAX, &l->stride, &given))
        return false;
    if (given && !l->count)
        return wrong(r, "stride", "without a count it means nothing");
    if (given && l->stride < width)
        return wrong(r, "stride", "%llu bytes are less than %s", (unsigned long long)l->stride,
                     width ? "the register has" : "anything in the block has");
    if (!given && l->count && !width)
        return wrong(r, "stride", "it is missing");
    return true;
}

static bool read_plain(struct reading *r, const cJSON *node, struct maps_register *reg)
{
    struct vfu_devmap_register *as = &reg->as;
    const cJSON *changes = get(node, "read_changes");
    bool given;

    as->widths = r->widths;
    if (!take_word(r, node, "access", vfu_register_access_names, &as->access) ||
        !take_word(r, node, "role", vfu_register_role_names, &as->role) ||
        !take_number(r, node, "reset", as->reg.width < WIDEST ? ((uint64_t)1 << 8 * as->reg.width) - 1 : UINT64_MAX, &as->reset,
                     &as->has_reset) ||
        !take_text(r, node, "description", &as->reg.help) || !take_text(r, node, "unit", &as->unit) ||
        !take_text(r, node, "length", &reg->length) || !take_text(r, node, "high", &reg->high) || !take_widths(r, node, &as->widths))
        return false;
    given = as->role == VFU_ROLE_DMA_ADDRESS || as->role == VFU_ROLE_DMA_LOW;
    if (reg->length && !given)
        return wrong(r, "length", "only of a register with the role dma_address or dma_low");
    if (reg->high && as->role != VFU_ROLE_DMA_LOW)
        return wrong(r, "high", "only of a register with the role dma_low");
    if (changes && !cJSON_IsBool(changes))
        return wrong(r, "read_changes", "true or false is expected");
    as->reg.flags = (uint8_t)(maps_flags_of(as->access) | (cJSON_IsTrue(changes) ? VFU_REGISTER_READ_CHANGES : 0));
    return true;
}

static bool read_register(struct reading *r, const cJSON *node)
{
    struct maps_making *m = r->m;
    struct maps_register reg = { 0 };
    uint64_t width = 4;
    bool given;

    look_for_others(r, node, "name offset width access reset description fields count stride role unit widths length high read_changes");
    if (!take_number(r, node, "width", UINT64_MAX, &width, &given))
        return false;
    if (width != 1 && width != 2 && width != 4 && width != 8)
        return wrong(r, "width", "1, 2, 4 or 8 is expected, in bytes");
    reg.as.reg.width = (uint8_t)width;
    if (!read_place(r, node, &m->levels[m->level_count], (unsigned)width) || !read_plain(r, node, &reg) ||
        !read_fields(r, node, &reg.as))
        return false;
    m->level_count++;
    if (!maps_add(m, &reg)) {
        char why[160];

        snprintf(why, sizeof why, "%.150s", m->error->text);
        return wrong(r, "", "%s", why);
    }
    m->level_count--;
    return true;
}

static bool read_registers(struct reading *r, const cJSON *object);

static bool read_block(struct reading *r, const cJSON *node)
{
    struct maps_making *m = r->m;
    uint8_t widths = r->widths;

    look_for_others(r, node, "name offset count stride registers widths description");
    if (m->level_count == MAPS_DEPTH)
        return wrong(r, "registers", "more than %d blocks within each other", MAPS_DEPTH);
    if (!read_place(r, node, &m->levels[m->level_count], 0) || !take_widths(r, node, &r->widths))
        return false;
    m->level_count++;
    if (!read_registers(r, node))
        return false;
    m->level_count--;
    r->widths = widths;
    return true;
}

static bool read_registers(struct reading *r, const cJSON *object)
{
    const cJSON *list = get(object, "registers"), *node;
    int i = 0;

    if (!cJSON_IsArray(list))
        return wrong(r, "registers", list ? "a list is expected" : "it is missing");
    cJSON_ArrayForEach(node, list) {
        size_t before = go_into(r, "registers", i++);

        if (!cJSON_IsObject(node))
            return wrong(r, "", "an object is expected");
        if (!(get(node, "registers") ? read_block(r, node) : read_register(r, node)))
            return false;
        go_back(r, before);
    }
    return true;
}

/* --- the map --- */

static bool read_region(struct reading *r, const cJSON *node, bool is_only)
{
    struct maps_making *m = r->m;
    uint8_t widths = r->widths;
    uint64_t region;

    if (!vfu_parse_named(vfu_region_names, node->string ? node->string : "", &region) || region >= UINT32_MAX)
        return wrong(r, node->string ? node->string : "", "no region (bar0 to bar5, rom, config, vga or a number)");
    if (m->how->has_region && !is_only)
        return wrong(r, "", "it has several, and region= says where one is to lie");
    m->region = m->how->has_region ? m->how->region : (uint32_t)region;
    go_into(r, node->string, -1);
    if (!is_object(r, node, "registers widths description") || !take_widths(r, node, &r->widths) || !read_registers(r, node))
        return false;
    r->widths = widths;
    return true;
}

static bool read_regions(struct reading *r, const cJSON *root)
{
    const cJSON *regions = get(root, "regions"), *node;

    if (!cJSON_IsObject(regions))
        return wrong(r, "regions", regions ? "an object is expected: {\"bar0\": {\"registers\": [...]}}" : "it is missing");
    cJSON_ArrayForEach(node, regions) {
        size_t before = go_into(r, "regions", -1);

        if (!read_region(r, node, node == regions->child && !node->next))
            return false;
        go_back(r, before);
    }
    return true;
}

/* "1234:11e8", "1234:*" */
static bool read_ids(const char *text, struct vfu_devmap_claim *c)
{
    char *end;

    c->vendor = (uint32_t)strtoul(text, &end, 16);
    if (end != text + 4 || *end != ':' || !isxdigit((unsigned char)text[0]))
        return false;
    text = end + 1;
    c->device = UINT32_MAX;
    if (strcmp(text, "*") == 0)
        return true;
    c->device = (uint32_t)strtoul(text, &end, 16);
    return end == text + 4 && !*end && isxdigit((unsigned char)text[0]);
}

static bool add_ids(struct reading *r, const cJSON *node, int index)
{
    struct vfu_devmap *map = r->m->map;
    size_t before = go_into(r, "pci", index);

    if (!cJSON_IsString(node) || !read_ids(node->valuestring, &map->claims[map->claim_count]))
        return wrong(r, "", "vendor and device are expected as four hex digits each: \"1234:11e8\", or \"1234:*\"");
    map->claim_count++;
    go_back(r, before);
    return true;
}

static bool read_pci(struct reading *r, const cJSON *root)
{
    const cJSON *pci = get(root, "pci"), *node;
    int i = 0;

    if (!pci || !cJSON_IsArray(pci))
        return !pci || add_ids(r, pci, -1);
    if (cJSON_GetArraySize(pci) > VFU_DEVMAP_CLAIMS)
        return wrong(r, "pci", "more than %d", VFU_DEVMAP_CLAIMS);
    cJSON_ArrayForEach(node, pci)
        if (!add_ids(r, node, i++))
            return false;
    return true;
}

/* "0x010802"; "0x01" and "0x0108" are all that begin so. It counts where no ids say more. */
static bool read_class(struct reading *r, const cJSON *root)
{
    const cJSON *node = get(root, "class");
    struct vfu_devmap *map = r->m->map;
    struct vfu_devmap_claim c = { UINT32_MAX, UINT32_MAX, 0, 0xffffff };
    size_t digits = cJSON_IsString(node) ? strlen(node->valuestring) : 0;
    uint64_t n = 0;

    if (!node)
        return true;
    if (cJSON_IsString(node) && ((digits != 4 && digits != 6 && digits != 8) || strncmp(node->valuestring, "0x", 2) != 0))
        n = UINT64_MAX;
    if (n || !number_of(node, &n) || n > 0xffffff)
        return wrong(r, "class", "2, 4 or 6 hex digits are expected: \"0x010802\"");
    if (digits) {
        c.class_mask = 0xffffff & ~(uint32_t)(((uint64_t)1 << 4 * (8 - digits)) - 1);
        n <<= 4 * (8 - digits);
    }
    c.class_code = (uint32_t)n;
    if (!map->claim_count)
        map->claims[map->claim_count++] = c;
    return true;
}

static bool read_map(struct reading *r, const cJSON *root)
{
    struct maps_making *m = r->m;
    const char *name;

    if (!is_object(r, root, "name pci class description regions widths") || !take_name(r, root, &name) ||
        !take_text(r, root, "description", &m->map->help) || !take_widths(r, root, &r->widths))
        return false;
    m->map->name = vfu_devmap_text(m->map, name);
    if (!m->map->name)
        return wrong(r, "name", "out of memory");
    m->levels[0] = (struct maps_level){ .name = name };
    m->level_count = 1;
    return read_pci(r, root) && read_class(r, root) && read_regions(r, root);
}

/* Line and column, in characters, of a place in the text. */
static bool syntax(struct vfu_error *error, const char *bytes, const char *at, const char *what)
{
    unsigned line = 1, column = 1;

    for (; bytes < at; bytes++) {
        if (*bytes == '\n') {
            line++;
            column = 1;
        } else {
            column += ((uint8_t)*bytes & 0xc0) != 0x80;
        }
    }
    return vfu_fail(error, 0, "line %u, column %u: %s", line, column, what);
}

bool maps_json(struct maps_making *m, const char *bytes, size_t size)
{
    struct reading r = { .m = m };
    const char *end = bytes, *what;
    cJSON *root;
    bool good;

    if (size > MAPS_JSON_BYTES)
        return vfu_fail(m->error, 0, "more than %d MiB", MAPS_JSON_BYTES >> 20);
    root = cJSON_ParseWithLengthOpts(bytes, size, &end, 0);
    while (root && end < bytes + size && isspace((unsigned char)*end))
        end++;
    if (root && end == bytes + size) {
        good = read_map(&r, root);
    } else {
        end = maps_json_fault(bytes, size, &what);
        good = syntax(m->error, bytes, end, what);
    }
    cJSON_Delete(root);
    return good;
}
