/*
 * Connections: what a plugin may ask about (a device's ids, config space, DMA map) is learned here, and the plugins
 * that have the device are told.
 */
#include "plugins/host/process/inside.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- connections --- */

static void forget(struct plugin_host *h, struct plugin_conn *c)
{
    TAILQ_REMOVE(&h->conns, c, link);
    h->conn_count--;
    for (unsigned i = 0; i < h->count; i++)
        plugin_close(&c->devices[i]);
    plugin_held_forget(&c->accesses, UINT64_MAX);
    plugin_held_forget(&c->dma, UINT64_MAX);
    plugin_maps_free(&c->maps);
    free(c);
}

static struct plugin_conn *find(const struct plugin_host *h, uint32_t number)
{
    struct plugin_conn *c;

    TAILQ_FOREACH(c, &h->conns, link)
        if (c->number == number)
            break;
    return c;
}

static struct plugin_conn *begin(struct plugin_host *h, uint32_t number, bool seen)
{
    struct plugin_conn *c = calloc(1, sizeof *c + h->count * sizeof c->devices[0]);

    if (!c)
        return NULL;
    c->number = number;
    c->joined = !seen;
    TAILQ_INIT(&c->accesses.list);
    TAILQ_INIT(&c->dma.list);
    c->maps.list = (struct vfu_ranges)VFU_RANGES_OF(struct plugin_mapping);
    for (unsigned i = 0; i < h->count; i++)
        c->devices[i] = (struct vfp_device){ .host = h, .conn = c, .index = i };
    TAILQ_INSERT_HEAD(&h->conns, c, link);
    plugin_open_all(c);
    if (++h->conn_count > PLUGIN_CONNS) /* a capture that never says "disconnect": forget the oldest */
        forget(h, TAILQ_LAST(&h->conns, plugin_conns));
    return c;
}

/* --- what a question tells --- */

/* A device that is gone, or in reset, reads as all ones. A byte of them says nothing. */
static bool is_nobody(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0xff)
            return false;
    return size > 1;
}

/* Config space is learned from what the client reads: that is what it acts on. */
static void learn_config(struct plugin_conn *c, const struct vfp_access *a)
{
    if (a->region != VFP_CONFIG || a->is_write || a->offset >= PLUGIN_CONFIG || is_nobody(a->data, a->data_size))
        return;
    for (size_t i = 0; i < a->data_size && a->offset + i < PLUGIN_CONFIG; i++) {
        c->config[a->offset + i] = a->data[i];
        c->config_known[a->offset + i] = true;
    }
    if (!c->located && plugin_config_known(c, 0, PCI_CFG_SPACE_SIZE))
        c->located = c->places_changed = true;
    plugin_identify(c);
}

static void tell_access(struct plugin_conn *c, struct plugin_ask *ask, const uint8_t *data)
{
    if (ask->kind == ASK_DMA) {
        ask->dma.data = data;
        ask->dma.data_size = ask->data_size;
        plugin_call(c, ON_DMA, &ask->dma, 0);
        return;
    }
    ask->access.data = data;
    ask->access.data_size = ask->data_size;
    learn_config(c, &ask->access);
    plugin_call(c, ON_ACCESS, &ask->access, 0);
}

/* Those whose turn it is, now that this is known. */
static void tell_held(struct plugin_host *h, struct plugin_conn *c, struct plugin_held_list *l)
{
    struct plugin_held *held;

    while ((held = plugin_held_next(l))) {
        h->held = &held->memory;
        h->refused_by = held->ask.kind == ASK_ACCESS && held->ask.access.error ? held->reply_no : 0;
        h->refused_no = held->ask.no;
        tell_access(c, &held->ask, held->data);
        h->refused_by = 0;
        h->held = NULL;
        plugin_held_free(held);
    }
}

/* What happened is not known from here on: which accesses were done, at the least. */
static void gap(struct plugin_conn *c)
{
    plugin_held_forget(&c->accesses, UINT64_MAX);
    plugin_held_forget(&c->dma, UINT64_MAX);
    plugin_call(c, ON_GAP, NULL, 0);
}

/*
 * A write that is told of later may be about guest memory, which is another by then: plugins read it now, and read the
 * same then. A capture has it with the message that the write was.
 */
static void look_ahead(struct plugin_host *h, struct plugin_conn *c, struct plugin_held *held)
{
    struct vfp_access a = held->ask.access;

    if (held->ask.kind != ASK_ACCESS || !a.is_write)
        return;
    a.data = held->data;
    a.data_size = held->ask.data_size;
    h->silent = true;
    plugin_call(c, ON_SENT, &a, 0);
    h->silent = false;
    if (h->live)
        plugin_held_memory(&c->accesses, held, h->reads, h->reads_size);
    else if (h->stored.no == h->no)
        plugin_held_memory(&c->accesses, held, h->stored.bytes, h->stored.size);
}

static void asked(struct plugin_host *h, struct plugin_conn *c, struct plugin_ask *ask, const uint8_t *data)
{
    struct plugin_held_list *l = ask->kind == ASK_DMA ? &c->dma : &c->accesses;
    struct plugin_held *held;

    if (ask->posted && TAILQ_EMPTY(&l->list)) {
        tell_access(c, ask, data);
        return;
    }
    held = plugin_held_add(l, ask, data);
    if (held)
        look_ahead(h, c, held);
    else
        gap(c); /* a server that answers others, but not this one: it is not waited for */
}

static void answered(struct plugin_host *h, struct plugin_conn *c, const struct plugin_ask *ask, const uint8_t *data)
{
    plugin_held_done(&c->accesses, ask, data);
    plugin_held_done(&c->dma, ask, data);
    if (ask->all)
        gap(c);
    tell_held(h, c, &c->accesses);
    tell_held(h, c, &c->dma);
}

/* What was asked for before it has no effect any more. */
static void reset(struct plugin_host *h, struct plugin_conn *c, const struct plugin_ask *ask)
{
    plugin_held_forget(&c->accesses, ask->about_no);
    plugin_call(c, ON_RESET, NULL, 0);
    tell_held(h, c, &c->accesses);
}

/* Messages are missing, of any connection: of memory that was mapped, too. */
static void missing(struct plugin_host *h)
{
    struct plugin_conn *c;

    TAILQ_FOREACH(c, &h->conns, link) {
        c->joined = true;
        gap(c);
    }
}

static void unmap(struct plugin_conn *c, const struct plugin_ask *ask)
{
    struct plugin_mapping gone;

    while (plugin_maps_take(&c->maps, ask->map.address, ask->map.size, ask->all, &gone)) {
        struct vfp_map map = { .address = gone.address,
                               .size = gone.size,
                               .readable = gone.readable,
                               .writeable = gone.writeable,
                               .shared = gone.shared,
                               .unmapped = true };

        plugin_call(c, ON_MAP, &map, 0);
    }
}

static void map_done(struct plugin_conn *c, const struct plugin_ask *ask)
{
    const struct plugin_mapping *p = plugin_maps_done(&c->maps, ask);

    if (p)
        plugin_call(c, ON_MAP,
                    &(struct vfp_map){ .address = p->address,
                                       .size = p->size,
                                       .readable = p->readable,
                                       .writeable = p->writeable,
                                       .shared = p->shared },
                    0);
}

static void learn_region(struct plugin_conn *c, const struct plugin_ask *ask, const uint8_t *data)
{
    struct plugin_area *areas = c->mappable[ask->region];
    size_t size = ask->data_size;

    c->regions[ask->region] = ask->region_info;
    c->region_known[ask->region] = true;
    memset(areas, 0, sizeof c->mappable[0]);
    memcpy(areas, data, size < sizeof c->mappable[0] ? size : sizeof c->mappable[0]);
    plugin_call(c, ON_INFO, NULL, 0);
}

static void learn_irq(struct plugin_conn *c, const struct plugin_ask *ask)
{
    c->irqs[ask->region] = ask->irq_info;
    c->irq_known[ask->region] = true;
    plugin_call(c, ON_INFO, NULL, 0);
}

/* Which plugins have the device by now, if those are others than before. */
static void note_open(struct plugin_host *h, struct plugin_conn *c)
{
    h->open = 0;
    for (unsigned i = 0; i < h->count; i++)
        h->open |= (uint32_t)c->devices[i].open << i;
    h->has_open = h->open != c->told_open;
    c->told_open = h->open;
}

void plugin_learn(struct plugin_host *h, struct plugin_ask *ask, const uint8_t *data, int fd)
{
    struct plugin_conn *c = find(h, ask->conn);

    h->no = ask->no;
    if (ask->conn != h->stored_conn)
        h->stored.size = 0;
    h->stored_conn = ask->conn;
    if (ask->kind == ASK_MEMORY) {
        plugin_stored_add(&h->stored, ask->no, ask->address, data, ask->data_size);
        return;
    }
    if (ask->kind == ASK_GAP) {
        missing(h);
        return;
    }
    if (ask->kind == ASK_DISCONNECT) {
        if (c)
            forget(h, c);
        return;
    }
    if (!c && !(c = begin(h, ask->conn, ask->kind == ASK_CONNECT))) {
        if (fd >= 0)
            close(fd);
        return;
    }
    switch (ask->kind) {
    case ASK_ACCESS:
    case ASK_DMA:
        asked(h, c, ask, data);
        break;
    case ASK_DONE:
        answered(h, c, ask, data);
        break;
    case ASK_MAP_SENT:
        plugin_maps_sent(&c->maps, ask, fd);
        break;
    case ASK_MAP_DONE:
        map_done(c, ask);
        break;
    case ASK_UNMAP:
        unmap(c, ask);
        break;
    case ASK_INTERRUPT:
        plugin_call(c, ON_INTERRUPT, &ask->interrupt, 0);
        break;
    case ASK_LOOK:
        plugin_call(c, ON_LOOK, &ask->interrupt, 0);
        break;
    case ASK_RESET:
        reset(h, c, ask);
        break;
    case ASK_MIGRATION:
        plugin_call(c, ON_MIGRATION, NULL, ask->number);
        break;
    case ASK_REGION:
        if (ask->region < PLUGIN_REGIONS)
            learn_region(c, ask, data);
        break;
    case ASK_IRQ:
        if (ask->region < PLUGIN_IRQS)
            learn_irq(c, ask);
        break;
    default:
        break;
    }
    if (c->places_changed)
        plugin_find_places(c);
    note_open(h, c);
    if (ask->no == 0) /* an interrupt, which has no number: what was stored for it is not the next one's */
        h->stored.size = 0;
}
