/*
 * Which bytes of a message are kept when guest memory is left out, and an event without the others: see memory.h.
 */
#include "decoder/wire/memory.h"
#include "decoder/wire/decode.h"

#include <string.h>

enum { REGISTER = 8 /* bytes of the widest */ };

/* What is kept of a message: apart, rising. */
struct kept {
    const uint8_t *start; /* what `at` counts from */
    const struct vfu_message *message; /* what was left out of it before stays so; NULL: there is no such */
    struct vfu_part parts[VFU_MEMORY_PARTS - 1];
    unsigned count;
};

static size_t end_of(struct vfu_part s)
{
    return (size_t)s.at + s.size;
}

/* One that is left out already holds some of it. */
static bool was_left_out(const struct kept *k, struct vfu_part s)
{
    for (unsigned i = 0; k->message && i < k->message->left_out_count; i++)
        if (k->message->left_out[i].at < end_of(s) && s.at < end_of(k->message->left_out[i]))
            return true;
    return false;
}

/* Fields come in the order of their places, but for chains that go back. What there is no room for is not kept. */
static void keep(struct kept *k, const uint8_t *bytes, size_t size)
{
    struct vfu_part s = { (uint32_t)(bytes - k->start), (uint32_t)size };
    unsigned at = k->count, last;

    if (size == 0 || was_left_out(k, s))
        return;
    while (at > 0 && end_of(k->parts[at - 1]) >= s.at)
        at--;
    for (last = at; last < k->count && k->parts[last].at <= end_of(s); last++) {
        size_t end = end_of(k->parts[last]) > end_of(s) ? end_of(k->parts[last]) : end_of(s);

        s.at = k->parts[last].at < s.at ? k->parts[last].at : s.at;
        s.size = (uint32_t)(end - s.at);
    }
    if (last == at && k->count == VFU_MEMORY_PARTS - 1)
        return;
    memmove(&k->parts[at + 1], &k->parts[last], (k->count - last) * sizeof s);
    k->count = k->count - (last - at) + 1;
    k->parts[at] = s;
}

static bool keep_values(struct kept *k, const struct vfu_transfer *moves, const uint8_t *start,
                        const struct vfu_value *values, unsigned count);

static bool keep_items(struct kept *k, const struct vfu_transfer *moves, const struct vfu_value *list)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    bool broken = false;
    unsigned count;

    while (vfu_list_next(list, &offset, &layout, values, &count, &broken))
        if (!keep_values(k, moves, list->bytes + offset, values, count))
            return false;
    return true;
}

/* A register's value: not what is more than one. An item's count may say so, though it has room for no more. */
static bool is_one_register(const struct vfu_value *v, const struct vfu_value *values, unsigned count)
{
    const struct vfu_value *of = v->field->count ? vfu_value_by_name(values, count, v->field->count) : NULL;

    return v->claimed <= REGISTER && (!of || of->number <= REGISTER);
}

/* The first NUL ends it: what is behind that nobody reads. */
static size_t text_of(const struct vfu_value *json)
{
    const uint8_t *nul = json->size ? memchr(json->bytes, 0, json->size) : NULL;

    return nul ? (size_t)(nul - json->bytes) + 1 : json->size;
}

/*
 * What a value says, if that is the protocol's; `start` is where its payload or item begins. False: it makes no sense, so that
 * what follows may be anything: a count of bytes of memory that nobody moves at once may have the first of them in its
 * upper half (the forms of DMA messages); of a write to a register there are more bytes than one has.
 */
static bool keep_value(struct kept *k, const struct vfu_transfer *moves, const uint8_t *start, const struct vfu_value *v,
                       const struct vfu_value *values, unsigned count)
{
    struct vfu_value item[VFU_MAX_VALUES];

    switch (v->field->kind) {
    case VFU_BYTES:
        if (v->field->is_register && !is_one_register(v, values, count))
            return false;
        if (!v->field->memory)
            keep(k, v->bytes, v->size);
        return true;
    case VFU_JSON:
        keep(k, v->bytes, text_of(v));
        return true;
    case VFU_LIST:
        return keep_items(k, moves, v);
    case VFU_OBJECT:
        return keep_values(k, moves, v->bytes, item, vfu_object_values(v, item));
    default:
        if (moves->space == VFU_MEMORY_SPACE && v == &values[moves->size] && v->number > UINT32_MAX)
            return false;
        keep(k, start + v->field->offset, v->field->width);
        return true;
    }
}

static bool keep_values(struct kept *k, const struct vfu_transfer *moves, const uint8_t *start,
                        const struct vfu_value *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!keep_value(k, moves, start, &values[i], values, count))
            return false;
    return true;
}

/* An error reply has no body by the protocol; what of an unknown command the table has is none either. */
static void keep_message(struct kept *k, const struct vfu_event *e)
{
    static const struct vfu_transfer nothing;
    const struct vfu_message *m = &e->message;
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);

    keep(k, m->bytes, m->captured < VFU_HEADER_SIZE ? m->captured : VFU_HEADER_SIZE);
    if (!(vfu_event_is_reply(e) && (e->flags & VFU_ERROR)) && m->captured > VFU_HEADER_SIZE)
        keep_values(k, e->command ? &e->command->moves : &nothing, m->bytes + VFU_HEADER_SIZE, d->values, d->count);
}

/* What is between. */
static unsigned invert(const struct kept *k, size_t size, struct vfu_part parts[VFU_MEMORY_PARTS])
{
    unsigned count = 0;
    size_t at = 0;

    for (unsigned i = 0; i <= k->count; i++) {
        size_t next = i < k->count ? k->parts[i].at : size;

        if (next > at)
            parts[count++] = (struct vfu_part){ (uint32_t)at, (uint32_t)(next - at) };
        at = i < k->count ? end_of(k->parts[i]) : size;
    }
    return count;
}

unsigned vfu_memory_of(const struct vfu_event *e, struct vfu_part parts[VFU_MEMORY_PARTS])
{
    struct kept k = { .start = e->message.bytes, .message = &e->message };

    keep_message(&k, e);
    return invert(&k, e->message.captured, parts);
}

uint64_t vfu_left_out_of(const struct vfu_message *m)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < m->left_out_count; i++)
        bytes += m->left_out[i].size;
    return bytes;
}

/* What a reply has of its command's payload: what is kept without a gap, and no more. */
static void leave_out_of_request(struct vfu_event *e)
{
    struct kept k = { .start = e->request };
    struct vfu_decoded request;
    size_t size;

    if (!vfu_decode_request(e, &request)) {
        memset(e->request, 0, sizeof e->request);
        e->request_size = 0;
        return;
    }
    keep_values(&k, &e->command->moves, e->request, request.values, request.count);
    size = k.count && k.parts[0].at == 0 ? k.parts[0].size : 0;
    if (size < e->request_size)
        e->request_size = (uint8_t)size;
    memset(e->request + e->request_size, 0, sizeof e->request - e->request_size);
}

static void leave_out_of_message(struct vfu_event *e, struct vfu_without_memory *room)
{
    struct vfu_message *m = &e->message;
    unsigned count = vfu_memory_of(e, room->parts);

    if (vfu_event_is_reply(e))
        leave_out_of_request(e);
    if (count == 0)
        return;
    memcpy(room->bytes, m->bytes, m->captured);
    for (unsigned i = 0; i < count; i++)
        memset(room->bytes + room->parts[i].at, 0, room->parts[i].size);
    m->bytes = room->bytes;
    m->left_out = room->parts;
    m->left_out_count = count;
    e->decoded = NULL;
}

bool vfu_leave_out_memory(struct vfu_event *e, bool logs, struct vfu_without_memory *room)
{
    switch (e->kind) {
    case VFU_EVENT_MESSAGE:
        leave_out_of_message(e, room);
        return true;
    case VFU_EVENT_UNFRAMED: /* what they may be quotes them */
        e->unframed.left_out += e->unframed.size;
        e->unframed.size = 0;
        e->unframed.guess[0] = '\0';
        return true;
    case VFU_EVENT_MEMORY:
        return false;
    case VFU_EVENT_LOG:
        return logs;
    default:
        return true;
    }
}
