/*
 * registers --json: one object.
 */
#include "cli/registers/inside.h"

#include <stdio.h>
#include <string.h>

/* ,"key":"text" */
static void put_string(struct vfu_writer *w, const char *key, const char *text)
{
    if (!text)
        return;
    vfu_write_text(w, ",\"");
    vfu_write_text(w, key);
    vfu_write_text(w, "\":\"");
    vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
    vfu_write_char(w, '"');
}

static void put_number(struct vfu_writer *w, const char *key, uint64_t n)
{
    vfu_write_text(w, ",\"");
    vfu_write_text(w, key);
    vfu_write_text(w, "\":");
    vfu_write_decimal(w, n);
}

/* Of 64 bits: a string. */
static void put_wide(struct vfu_writer *w, const char *key, uint64_t n)
{
    vfu_write_text(w, ",\"");
    vfu_write_text(w, key);
    vfu_write_text(w, "\":\"");
    vfu_write_0x(w, n);
    vfu_write_char(w, '"');
}

static void put_field(const struct vfu_devmap_register *d, unsigned i, struct vfu_writer *w)
{
    const struct vfu_register_field *f = &d->reg.fields[i];

    vfu_write_text(w, i ? ",{\"low\":" : "{\"low\":");
    vfu_write_decimal(w, f->low);
    put_number(w, "bits", f->bits);
    put_string(w, "name", f->name);
    put_string(w, "unit", d->units ? d->units[i] : NULL);
    put_string(w, "description", d->helps ? d->helps[i] : NULL);
    for (unsigned v = 0; v < f->value_count; v++) {
        vfu_write_text(w, v ? ",\"" : ",\"values\":{\"");
        vfu_write_0x(w, f->values[v].value);
        vfu_write_text(w, "\":\"");
        vfu_write_json_string(w, (const uint8_t *)f->values[v].name, strlen(f->values[v].name));
        vfu_write_char(w, '"');
    }
    vfu_write_text(w, f->value_count ? "}}" : "}");
}

static void put_register(const struct vfu_register_place *p, struct vfu_writer *w)
{
    const struct vfu_devmap_register *d = vfu_devmap_register_of(p->reg);

    vfu_write_text(w, "{\"region\":");
    vfu_write_decimal(w, p->region);
    put_string(w, "region_name", vfu_name_of(vfu_region_names, p->region));
    put_wide(w, "offset", p->offset);
    put_string(w, "name", p->reg->name);
    put_number(w, "width", p->reg->width);
    if (p->count) {
        put_number(w, "count", p->count);
        put_wide(w, "stride", p->stride ? p->stride : p->reg->width);
    }
    put_string(w, "access", vfu_name_of(vfu_register_access_names, d->access));
    put_string(w, "role", vfu_name_of(vfu_register_role_names, d->role));
    if (d->has_reset)
        put_wide(w, "reset", d->reset);
    put_string(w, "length", d->length ? d->length->reg.name : NULL);
    put_string(w, "high", d->high ? d->high->reg.name : NULL);
    put_string(w, "unit", d->unit);
    put_string(w, "description", p->reg->help);
    for (unsigned i = 0; i < p->reg->field_count; i++) {
        vfu_write_text(w, i ? "" : ",\"fields\":[");
        put_field(d, i, w);
    }
    vfu_write_text(w, p->reg->field_count ? "]}" : "}");
}

static void put_claims(const struct vfu_devmap *m, struct vfu_writer *w)
{
    char text[64];

    vfu_write_text(w, ",\"devices\":[");
    for (unsigned i = 0; i < m->claim_count; i++) {
        const struct vfu_devmap_claim *c = &m->claims[i];

        if (c->class_mask)
            snprintf(text, sizeof text, "{\"class\":%u,\"mask\":%u}", c->class_code, c->class_mask);
        else if (c->device > UINT16_MAX)
            snprintf(text, sizeof text, "{\"vendor\":%u}", c->vendor);
        else
            snprintf(text, sizeof text, "{\"vendor\":%u,\"device\":%u}", c->vendor, c->device);
        vfu_write_text(w, i ? "," : "");
        vfu_write_text(w, text);
    }
    vfu_write_char(w, ']');
}

void registers_json(const struct vfu_devmap *m, struct vfu_writer *w)
{
    const struct vfu_register_place *one, *other;
    size_t at = 0;
    bool any = false;

    vfu_write_text(w, "{\"ok\":true");
    put_string(w, "name", m->name);
    put_string(w, "description", m->help);
    put_claims(m, w);
    vfu_write_text(w, ",\"registers\":[");
    for (size_t i = 0; i < m->map.count && !w->failed; i++) {
        vfu_write_text(w, i ? "," : "");
        put_register(&m->map.places[i], w);
    }
    vfu_write_text(w, "],\"overlaps\":[");
    for (; vfu_devmap_overlap(m, &at, &one, &other) && !w->failed; any = true) {
        vfu_write_text(w, any ? ",{\"over\":\"" : "{\"over\":\"");
        vfu_write_json_string(w, (const uint8_t *)one->reg->name, strlen(one->reg->name));
        vfu_write_char(w, '"');
        put_string(w, "name", other->reg->name);
        vfu_write_char(w, '}');
    }
    vfu_write_text(w, "]}\n");
}
