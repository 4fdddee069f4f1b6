/*
 * What is known of a message while it is taken apart: its values by name, and whether a condition of the table holds.
 */
#include "decoder/wire/decode.h"

/* Looked up for every message, mostly in vain: the first two letters tell most names apart. */
static inline bool is_named(const struct vfu_field *f, const char *name)
{
    return f->name == name || (f->name[0] == name[0] && f->name[1] == name[1] && strcmp(f->name, name) == 0);
}

const struct vfu_field *vfu_field_by_name(const struct vfu_layout *layout, const char *name)
{
    const struct vfu_field *f = layout->fields;

    while (f->name && !is_named(f, name))
        f++;
    return f->name ? f : NULL;
}

static bool shape_has(const struct vfu_shape *shape, const char *name)
{
    const struct vfu_layout *layout;

    for (unsigned i = 0; (layout = vfu_shape_layout(shape, i)) != NULL; i++)
        if (vfu_field_by_name(layout, name))
            return true;
    return false;
}

bool vfu_payload_has(const struct vfu_command *command, const char *name)
{
    return command && (shape_has(&command->request, name) || shape_has(&command->reply, name));
}

const struct vfu_field *vfu_reply_count(const struct vfu_command *command)
{
    const struct vfu_field *tail = command->reply.layout->fields;

    while (tail->name && !(tail->kind == VFU_BYTES && tail->count))
        tail++;
    return tail->name ? vfu_field_by_name(command->request.layout, tail->count) : NULL;
}

const struct vfu_value *vfu_value_by_name(const struct vfu_value *values, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (is_named(values[i].field, name))
            return &values[i];
    return NULL;
}

const struct vfu_value *vfu_argsz(const struct vfu_value *values, unsigned count)
{
    return count && values[0].field->is_argsz ? values : NULL;
}

uint64_t vfu_number(const struct vfu_value *values, unsigned count, const char *name, uint64_t otherwise)
{
    const struct vfu_value *v = vfu_value_by_name(values, count, name);

    return v ? v->number : otherwise;
}

/* The compiler keeps one copy of a name that is written twice in table.c: mostly the pointers are the same. */
static inline const struct vfu_field *field_of(const struct vfu_layout *layout, const char *name)
{
    const struct vfu_field *f = layout->fields;

    while (f->name && f->name != name)
        f++;
    return f->name ? f : vfu_field_by_name(layout, name);
}

static inline const struct vfu_value *value_of(const struct vfu_view *view, const char *name)
{
    for (unsigned i = 0; i < view->count; i++)
        if (view->values[i].field->name == name)
            return &view->values[i];
    return vfu_value_by_name(view->values, view->count, name);
}

bool vfu_read_field(const struct vfu_layout *layout, const struct vfu_cursor *payload, const char *name,
                    uint64_t *number)
{
    const struct vfu_field *f = field_of(layout, name);
    struct vfu_cursor c = *payload;

    if (!f || f->kind >= VFU_BYTES || f->when)
        return false;
    vfu_cursor_seek(&c, f->offset);
    *number = vfu_cursor_uint(&c, f->width) & (f->mask ? f->mask : UINT64_MAX);
    return !c.failed;
}

/* Does the test hold for the number of its field? */
static inline bool number_passes(const struct vfu_term *t, const struct vfu_view *view, uint64_t number)
{
    uint64_t size = view->payload_size;

    switch (t->test) {
    case VFU_IS:
        return number == t->value;
    case VFU_IS_NOT:
        return number != t->value;
    case VFU_HAS:
        return number & t->value;
    case VFU_LACKS:
        return !(number & t->value);
    case VFU_UP_TO:
        return number <= t->value;
    case VFU_SIZE_WITHIN:
        return size <= number;
    case VFU_FITS:
        return size >= view->layout->size && number <= size - view->layout->size;
    case VFU_LEAVES:
        return size >= view->layout->size + t->value && number == size - view->layout->size - t->value;
    default:
        return false;
    }
}

/* The tests that are about no field. */
static inline bool size_passes(const struct vfu_term *t, const struct vfu_view *view)
{
    if (t->test == VFU_SIZE_BELOW)
        return view->payload_size < t->value;
    if (t->test == VFU_SIZE_FROM)
        return view->payload_size >= t->value;
    return view->event && vfu_event_is_reply(view->event); /* VFU_IN_REPLY */
}

static bool passes(const struct vfu_term *t, const struct vfu_view *view)
{
    const struct vfu_value *v;

    if (!t->field)
        return size_passes(t, view);
    v = value_of(view, t->field);
    return number_passes(t, view, v ? v->number : 0);
}

bool vfu_holds(const struct vfu_term *t, const struct vfu_view *view)
{
    for (; t; t++) {
        while (t->test > VFU_OR && passes(t, view))
            t++;
        if (t->test <= VFU_OR)
            return true;
        while (t->test > VFU_OR) /* not so; after an OR perhaps */
            t++;
        if (t->test == VFU_END)
            return false;
    }
    return true;
}

bool vfu_decoded_holds(const struct vfu_term *terms, const struct vfu_event *event, const struct vfu_decoded *decoded)
{
    struct vfu_view view = { .event = event,
                             .layout = decoded->layout,
                             .payload_size = event->size > VFU_HEADER_SIZE ? event->size - VFU_HEADER_SIZE : 0,
                             .values = decoded->values,
                             .count = decoded->count };

    return vfu_holds(terms, &view);
}

/* What was read last: the tests of forms look at the same few bytes again and again. */
struct peeked {
    uint16_t offset;
    uint8_t width; /* 0: nothing yet */
    uint64_t raw;
};

static inline uint64_t peek(const struct vfu_view *view, const struct vfu_field *f, struct peeked *last)
{
    if (last->width != f->width || last->offset != f->offset) {
        struct vfu_cursor c = view->payload;

        vfu_cursor_seek(&c, f->offset);
        *last = (struct peeked){ .offset = f->offset, .width = f->width, .raw = vfu_cursor_uint(&c, f->width) };
    }
    return f->mask ? last->raw & f->mask : last->raw;
}

/* Forms have no OR: one that has two conditions stands there twice. */
static inline bool fits_form(const struct vfu_form *form, const struct vfu_view *view, struct peeked *last)
{
    for (const struct vfu_term *t = form->when; t->test != VFU_END; t++) {
        const struct vfu_field *f = t->field ? field_of(form->layout, t->field) : NULL;

        if (!(f ? number_passes(t, view, peek(view, f, last)) : size_passes(t, view)))
            return false;
    }
    return true;
}

unsigned vfu_choose(const struct vfu_shape *shape, struct vfu_view *view)
{
    struct peeked last = { 0 };

    for (unsigned i = 0; shape->forms && shape->forms[i].layout; i++) {
        view->layout = shape->forms[i].layout;
        if (fits_form(&shape->forms[i], view, &last))
            return i + 1;
    }
    return 0;
}
