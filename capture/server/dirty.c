/*
 * The server end: which of the client's memory the device has written, by DMA: the features DMA_LOGGING_START, _STOP
 * and _REPORT. The log is a sorted list of ranges of whole pages. Should it grow too long, ranges are joined: a page
 * too many is copied again, a page too few is a guest destroyed.
 */
#include "capture/server/inside.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANGES = 256, MAX_DIRTY = 65536 };
static const uint64_t max_page_size = 1 << 30;

void server_dirty_end(struct vfu_server *s)
{
    free(s->dirty.ranges);
    free(s->dirty.pages);
    s->dirty = (struct server_dirty){ 0 };
}

static bool ends_before(const void *ranges, size_t at, uint64_t address)
{
    return ((const struct server_range *)ranges)[at].last < address;
}

/* The index of the first range that reaches to `address` or above. */
static size_t first_from(const struct server_dirty *d, uint64_t address)
{
    return vfu_lower_bound(d->pages, d->count, address, ends_before);
}

/* In place of `old` ranges from `at` on, there is room for `new` ones. False: out of memory, or too many. */
static bool replace(struct server_dirty *d, size_t at, size_t old, size_t new)
{
    size_t count = d->count - old + new;

    if (count > MAX_DIRTY || !VFU_GROW(d->pages, d->room, count))
        return false;
    memmove(d->pages + at + new, d->pages + at + old, (d->count - at - old) * sizeof *d->pages);
    d->count = count;
    return true;
}

static void add(struct server_dirty *d, uint64_t first, uint64_t last)
{
    /* Those it touches become one with it, neighbours too. */
    size_t at = first_from(d, first ? first - 1 : 0), end = at;

    while (end < d->count && d->pages[end].first <= (last == UINT64_MAX ? last : last + 1))
        end++;
    if (end > at) {
        if (d->pages[at].first < first)
            first = d->pages[at].first;
        if (d->pages[end - 1].last > last)
            last = d->pages[end - 1].last;
    }
    if (!replace(d, at, end - at, 1)) {
        /* It joins a neighbour: there is one, the list is full or has had room made for it at the start. */
        at = at == d->count ? at - 1 : at;
        if (d->pages[at].first < first)
            first = d->pages[at].first;
        if (d->pages[at].last > last)
            last = d->pages[at].last;
    }
    d->pages[at] = (struct server_range){ first, last };
}

void server_dirty_mark(struct vfu_server *s, uint64_t address, uint64_t size)
{
    struct server_dirty *d = &s->dirty;
    uint64_t end = address + (size - 1);

    if (!d->page_size || size == 0)
        return;
    for (size_t i = 0; i < d->range_count; i++) {
        uint64_t first = address > d->ranges[i].first ? address : d->ranges[i].first;
        uint64_t last = end < d->ranges[i].last ? end : d->ranges[i].last;

        if (first <= last)
            add(d, first & ~(d->page_size - 1), last | (d->page_size - 1));
    }
}

/* Forget what lies in there; at worst out of memory keeps a bit more than there is. */
static void take_away(struct server_dirty *d, uint64_t first, uint64_t last)
{
    size_t at = first_from(d, first), end = at;
    struct server_range before, after;
    bool has_before, has_after;

    while (end < d->count && d->pages[end].first <= last)
        end++;
    if (end == at)
        return;
    before = (struct server_range){ d->pages[at].first, first - 1 };
    after = (struct server_range){ last + 1, d->pages[end - 1].last };
    has_before = d->pages[at].first < first;
    has_after = d->pages[end - 1].last > last;
    if (!replace(d, at, end - at, (size_t)has_before + has_after))
        return;
    if (has_before)
        d->pages[at++] = before;
    if (has_after)
        d->pages[at] = after;
}

static bool is_power_of_two(uint64_t n)
{
    return n && !(n & (n - 1));
}

/* The ranges of the request; none: everything. */
static int take_ranges(struct server_dirty *d, const struct server_request *r)
{
    const struct vfu_value *list = vfu_value_by_name(r->in->values, r->in->count, "ranges");
    uint64_t count = server_field(r, "num_ranges");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    bool broken;
    unsigned n;

    if (count > MAX_RANGES)
        return E2BIG;
    if (count && (!list || list->size < list->claimed))
        return EINVAL;
    d->ranges = calloc(count ? count : 1, sizeof *d->ranges);
    if (!d->ranges)
        return ENOMEM;
    if (count == 0)
        d->ranges[d->range_count++] = (struct server_range){ 0, UINT64_MAX };
    while (count-- > 0 && vfu_list_next(list, &at, &layout, values, &n, &broken)) {
        uint64_t first = vfu_number(values, n, "iova", 0), length = vfu_number(values, n, "length", 0);

        if (length == 0 || first + (length - 1) < first)
            return EINVAL;
        d->ranges[d->range_count++] = (struct server_range){ first, first + (length - 1) };
    }
    return 0;
}

int server_dirty_start(struct vfu_server *s, struct server_request *r)
{
    uint64_t page_size = server_field(r, "page_size");
    struct server_dirty d = { .page_size = page_size };
    int failed;

    if (s->dirty.page_size) /* VFIO: no second start before a stop */
        return EINVAL;
    if (!is_power_of_two(page_size) || page_size < SERVER_PAGE_SIZE || page_size > max_page_size)
        d.page_size = SERVER_PAGE_SIZE;
    failed = take_ranges(&d, r);
    if (!failed && !(replace(&d, 0, 0, 1) && vfu_build_set_number(&r->reply, "page_size", d.page_size)))
        failed = ENOMEM;
    d.count = 0;
    s->dirty = d;
    if (failed)
        server_dirty_end(s);
    return failed;
}

int server_dirty_stop(struct vfu_server *s, struct server_request *r)
{
    (void)r;
    server_dirty_end(s);
    return 0;
}

/* A bit a page, from iova on. */
static void draw(const struct server_dirty *d, uint64_t *bits, uint64_t iova, uint64_t last, uint64_t page_size)
{
    for (size_t i = first_from(d, iova); i < d->count && d->pages[i].first <= last; i++) {
        uint64_t from = d->pages[i].first > iova ? d->pages[i].first - iova : 0;
        uint64_t to = (d->pages[i].last < last ? d->pages[i].last : last) - iova;

        for (uint64_t page = from / page_size; page <= to / page_size; page++)
            bits[page / 64] |= (uint64_t)1 << page % 64;
    }
}

int server_dirty_report(struct vfu_server *s, struct server_request *r)
{
    uint64_t iova = server_field(r, "iova"), length = server_field(r, "length");
    uint64_t page_size = server_field(r, "page_size");
    uint64_t last = iova + (length - 1), words, full;
    uint64_t *bits;
    bool good;

    if (!s->dirty.page_size || !is_power_of_two(page_size) || length == 0 || last < iova)
        return EINVAL;
    words = (length - 1) / page_size / 64 + 1;
    if (words > SERVER_MAX_DATA_XFER_SIZE / sizeof *bits)
        return EINVAL;
    full = r->in->layout->size + words * sizeof *bits;
    if (full > server_field(r, "argsz")) /* and the log stays as it is */
        return server_repeat(r, r->event->command->request.layout->size) ||
                       !vfu_build_set_number(&r->reply, "argsz", full) ? ENOMEM : 0;
    bits = calloc(words, sizeof *bits);
    if (!bits)
        return ENOMEM;
    draw(&s->dirty, bits, iova, last, page_size);
    good = !server_repeat(r, r->in->layout->size) && vfu_build_set_number(&r->reply, "argsz", full) &&
           vfu_build_append(&r->reply, bits, words * sizeof *bits);
    free(bits);
    if (good)
        take_away(&s->dirty, iova, last);
    return good ? 0 : ENOMEM;
}
