/*
 * What of two exchanges differs, by what their fields mean: an address of guest memory is as good as another, of the
 * other run.
 */
#include "decoder/align/inside.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_bytes(const struct align_half *a, const struct align_half *b, const struct vfu_value *x, const struct vfu_value *y)
{
    size_t size = x->size < y->size ? x->size : y->size;
    enum align_meaning meaning = align_bytes(a, x);

    if (meaning == ALIGN_IGNORED || align_bytes(b, y) == ALIGN_IGNORED)
        return true;
    if (x->claimed != y->claimed)
        return false;
    if (x->swap != y->swap && x->field->is_register && size == x->claimed && size <= 8 && !(size & (size - 1))) {
        struct vfu_cursor p = vfu_cursor(x->bytes, size, x->swap), q = vfu_cursor(y->bytes, size, y->swap);

        return (meaning == ALIGN_ADDRESS && align_bytes(b, y) == ALIGN_ADDRESS) ||
               (size && vfu_cursor_uint(&p, (unsigned)size) == vfu_cursor_uint(&q, (unsigned)size));
    }
    if (!size || memcmp(x->bytes, y->bytes, size) == 0 || (meaning == ALIGN_ADDRESS && align_bytes(b, y) == ALIGN_ADDRESS))
        return true;
    for (size_t at = 0; at < size && align_is_memory(a, x); at += 8) {
        size_t left = size - at < 8 ? size - at : 8;

        if (memcmp(x->bytes + at, y->bytes + at, left) == 0)
            continue;
        if (left < 8 || !align_is_pointer(a, x->bytes + at) || !align_is_pointer(b, y->bytes + at))
            return false;
    }
    return align_is_memory(a, x);
}

static bool same_values(const struct align_half *a, const struct align_half *b, const struct vfu_value *x, unsigned x_count,
                        const struct vfu_value *y, unsigned y_count);

static bool same_lists(const struct align_half *a, const struct align_half *b, const struct vfu_value *x, const struct vfu_value *y)
{
    struct vfu_value p[VFU_MAX_VALUES], q[VFU_MAX_VALUES];
    const struct vfu_layout *layout, *other;
    size_t at = SIZE_MAX, other_at = SIZE_MAX;
    bool broken = false, whole = x->size == x->claimed && y->size == y->claimed;
    unsigned p_count, q_count;

    if (vfu_ignored_has(a->ignored, x->field->name))
        return true;
    if (x->number != y->number)
        return false;
    for (;;) {
        bool more = vfu_list_next(x, &at, &layout, p, &p_count, &broken);

        if (vfu_list_next(y, &other_at, &other, q, &q_count, &broken) != more)
            return !whole; /* what is cut off may be there */
        if (!more)
            return true;
        if (!same_values(a, b, p, p_count, q, q_count))
            return false;
    }
}

static bool same_value(const struct align_half *a, const struct align_half *b, const struct vfu_value *x, const struct vfu_value *y)
{
    struct vfu_value p[VFU_MAX_VALUES], q[VFU_MAX_VALUES];
    enum align_meaning meaning;
    unsigned count;

    switch (x->field->kind) {
    case VFU_BYTES:
        return same_bytes(a, b, x, y);
    case VFU_JSON:
        return true; /* see same_json */
    case VFU_LIST:
        return same_lists(a, b, x, y);
    case VFU_OBJECT:
        count = vfu_object_values(x, p);
        return same_values(a, b, p, count, q, vfu_object_values(y, q));
    default:
        meaning = align_number(a, x);
        return meaning == ALIGN_IGNORED || (meaning == ALIGN_ADDRESS && align_number(b, y) == ALIGN_ADDRESS) || x->number == y->number;
    }
}

/* The n-th value of a list of those, by its name, in another one. */
static const struct vfu_value *partner(const struct vfu_value *x, const struct vfu_value *values, unsigned count)
{
    const struct vfu_value *y = vfu_value_by_name(values, count, x->field->name);

    return y && (y->field->kind < VFU_BYTES) == (x->field->kind < VFU_BYTES) ? y : NULL;
}

static bool same_values(const struct align_half *a, const struct align_half *b, const struct vfu_value *x, unsigned x_count,
                        const struct vfu_value *y, unsigned y_count)
{
    for (unsigned i = 0; i < x_count; i++) {
        const struct vfu_value *other = partner(&x[i], y, y_count);

        if (!other ? !vfu_ignored_has(a->ignored, x[i].field->name) : !same_value(a, b, &x[i], other))
            return false;
    }
    return x_count == y_count;
}

/* --- what differs, listed --- */

struct differing {
    struct vfu_differing *list;
    unsigned count;
};

static struct vfu_differing *add(struct differing *d, enum vfu_differs what, bool reply, const char *field)
{
    struct vfu_differing *one;

    if (d->count == VFU_MAX_DIFFERING)
        return &d->list[VFU_MAX_DIFFERING - 1];
    one = &d->list[d->count++];
    memset(one, 0, sizeof *one);
    one->what = what;
    one->reply = reply;
    snprintf(one->field, sizeof one->field, "%s", field);
    return one;
}

static bool is_header_ignored(const struct align_half *h, const char *name, const char *full)
{
    return vfu_ignored_has(h->ignored, full) || (vfu_ignored_has(h->ignored, name) && !vfu_payload_has(h->event.command, name));
}

static void print_member(char text[VFU_DIFFERING_TEXT], const cJSON *item)
{
    if (item && !cJSON_PrintPreallocated((cJSON *)(uintptr_t)item, text, VFU_DIFFERING_TEXT - 8, false))
        snprintf(text, VFU_DIFFERING_TEXT, "...");
}

static void members(struct differing *d, const struct align_half *a, bool reply, const cJSON *x, const cJSON *y)
{
    const cJSON *item;
    struct vfu_differing *one;

    cJSON_ArrayForEach(item, x) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(y, item->string);

        if (vfu_ignored_has(a->ignored, item->string) || (other && cJSON_Compare(item, other, true)))
            continue;
        one = add(d, VFU_DIFFERS_MEMBER, reply, item->string);
        print_member(one->a_text, item);
        print_member(one->b_text, other);
    }
    cJSON_ArrayForEach(item, y) {
        if (vfu_ignored_has(a->ignored, item->string) || cJSON_GetObjectItemCaseSensitive(x, item->string))
            continue;
        one = add(d, VFU_DIFFERS_MEMBER, reply, item->string);
        print_member(one->b_text, item);
    }
}

static cJSON *parse(const struct vfu_value *v)
{
    return v ? cJSON_ParseWithLength((const char *)v->bytes, v->size) : NULL;
}

/* VERSION's text: what is in it, wherever, not how it is written. */
static void compare_json(struct differing *d, const struct align_half *a, const struct align_half *b, bool reply)
{
    const struct vfu_value *x = vfu_value_by_name(a->decoded.values, a->decoded.count, "json");
    const struct vfu_value *y = vfu_value_by_name(b->decoded.values, b->decoded.count, "json");
    const cJSON *p, *q;
    cJSON *one, *two;
    unsigned before = d->count;

    if ((!x && !y) || vfu_ignored_has(a->ignored, "json") || vfu_ignored_has(a->ignored, "capabilities"))
        return;
    if (x && y && x->size == y->size && memcmp(x->bytes, y->bytes, x->size) == 0)
        return;
    if (a->decoded.truncated || b->decoded.truncated)
        return; /* half a text says nothing */
    one = parse(x);
    two = parse(y);
    p = cJSON_GetObjectItemCaseSensitive(one, "capabilities");
    q = cJSON_GetObjectItemCaseSensitive(two, "capabilities");
    if (cJSON_IsObject(p) && cJSON_IsObject(q))
        members(d, a, reply, p, q);
    if (d->count == before && !(one && two && cJSON_Compare(one, two, true))) {
        struct vfu_differing *all = add(d, VFU_DIFFERS_VALUE, reply, "json");

        all->a = x ? *x : (struct vfu_value){ 0 };
        all->b = y ? *y : (struct vfu_value){ 0 };
        if (one && two && cJSON_IsObject(p) && cJSON_IsObject(q)) /* some member was ignored */
            d->count = before;
    }
    cJSON_Delete(one);
    cJSON_Delete(two);
}

/* The command said so, too: its reply repeats it. */
static bool is_repeated(const struct differing *d, const struct vfu_value *a, const struct vfu_value *b)
{
    for (unsigned i = 0; i < d->count; i++) {
        const struct vfu_differing *one = &d->list[i];

        if (!one->reply && one->what == VFU_DIFFERS_VALUE && strcmp(one->field, a->field->name) == 0 && one->a.field && one->b.field &&
            b && one->a.number == a->number && one->b.number == b->number)
            return true;
    }
    return false;
}

static void compare_values(struct differing *d, const struct align_half *a, const struct align_half *b, bool reply)
{
    const struct vfu_decoded *x = &a->decoded, *y = &b->decoded;
    bool cut = x->truncated || y->truncated;

    for (unsigned i = 0; i < x->count; i++) {
        const struct vfu_value *v = &x->values[i], *other = partner(v, y->values, y->count);

        if (v->field->kind == VFU_JSON || v->field->alias || (other ? same_value(a, b, v, other) : cut) ||
            vfu_ignored_has(a->ignored, v->field->name) || (reply && is_repeated(d, v, other)))
            continue;
        add(d, VFU_DIFFERS_VALUE, reply, v->field->name)->a = *v;
        if (other)
            d->list[d->count - 1].b = *other;
    }
    for (unsigned i = 0; i < y->count && !cut; i++) {
        const struct vfu_value *v = &y->values[i];

        if (v->field->kind != VFU_JSON && !partner(v, x->values, x->count) && !vfu_ignored_has(a->ignored, v->field->name))
            add(d, VFU_DIFFERS_VALUE, reply, v->field->name)->b = *v;
    }
    compare_json(d, a, b, reply);
}

static bool same_fds(const struct vfu_message *a, const struct vfu_message *b)
{
    if (a->fds_unknown || b->fds_unknown || a->fds_cut || b->fds_cut)
        return true;
    for (unsigned i = 0; i < a->nfds && i < b->nfds; i++)
        if (a->fds[i].type != b->fds[i].type)
            return false;
    return a->nfds == b->nfds;
}

static void numbers(struct differing *d, enum vfu_differs what, bool reply, const char *field, uint64_t a, uint64_t b)
{
    struct vfu_differing *one = add(d, what, reply, field);

    one->a_number = a;
    one->b_number = b;
}

static void compare_header(struct differing *d, const struct align_half *a, const struct align_half *b, bool reply)
{
    uint32_t one = a->event.flags & ~(uint32_t)VFU_ERROR, two = b->event.flags & ~(uint32_t)VFU_ERROR;

    if (vfu_ignored_has(a->ignored, "no_reply")) {
        one &= ~(uint32_t)VFU_NO_REPLY;
        two &= ~(uint32_t)VFU_NO_REPLY;
    }
    if (one != two && !is_header_ignored(a, "flags", "header.flags"))
        numbers(d, VFU_DIFFERS_FLAGS, reply, "header.flags", one, two);
    if (!same_fds(&a->event.message, &b->event.message) && !vfu_ignored_has(a->ignored, "fds"))
        numbers(d, VFU_DIFFERS_FDS, reply, "fds", a->event.message.nfds, b->event.message.nfds);
}

/* What is behind the known fields. */
static void compare_size(struct differing *d, const struct align_half *a, const struct align_half *b, bool reply)
{
    const struct vfu_decoded *x = &a->decoded, *y = &b->decoded;
    bool extra = x->extra_size == y->extra_size && x->extra_size && memcmp(x->extra, y->extra, x->extra_size) != 0;
    bool json = a->event.command_number == VFU_VERSION; /* as long as it is written */

    if ((extra || (a->event.size != b->event.size && !json)) && !is_header_ignored(a, "size", "header.size"))
        numbers(d, VFU_DIFFERS_SIZE, reply, extra ? "extra" : "header.size", a->event.size, b->event.size);
}

static void compare(struct differing *d, const struct align_half *a, const struct align_half *b, bool reply)
{
    uint64_t x = align_error(&a->event), y = align_error(&b->event);
    unsigned before = d->count;

    compare_header(d, a, b, reply);
    if (x != y && !is_header_ignored(a, "error", "header.error")) {
        numbers(d, VFU_DIFFERS_ERROR, reply, "error", x, y);
        return; /* that has another body, or none */
    }
    if (x != y)
        return;
    compare_values(d, a, b, reply);
    if (d->count == before && !a->value_ignored && !vfu_ignored_has(a->ignored, "data"))
        compare_size(d, a, b, reply);
}

/* Has the longer one what the shorter one has, in its order? Then there were only other numbers of polls. */
static bool is_part(const uint64_t *shorter, size_t count, const uint64_t *longer, size_t longer_count)
{
    size_t found = 0;

    for (size_t i = 0; i < longer_count && found < count; i++)
        found += longer[i] == shorter[found];
    return found == count;
}

static bool same_polls(const struct vfu_exchange *a, const struct vfu_exchange *b)
{
    return a->before_count < b->before_count ? is_part(a->before, a->before_count, b->before, b->before_count)
                                             : is_part(b->before, b->before_count, a->before, a->before_count);
}

unsigned vfu_exchanges_differ(const struct vfu_side_by_side *s, const struct vfu_exchange *a, const struct vfu_exchange *b,
                              struct vfu_differing list[VFU_MAX_DIFFERING])
{
    struct differing d = { .list = list };
    struct align_half x, y;

    align_take(&x, a, false, s->ignored, s->a);
    align_take(&y, b, false, s->ignored, s->b);
    if (x.event.command_number != y.event.command_number)
        numbers(&d, VFU_DIFFERS_VALUE, false, "command", x.event.command_number, y.event.command_number);
    else
        compare(&d, &x, &y, false);
    align_take(&x, a, true, s->ignored, s->a);
    align_take(&y, b, true, s->ignored, s->b);
    if (x.there != y.there)
        numbers(&d, VFU_DIFFERS_REPLY, true, "reply", x.there, y.there);
    else if (x.there)
        compare(&d, &x, &y, true);
    if (!d.count && x.there && !same_polls(a, b) && (!x.moved.data || align_bytes(&x, x.moved.data) == ALIGN_COUNTS))
        numbers(&d, VFU_DIFFERS_POLL, true, "data", a->before_count, b->before_count);
    return d.count;
}
