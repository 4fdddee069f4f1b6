/*
 * The decoder's framework: walks a layout over the bytes at hand. What is missing is said here, once, for all messages.
 */
#include "decoder/wire/decode.h"

#include <string.h>

enum { WINDING_ITEMS = 64 /* of a chain that goes back: no device has as many */ };

static bool decode_fields(struct vfu_view *view, const struct vfu_layout *layout, struct vfu_value *values,
                          uint64_t *end);

/*
 * How far apart the items of a list are that may be longer or shorter than its layout. `left` is what the payload has
 * for them. argsz counts if it can be true.
 */
static uint64_t stride_of(const struct vfu_view *view, const struct vfu_field *f, uint64_t count, uint64_t left)
{
    const struct vfu_value *argsz = vfu_argsz(view->values, view->count);
    uint64_t stride = argsz && argsz->number > f->offset && count ? (argsz->number - f->offset) / count : 0;

    if (stride < f->least || stride > left)
        stride = count ? left / count : 0;
    return stride < f->least ? f->item->size : stride;
}

/* What an item of a chain says of the next one: its offset. 0: there is none, or the bytes at hand end before. */
static size_t next_of(const struct vfu_value *chain, size_t offset)
{
    const struct vfu_field *next = vfu_field_by_name(chain->field->item, "next");
    struct vfu_cursor c = vfu_cursor(chain->bytes, chain->size, chain->swap);

    vfu_cursor_seek(&c, offset + next->offset);
    return (size_t)vfu_cursor_uint(&c, next->width);
}

static bool goes_back(const struct vfu_value *chain)
{
    size_t at = chain->first, next = next_of(chain, at);

    for (; next > at && next < chain->claimed; next = next_of(chain, at))
        at = next;
    return next && next <= at;
}

/* A chain: all of the payload is its. False: there is none, whatever the flags say (a reply cut to a small argsz). */
static bool place_chain(const struct vfu_view *view, struct vfu_value *v)
{
    uint64_t first = vfu_number(view->values, view->count, v->field->chain, 0);

    if (first == 0 || first >= view->payload_size)
        return false;
    v->first = (size_t)first;
    v->number = v->stride = 0;
    v->bytes = view->payload.start;
    v->size = (size_t)(view->payload.end - view->payload.start);
    v->claimed = view->payload_size;
    v->winds = goes_back(v);
    return true;
}

/* Where a tail starts, from the payload's start. False: it goes behind a field that isn't there. */
static bool start_of(const struct vfu_view *view, const struct vfu_field *f, uint64_t *start)
{
    const struct vfu_value *before;

    *start = f->offset;
    if (!f->after)
        return true;
    before = vfu_value_by_name(view->values, view->count, f->after);
    if (!before || before->claimed > view->payload_size)
        return false;
    *start = (uint64_t)(before->bytes - view->payload.start) + before->claimed;
    return true;
}

/*
 * A field of bytes, items or an object: from its start, as much as its count says, if that much is at hand. False: it
 * is not there. *whole becomes false if some of it is missing.
 */
static bool decode_tail(const struct vfu_view *view, struct vfu_value *v, bool *whole)
{
    const struct vfu_field *f = v->field;
    const struct vfu_value *count = f->count ? vfu_value_by_name(view->values, view->count, f->count) : NULL;
    struct vfu_cursor c = view->payload;
    uint64_t start, left;

    v->swap = c.swap;
    if (f->chain)
        return place_chain(view, v);
    if ((f->count && !count) || !start_of(view, f, &start))
        return false; /* the field that says how many is missing itself, or the one before it */
    left = view->payload_size > start ? view->payload_size - start : 0;
    vfu_cursor_seek(&c, (size_t)start);
    v->bytes = c.failed ? c.end : c.at;
    v->size = c.failed ? 0 : vfu_cursor_left(&c);
    v->claimed = count ? count->number : left;
    if (f->most && v->claimed > f->most)
        v->claimed = f->most;
    if (f->kind == VFU_LIST) {
        v->stride = f->least ? (size_t)stride_of(view, f, v->claimed, left) : f->item->size;
        v->number = count ? v->claimed : left / v->stride;
        if (__builtin_mul_overflow(v->number, (uint64_t)v->stride, &v->claimed))
            v->claimed = UINT64_MAX;
    } else if (f->kind == VFU_OBJECT) {
        struct vfu_view inside = { .payload = vfu_cursor(v->bytes, v->size, c.swap), .payload_size = left };
        struct vfu_value values[VFU_MAX_VALUES];

        if (!decode_fields(&inside, f->item, values, &v->claimed))
            *whole = false;
    }
    if (v->size > v->claimed)
        v->size = (size_t)v->claimed;
    if (f->optional)
        return v->size > 0;
    if (v->size < v->claimed)
        *whole = false;
    return true;
}

/*
 * Decode a layout's fields into values; *end becomes how far they reach. False: the bytes ended before the fields did.
 * Sets view->values and count as it goes, for the fields that depend on others.
 */
static bool decode_fields(struct vfu_view *view, const struct vfu_layout *layout, struct vfu_value *values,
                          uint64_t *end)
{
    bool whole = true;

    view->layout = layout;
    view->values = values;
    view->count = 0;
    *end = 0;
    for (const struct vfu_field *f = layout->fields; f->name && view->count < VFU_MAX_VALUES; f++) {
        struct vfu_value *v = &values[view->count];
        uint64_t reach;

        if (f->when && !vfu_holds(f->when, view))
            continue;
        v->field = f;
        if (f->kind >= VFU_BYTES) {
            if (!decode_tail(view, v, &whole))
                continue;
            reach = (uint64_t)(v->bytes - view->payload.start) + v->claimed;
            if (reach < v->claimed)
                reach = UINT64_MAX;
        } else {
            struct vfu_cursor c = view->payload;

            vfu_cursor_seek(&c, f->offset);
            v->raw = vfu_cursor_uint(&c, f->width);
            if (c.failed) {
                if (!f->optional)
                    whole = false;
                continue;
            }
            v->number = f->mask ? v->raw & f->mask : v->raw;
            reach = (uint64_t)f->offset + f->width;
        }
        if (reach > *end)
            *end = reach;
        view->count++;
    }
    return whole;
}

unsigned vfu_object_values(const struct vfu_value *object, struct vfu_value *values)
{
    struct vfu_view view = { .payload = vfu_cursor(object->bytes, object->size, object->swap),
                             .payload_size = object->claimed };
    uint64_t end;

    decode_fields(&view, object->field->item, values, &end);
    return view.count;
}

/*
 * In a chain that goes back: does an item up to the one at `offset` begin at `start`? True as well if that can't be told
 * of its first items: a peer could make each step cost more than the last.
 */
static bool was_there(const struct vfu_value *chain, size_t offset, size_t start)
{
    size_t at = chain->first;

    for (unsigned i = 0; i < WINDING_ITEMS; i++, at = next_of(chain, at))
        if (at == start || at == offset)
            return at == start;
    return true;
}

/* In a chain that goes back: where the item at `offset` ends, before whichever begins next. */
static size_t end_in_winding(const struct vfu_value *chain, size_t offset)
{
    size_t at = chain->first, end = chain->size;

    for (unsigned i = 0; i < WINDING_ITEMS && at; i++, at = next_of(chain, at))
        if (at > offset && at < end)
            end = at;
    return end;
}

static size_t end_of(const struct vfu_value *chain, size_t offset)
{
    size_t next = next_of(chain, offset);

    if (chain->winds)
        return end_in_winding(chain, offset);
    return next > offset && next <= chain->size ? next : chain->size;
}

/* Where the item after the one at `offset` starts; SIZE_MAX at the end. */
static size_t list_step(const struct vfu_value *list, size_t offset, bool *broken)
{
    size_t next;

    if (offset == SIZE_MAX)
        return list->field->chain ? list->first : 0;
    if (!list->field->chain)
        return offset + list->stride;
    next = next_of(list, offset);
    if (next == 0)
        return SIZE_MAX;
    if (next >= list->claimed || (list->winds && was_there(list, offset, next))) {
        *broken = true;
        return SIZE_MAX;
    }
    return next;
}

bool vfu_list_next(const struct vfu_value *list, size_t *offset, const struct vfu_layout **layout,
                   struct vfu_value *values, unsigned *count, bool *broken)
{
    size_t at = list_step(list, *offset, broken), size = list->stride;
    struct vfu_view view = { 0 };
    uint64_t end;

    if (at == SIZE_MAX || at >= list->size)
        return false;
    if (list->field->chain) /* up to the next item, or all that is left */
        size = end_of(list, at) - at;
    view.payload_size = size;
    view.payload = vfu_cursor(list->bytes + at, size < list->size - at ? size : list->size - at, list->swap);
    decode_fields(&view, list->field->item, values, &end);
    *layout = list->field->item;
    *count = view.count;
    *offset = at;
    return true;
}

static struct vfu_view view_of(const struct vfu_event *event)
{
    const struct vfu_message *m = &event->message;
    size_t header = m->captured < VFU_HEADER_SIZE ? m->captured : VFU_HEADER_SIZE;
    size_t at_hand = m->captured - header;
    uint64_t claimed = event->size > VFU_HEADER_SIZE ? event->size - VFU_HEADER_SIZE : 0;

    if (at_hand > claimed)
        at_hand = (size_t)claimed;
    return (struct vfu_view){ .event = event,
                              .payload = vfu_cursor(m->bytes + header, at_hand, m->swapped),
                              .payload_size = claimed };
}

/* What was left out says nothing; but the form of the message goes by numbers that its zeros may be the upper half of. */
static void see_no_further(struct vfu_view *view, const struct vfu_message *m)
{
    size_t at_hand = vfu_message_at_hand(m), header = (size_t)(view->payload.start - m->bytes);
    const uint8_t *end = view->payload.start + (at_hand > header ? at_hand - header : 0);

    if (end < view->payload.end)
        view->payload.end = end;
}

static const struct vfu_layout *layout_in(const struct vfu_shape *shape, struct vfu_view *view)
{
    return shape->forms ? vfu_shape_layout(shape, vfu_choose(shape, view)) : shape->layout;
}

static const struct vfu_layout *layout_of(struct vfu_view *view)
{
    const struct vfu_event *event = view->event;

    if (!event->command || (!vfu_event_is_reply(event) && !vfu_event_is_command(event)))
        return &vfu_unknown_layout;
    return layout_in(vfu_event_is_reply(event) ? &event->command->reply : &event->command->request, view);
}

void vfu_decode(const struct vfu_event *event, struct vfu_decoded *out)
{
    struct vfu_view view = view_of(event);
    const struct vfu_value *argsz;
    uint64_t end, at_hand;
    bool whole;

    out->layout = layout_of(&view);
    if (event->message.left_out_count)
        see_no_further(&view, &event->message);
    whole = decode_fields(&view, out->layout, out->values, &end);
    out->count = view.count;
    out->truncated = vfu_message_at_hand(&event->message) < event->size;
    /* An error reply is the header alone, or whatever the server put there. */
    out->is_short = !whole && !out->truncated && !(vfu_event_is_reply(event) && (event->flags & VFU_ERROR));
    /* The argsz rule: a reply that would not fit is cut, and its argsz says what to ask for. */
    argsz = vfu_event_is_reply(event) ? vfu_argsz(out->values, out->count) : NULL;
    if (argsz && argsz->number > view.payload_size)
        out->is_short = false;
    at_hand = vfu_cursor_left(&view.payload);
    if (!whole && (out->truncated || out->is_short))
        at_hand = 0; /* what is left over is a part of a field, nothing beyond them */
    out->extra = at_hand > end ? view.payload.start + end : NULL;
    out->extra_size = at_hand > end ? (size_t)(at_hand - end) : 0;
}

const struct vfu_decoded *vfu_decoded_of(const struct vfu_event *event, struct vfu_decoded *room)
{
    if (event->decoded)
        return event->decoded;
    vfu_decode(event, room);
    return room;
}

static struct vfu_view request_of(const struct vfu_event *reply)
{
    return (struct vfu_view){ .payload = vfu_cursor(reply->request, reply->request_size, reply->message.swapped),
                              .payload_size = reply->request_size };
}

bool vfu_decode_request(const struct vfu_event *reply, struct vfu_decoded *out)
{
    struct vfu_view view = request_of(reply);
    uint64_t end;

    if (!reply->paired || !reply->command || !reply->request_size)
        return false;
    out->layout = layout_in(&reply->command->request, &view);
    decode_fields(&view, out->layout, out->values, &end);
    out->count = view.count;
    out->truncated = reply->request_size == VFU_REQUEST_HEAD;
    out->is_short = false;
    out->extra = NULL;
    out->extra_size = 0;
    return true;
}

uint64_t vfu_request_number(const struct vfu_view *view, const char *name, uint64_t otherwise)
{
    const struct vfu_event *reply = view->event;
    struct vfu_view head = request_of(reply);
    struct vfu_decoded request;
    uint64_t number;

    if (!reply->paired || !reply->command)
        return otherwise;
    /* Of a request that has but one layout the field is where it always is. */
    if (!reply->command->request.forms && vfu_read_field(reply->command->request.layout, &head.payload, name, &number))
        return number;
    return vfu_decode_request(reply, &request) ? vfu_number(request.values, request.count, name, otherwise) : otherwise;
}
