/*
 * A recorded device, played back: see recorded.h. What was read is read again in the order it was read in, as far as the
 * writes between have come; what the device did by itself follows on the last write before it.
 */
#include "capture/server/recorded.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, AHEAD = 4096 /* steps that are looked through for a write */ };

/* The last that was seen of a region's bytes. */
struct page {
    unsigned region;
    uint64_t number;
    uint8_t bytes[PAGE], known[PAGE];
};
struct range {
    uint64_t address, size;
};
struct recorded {
    struct dev dev;
    const struct tape *tape;
    size_t position; /* all steps before it are done */
    bool *used;      /* a read was answered with this one */
    bool same;       /* all writes were those on the tape */
    bool said_dma, said_irq;
    struct page **pages, *last; /* last: that was looked for; NULL: none was */
    size_t page_count, page_room;
    struct range *maps, *then; /* the client's memory, and as it was by now */
    size_t map_count, map_room, then_count, then_room;
};

bool tape_add(struct tape *t, const struct tape_step *step)
{
    if (!VFU_GROW(t->steps, t->room, t->count + 1))
        return false;
    t->steps[t->count++] = *step;
    return true;
}

void tape_free(struct tape *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->steps[i].bytes);
    free(t->steps);
    t->steps = NULL;
    t->count = t->room = 0;
}

__attribute__((format(printf, 2, 3))) static void say(const struct recorded *r, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (r->tape->say)
        r->tape->say(r->tape->context, text);
}

/* --- the last that was seen --- */

static struct page *page_at(struct recorded *r, unsigned region, uint64_t offset, bool make)
{
    if (r->last && r->last->region == region && r->last->number == offset / PAGE)
        return r->last;
    for (size_t i = 0; i < r->page_count; i++)
        if (r->pages[i]->region == region && r->pages[i]->number == offset / PAGE)
            return r->last = r->pages[i];
    if (!make || !VFU_GROW(r->pages, r->page_room, r->page_count + 1) ||
        !(r->pages[r->page_count] = calloc(1, sizeof *r->pages[0])))
        return NULL;
    r->pages[r->page_count]->region = region;
    r->pages[r->page_count]->number = offset / PAGE;
    return r->pages[r->page_count++];
}

/* `first`: only where nothing is known yet. */
static void remember(struct recorded *r, const struct tape_step *s, bool first)
{
    for (uint64_t i = 0; i < s->size; i++) {
        struct page *p = page_at(r, s->region, s->offset + i, true);
        size_t at = (s->offset + i) % PAGE;

        if (!p || (first && p->known[at]))
            continue;
        p->bytes[at] = s->bytes[i];
        p->known[at] = 1;
    }
}

/* True: all of it was seen. */
static bool recall(struct recorded *r, unsigned region, uint64_t offset, uint8_t *bytes, size_t size)
{
    bool all = true;

    for (size_t i = 0; i < size; i++) {
        const struct page *p = page_at(r, region, offset + i, false);
        size_t at = (offset + i) % PAGE;
        bool known = p && p->known[at];

        bytes[i] = known ? p->bytes[at] : 0;
        all &= known;
    }
    return all;
}

/* --- memory --- */

static void range_add(struct range **list, size_t *count, size_t *room, uint64_t address, uint64_t size)
{
    if (VFU_GROW(*list, *room, *count + 1))
        (*list)[(*count)++] = (struct range){ address, size };
}

static void range_remove(struct range *list, size_t *count, uint64_t address, uint64_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (size && list[i].address - address >= size)
            list[kept++] = list[i];
    *count = kept;
}

static bool has_range(const struct range *list, size_t count, const struct range *range)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].address == range->address && list[i].size == range->size)
            return true;
    return false;
}

static bool maps_are_the_same(const struct recorded *r)
{
    for (size_t i = 0; i < r->map_count; i++)
        if (!has_range(r->then, r->then_count, &r->maps[i]))
            return false;
    return r->map_count == r->then_count;
}

/* --- what the device does by itself --- */

static void dma_done(struct dev *dev, struct dev_dma *dma, bool whole)
{
    (void)dev;
    (void)whole;
    free(dma->bytes);
    free(dma);
}

static void transfer(struct recorded *r, const struct tape_step *s)
{
    struct dev_dma *dma;

    if (s->kind == TAPE_DMA_WRITE && !(r->same && s->bytes && maps_are_the_same(r))) {
        if (!r->said_dma)
            say(r, "#%llu, a DMA_WRITE, is left out, and others: %s", (unsigned long long)s->no,
                !r->same ? "the client has written something else" : !s->bytes ? "the capture lacks its data"
                                                                             : "the client's memory is mapped otherwise");
        r->said_dma = true;
        return;
    }
    dma = calloc(1, sizeof *dma);
    if (!dma || !(dma->bytes = calloc(1, s->size ? (size_t)s->size : 1))) {
        free(dma);
        return;
    }
    if (s->bytes)
        memcpy(dma->bytes, s->bytes, (size_t)s->size);
    dma->to_client = s->kind == TAPE_DMA_WRITE;
    dma->address = s->offset;
    dma->size = (size_t)s->size;
    dma->done = dma_done;
    r->dev.host->dma_start(r->dev.host->context, dma);
}

static void interrupt(struct recorded *r, const struct tape_step *s)
{
    const struct dev_host *host = r->dev.host;

    if (s->region >= r->dev.irq_count || s->offset >= r->dev.irqs[s->region].count)
        return; /* a capture says what it likes */
    if (!host->irq_armed(host->context, s->region, (unsigned)s->offset)) {
        if (!r->said_irq)
            say(r, "behind #%llu: an interrupt that the client has no eventfd for", (unsigned long long)s->no);
        r->said_irq = true;
        return;
    }
    host->irq_fire(host->context, s->region, (unsigned)s->offset);
}

static void do_step(struct recorded *r, const struct tape_step *s)
{
    if (s->kind == TAPE_MAP)
        range_add(&r->then, &r->then_count, &r->then_room, s->offset, s->size);
    else if (s->kind == TAPE_UNMAP)
        range_remove(r->then, &r->then_count, s->offset, s->size);
    else if (s->kind == TAPE_INTERRUPT)
        interrupt(r, s);
    else if (s->kind == TAPE_DMA_READ || s->kind == TAPE_DMA_WRITE)
        transfer(r, s);
}

static bool is_clients(const struct tape_step *s)
{
    return s->kind == TAPE_WRITE || s->kind == TAPE_RESET;
}

/* Everything before `to` is done. */
static void go_to(struct recorded *r, size_t to)
{
    while (r->position < to)
        do_step(r, &r->tape->steps[r->position++]);
}

/*
 * What the device did next without being written to. Reads that stand before it are none that it waits for: this client may poll
 * less often.
 */
static void go_on(struct recorded *r)
{
    const struct tape *t = r->tape;
    size_t to = r->position;

    for (size_t i = r->position; i < t->count && !is_clients(&t->steps[i]); i++)
        if (t->steps[i].kind != TAPE_READ)
            to = i + 1;
    go_to(r, to);
}

/* --- accesses --- */

static int recorded_read(struct dev *dev, unsigned region, uint64_t offset, void *bytes, size_t size)
{
    struct recorded *r = (struct recorded *)dev;
    const struct tape *t = r->tape;

    for (size_t i = r->position; i < t->count && !is_clients(&t->steps[i]); i++) {
        const struct tape_step *s = &t->steps[i];

        if (s->kind != TAPE_READ || r->used[i] || s->region != region || s->offset != offset || s->size != size)
            continue;
        r->used[i] = true;
        if (s->error)
            return s->error;
        if (!s->bytes)
            break;
        remember(r, s, false);
        memcpy(bytes, s->bytes, size);
        return 0;
    }
    if (!recall(r, region, offset, bytes, size))
        say(r, "the capture does not have region %u+0x%llx, %zu bytes: 0 where nothing was seen", region,
            (unsigned long long)offset, size);
    return 0;
}

static int recorded_write(struct dev *dev, unsigned region, uint64_t offset, const void *bytes, size_t size)
{
    struct recorded *r = (struct recorded *)dev;
    const struct tape *t = r->tape;
    size_t end = t->count - r->position < AHEAD ? t->count : r->position + AHEAD;

    for (size_t i = r->position; i < end; i++) {
        const struct tape_step *s = &t->steps[i];

        if (s->kind != TAPE_WRITE || s->region != region || s->offset != offset || s->size != size || !s->bytes ||
            memcmp(s->bytes, bytes, size) != 0)
            continue;
        for (size_t k = r->position; k < i; k++)
            r->same &= !is_clients(&t->steps[k]);
        go_to(r, i + 1);
        go_on(r);
        return s->error;
    }
    r->same = false;
    return 0;
}

static void recorded_reset(struct dev *dev)
{
    struct recorded *r = (struct recorded *)dev;

    for (size_t i = r->position; i < r->tape->count; i++) {
        if (r->tape->steps[i].kind != TAPE_RESET)
            continue;
        for (size_t k = r->position; k < i; k++)
            r->same &= !is_clients(&r->tape->steps[k]);
        go_to(r, i + 1);
        go_on(r);
        return;
    }
}

static void recorded_mapped(struct dev *dev, uint64_t address, uint64_t size)
{
    struct recorded *r = (struct recorded *)dev;

    range_add(&r->maps, &r->map_count, &r->map_room, address, size);
}

static void recorded_unmapped(struct dev *dev, uint64_t address, uint64_t size)
{
    struct recorded *r = (struct recorded *)dev;

    range_remove(r->maps, &r->map_count, address, size);
}

/* --- the device --- */

static void recorded_destroy(struct dev *dev)
{
    struct recorded *r = (struct recorded *)dev;

    for (size_t i = 0; i < r->page_count; i++)
        free(r->pages[i]);
    free(r->pages);
    free(r->used);
    free(r->maps);
    free(r->then);
    free(r);
}

static struct dev *recorded_create(const struct dev_host *host, const char *options, char *why)
{
    struct recorded *r = calloc(1, sizeof *r);

    if (r) {
        r->tape = (const void *)options;
        r->same = true;
        r->used = calloc(r->tape->count + 1, sizeof *r->used);
    }
    if (!r || !r->used) {
        snprintf(why, DEV_WHY, "out of memory");
        free(r);
        return NULL;
    }
    r->dev = (struct dev){ .model = &dev_recorded, .host = host, .regions = r->tape->regions,
                           .region_count = r->tape->region_count, .irqs = r->tape->irqs, .irq_count = r->tape->irq_count };
    for (size_t i = 0; i < r->tape->count; i++)
        if (r->tape->steps[i].kind == TAPE_READ && r->tape->steps[i].bytes)
            remember(r, &r->tape->steps[i], true);
    return &r->dev;
}

const struct dev_model dev_recorded = {
    .name = "recorded",
    .summary = "what a capture has",
    .create = recorded_create,
    .destroy = recorded_destroy,
    .reset = recorded_reset,
    .read = recorded_read,
    .write = recorded_write,
    .dma_mapped = recorded_mapped,
    .dma_unmapped = recorded_unmapped,
};
