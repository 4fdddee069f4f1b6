/*
 * What of two exchanges differs, and numbers by which those are found that do not. Both go by what a field means: an
 * address of guest memory is one as good as another, of the other run.
 */
#include "decoder/align/align.h"
#include "decoder/wire/transfer.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message of one side, and what its values are seen by. */
struct half {
    bool there;
    const struct vfu_ignored *ignored;
    const struct vfu_addresses *addresses; /* NULL: every value counts */
    bool value_ignored;
    struct vfu_event event;
    struct vfu_decoded decoded;
    struct vfu_moved moved; /* its transfer is NULL: none, or several */
};

static void take(struct half *h, const struct vfu_exchange *x, bool reply, const struct vfu_ignored *ignored,
                 const struct vfu_addresses *addresses)
{
    h->there = reply ? vfu_exchange_reply(x, &h->event) : vfu_exchange_command(x, &h->event);
    h->moved.transfer = NULL;
    h->ignored = ignored;
    h->addresses = addresses;
    h->decoded.count = 0;
    if (!h->there)
        return;
    vfu_decode(&h->event, &h->decoded);
    if (h->event.command && (h->event.command->moves.list || !vfu_moved_first(&h->moved, h->event.command, &h->decoded)))
        h->moved.transfer = NULL;
    h->value_ignored = ignored && ignored->count && vfu_ignored_has_value(ignored, x);
}

static bool moves(const struct half *h, enum vfu_space space)
{
    return h->moved.transfer && h->moved.transfer->space == space;
}

/* --- values --- */

enum meaning { COUNTS, IGNORED, ADDRESS };

/* Of a field of numbers. */
static enum meaning number_means(const struct half *h, const struct vfu_value *v)
{
    const char *name = v->field->name;

    if (vfu_ignored_has(h->ignored, name))
        return IGNORED;
    if (v->field->kind != VFU_ADDRESS || !h->addresses)
        return COUNTS;
    if (h->event.command_number == VFU_DMA_MAP)
        return ADDRESS;
    if (strcmp(name, "address") != 0 && strcmp(name, "iova") != 0)
        return COUNTS;
    return vfu_was_mapped(h->addresses->of, v->number) ? ADDRESS : COUNTS;
}

/* Of bytes. */
static enum meaning bytes_mean(const struct half *h, const struct vfu_value *v)
{
    static const uint8_t zero[8];

    if (vfu_ignored_has(h->ignored, v->field->name) ||
        (v == h->moved.data && (h->value_ignored || vfu_ignored_has(h->ignored, "value"))))
        return IGNORED;
    if (v != h->moved.data || !h->addresses || !moves(h, VFU_REGION_SPACE) || (v->size != 4 && v->size != 8) ||
        memcmp(v->bytes, zero, v->size) == 0)
        return COUNTS;
    return vfu_addresses_has(h->addresses, h->moved.region, h->moved.at) ? ADDRESS : COUNTS;
}

/* 8 bytes of guest memory that are an address in it, as descriptors have them. */
static bool is_pointer(const struct half *h, const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return h->addresses && word >= 64 << 10 && vfu_was_mapped(h->addresses->of, word);
}

static bool is_memory(const struct half *h, const struct vfu_value *v)
{
    return v == h->moved.data && moves(h, VFU_MEMORY_SPACE);
}

static bool same_bytes(const struct half *a, const struct half *b, const struct vfu_value *x, const struct vfu_value *y)
{
    size_t size = x->size < y->size ? x->size : y->size, step;
    enum meaning meaning = bytes_mean(a, x);

    if (meaning == IGNORED || bytes_mean(b, y) == IGNORED)
        return true;
    if (x->claimed != y->claimed)
        return false;
    if (x->swap != y->swap && x->field->is_register && size == x->claimed && size <= 8 && !(size & (size - 1))) {
        struct vfu_cursor p = vfu_cursor(x->bytes, size, x->swap), q = vfu_cursor(y->bytes, size, y->swap);

        return (meaning == ADDRESS && bytes_mean(b, y) == ADDRESS) ||
               (size && vfu_cursor_uint(&p, (unsigned)size) == vfu_cursor_uint(&q, (unsigned)size));
    }
    if (!size || memcmp(x->bytes, y->bytes, size) == 0 || (meaning == ADDRESS && bytes_mean(b, y) == ADDRESS))
        return true;
    for (size_t at = 0; at < size && is_memory(a, x); at += step) {
        step = size - at < 8 ? size - at : 8;
        if (memcmp(x->bytes + at, y->bytes + at, step) == 0)
            continue;
        if (step < 8 || !is_pointer(a, x->bytes + at) || !is_pointer(b, y->bytes + at))
            return false;
    }
    return is_memory(a, x);
}

static bool same_values(const struct half *a, const struct half *b, const struct vfu_value *x, unsigned x_count,
                        const struct vfu_value *y, unsigned y_count);

static bool same_lists(const struct half *a, const struct half *b, const struct vfu_value *x, const struct vfu_value *y)
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

static bool same_value(const struct half *a, const struct half *b, const struct vfu_value *x, const struct vfu_value *y)
{
    struct vfu_value p[VFU_MAX_VALUES], q[VFU_MAX_VALUES];
    enum meaning meaning;
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
        meaning = number_means(a, x);
        return meaning == IGNORED || (meaning == ADDRESS && number_means(b, y) == ADDRESS) || x->number == y->number;
    }
}

/* The n-th value of a list of those, by its name, in another one. */
static const struct vfu_value *partner(const struct vfu_value *x, const struct vfu_value *values, unsigned count)
{
    const struct vfu_value *y = vfu_value_by_name(values, count, x->field->name);

    return y && (y->field->kind < VFU_BYTES) == (x->field->kind < VFU_BYTES) ? y : NULL;
}

static bool same_values(const struct half *a, const struct half *b, const struct vfu_value *x, unsigned x_count,
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

static bool is_header_ignored(const struct half *h, const char *name, const char *full)
{
    return vfu_ignored_has(h->ignored, full) || (vfu_ignored_has(h->ignored, name) && !vfu_payload_has(h->event.command, name));
}

static void print_member(char text[VFU_DIFFERING_TEXT], const cJSON *item)
{
    if (item && !cJSON_PrintPreallocated((cJSON *)(uintptr_t)item, text, VFU_DIFFERING_TEXT - 8, false))
        snprintf(text, VFU_DIFFERING_TEXT, "...");
}

static void members(struct differing *d, const struct half *a, bool reply, const cJSON *x, const cJSON *y)
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
static void compare_json(struct differing *d, const struct half *a, const struct half *b, bool reply)
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

static void compare_values(struct differing *d, const struct half *a, const struct half *b, bool reply)
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

/* errno, or that there is an error without; 0: none */
static uint64_t error_of(const struct vfu_event *e)
{
    return e->flags & VFU_ERROR ? e->error | UINT64_C(1) << 32 : 0;
}

static void numbers(struct differing *d, enum vfu_differs what, bool reply, const char *field, uint64_t a, uint64_t b)
{
    struct vfu_differing *one = add(d, what, reply, field);

    one->a_number = a;
    one->b_number = b;
}

static void compare_header(struct differing *d, const struct half *a, const struct half *b, bool reply)
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
static void compare_size(struct differing *d, const struct half *a, const struct half *b, bool reply)
{
    const struct vfu_decoded *x = &a->decoded, *y = &b->decoded;
    bool extra = x->extra_size == y->extra_size && x->extra_size && memcmp(x->extra, y->extra, x->extra_size) != 0;
    bool json = a->event.command_number == VFU_VERSION; /* as long as it is written */

    if ((extra || (a->event.size != b->event.size && !json)) && !is_header_ignored(a, "size", "header.size"))
        numbers(d, VFU_DIFFERS_SIZE, reply, extra ? "extra" : "header.size", a->event.size, b->event.size);
}

static void compare(struct differing *d, const struct half *a, const struct half *b, bool reply)
{
    uint64_t x = error_of(&a->event), y = error_of(&b->event);
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
    struct half x, y;

    take(&x, a, false, s->ignored, s->a);
    take(&y, b, false, s->ignored, s->b);
    if (x.event.command_number != y.event.command_number)
        numbers(&d, VFU_DIFFERS_VALUE, false, "command", x.event.command_number, y.event.command_number);
    else
        compare(&d, &x, &y, false);
    take(&x, a, true, s->ignored, s->a);
    take(&y, b, true, s->ignored, s->b);
    if (x.there != y.there)
        numbers(&d, VFU_DIFFERS_REPLY, true, "reply", x.there, y.there);
    else if (x.there)
        compare(&d, &x, &y, true);
    if (!d.count && x.there && !same_polls(a, b) && (!x.moved.data || bytes_mean(&x, x.moved.data) == COUNTS))
        numbers(&d, VFU_DIFFERS_POLL, true, "data", a->before_count, b->before_count);
    return d.count;
}

/* --- numbers by which they are found --- */

static uint64_t digest_values(const struct half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *values,
                              unsigned count);

static uint64_t digest_bytes(const struct half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *v)
{
    enum meaning meaning = bytes_mean(h, v);
    uint64_t word;

    if (meaning != COUNTS)
        return vfu_hash(key, hash, meaning);
    hash = vfu_hash(key, hash, v->claimed);
    for (size_t at = 0; at < v->size; at += sizeof word) {
        size_t step = v->size - at < sizeof word ? v->size - at : sizeof word;

        word = 0;
        memcpy(&word, v->bytes + at, step);
        if (step == sizeof word && is_memory(h, v) && is_pointer(h, v->bytes + at))
            word = 1;
        hash = vfu_hash(key, hash, word);
    }
    return hash;
}

static uint64_t digest_value(const struct half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *v)
{
    struct vfu_value inside[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    enum meaning meaning;
    bool broken = false;
    unsigned count;

    switch (v->field->kind) {
    case VFU_BYTES:
        return digest_bytes(h, key, hash, v);
    case VFU_JSON:
        return hash;
    case VFU_LIST:
        while (vfu_list_next(v, &at, &layout, inside, &count, &broken))
            hash = digest_values(h, key, hash, inside, count);
        return vfu_hash(key, hash, v->number);
    case VFU_OBJECT:
        count = vfu_object_values(v, inside);
        return digest_values(h, key, hash, inside, count);
    default:
        meaning = number_means(h, v);
        return vfu_hash(key, hash, meaning == COUNTS ? v->number : meaning);
    }
}

static uint64_t digest_values(const struct half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *values,
                              unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!vfu_ignored_has(h->ignored, values[i].field->name))
            hash = digest_value(h, key, hash, &values[i]);
    return hash;
}

static uint64_t digest(const struct half *h, const struct vfu_hash_key *key, uint64_t hash)
{
    const struct vfu_event *e = &h->event;

    if (!h->there)
        return vfu_hash(key, hash, 0);
    hash = vfu_hash(key, hash, (uint64_t)e->command_number << 32 | (e->flags & (VFU_TYPE_MASK | VFU_NO_REPLY)));
    hash = vfu_hash(key, hash, vfu_ignored_has(h->ignored, "error") ? 0 : error_of(e));
    return digest_values(h, key, hash, h->decoded.values, h->decoded.count);
}

uint64_t vfu_exchange_digest(const struct vfu_ignored *ignored, const struct vfu_hash_key *key,
                             const struct vfu_addresses *addresses, const struct vfu_exchange *x)
{
    struct half h;
    uint64_t hash;

    take(&h, x, false, ignored, addresses);
    hash = digest(&h, key, 1);
    take(&h, x, true, ignored, addresses);
    return digest(&h, key, hash);
}

/* What tells one command's places apart; the rest of its fields are what it says. */
uint64_t vfu_exchange_place(const struct vfu_ignored *ignored, const struct vfu_hash_key *key, const struct vfu_exchange *x)
{
    static const char *const names[] = { "region", "index", "feature" };
    struct half h;
    uint64_t hash;

    take(&h, x, false, ignored, NULL);
    hash = vfu_hash(key, h.event.command_number, h.event.flags & VFU_TYPE_MASK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!vfu_ignored_has(ignored, names[i]))
            hash = vfu_hash(key, hash, vfu_number(h.decoded.values, h.decoded.count, names[i], UINT64_MAX));
    if (moves(&h, VFU_REGION_SPACE) && !vfu_ignored_has(ignored, "offset"))
        hash = vfu_hash(key, hash, h.moved.at);
    if (moves(&h, VFU_MEMORY_SPACE) && !vfu_ignored_has(ignored, "count"))
        hash = vfu_hash(key, hash, h.moved.size);
    return hash;
}
