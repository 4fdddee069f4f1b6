/*
 * Which registers hold addresses of guest memory: those into which the client wrote some, and nothing that speaks against
 * it. An address lies in what DMA_MAP gave, above the first 64 KiB, where small numbers are, at a multiple of 4. A number
 * of 32 bits lies there by accident, too: so it has to be a multiple of 16, and to be the beginning of what was mapped, or
 * in little of it, or to have as many bits set as flags seldom have; fewer, if 0 is written just beside it as the upper
 * half. What speaks against it is a small number, and one that lies in guest memory and is no such address: so a register
 * of flags is none, be guest memory as large as it may. Numbers that lie elsewhere say nothing: some devices take addresses
 * of their own there, too.
 */
#include "decoder/align/align.h"
#include "decoder/registers/registers.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>

enum {
    LOW = 64 << 10,
    ALIGNED = 4,
    NARROW_ALIGNED = 16,
    LITTLE = 16 << 20,
    HALF_BITS = 3, /* set in one whose upper half is 0 */
    ALONE_BITS = 4,
};

static bool ends_before(const void *list, size_t at, uint64_t address)
{
    return ((const struct vfu_span *)list)[at].last < address;
}

static const struct vfu_span *span_at(const struct vfu_conversation *c, uint64_t address)
{
    size_t at = vfu_lower_bound(c->mapped, c->mapped_count, address, ends_before);

    return at < c->mapped_count && c->mapped[at].first <= address ? &c->mapped[at] : NULL;
}

bool vfu_was_mapped(const struct vfu_conversation *c, uint64_t address)
{
    return span_at(c, address) != NULL;
}

/* Bits that mean something each are no address. */
static bool has_fields(const struct vfu_exchange *x)
{
    return x->register_count == 1 && x->registers[0].reg->field_count > 1;
}

/* A write to a register. */
struct written {
    uint64_t region, offset, size, value;
};

static bool is_write(const struct vfu_run *r, size_t at, struct written *w)
{
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;
    struct vfu_cursor c;

    if (at >= r->count || !vfu_exchange_command(&r->list[at], &e) || e.command_number != VFU_REGION_WRITE ||
        !vfu_event_is_command(&e))
        return false;
    vfu_decode(&e, &d);
    if (!vfu_moved_first(&m, e.command, &d) || !m.data || m.data->size != m.size || (m.size != 4 && m.size != 8))
        return false;
    c = vfu_cursor(m.data->bytes, m.data->size, m.data->swap);
    *w = (struct written){ m.region, m.at, m.size, vfu_cursor_uint(&c, (unsigned)m.size) };
    return true;
}

/* The other half of 64 bits, written just before or just behind it. */
static bool has_half(const struct vfu_run *r, size_t at, const struct written *w, struct written *half)
{
    uint64_t offset = w->offset ^ 4;

    return (is_write(r, at + 1, half) && half->region == w->region && half->offset == offset && half->size == 4) ||
           (at && is_write(r, at - 1, half) && half->region == w->region && half->offset == offset && half->size == 4);
}

enum says { NOTHING, ADDRESS, OTHER };

/* A whole address: of 32 bits only if it has so many bits set, or what else tells it from flags. */
static enum says judge(const struct vfu_conversation *c, uint64_t value, int bits)
{
    bool narrow = value <= UINT32_MAX && bits;
    const struct vfu_span *span = span_at(c, value);

    if (!span)
        return value && value < LOW ? OTHER : NOTHING;
    if (!value)
        return NOTHING;
    if (value < LOW || value % (narrow ? NARROW_ALIGNED : ALIGNED))
        return OTHER;
    return !narrow || span->first == value || __builtin_popcountll(value) >= bits ||
                   (span->first >= LOW && span->last - span->first < LITTLE)
               ? ADDRESS
               : OTHER;
}

/* What a write says of its place. half: it is one of 64 bits. */
static enum says say(const struct vfu_conversation *c, size_t at, const struct written *w, bool *half)
{
    struct written other;

    *half = false;
    if (w->size == 8)
        return judge(c, w->value, 0);
    if (has_half(&c->runs[VFU_CLIENT], at, w, &other)) {
        *half = judge(c, w->offset % 8 ? w->value << 32 | other.value : other.value << 32 | w->value, HALF_BITS) == ADDRESS;
        if (*half)
            return ADDRESS;
    }
    return judge(c, w->value, ALONE_BITS);
}

static int by_place(const void *a, const void *b)
{
    const struct vfu_address_place *x = a, *y = b;

    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* One of each place, of those that hold addresses. */
static void join(struct vfu_addresses *a)
{
    size_t kept = 0;

    if (a->count)
        qsort(a->places, a->count, sizeof *a->places, by_place);
    for (size_t i = 0, end; i < a->count; i = end) {
        struct vfu_address_place all = a->places[i];

        for (end = i + 1; end < a->count && by_place(&a->places[i], &a->places[end]) == 0; end++) {
            all.address |= a->places[end].address;
            all.other |= a->places[end].other;
            all.half |= a->places[end].half;
        }
        if (all.address && !all.other)
            a->places[kept++] = all;
    }
    a->count = kept;
}

bool vfu_addresses_find(struct vfu_addresses *a, const struct vfu_conversation *of)
{
    const struct vfu_run *r = &of->runs[VFU_CLIENT];
    struct written w;

    *a = (struct vfu_addresses){ .of = of };
    for (size_t i = 0; i < r->count && of->mapped_count; i++) {
        struct vfu_address_place place = { 0 };
        enum says says;

        if (!is_write(r, i, &w))
            continue;
        says = say(of, i, &w, &place.half);
        if (!VFU_GROW(a->places, a->room, a->count + 1))
            return false;
        place.region = (uint32_t)w.region;
        place.offset = w.offset;
        place.address = says == ADDRESS;
        place.other = says == OTHER || has_fields(&r->list[i]);
        a->places[a->count++] = place;
    }
    join(a);
    return true;
}

void vfu_addresses_free(struct vfu_addresses *a)
{
    free(a->places);
    *a = (struct vfu_addresses){ 0 };
}

bool vfu_addresses_has(const struct vfu_addresses *a, uint64_t region, uint64_t offset, uint64_t value)
{
    const struct vfu_address_place key = { .region = (uint32_t)region, .offset = offset }, *place;

    place = a->count ? bsearch(&key, a->places, a->count, sizeof key, by_place) : NULL;
    if (place && place->half)
        return value || offset % 8; /* the upper half may be 0, the lower one is no address then */
    return place && value >= LOW && span_at(a->of, value);
}
