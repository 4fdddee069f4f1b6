/*
 * The lines of an item's fields: as -v has them, with where each lies in the message.
 */
#include "cli/browse/fields.h"
#include "decoder/sinks/sinks.h"
#include "decoder/registers/registers.h"

enum { HANGS = 4, LEAST_WIDTH = 12 };

struct walk {
    struct browse_lines *l;
    const struct browse_fields_how *how;
    const uint8_t *bytes; /* of the message: captured of them */
    size_t captured;
    bool reply;
};

static size_t columns_up_to(const char *text, size_t size, unsigned width)
{
    size_t at = 0;
    unsigned columns = 0;

    while (at < size && (columns < width || ((uint8_t)text[at] & 0xc0) == 0x80)) {
        columns += ((uint8_t)text[at] & 0xc0) != 0x80;
        at++;
    }
    return at;
}

/* As many lines as it takes. */
static void add(struct walk *k, const char *text, size_t size, size_t at, size_t bytes)
{
    unsigned width = k->how->width > LEAST_WIDTH ? k->how->width : LEAST_WIDTH, indent = 0;
    char line[1024];

    while (indent < size && indent < width / 2 && text[indent] == ' ')
        indent++;
    for (bool first = true; size || first; first = false) {
        unsigned hang = first ? 0 : indent + HANGS;
        size_t part = columns_up_to(text, size, width - hang);
        struct browse_line *made;

        if (part < size) /* at a word's end, if there is one */
            for (size_t back = part; back > part * 2 / 3; back--)
                if (text[back] == ' ') {
                    part = back;
                    break;
                }
        if (part > sizeof line - hang)
            part = sizeof line - hang;
        memset(line, ' ', hang);
        memcpy(line + hang, text, part);
        made = browse_lines_add(k->l, line, hang + part);
        if (!made)
            return;
        made->reply = k->reply;
        made->at = (uint32_t)at;
        made->bytes = (uint32_t)bytes;
        text += part;
        size -= part;
        while (!first && size && *text == ' ')
            text++, size--;
        while (first && size && *text == ' ')
            text++, size--;
    }
}

/* What was written, a line at a time. */
static void add_text(struct walk *k, struct browse_text *t, size_t at, size_t bytes)
{
    browse_text_end(t);
    for (size_t from = 0; from < t->size;) {
        const char *end = memchr(t->bytes + from, '\n', t->size - from);
        size_t part = end ? (size_t)(end - t->bytes) - from : t->size - from;

        add(k, t->bytes + from, part, at, bytes);
        from += part + 1;
    }
    browse_text_free(t);
}

static void indent_by(struct vfu_writer *w, unsigned indent)
{
    while (indent--)
        vfu_write_char(w, ' ');
}

static size_t offset_of(const struct walk *k, const uint8_t *bytes)
{
    return bytes && bytes >= k->bytes && bytes <= k->bytes + k->captured ? (size_t)(bytes - k->bytes) : 0;
}

static void values(struct walk *k, const struct vfu_value *list, unsigned count, size_t base, unsigned indent);

static void name_line(struct walk *k, const struct vfu_value *v, size_t at, size_t bytes, unsigned indent)
{
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    indent_by(w, indent);
    vfu_write_text(w, v->field->name);
    vfu_write_char(w, ':');
    add_text(k, &t, at, bytes);
}

static void items(struct walk *k, const struct vfu_value *list, unsigned indent)
{
    struct vfu_value inside[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX, base = offset_of(k, list->bytes);
    bool broken = false;
    uint64_t index = 0;
    unsigned count;

    while (vfu_list_next(list, &offset, &layout, inside, &count, &broken)) {
        struct browse_text t;
        struct vfu_writer *w = browse_text_begin(&t);

        indent_by(w, indent);
        vfu_write_char(w, '[');
        vfu_write_decimal(w, index++);
        vfu_write_char(w, ']');
        add_text(k, &t, base + offset, list->stride ? list->stride : layout->size);
        values(k, inside, count, base + offset, indent + 2);
    }
    if (broken)
        add(k, "    the chain goes back, or outside", 35, base, list->size);
}

/* Where a value lies, and how many bytes it has. */
static size_t place_of(const struct walk *k, const struct vfu_value *v, size_t base, size_t *bytes)
{
    if (v->field->kind >= VFU_BYTES) {
        *bytes = v->size;
        return offset_of(k, v->bytes);
    }
    *bytes = v->field->width;
    return base + v->field->offset;
}

static void values(struct walk *k, const struct vfu_value *list, unsigned count, size_t base, unsigned indent)
{
    struct vfu_value inside[VFU_MAX_VALUES];

    for (const struct vfu_value *v = list; v < list + count; v++) {
        size_t bytes, at = place_of(k, v, base, &bytes);
        struct browse_text t;

        if (v->field->kind == VFU_LIST) {
            name_line(k, v, at, bytes, indent);
            items(k, v, indent + 2);
        } else if (v->field->kind == VFU_OBJECT) {
            name_line(k, v, at, bytes, indent);
            values(k, inside, vfu_object_values(v, inside), at, indent + 2);
        } else {
            vfu_text_tree(browse_text_begin(&t), v, 1, indent);
            add_text(k, &t, at, bytes);
        }
    }
}

/* --- the header --- */

static void number_line(struct walk *k, const char *name, uint64_t number, bool hex, size_t at, size_t bytes)
{
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    indent_by(w, 4);
    vfu_write_text(w, name);
    vfu_write_text(w, ": ");
    if (hex)
        vfu_write_0x(w, number);
    else
        vfu_write_decimal(w, number);
    add_text(k, &t, at, bytes);
}

static void header(struct walk *k, const struct vfu_event *e)
{
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    vfu_write_text(w, "  header: id ");
    vfu_write_decimal(w, e->id);
    vfu_write_text(w, ", size ");
    vfu_write_decimal(w, e->size);
    vfu_write_text(w, ", flags ");
    vfu_write_0x(w, e->flags);
    if (e->error) {
        vfu_write_text(w, ", error ");
        vfu_write_decimal(w, e->error);
    }
    add_text(k, &t, 0, VFU_HEADER_SIZE);
    if (!k->how->header)
        return;
    number_line(k, "id", e->id, false, 0, 2);
    number_line(k, "command", e->command_number, false, 2, 2);
    number_line(k, "size", e->size, false, 4, 4);
    number_line(k, "flags", e->flags, true, 8, 4);
    number_line(k, "error", e->error, false, 12, 4);
}

static void latency(struct vfu_writer *w, uint64_t ns)
{
    vfu_write_decimal(w, ns / 1000);
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000 / 100, 1, '0');
    vfu_write_text(w, "us");
}

static void title(struct walk *k, const struct vfu_event *e)
{
    bool reply = vfu_event_is_reply(e);
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    vfu_write_char(w, '#');
    vfu_write_decimal(w, e->message.no);
    vfu_write_char(w, ' ');
    vfu_write_text(w, vfu_side_name(e->from));
    vfu_write_text(w, vfu_event_is_command(e) ? " > " : reply ? " < " : " ? ");
    vfu_write_text(w, e->command ? e->command->name : "UNKNOWN");
    if (!e->command) {
        vfu_write_char(w, ' ');
        vfu_write_decimal(w, e->command_number);
    }
    if (reply && e->flags & VFU_ERROR) {
        const char *name = vfu_name_of(vfu_errno_names, e->error);

        vfu_write_text(w, "  error ");
        if (name)
            vfu_write_text(w, name);
        else
            vfu_write_decimal(w, e->error);
    }
    if (reply && e->paired) {
        vfu_write_text(w, "  ");
        latency(w, e->latency_ns);
    }
    if (e->conn > 1) {
        vfu_write_text(w, "  connection ");
        vfu_write_decimal(w, e->conn);
    }
    if (e->channel == VFU_TWIN)
        vfu_write_text(w, "  twin");
    add_text(k, &t, 0, e->message.captured);
}

/* --- what is said of it --- */

static void registers(struct walk *k, const struct vfu_event *e, const struct vfu_decoded *d)
{
    const struct vfu_value *data = vfu_value_by_name(d->values, d->count, "data");
    size_t bytes = 0, at = data ? place_of(k, data, VFU_HEADER_SIZE, &bytes) : 0;
    uint64_t value;
    unsigned width;
    bool known = vfu_event_value(e, d, &value, &width);

    for (unsigned i = 0; i < e->register_count; i++) {
        struct browse_text t;
        struct vfu_writer *w = browse_text_begin(&t);

        indent_by(w, 2);
        vfu_register_write_name(w, &e->registers[i]);
        if (known) {
            vfu_write_text(w, ": ");
            vfu_register_write_fields(w, &e->registers[i], value, width);
        }
        add_text(k, &t, at, bytes);
    }
}

static void descriptors(struct walk *k, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->message.nfds; i++) {
        struct browse_text t;
        struct vfu_writer *w = browse_text_begin(&t);

        vfu_write_text(w, "  fd ");
        vfu_write_decimal(w, i);
        vfu_write_text(w, ": ");
        vfu_write_text(w, vfu_fd_type_name(e->message.fds[i].type));
        if (e->message.fds[i].has_size) {
            vfu_write_text(w, ", ");
            vfu_write_size(w, e->message.fds[i].size);
        }
        add_text(k, &t, 0, 0);
    }
}

static void extra(struct walk *k, const struct vfu_decoded *d)
{
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    vfu_write_text(w, "  ! ");
    vfu_write_count(w, d->extra_size, "byte");
    vfu_write_text(w, d->extra_size == 1 ? " that is no field's" : " that are no field's");
    add_text(k, &t, offset_of(k, d->extra), d->extra_size);
}

static void add_said(struct walk *k, struct browse_text *t, const char *of, const char *text, const char *id)
{
    struct vfu_writer *w = &t->w;

    vfu_write_text(w, of);
    vfu_write_escaped(w, (const uint8_t *)text, strlen(text));
    if (id) {
        vfu_write_text(w, " [");
        vfu_write_escaped(w, (const uint8_t *)id, strlen(id));
        vfu_write_char(w, ']');
    }
    add_text(k, t, 0, 0);
}

static void said(struct walk *k, const struct vfu_event *e)
{
    struct browse_text t;
    struct vfu_writer *w;

    for (unsigned i = 0; i < e->because_count; i++) {
        w = browse_text_begin(&t);
        vfu_write_text(w, e->because[i].certain ? "  because " : "  perhaps because ");
        add_said(k, &t, "", e->because[i].text, e->because[i].reason);
    }
    for (unsigned i = 0; i < e->problem_count; i++) {
        const struct vfu_problem *p = &e->problems[i];

        w = browse_text_begin(&t);
        vfu_write_text(w, "  ! ");
        vfu_write_text(w, vfu_severity_name(p->severity));
        if (!p->nobody) {
            vfu_write_text(w, " by the ");
            vfu_write_text(w, vfu_side_name(p->at_fault));
        }
        add_said(k, &t, ": ", p->text, p->rule->id);
    }
    for (unsigned i = 0; i < e->note_count; i++) {
        w = browse_text_begin(&t);
        vfu_write_text(w, e->notes[i].warning ? "  ! " : "  ");
        vfu_write_escaped(w, (const uint8_t *)e->notes[i].plugin, strlen(e->notes[i].plugin));
        add_said(k, &t, ": ", e->notes[i].text, NULL);
    }
}

/* --- messages, and what is none --- */

static void message(struct walk *k, const struct vfu_event *e)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);
    size_t first = k->l->count;

    title(k, e);
    if (k->l->count > first)
        k->l->list[first].head = true;
    said(k, e);
    header(k, e);
    values(k, d->values, d->count, VFU_HEADER_SIZE, 2);
    registers(k, e, d);
    descriptors(k, e);
    if (d->extra_size)
        extra(k, d);
}

static void other(struct walk *k, const struct vfu_event *e)
{
    size_t first = k->l->count;
    struct browse_text t;

    vfu_text_words(e, browse_text_begin(&t));
    add_text(k, &t, 0, 0);
    if (k->l->count > first)
        k->l->list[first].head = true;
}

static void event(struct browse_lines *l, const struct vfu_event *e, const struct browse_fields_how *how, bool reply)
{
    struct walk k = { .l = l, .how = how, .reply = reply };

    if (e->kind != VFU_EVENT_MESSAGE) {
        other(&k, e);
        return;
    }
    k.bytes = e->message.bytes;
    k.captured = e->message.captured;
    message(&k, e);
}

void browse_fields(struct browse_lines *l, const struct vfu_event *command, const struct vfu_event *reply,
                   const struct browse_fields_how *how)
{
    if (command)
        event(l, command, how, false);
    if (reply)
        event(l, reply, how, true);
}
