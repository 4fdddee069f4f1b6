/*
 * registers --header: #defines of C, each name once.
 */
#include "cli/registers/inside.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 3 * VFU_DEVMAP_NAME };

struct header {
    const struct vfu_devmap *m;
    struct vfu_writer *w;
    char **names; /* that were defined, a table by hash; NULL: free */
    size_t count, slots;
    bool failed;
};

/* As C has names: capitals, digits and _. */
static void mangle(char *to, size_t size, const char *prefix, const char *name)
{
    size_t used = (size_t)snprintf(to, size, "%s%s", prefix, prefix[0] ? "_" : "");

    for (; *name && used + 1 < size; name++) {
        if (isalnum((unsigned char)*name))
            to[used++] = (char)toupper((unsigned char)*name);
        else if (used && to[used - 1] != '_')
            to[used++] = '_';
    }
    while (used && to[used - 1] == '_')
        used--;
    to[used] = '\0';
}

static size_t slot_of(const struct header *h, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325;
    size_t at;

    for (const char *c = name; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
    for (at = hash % h->slots; h->names[at] && strcmp(h->names[at], name) != 0; at = (at + 1) % h->slots)
        ;
    return at;
}

static bool grow(struct header *h)
{
    struct header more = *h;

    if (2 * (h->count + 1) < h->slots)
        return true;
    more.slots = h->slots ? 2 * h->slots : 1024;
    more.names = calloc(more.slots, sizeof *more.names);
    if (!more.names)
        return false;
    for (size_t i = 0; i < h->slots; i++)
        if (h->names[i])
            more.names[slot_of(&more, h->names[i])] = h->names[i];
    free(h->names);
    *h = more;
    return true;
}

/* A line; what has the name of another is left out, and said. */
static void define(struct header *h, const char *name, const char *args, const char *value)
{
    char *copy;
    size_t at;

    if (h->failed || !grow(h)) {
        h->failed = true;
        return;
    }
    at = slot_of(h, name);
    vfu_write_text(h->w, h->names[at] ? "/* there is one already: " : "#define ");
    vfu_write_text(h->w, name);
    vfu_write_text(h->w, args);
    vfu_write_char(h->w, ' ');
    vfu_write_text(h->w, value);
    vfu_write_text(h->w, h->names[at] ? " */\n" : "\n");
    if (h->names[at])
        return;
    copy = strdup(name);
    h->names[at] = copy;
    h->failed = !copy;
    h->count++;
}

static const char *hex(char text[32], uint64_t n)
{
    snprintf(text, 32, n > UINT32_MAX ? "0x%llxull" : "0x%llx", (unsigned long long)n);
    return text;
}

static void put_field(struct header *h, const char *reg, const struct vfu_register_field *f)
{
    uint64_t mask = (f->bits >= 64 ? UINT64_MAX : ((uint64_t)1 << f->bits) - 1) << f->low;
    char field[NAME], name[2 * NAME], value[32];

    mangle(field, sizeof field, reg, f->name);
    snprintf(name, sizeof name, "%s_MASK", field);
    define(h, name, "", hex(value, mask));
    snprintf(name, sizeof name, "%s_SHIFT", field);
    snprintf(value, sizeof value, "%u", f->low);
    define(h, name, "", value);
    for (unsigned v = 0; v < f->value_count; v++) {
        mangle(name, sizeof name, field, f->values[v].name);
        define(h, name, "", hex(value, f->values[v].value));
    }
}

static void put_register(struct header *h, const struct vfu_register_place *p)
{
    char map[NAME], name[NAME], value[96], offset[32], stride[32];

    mangle(map, sizeof map, "", h->m->name);
    mangle(name, sizeof name, map, registers_short_name(h->m, p->reg));
    hex(offset, p->offset);
    if (p->count) {
        snprintf(value, sizeof value, "(%s + (n) * %s)", offset, hex(stride, p->stride ? p->stride : p->reg->width));
        define(h, name, "(n)", value);
    } else {
        define(h, name, "", offset);
    }
    for (unsigned i = 0; i < p->reg->field_count; i++)
        put_field(h, name, &p->reg->fields[i]);
}

bool registers_header(const struct vfu_devmap *m, struct vfu_writer *w)
{
    struct header h = { .m = m, .w = w };
    char guard[NAME];

    mangle(guard, sizeof guard, "", m->name);
    vfu_write_text(w, "/* ");
    vfu_write_text(w, guard); /* the map's name may be any text */
    vfu_write_text(w, ": made by vfuscope registers --header */\n#ifndef ");
    vfu_write_text(w, guard);
    vfu_write_text(w, "_REGISTERS_H\n#define ");
    vfu_write_text(w, guard);
    vfu_write_text(w, "_REGISTERS_H\n");
    for (size_t i = 0; i < m->map.count && !w->failed && !h.failed; i++) {
        if (i == 0 || m->map.places[i - 1].region != m->map.places[i].region) {
            struct vfu_register_place first = { .reg = m->map.places[i].reg, .region = m->map.places[i].region };

            vfu_write_text(w, "\n/* from ");
            registers_put_place(&first, w);
            vfu_write_text(w, " on */\n");
        }
        put_register(&h, &m->map.places[i]);
    }
    vfu_write_text(w, "\n#endif\n");
    for (size_t i = 0; i < h.slots; i++)
        free(h.names[i]);
    free(h.names);
    return !h.failed;
}
