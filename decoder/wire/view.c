/*
 * What is known of a message while it is taken apart: its values by name, and whether a condition of the table holds.
 */
#include "decoder/wire/decode.h"

/* Looked up for every message, mostly in vain: the first letter tells most names apart. */
static bool is_named(const struct vfu_field *f, const char *name)
{
    return f->name == name || (f->name[0] == name[0] && strcmp(f->name, name) == 0);
}

const struct vfu_field *vfu_field_by_name(const struct vfu_layout *layout, const char *name)
{
    const struct vfu_field *f = layout->fields;

    while (f->name && !is_named(f, name))
        f++;
    return f->name ? f : NULL;
}

const struct vfu_value *vfu_value_by_name(const struct vfu_value *values, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (is_named(values[i].field, name))
            return &values[i];
    return NULL;
}

uint64_t vfu_number(const struct vfu_value *values, unsigned count, const char *name, uint64_t otherwise)
{
    const struct vfu_value *v = vfu_value_by_name(values, count, name);

    return v ? v->number : otherwise;
}

static bool holds(const struct vfu_term *t, const struct vfu_view *view)
{
    uint64_t size = view->payload_size;
    uint64_t number = t->field ? vfu_number(view->values, view->count, t->field, 0) : 0;

    switch (t->test) {
    case VFU_IS:
        return number == t->value;
    case VFU_IS_NOT:
        return number != t->value;
    case VFU_HAS:
        return number & t->value;
    case VFU_SIZE_FROM:
        return size >= t->value;
    case VFU_SIZE_BELOW:
        return size < t->value;
    case VFU_SIZE_WITHIN:
        return size <= number;
    case VFU_LEAVES:
        return size >= view->layout->size + t->value && number == size - view->layout->size - t->value;
    case VFU_IN_REPLY:
        return view->event && vfu_event_is_reply(view->event);
    default:
        return false;
    }
}

bool vfu_holds(const struct vfu_term *t, const struct vfu_view *view)
{
    for (; t; t++) {
        while (t->test > VFU_OR && holds(t, view))
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
