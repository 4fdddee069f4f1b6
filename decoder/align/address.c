/*
 * Which registers hold addresses of guest memory: those into which the client wrote nothing else, but for 0. A value is
 * taken for an address where it lies in what DMA_MAP gave, at a multiple of 16, above the first 64 KiB, where small
 * numbers are; of 32 bits only as the lower half of 64 that are written one after the other, as the beginning of what was
 * mapped, or with as many bits as flags seldom have. So a status register is none, be guest memory as large as it may.
 */
#include "decoder/align/align.h"
#include "decoder/registers/registers.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>

enum { LOW = 64 << 10, ALIGNED = 16, MANY_BITS = 4 };

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

static bool may_be_address(const struct vfu_conversation *c, uint64_t value)
{
    return value >= LOW && value % ALIGNED == 0 && span_at(c, value);
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

static bool is_address(const struct vfu_conversation *c, size_t at, const struct written *w)
{
    const struct vfu_run *r = &c->runs[VFU_CLIENT];
    const struct vfu_span *span;
    struct written half;

    if (w->size == 8)
        return may_be_address(c, w->value);
    if (w->offset % 8 == 4 && has_half(r, at, w, &half))
        return may_be_address(c, w->value << 32 | half.value);
    if (w->offset % 8 == 0 && has_half(r, at, w, &half))
        return may_be_address(c, half.value << 32 | w->value);
    if (!may_be_address(c, w->value))
        return false;
    span = span_at(c, w->value);
    return span->first == w->value || __builtin_popcountll(w->value) >= MANY_BITS;
}

static int by_place(const void *a, const void *b)
{
    const struct vfu_address_place *x = a, *y = b;

    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* One of each place, unless something else was written there. */
static void join(struct vfu_addresses *a)
{
    size_t kept = 0;

    if (a->count)
        qsort(a->places, a->count, sizeof *a->places, by_place);
    for (size_t i = 0, end; i < a->count; i = end) {
        bool other = false;

        for (end = i; end < a->count && by_place(&a->places[i], &a->places[end]) == 0; end++)
            other |= a->places[end].other;
        if (!other)
            a->places[kept++] = a->places[i];
    }
    a->count = kept;
}

bool vfu_addresses_find(struct vfu_addresses *a, const struct vfu_conversation *of)
{
    const struct vfu_run *r = &of->runs[VFU_CLIENT];
    struct written w;

    *a = (struct vfu_addresses){ .of = of };
    for (size_t i = 0; i < r->count && of->mapped_count; i++) {
        if (!is_write(r, i, &w) || (!w.value && !is_address(of, i, &w)))
            continue;
        if (!VFU_GROW(a->places, a->room, a->count + 1))
            return false;
        a->places[a->count++] = (struct vfu_address_place){ (uint32_t)w.region,
                                                                     !is_address(of, i, &w) || has_fields(&r->list[i]), w.offset };
    }
    join(a);
    return true;
}

void vfu_addresses_free(struct vfu_addresses *a)
{
    free(a->places);
    *a = (struct vfu_addresses){ 0 };
}

bool vfu_addresses_has(const struct vfu_addresses *a, uint64_t region, uint64_t offset)
{
    const struct vfu_address_place place = { .region = (uint32_t)region, .offset = offset };

    return a->count && bsearch(&place, a->places, a->count, sizeof place, by_place);
}
