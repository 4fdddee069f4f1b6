/*
 * The NDJSON sink: one object an event. Integers of 64 bits are strings, because JSON's readers keep doubles.
 */
#include "decoder/sinks/sinks.h"
#include "decoder/wire/capabilities.h"

#include <string.h>

enum { DATA_SHOWN = 64 };

#define LITERAL(w, text) vfu_write(w, text, sizeof text - 1)

static void write_key(struct vfu_writer *w, const char *name, const char *suffix)
{
    vfu_write_char(w, '"');
    vfu_write_text(w, name);
    vfu_write_text(w, suffix);
    LITERAL(w, "\":");
}

static void write_integer(struct vfu_writer *w, uint64_t number, unsigned width)
{
    if (width < 8) {
        vfu_write_decimal(w, number);
        return;
    }
    vfu_write_char(w, '"');
    vfu_write_0x(w, number);
    vfu_write_char(w, '"');
}

static void write_string(struct vfu_writer *w, const char *text)
{
    vfu_write_char(w, '"');
    vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
    vfu_write_char(w, '"');
}

/* "a","b","0x40": the names of the bits that are set, then those without a name. */
static void write_bit_names(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names)
{
    const char *comma = "";

    for (; bits && names && names->name; names++) {
        if ((bits & names->value) != names->value)
            continue;
        bits &= ~names->value;
        vfu_write_text(w, comma);
        write_string(w, names->name);
        comma = ",";
    }
    while (bits) {
        uint64_t bit = bits & -bits;

        bits &= ~bit;
        vfu_write_text(w, comma);
        write_integer(w, bit, 8);
        comma = ",";
    }
}

static void write_data(struct vfu_writer *w, const char *name, const uint8_t *bytes, size_t size, bool whole)
{
    write_key(w, name, "");
    vfu_write_char(w, '"');
    vfu_write_hex(w, bytes, whole || size < DATA_SHOWN ? size : DATA_SHOWN);
    vfu_write_char(w, '"');
    if (!whole && size > DATA_SHOWN) {
        LITERAL(w, ",\"data_size\":");
        vfu_write_decimal(w, size);
    }
}

static void write_version_text(struct vfu_writer *w, const struct vfu_value *v)
{
    size_t size = v->size;

    if (size && v->bytes[size - 1] == '\0')
        size--;
    LITERAL(w, "\"json\":\"");
    vfu_write_json_string(w, v->bytes, size);
    vfu_write_char(w, '"');
    if (!vfu_is_utf8(v->bytes, size)) {
        LITERAL(w, ",\"json_hex\":\"");
        vfu_write_hex(w, v->bytes, size);
        vfu_write_char(w, '"');
    }
    if (vfu_json_valid((const char *)v->bytes, size)) {
        /* Only then is there something to put a comma in front of; told by what is written. */
        char room[1];
        struct vfu_writer probe = vfu_writer(room, sizeof room, NULL, NULL);

        if (vfu_write_capabilities((const char *)v->bytes, size, &probe)) {
            vfu_write_char(w, ',');
            vfu_write_capabilities((const char *)v->bytes, size, w);
        }
    }
}

static void write_values(struct vfu_writer *w, const struct vfu_value *values, unsigned count, bool whole);

static void write_list(struct vfu_writer *w, const struct vfu_value *list, bool whole)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken = false, more = false;

    write_key(w, list->field->name, "");
    vfu_write_char(w, '[');
    while (vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        vfu_write_text(w, more ? ",{" : "{");
        write_values(w, values, count, whole);
        vfu_write_char(w, '}');
        more = true;
    }
    vfu_write_char(w, ']');
}

static void write_enum(struct vfu_writer *w, const struct vfu_value *v)
{
    const char *name = vfu_name_of(v->field->names, v->number);

    write_key(w, v->field->name, "");
    write_integer(w, v->number, v->field->width);
    if (name) {
        vfu_write_char(w, ',');
        write_key(w, v->field->name, "_name");
        write_string(w, name);
    }
}

static void write_flags(struct vfu_writer *w, const struct vfu_value *v)
{
    write_key(w, v->field->name, "");
    LITERAL(w, "{\"raw\":");
    write_integer(w, v->raw, 8);
    LITERAL(w, ",\"names\":[");
    write_bit_names(w, v->number, v->field->names);
    LITERAL(w, "]}");
}

static void write_object(struct vfu_writer *w, const struct vfu_value *v, bool whole)
{
    struct vfu_value values[VFU_MAX_VALUES];
    unsigned count = vfu_object_values(v, values);

    write_key(w, v->field->name, "");
    vfu_write_char(w, '{');
    write_values(w, values, count, whole);
    vfu_write_char(w, '}');
}

static void write_values(struct vfu_writer *w, const struct vfu_value *values, unsigned count, bool whole)
{
    for (const struct vfu_value *v = values; v < values + count; v++) {
        if (v != values)
            vfu_write_char(w, ',');
        switch (v->field->kind) {
        case VFU_NUMBER:
        case VFU_SIZE:
        case VFU_ADDRESS:
            write_key(w, v->field->name, "");
            write_integer(w, v->number, v->field->width);
            break;
        case VFU_ENUM:
            write_enum(w, v);
            break;
        case VFU_FLAGS:
            write_flags(w, v);
            break;
        case VFU_BYTES:
            write_data(w, v->field->name, v->bytes, v->size, whole);
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
    write_values(w, d->values, d->count, json->hex);
    vfu_write_char(w, '}');
}

void vfu_json_error(uint32_t error, struct vfu_writer *w)
{
    const char *name = vfu_name_of(vfu_errno_names, error);

    LITERAL(w, "\"error\":{\"errno\":");
    vfu_write_decimal(w, error);
    if (name) {
        LITERAL(w, ",\"name\":");
        write_string(w, name);
    }
    vfu_write_char(w, '}');
}

static void write_time(struct vfu_writer *w, uint64_t ns)
{
    LITERAL(w, "\"time\":\"");
    vfu_write_decimal(w, ns / 1000000000u);
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000000000u, 9, '0');
    vfu_write_char(w, '"');
}

static void write_who(struct vfu_writer *w, const struct vfu_event *e)
{
    LITERAL(w, ",\"conn\":");
    vfu_write_decimal(w, e->conn);
    if (e->channel == VFU_TWIN)
        LITERAL(w, ",\"channel\":\"twin\"");
    else
        LITERAL(w, ",\"channel\":\"main\"");
    if (e->from == VFU_SERVER)
        LITERAL(w, ",\"from\":\"server\"");
    else
        LITERAL(w, ",\"from\":\"client\"");
}

static void write_fds(struct vfu_writer *w, const struct vfu_message *m)
{
    LITERAL(w, ",\"fds\":[");
    for (unsigned i = 0; i < m->nfds; i++) {
        vfu_write_text(w, i ? ",{\"type\":" : "{\"type\":");
        write_string(w, vfu_fd_type_name(m->fds[i].type));
        if (m->fds[i].has_size) {
            LITERAL(w, ",\"size\":");
            write_integer(w, m->fds[i].size, 8);
        }
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
    if (m->fds_cut)
        LITERAL(w, ",\"fds_cut\":true");
}

static void write_header(struct vfu_writer *w, const struct vfu_event *e)
{
    if (vfu_event_is_command(e))
        LITERAL(w, ",\"type\":\"command\",\"id\":");
    else if (vfu_event_is_reply(e))
        LITERAL(w, ",\"type\":\"reply\",\"id\":");
    else
        LITERAL(w, ",\"type\":\"unknown\",\"id\":");
    vfu_write_decimal(w, e->id);
    LITERAL(w, ",\"command\":");
    write_string(w, e->command ? e->command->name : "UNKNOWN");
    LITERAL(w, ",\"command_number\":");
    vfu_write_decimal(w, e->command_number);
    LITERAL(w, ",\"size\":");
    vfu_write_decimal(w, e->size);
    LITERAL(w, ",\"flags\":[");
    write_bit_names(w, e->flags & ~(uint32_t)VFU_TYPE_MASK, vfu_header_flag_names);
    vfu_write_char(w, ']');
}

static void write_latency(struct vfu_writer *w, uint64_t ns)
{
    LITERAL(w, ",\"latency_us\":");
    vfu_write_decimal(w, ns / 1000);
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000, 3, '0');
}

static void write_problems(struct vfu_writer *w, const struct vfu_event *e)
{
    if (!e->problem_count)
        return;
    LITERAL(w, ",\"problems\":[");
    for (unsigned i = 0; i < e->problem_count; i++) {
        const struct vfu_problem *p = &e->problems[i];

        vfu_write_text(w, p == e->problems ? "{\"rule\":" : ",{\"rule\":");
        write_string(w, p->rule->id);
        LITERAL(w, ",\"severity\":");
        write_string(w, vfu_severity_name(p->severity));
        LITERAL(w, ",\"at_fault\":");
        write_string(w, p->at_fault == VFU_SERVER ? "server" : "client");
        LITERAL(w, ",\"text\":");
        write_string(w, p->text);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}

static void write_notes(struct vfu_writer *w, const struct vfu_event *e)
{
    if (!e->note_count)
        return;
    LITERAL(w, ",\"notes\":[");
    for (unsigned i = 0; i < e->note_count; i++) {
        vfu_write_text(w, i ? ",{\"plugin\":" : "{\"plugin\":");
        write_string(w, e->notes[i].plugin);
        LITERAL(w, ",\"text\":");
        write_string(w, e->notes[i].text);
        if (e->notes[i].warning)
            LITERAL(w, ",\"warning\":true");
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}

static void write_findings(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d)
{
    static const struct vfu_name changes[] = {
        { VFU_CHANGED_INJECT, "inject" },
        { VFU_CHANGED_INTERCEPT, "intercept" },
        { VFU_CHANGED_EXPOSE, "expose" },
        { 0, NULL },
    };

    if (vfu_event_is_reply(e)) {
        LITERAL(w, ",\"reply_to\":");
        if (e->paired) {
            vfu_write_decimal(w, e->reply_to);
            write_latency(w, e->latency_ns);
        } else {
            LITERAL(w, "null,\"latency_us\":null");
        }
    }
    if (e->flags & VFU_ERROR) {
        vfu_write_char(w, ',');
        vfu_json_error(e->error, w);
    }
    if (e->flags & VFU_NO_REPLY)
        LITERAL(w, ",\"no_reply\":true");
    if (d->truncated) {
        LITERAL(w, ",\"truncated\":true,\"captured\":");
        vfu_write_decimal(w, e->message.captured);
    }
    if (d->is_short)
        LITERAL(w, ",\"short\":true");
    if (d->extra_size) {
        LITERAL(w, ",\"extra\":\"");
        vfu_write_hex(w, d->extra, d->extra_size);
        vfu_write_char(w, '"');
    }
    if (e->message.changed) {
        LITERAL(w, ",\"changed\":[");
        write_bit_names(w, e->message.changed, changes);
        vfu_write_char(w, ']');
    }
    write_problems(w, e);
    write_notes(w, e);
}

static void write_message(const struct vfu_json *json, const struct vfu_event *e, struct vfu_writer *w)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);

    LITERAL(w, "{\"no\":");
    vfu_write_decimal(w, e->message.no);
    vfu_write_char(w, ',');
    write_time(w, e->time.wall_ns);
    write_who(w, e);
    write_header(w, e);
    write_fds(w, &e->message);
    write_findings(w, e, d);
    LITERAL(w, ",\"payload\":{");
    write_values(w, d->values, d->count, json->hex);
    LITERAL(w, "}}\n");
}

static void write_indexed(struct vfu_writer *w, const char *key, uint32_t index, const struct vfu_name *names)
{
    const char *name = vfu_name_of(names, index);

    vfu_write_char(w, ',');
    write_key(w, key, "");
    vfu_write_decimal(w, index);
    if (name) {
        vfu_write_char(w, ',');
        write_key(w, key, "_name");
        write_string(w, name);
    }
}

void vfu_json_event(const struct vfu_json *json, const struct vfu_event *e, struct vfu_writer *w)
{
    const char *text = vfu_event_text(e);

    if (e->kind == VFU_EVENT_MESSAGE) {
        write_message(json, e, w);
        return;
    }
    LITERAL(w, "{\"event\":");
    write_string(w, vfu_event_name(e->kind));
    vfu_write_char(w, ',');
    write_time(w, e->time.wall_ns);
    switch (e->kind) {
    case VFU_EVENT_CONNECT:
    case VFU_EVENT_DISCONNECT:
        LITERAL(w, ",\"conn\":");
        vfu_write_decimal(w, e->conn);
        break;
    case VFU_EVENT_UNFRAMED:
        write_who(w, e);
        LITERAL(w, ",\"offset\":");
        write_integer(w, e->unframed.offset, 8);
        break;
    case VFU_EVENT_DROPPED:
        LITERAL(w, ",\"count\":");
        vfu_write_decimal(w, e->dropped.count);
        break;
    case VFU_EVENT_INTERRUPT:
        LITERAL(w, ",\"conn\":");
        vfu_write_decimal(w, e->conn);
        write_indexed(w, "index", e->interrupt.index, vfu_irq_names);
        LITERAL(w, ",\"vector\":");
        vfu_write_decimal(w, e->interrupt.vector);
        LITERAL(w, ",\"count\":");
        vfu_write_decimal(w, e->interrupt.count);
        break;
    case VFU_EVENT_IOEVENTFD:
        LITERAL(w, ",\"conn\":");
        vfu_write_decimal(w, e->conn);
        write_indexed(w, "region", e->ioeventfd.region, vfu_region_names);
        LITERAL(w, ",\"offset\":");
        write_integer(w, e->ioeventfd.offset, 8);
        LITERAL(w, ",\"count\":");
        vfu_write_decimal(w, e->ioeventfd.count);
        break;
    case VFU_EVENT_INJECTED:
        LITERAL(w, ",\"no\":");
        vfu_write_decimal(w, e->injected.no);
        break;
    case VFU_EVENT_OVERDUE:
        write_who(w, e);
        LITERAL(w, ",\"no\":");
        vfu_write_decimal(w, e->overdue.no);
        LITERAL(w, ",\"count\":");
        vfu_write_decimal(w, e->overdue.count);
        if (e->overdue.both)
            LITERAL(w, ",\"both\":true");
        break;
    case VFU_EVENT_MEMORY:
        LITERAL(w, ",\"conn\":");
        vfu_write_decimal(w, e->conn);
        LITERAL(w, ",\"no\":");
        vfu_write_decimal(w, e->memory.no);
        LITERAL(w, ",\"address\":");
        write_integer(w, e->memory.address, 8);
        vfu_write_char(w, ',');
        write_data(w, "data", e->memory.bytes, e->memory.size, true);
        break;
    default:
        break;
    }
    if (text[0]) {
        vfu_write_text(w, e->kind == VFU_EVENT_INJECTED ? ",\"spec\":" : ",\"text\":");
        write_string(w, text);
    }
    write_problems(w, e);
    write_notes(w, e);
    LITERAL(w, "}\n");
}
