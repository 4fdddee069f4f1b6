/*
 * Registers that are kept for the program's life: events that name them may outlive the plugins, maps and captures that they come
 * from. Equal ones are one.
 */
#include "decoder/registers/registers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* So many, and so many bytes of them: more are a plugin's or a capture's that makes them up. */
enum { KEPT = 8192, SLOTS = 2 * KEPT, PROBES = 64, KEPT_BYTES = 16 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* captures are read by several threads */
static const struct vfu_register *kept[SLOTS];
static unsigned kept_count;
static size_t kept_bytes;

static uint64_t add_hash(uint64_t hash, const void *bytes, size_t size)
{
    for (const uint8_t *b = bytes, *end = b + size; b < end; b++)
        hash = (hash ^ *b) * 0x100000001b3;
    return hash;
}

static uint64_t hash_of(const struct vfu_register *r)
{
    uint64_t hash = add_hash(0xcbf29ce484222325, r->name, strlen(r->name) + 1);

    for (unsigned i = 0; i < r->field_count; i++) {
        const struct vfu_register_field *f = &r->fields[i];

        hash = add_hash(hash, f->name, strlen(f->name) + 1);
        hash = add_hash(hash, (const uint8_t[]){ f->low, f->bits, (uint8_t)f->value_count }, 3);
    }
    return hash;
}

static bool is_same_field(const struct vfu_register_field *a, const struct vfu_register_field *b)
{
    if (a->low != b->low || a->bits != b->bits || a->value_count != b->value_count || strcmp(a->name, b->name) != 0)
        return false;
    for (unsigned i = 0; i < a->value_count; i++)
        if (a->values[i].value != b->values[i].value || strcmp(a->values[i].name, b->values[i].name) != 0)
            return false;
    return true;
}

/* What they say of an access is the same. */
static bool is_same(const struct vfu_register *a, const struct vfu_register *b)
{
    if (a->width != b->width || a->flags != b->flags || a->field_count != b->field_count || strcmp(a->name, b->name) != 0)
        return false;
    for (unsigned i = 0; i < a->field_count; i++)
        if (!is_same_field(&a->fields[i], &b->fields[i]))
            return false;
    return true;
}

static const char *copy_text(char **room, const char *text)
{
    size_t size = strlen(text) + 1;
    char *to = memcpy(*room, text, size);

    *room += size;
    return to;
}

/* In one piece: register, fields, values, texts. */
static struct vfu_register *copy(const struct vfu_register *r, size_t *size)
{
    size_t texts = strlen(r->name) + 1 + (r->help ? strlen(r->help) + 1 : 0), value_count = 0;
    struct vfu_register *to;
    struct vfu_register_field *fields;
    struct vfu_register_value *values;
    char *text;

    for (unsigned i = 0; i < r->field_count; i++) {
        texts += strlen(r->fields[i].name) + 1;
        value_count += r->fields[i].value_count;
        for (unsigned v = 0; v < r->fields[i].value_count; v++)
            texts += strlen(r->fields[i].values[v].name) + 1;
    }
    *size = sizeof *to + r->field_count * sizeof *fields + value_count * sizeof *values + texts;
    to = *size > KEPT_BYTES - kept_bytes ? NULL : malloc(*size);
    if (!to)
        return NULL;
    *to = *r;
    fields = (struct vfu_register_field *)(to + 1);
    values = (struct vfu_register_value *)(fields + r->field_count);
    text = (char *)(values + value_count);
    to->fields = fields;
    to->name = copy_text(&text, r->name);
    to->help = r->help ? copy_text(&text, r->help) : NULL;
    for (unsigned i = 0; i < r->field_count; i++) {
        fields[i] = r->fields[i];
        fields[i].name = copy_text(&text, r->fields[i].name);
        fields[i].values = values;
        for (unsigned v = 0; v < r->fields[i].value_count; v++, values++)
            *values = (struct vfu_register_value){ r->fields[i].values[v].value, copy_text(&text, r->fields[i].values[v].name) };
    }
    return to;
}

static const struct vfu_register *keep(const struct vfu_register *r)
{
    size_t at = hash_of(r) % SLOTS, size = 0;
    struct vfu_register *new;

    for (unsigned i = 0; kept[at] && i < PROBES; i++, at = (at + 1) % SLOTS)
        if (is_same(kept[at], r))
            return kept[at];
    new = kept_count < KEPT && !kept[at] ? copy(r, &size) : NULL;
    if (!new)
        return NULL;
    kept[at] = new;
    kept_count++;
    kept_bytes += size;
    return new;
}

const struct vfu_register *vfu_register_keep(const struct vfu_register *r)
{
    const struct vfu_register *found;

    pthread_mutex_lock(&lock);
    found = keep(r);
    pthread_mutex_unlock(&lock);
    return found;
}
