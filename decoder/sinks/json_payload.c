/*
 * A payload as JSON: the values of its fields.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/capabilities.h"

static void write_version_text(struct vfu_writer *w, const struct vfu_value *v)
{
    size_t size = text_size(v);

    json_put(w, "\"json\":\"");
    vfu_write_json_string(w, v->bytes, size);
    vfu_write_char(w, '"');
    if (!vfu_is_utf8(v->bytes, size)) {
        json_put(w, ",\"json_hex\":\"");
        vfu_write_hex(w, v->bytes, size);
        vfu_write_char(w, '"');
    }
    if (vfu_json_readable((const char *)v->bytes, size)) {
        /* Only then is there something to put a comma in front of; told by what is written. */
        char room[1];
        struct vfu_writer probe = vfu_writer(room, sizeof room, NULL, NULL);

        if (vfu_write_capabilities((const char *)v->bytes, size, &probe)) {
            vfu_write_char(w, ',');
            vfu_write_capabilities((const char *)v->bytes, size, w);
        }
    }
}

static void write_list(struct vfu_writer *w, const struct vfu_value *list, bool whole)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken = false, more = false;

    json_key(w, list->field->name, "");
    vfu_write_char(w, '[');
    while (vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        vfu_write_text(w, more ? ",{" : "{");
        json_values(w, values, count, whole);
        vfu_write_char(w, '}');
        more = true;
    }
    vfu_write_char(w, ']');
}

static void write_flags(struct vfu_writer *w, const struct vfu_value *v)
{
    json_key(w, v->field->name, "");
    json_put(w, "{\"raw\":");
    json_integer(w, v->raw, 8);
    json_put(w, ",\"names\":[");
    json_bits(w, v->number, v->field->names);
    json_put(w, "]}");
}

static void write_object(struct vfu_writer *w, const struct vfu_value *v, bool whole)
{
    struct vfu_value values[VFU_MAX_VALUES];
    unsigned count = vfu_object_values(v, values);

    json_key(w, v->field->name, "");
    vfu_write_char(w, '{');
    json_values(w, values, count, whole);
    vfu_write_char(w, '}');
}

void json_values(struct vfu_writer *w, const struct vfu_value *values, unsigned count, bool whole)
{
    for (const struct vfu_value *v = values; v < values + count; v++) {
        if (v != values)
            vfu_write_char(w, ',');
        switch (v->field->kind) {
        case VFU_NUMBER:
        case VFU_SIZE:
        case VFU_ADDRESS:
            json_key(w, v->field->name, "");
            json_integer(w, v->number, v->field->width);
            break;
        case VFU_ENUM:
            json_named(w, v->field->name, v->number, v->field->width, v->field->names);
            break;
        case VFU_FLAGS:
            write_flags(w, v);
            break;
        case VFU_BYTES:
            json_data(w, v->field->name, v->bytes, v->size, whole);
            break;
        case VFU_JSON:
            write_version_text(w, v);
            break;
        case VFU_LIST:
            write_list(w, v, whole);
            break;
        case VFU_OBJECT:
            write_object(w, v, whole);
            break;
        }
    }
}

void vfu_json_payload(const struct vfu_json *json, const struct vfu_event *event, struct vfu_writer *w)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(event, &room);

    vfu_write_char(w, '{');
    json_values(w, d->values, d->count, json->hex);
    if (vfu_event_is_access(event))
        json_access(w, event, d);
    vfu_write_char(w, '}');
}

