/*
 * One line of a payload: values as people write them, by the template that stands in the table.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/error.h"

#include <string.h>

enum { BRIEF_BYTES = 16, BRIEF_ITEMS = 4, BRIEF_JSON = 512 };

void vfu_text_flags(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names)
{
    bool first = true;

    if (!bits)
        vfu_write_char(w, '0');
    for (; bits && names && names->name; names++) {
        if ((bits & names->value) != names->value)
            continue;
        bits &= ~names->value;
        if (!first)
            vfu_write_char(w, '|');
        vfu_write_text(w, names->name);
        first = false;
    }
    if (bits) {
        if (!first)
            vfu_write_char(w, '|');
        vfu_write_0x(w, bits);
    }
}

/* Of a field: its name, or the number. */
static void write_number(struct vfu_writer *w, const struct vfu_value *v)
{
    const char *name = v->field->names ? vfu_name_of(v->field->names, v->number) : NULL;

    if (name)
        vfu_write_text(w, name);
    else if (v->field->hex)
        vfu_write_0x(w, v->number);
    else
        vfu_write_decimal(w, v->number);
}

void text_named(struct vfu_writer *w, uint64_t number, const struct vfu_name *names)
{
    const char *name = vfu_name_of(names, number);

    if (name)
        vfu_write_text(w, name);
    else
        vfu_write_decimal(w, number);
}

void text_known(const struct vfu_peer_told *peer, struct vfu_writer *w)
{
    for (unsigned i = 0; i < peer->known_count; i++) {
        text_indent(w, 8);
        vfu_write_text(w, "known: ");
        vfu_write_text(w, peer->known[i]->text);
        vfu_write_text(w, " [");
        vfu_write_text(w, peer->known[i]->id);
        vfu_write_text(w, "]\n");
    }
}

void text_command(struct vfu_writer *w, const struct vfu_command *command, unsigned number)
{
    vfu_write_text(w, command_name(command));
    if (!command) {
        vfu_write_char(w, ' ');
        vfu_write_decimal(w, number);
    }
}

/* A register's value is shown as the number it is, in full width; the rest as bytes. */
static void brief_bytes(struct vfu_writer *w, const struct vfu_value *v)
{
    struct vfu_cursor c = vfu_cursor(v->bytes, v->size, v->swap);
    uint64_t number;

    if (v->field->is_register && v->size == v->claimed &&
        (v->size == 1 || v->size == 2 || v->size == 4 || v->size == 8)) {
        number = vfu_cursor_uint(&c, (unsigned)v->size);
        vfu_write_text(w, "0x");
        for (size_t shift = 8 * v->size; shift > 0; shift -= 8) {
            uint8_t byte = (uint8_t)(number >> (shift - 8));

            vfu_write_hex(w, &byte, 1);
        }
        return;
    }
    vfu_write_hex(w, v->bytes, v->size < BRIEF_BYTES ? v->size : BRIEF_BYTES);
    if (v->claimed > BRIEF_BYTES || v->size < v->claimed) {
        vfu_write_text(w, "... (");
        vfu_write_count(w, v->claimed, "byte");
        vfu_write_char(w, ')');
    } else if (v->claimed == 0) {
        vfu_write_text(w, "nothing");
    }
}

static void brief_list(struct vfu_writer *w, const struct vfu_value *list)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count, shown = 0;
    bool broken = false;

    while (vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        if (shown)
            vfu_write_text(w, ", ");
        if (shown++ == BRIEF_ITEMS) {
            vfu_write_text(w, "...");
            return;
        }
        text_brief(w, layout, values, count);
    }
    if (broken)
        vfu_write_text(w, " (broken chain)");
}

void text_value(struct vfu_writer *w, const struct vfu_value *v)
{
    struct vfu_value values[VFU_MAX_VALUES];
    size_t size;

    switch (v->field->kind) {
    case VFU_NUMBER:
    case VFU_ENUM:
        write_number(w, v);
        break;
    case VFU_SIZE:
        vfu_write_size(w, v->number);
        break;
    case VFU_ADDRESS:
        vfu_write_0x(w, v->number);
        break;
    case VFU_FLAGS:
        vfu_text_flags(w, v->number, v->field->names);
        break;
    case VFU_BYTES:
        brief_bytes(w, v);
        break;
    case VFU_JSON:
        size = text_size(v);
        vfu_write_escaped(w, v->bytes, size < BRIEF_JSON ? size : BRIEF_JSON);
        if (size > BRIEF_JSON)
            vfu_write_text(w, "...");
        break;
    case VFU_LIST:
        brief_list(w, v);
        break;
    case VFU_OBJECT:
        text_brief(w, v->field->item, values, vfu_object_values(v, values));
        break;
    }
}

/*
 * The value that {name} or {name:what} at `at` means, and where the text goes on: its "}", or the ":" before what is
 * counted.
 */
static const struct vfu_value *named(const char **at, const struct vfu_value *values, unsigned count)
{
    const char *name = *at + 1;
    size_t length = strcspn(name, "}:");

    *at = name + length;
    for (unsigned i = 0; i < count; i++)
        if (strncmp(values[i].field->name, name, length) == 0 && values[i].field->name[length] == '\0')
            return &values[i];
    return NULL;
}

static bool is_empty(const struct vfu_value *v)
{
    switch (v->field->kind) {
    case VFU_ENUM:
        return false;
    case VFU_BYTES:
    case VFU_JSON:
    case VFU_LIST:
    case VFU_OBJECT:
        return v->size == 0;
    default:
        return v->number == 0;
    }
}

/* Is the [part] that starts at `at` to be shown? */
static bool part_shown(const char *at, const struct vfu_value *values, unsigned count)
{
    bool nonzero = false, any = false;

    while (*at && *at != ']') {
        const struct vfu_value *v;

        if (*at != '{') {
            at++;
            continue;
        }
        v = named(&at, values, count);
        if (!v)
            return false;
        any = true;
        nonzero |= !is_empty(v);
    }
    return nonzero || !any;
}

/* The value, or "?" where it was cut off, and what it counts. */
static const char *write_named(struct vfu_writer *w, const char *at, const struct vfu_value *values, unsigned count,
                               const struct vfu_event *e)
{
    const struct vfu_value *v = named(&at, values, count);

    if (v)
        text_value(w, v);
    else
        vfu_write_char(w, '?');
    if (e && v == &values[e->command->moves.at]) {
        vfu_write_char(w, ' ');
        text_register_names(w, e->registers, e->register_count);
    }
    if (*at == ':') {
        size_t length = strcspn(at, "}");

        vfu_write_char(w, ' ');
        vfu_write(w, at + 1, length - 1);
        vfu_write_text(w, vfu_plural(v ? v->number : 0));
        at += length;
    }
    return *at ? at + 1 : at;
}

/* e: whose registers are to be named; NULL: nobody's. */
static void write_brief(struct vfu_writer *w, const struct vfu_layout *layout, const struct vfu_value *values, unsigned count,
                        const struct vfu_event *e)
{
    const char *at = layout->brief;

    while (at && *at) {
        size_t plain = strcspn(at, "{[]");

        vfu_write(w, at, plain);
        at += plain;
        if (*at == '[') {
            if (part_shown(at, values, count))
                at++;
            else
                at += strcspn(at, "]");
        } else if (*at == ']') {
            at++;
        } else if (*at == '{') {
            at = write_named(w, at, values, count, e);
        }
    }
}

void text_brief(struct vfu_writer *w, const struct vfu_layout *layout, const struct vfu_value *values, unsigned count)
{
    write_brief(w, layout, values, count, NULL);
}

void text_brief_named(struct vfu_writer *w, const struct vfu_decoded *d, const struct vfu_event *e)
{
    write_brief(w, d->layout, d->values, d->count, e->register_count && vfu_event_is_access(e) ? e : NULL);
}

void text_file(const char *file, struct vfu_writer *w)
{
    vfu_write_escaped(w, (const uint8_t *)file, strlen(file));
    vfu_write_char(w, ':');
}
