/*
 * Accesses that plugins are not told of yet: they wait for their reply, or for those before them. What the device did,
 * and in which order, is only known then: it takes commands as they come, whatever the order of its replies.
 */
#include "plugins/host/process/inside.h"

#include <stdlib.h>
#include <string.h>

/* Enough for what clients pipeline; data that long are rare. */
enum { HELD = 256, HELD_BYTES = 1 << 20 };

static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = size ? malloc(size) : NULL;

    if (copy)
        memcpy(copy, bytes, size);
    return copy;
}

/* Bytes for an access, if there is room for them. */
static uint8_t *take(struct plugin_held_list *l, struct plugin_held *h, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = size <= HELD_BYTES - l->bytes ? copy_of(bytes, size) : NULL;

    l->bytes += copy ? size : 0;
    h->bytes += copy ? size : 0;
    return copy;
}

static void set_data(struct plugin_held_list *l, struct plugin_held *h, const uint8_t *data, size_t size)
{
    h->data = take(l, h, data, size);
    h->ask.data_size = h->data ? (uint32_t)size : 0;
}

struct plugin_held *plugin_held_add(struct plugin_held_list *l, const struct plugin_ask *ask, const uint8_t *data)
{
    struct plugin_held *h = l->count < HELD ? calloc(1, sizeof *h) : NULL;

    if (!h)
        return NULL;
    h->ask = *ask;
    h->waits = !ask->posted;
    set_data(l, h, data, ask->data_size);
    TAILQ_INSERT_TAIL(&l->list, h, link);
    l->count++;
    return h;
}

void plugin_held_memory(struct plugin_held_list *l, struct plugin_held *h, const uint8_t *bytes, size_t size)
{
    h->memory = (struct plugin_stored){ .bytes = take(l, h, bytes, size) };
    h->memory.size = h->memory.bytes ? size : 0;
}

static void drop(struct plugin_held_list *l, struct plugin_held *h)
{
    TAILQ_REMOVE(&l->list, h, link);
    l->count--;
    l->bytes -= h->bytes;
    plugin_held_free(h);
}

void plugin_held_free(struct plugin_held *h)
{
    free(h->data);
    free(h->memory.bytes);
    free(h);
}

/* So much of it was done: what it has beyond is not there, and a part of a number is none. */
static void shorten(struct plugin_ask *ask, uint64_t bytes)
{
    if (ask->kind == ASK_DMA) {
        ask->dma.size = ask->dma.size < bytes ? ask->dma.size : bytes;
    } else if (bytes < ask->access.size) {
        ask->access.size = bytes;
        ask->access.has_value = false;
    }
    if (ask->data_size > bytes)
        ask->data_size = (uint32_t)bytes;
}

static void set_read(struct plugin_held_list *l, struct plugin_held *h, const struct plugin_ask *answer,
                     const uint8_t *data)
{
    uint64_t size = h->ask.kind == ASK_DMA ? h->ask.dma.size : h->ask.access.size;

    set_data(l, h, data, answer->data_size < size ? answer->data_size : (size_t)size);
    if (h->ask.kind == ASK_DMA) {
        h->ask.dma.time_ns = answer->access.time_ns;
        return;
    }
    h->ask.access.time_ns = answer->access.time_ns;
    h->ask.access.has_value = answer->access.has_value && answer->access.size == size;
    h->ask.access.value = answer->access.value;
}

/* The one with this number of those that an answer is about. False: it was not tried, and nobody is to hear of it. */
static bool done(struct plugin_held_list *l, struct plugin_held *h, uint64_t number, const struct plugin_ask *answer,
                 const uint8_t *data)
{
    bool is_write = h->ask.kind == ASK_DMA ? h->ask.dma.is_write : h->ask.access.is_write;

    h->waits = false;
    h->reply_no = answer->no;
    if (h->ask.kind == ASK_ACCESS)
        h->ask.access.latency_ns = answer->access.latency_ns;
    if (number > answer->done || (number == answer->done && h->ask.kind == ASK_DMA))
        return false;
    if (number == answer->done) {
        h->ask.access.error = answer->error;
    } else if (!is_write) {
        set_read(l, h, answer, data);
        shorten(&h->ask, answer->bytes);
    } else {
        shorten(&h->ask, answer->bytes);
    }
    return true;
}

void plugin_held_done(struct plugin_held_list *l, const struct plugin_ask *answer, const uint8_t *data)
{
    struct plugin_held *h = TAILQ_FIRST(&l->list), *next;
    uint64_t number = 0;

    for (; h; h = next) {
        next = TAILQ_NEXT(h, link);
        if (h->waits && h->ask.no == answer->about_no && !done(l, h, number++, answer, data))
            drop(l, h);
    }
}

struct plugin_held *plugin_held_next(struct plugin_held_list *l)
{
    struct plugin_held *h = TAILQ_FIRST(&l->list);

    if (!h || h->waits)
        return NULL;
    TAILQ_REMOVE(&l->list, h, link);
    l->count--;
    l->bytes -= h->bytes;
    return h;
}

void plugin_held_forget(struct plugin_held_list *l, uint64_t before)
{
    struct plugin_held *h;

    while ((h = TAILQ_FIRST(&l->list)) && h->ask.no < before)
        drop(l, h);
}
