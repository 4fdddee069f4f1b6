/*
 * registers: the list for people.
 */
#include "cli/registers/inside.h"

#include <stdio.h>
#include <string.h>

const char *registers_short_name(const struct vfu_devmap *m, const struct vfu_register *reg)
{
    size_t size = strlen(m->name);

    return strncmp(reg->name, m->name, size) == 0 && reg->name[size] == '.' ? reg->name + size + 1 : reg->name;
}

void registers_put_place(const struct vfu_register_place *p, struct vfu_writer *w)
{
    const char *region = vfu_name_of(vfu_region_names, p->region);

    if (region) {
        vfu_write_text(w, region);
    } else {
        vfu_write_text(w, "region ");
        vfu_write_decimal(w, p->region);
    }
    vfu_write_char(w, '+');
    vfu_write_0x(w, p->offset);
}

/* "edu.status", "edu.ring[0..3]", "adc.ch[0..3].gain" */
static void put_name(const struct vfu_register_place *p, struct vfu_writer *w)
{
    const char *within = strstr(p->reg->name, "[]");
    char index[32];

    snprintf(index, sizeof index, "[0..%u]", p->count ? p->count - 1 : 0);
    vfu_write(w, p->reg->name, within ? (size_t)(within - p->reg->name) : strlen(p->reg->name));
    if (p->count)
        vfu_write_text(w, index);
    if (within)
        vfu_write_text(w, within + 2);
}

static void put_field(const struct vfu_devmap_register *d, unsigned i, struct vfu_writer *w)
{
    const struct vfu_register_field *f = &d->reg.fields[i];
    char bits[16];
    const unsigned high = (unsigned)f->low + f->bits - 1;
    int size = f->bits > 1 ? snprintf(bits, sizeof bits, "%u:%u", high, f->low) : snprintf(bits, sizeof bits, "%u", f->low);

    vfu_write_text(w, "                       ");
    vfu_write(w, bits, (size_t)size);
    vfu_write_text(w, &"      "[size < 5 ? size : 5]);
    vfu_write_text(w, f->name);
    if (d->units && d->units[i]) {
        vfu_write_text(w, ", in ");
        vfu_write_text(w, d->units[i]);
    }
    for (unsigned v = 0; v < f->value_count; v++) {
        vfu_write_text(w, v ? ", " : ": ");
        if (f->values[v].value < 10)
            vfu_write_decimal(w, f->values[v].value);
        else
            vfu_write_0x(w, f->values[v].value);
        vfu_write_char(w, ' ');
        vfu_write_text(w, f->values[v].name);
    }
    vfu_write_char(w, '\n');
}

static void put_register(const struct vfu_register_place *p, struct vfu_writer *w)
{
    const struct vfu_devmap_register *d = vfu_devmap_register_of(p->reg);
    const char *access = vfu_name_of(vfu_register_access_names, d->access), *role = vfu_name_of(vfu_register_role_names, d->role);
    uint64_t start = vfu_writer_position(w);

    registers_put_place(p, w);
    vfu_write_pad(w, start, 15);
    vfu_write_decimal(w, p->reg->width);
    vfu_write_char(w, ' ');
    vfu_write_text(w, access ? access : "-");
    vfu_write_pad(w, start, 23);
    put_name(p, w);
    if (role) {
        vfu_write_text(w, ", ");
        vfu_write_text(w, role);
    }
    if (d->unit) {
        vfu_write_text(w, ", in ");
        vfu_write_text(w, d->unit);
    }
    if (p->reg->help && p->reg->help[0]) {
        vfu_write_text(w, ": ");
        vfu_write_text(w, p->reg->help);
    }
    vfu_write_char(w, '\n');
    for (unsigned i = 0; i < p->reg->field_count; i++)
        put_field(d, i, w);
}

static void put_claims(const struct vfu_devmap *m, struct vfu_writer *w)
{
    char text[32];

    for (unsigned i = 0; i < m->claim_count; i++) {
        const struct vfu_devmap_claim *c = &m->claims[i];

        if (c->class_mask)
            snprintf(text, sizeof text, "class 0x%06x", c->class_code);
        else
            snprintf(text, sizeof text, c->device > UINT16_MAX ? "%04x:*" : "%04x:%04x", c->vendor, c->device);
        vfu_write_text(w, i ? ", " : " (");
        vfu_write_text(w, text);
    }
    vfu_write_text(w, m->claim_count ? ")" : " (every device)");
}

void registers_list(const struct vfu_devmap *m, struct vfu_writer *w)
{
    const struct vfu_register_place *one, *other;
    size_t at = 0;

    vfu_write_text(w, m->name);
    put_claims(m, w);
    if (m->help && m->help[0]) {
        vfu_write_text(w, ": ");
        vfu_write_text(w, m->help);
    }
    vfu_write_text(w, "\n");
    vfu_write_count(w, m->map.count, "register");
    vfu_write_text(w, "\n");
    for (size_t i = 0; i < m->map.count && !w->failed; i++)
        put_register(&m->map.places[i], w);
    while (vfu_devmap_overlap(m, &at, &one, &other) && !w->failed) {
        vfu_write_text(w, "overlap: ");
        vfu_write_text(w, other->reg->name);
        vfu_write_text(w, " lies over ");
        vfu_write_text(w, one->reg->name);
        vfu_write_text(w, ", at ");
        registers_put_place(other, w);
        vfu_write_char(w, '\n');
    }
}
