/*
 * What an access is called, and what its bits say: in lines, trees and JSON.
 */
#include "decoder/sinks/inside.h"

void text_register_names(struct vfu_writer *w, const struct vfu_register_at *registers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        vfu_write_text(w, i ? ", " : "");
        vfu_register_write_name(w, &registers[i]);
    }
}

void text_register_fields(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_value *data)
{
    char room[1024];
    uint64_t value;
    unsigned width;
    bool any = false;

    if (!vfu_bytes_value(data, &value, &width))
        return;
    for (unsigned i = 0; i < e->register_count; i++) {
        struct vfu_writer said = vfu_writer(room, sizeof room, NULL, NULL);

        vfu_register_write_fields(&said, &e->registers[i], value, width);
        if (!said.used)
            continue;
        vfu_write_text(w, any ? "; " : "");
        any = true;
        if (e->register_count > 1) { /* whose bits */
            vfu_register_write_name(w, &e->registers[i]);
            vfu_write_text(w, ": ");
        }
        vfu_write(w, room, said.used);
    }
}

static void tree_field(struct vfu_writer *w, const struct vfu_register_field *f, uint64_t value)
{
    const char *word = vfu_register_value_name(f, value);

    vfu_write_text(w, f->name);
    vfu_write_text(w, ": ");
    if (value < 10)
        vfu_write_decimal(w, value);
    else
        vfu_write_0x(w, value);
    if (word) {
        vfu_write_text(w, " (");
        vfu_write_text(w, word);
        vfu_write_char(w, ')');
    }
    vfu_write_char(w, '\n');
}

void text_register_tree(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d, unsigned indent)
{
    uint64_t value, found;
    unsigned width;
    bool has_value = vfu_event_value(e, d, &value, &width);

    for (unsigned i = 0; i < e->register_count; i++) {
        const struct vfu_register_at *r = &e->registers[i];

        text_indent(w, indent);
        vfu_write_text(w, "register: ");
        vfu_register_write_name(w, r);
        vfu_write_char(w, '\n');
        for (unsigned f = 0; has_value && f < r->reg->field_count; f++) {
            if (!vfu_register_field(r, &r->reg->fields[f], value, width, &found))
                continue;
            text_indent(w, indent + 2);
            tree_field(w, &r->reg->fields[f], found);
        }
    }
}

static void json_name(struct vfu_writer *w, const struct vfu_register_at *r)
{
    char room[128];
    struct vfu_writer name = vfu_writer(room, sizeof room, NULL, NULL);

    vfu_register_write_name(&name, r);
    vfu_write_char(w, '"');
    vfu_write_json_string(w, (const uint8_t *)room, name.used);
    vfu_write_char(w, '"');
}

void json_access(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d)
{
    const char *comma = d->count ? "," : "";
    uint64_t value;
    unsigned width;

    if (vfu_event_value(e, d, &value, &width)) {
        json_put(w, comma);
        json_key(w, "value", "");
        json_integer(w, value, width);
    }
    if (!e->register_count)
        return;
    json_put(w, comma);
    json_key(w, "register", "");
    json_name(w, &e->registers[0]);
    if (e->register_count == 1)
        return;
    json_put(w, ",\"registers\":[");
    for (unsigned i = 0; i < e->register_count; i++) {
        json_put(w, i ? "," : "");
        json_name(w, &e->registers[i]);
    }
    vfu_write_char(w, ']');
}
