/*
 * Which plugins have a device, and calling them: with the time each takes, and so that one that crashes is the only one
 * that ends.
 */
#include "capture/clock.h"
#include "plugins/host/process/inside.h"

#include <linux/pci_regs.h>
#include <string.h>

/* --- who has the device --- */

static uint32_t little(const uint8_t *bytes, unsigned size)
{
    uint32_t n = 0;

    while (size--)
        n = n << 8 | bytes[size];
    return n;
}

void plugin_identify(struct plugin_conn *c)
{
    const struct vfp_ids before = c->ids;
    const uint8_t *b = c->config;

    if (!c->class_known && plugin_config_known(c, PCI_CLASS_PROG, 3)) {
        c->class_known = true;
        plugin_open_all(c);
    }
    if (!plugin_config_known(c, PCI_VENDOR_ID, 4) || !plugin_config_known(c, PCI_CLASS_REVISION, 4))
        return;
    c->ids.known = true;
    c->ids.vendor = (uint16_t)little(b + PCI_VENDOR_ID, 2);
    c->ids.device = (uint16_t)little(b + PCI_DEVICE_ID, 2);
    c->ids.revision = b[PCI_CLASS_REVISION];
    c->ids.class_code = little(b + PCI_CLASS_PROG, 3);
    c->ids.subsystem_known = plugin_config_known(c, PCI_SUBSYSTEM_VENDOR_ID, 4);
    if (c->ids.subsystem_known) {
        c->ids.subsystem_vendor = (uint16_t)little(b + PCI_SUBSYSTEM_VENDOR_ID, 2);
        c->ids.subsystem = (uint16_t)little(b + PCI_SUBSYSTEM_ID, 2);
    }
    if (memcmp(&before, &c->ids, sizeof before) != 0)
        plugin_open_all(c);
}

/* Is there a claim of this class, whoever made the device? That is all of the ids that is needed then. */
static bool claims_class(const struct vfp_plugin *p, uint32_t class_code)
{
    for (size_t i = 0; i < p->claim_count; i++) {
        const struct vfp_claim *claim = &p->claims[i];

        if (claim->class_mask && claim->vendor == VFP_ANY && claim->device == VFP_ANY &&
            !((class_code ^ claim->class_code) & claim->class_mask))
            return true;
    }
    return false;
}

static bool is_for(const struct plugin_loaded *l, const struct plugin_conn *c)
{
    const struct vfp_ids *ids = &c->ids;

    if (c->class_known && !ids->known && claims_class(l->plugin, little(c->config + PCI_CLASS_PROG, 3)))
        return true;
    if (l->by_name || l->plugin->claim_count == 0 || (l->by_file && !ids->known))
        return true;
    return ids->known &&
           plugin_claims(l->plugin->claims, l->plugin->claim_count, ids->vendor, ids->device, ids->class_code);
}

/* --- where it has which registers --- */

static bool add_place(struct plugin_host *h, uint32_t reg, const struct vfp_place *p)
{
    if (h->place_count == PLUGIN_PLACES)
        return false;
    h->places[h->place_count++] = (struct plugin_place){ p->offset, p->stride, reg, p->region, p->count };
    return true;
}

/* Of a plugin of an earlier version; it is to know all of config space's first part. */
static void locate(struct vfp_device *d, const struct vfp_plugin *p, const struct vfp_register *r, uint32_t reg)
{
    uint8_t region = VFP_LOCATED;
    uint32_t offset = 0;

    if (p->locate && d->conn->located && p->locate(r, d->conn->config, PCI_CFG_SPACE_SIZE, &region, &offset) && region < VFP_LOCATED)
        add_place(d->host, reg, &(struct vfp_place){ .region = region, .offset = offset });
}

static void find_places(struct vfp_device *d)
{
    const struct plugin_loaded *l = &d->host->loaded[d->index];
    const struct vfp_plugin *p = l->plugin;
    struct vfp_place place;

    for (uint32_t i = 0; i < l->registers; i++) {
        const struct vfp_register *r = &p->registers[i];

        if (r->region < VFP_LOCATED) {
            add_place(d->host, l->first_register + i, &(struct vfp_place){ .region = r->region, .offset = r->offset });
        } else if (p->abi <= PLUGIN_BEFORE_PLACES || !p->place) {
            locate(d, p, r, l->first_register + i);
        } else {
            for (unsigned n = 0; place = (struct vfp_place){ 0 }, p->place(d->state, r, n, &place); n++)
                if (!add_place(d->host, l->first_register + i, &place))
                    return;
        }
    }
}

/* A call, for the guard. */
struct calling {
    struct vfp_device *device;
    enum plugin_callback what;
    const void *with;
    uint32_t number;
};

/* In version 1 a write was told when it was sent: one that is refused after that takes back what was never said. */
static bool takes(const struct vfp_plugin *p, const struct vfp_access *a)
{
    return p->abi > PLUGIN_OLDEST || !a->is_write || !a->error;
}

static void make_call(void *context)
{
    const struct calling *c = context;
    struct vfp_device *d = c->device;
    const struct vfp_plugin *p = d->host->loaded[d->index].plugin;

    if (c->what == ON_OPEN)
        d->state = p->open(d, &plugin_api);
    else if (c->what == ON_PLACES)
        find_places(d);
    else if (c->what == ON_CLOSE && p->close)
        p->close(d->state);
    else if (c->what == ON_ACCESS && p->access && takes(p, c->with))
        p->access(d->state, c->with);
    else if (c->what == ON_MAP && p->map)
        p->map(d->state, c->with);
    else if (c->what == ON_DMA && p->dma)
        p->dma(d->state, c->with);
    else if (c->what == ON_INTERRUPT && p->interrupt)
        p->interrupt(d->state, c->with);
    else if (c->what == ON_RESET && p->reset)
        p->reset(d->state);
    else if (c->what == ON_MIGRATION && p->migration)
        p->migration(d->state, c->number);
    else if (p->abi == PLUGIN_OLDEST)
        return; /* what follows stands behind the end of its struct, here and below */
    else if (c->what == ON_SENT && p->sent)
        p->sent(d->state, c->with);
    else if (c->what == ON_GAP && p->gap)
        p->gap(d->state);
    else if (p->abi > PLUGIN_BEFORE_FINDINGS && c->what == ON_INFO && p->info)
        p->info(d->state);
    else if (c->what == ON_LOOK && plugin_has_look(p))
        p->look(d->state, ((const struct vfp_interrupt *)c->with)->time_ns);
}

bool plugin_has_look(const struct vfp_plugin *p)
{
    return p->abi > PLUGIN_BEFORE_LOOKS && p->uses & VFP_USES_MEMORY && p->moved && p->look;
}

/* The plugin is not called again, and its state is left as it is. */
static void end_plugin(struct plugin_host *h, unsigned index, int how)
{
    struct plugin_conn *c;

    h->ended[index] = how;
    atomic_store(&h->shared->plugins[index].ended, how);
    TAILQ_FOREACH(c, &h->conns, link)
        c->devices[index].open = false;
}

/* With who is to blame if it does not return, and for how long it ran. */
static void call(struct vfp_device *d, enum plugin_callback what, const void *with, uint32_t number)
{
    struct calling calling = { d, what, with, number };
    struct plugin_shared *s = d->host->shared;
    uint64_t since = vfu_mono_ns();
    int how;

    atomic_store_explicit(&s->last, (int)d->index, memory_order_relaxed);
    how = plugin_guarded(make_call, &calling);
    s->plugins[d->index].ns += vfu_mono_ns() - since;
    s->plugins[d->index].calls++;
    if (how != PLUGIN_RUNS)
        end_plugin(d->host, d->index, how);
}

void plugin_close(struct vfp_device *d)
{
    if (d->open)
        call(d, ON_CLOSE, NULL, 0);
    d->conn->places_changed |= d->open;
    d->open = false;
    d->state = NULL;
}

void plugin_open_all(struct plugin_conn *c)
{
    struct plugin_host *h = c->devices[0].host;

    for (unsigned i = 0; i < h->count; i++) {
        struct vfp_device *d = &c->devices[i];

        if (!is_for(&h->loaded[i], c)) {
            plugin_close(d); /* it took a device that turns out to be another */
            continue;
        }
        if (d->open || d->declined || h->ended[i])
            continue;
        call(d, ON_OPEN, NULL, 0);
        d->open = d->state && !h->ended[i];
        c->places_changed |= d->open;
        d->declined = !d->open;
    }
}

void plugin_call(struct plugin_conn *c, enum plugin_callback what, const void *with, uint32_t number)
{
    for (unsigned i = 0; i < c->devices[0].host->count; i++)
        if (c->devices[i].open)
            call(&c->devices[i], what, with, number);
}

struct asking {
    struct vfp_device *device;
    enum vfp_moved moved;
};

static void ask_moved(void *context)
{
    struct asking *a = context;
    const struct vfp_device *d = a->device;

    a->moved = d->host->loaded[d->index].plugin->moved(d->state);
}

/* It is no call that counts: there are a thousand a second. */
static enum vfp_moved moved(struct vfp_device *d)
{
    struct plugin_host *h = d->host;
    struct asking a = { .device = d, .moved = VFP_SEEN };
    int how;

    h->read_count = 0;
    h->reads_size = h->memory_read = 0;
    atomic_store_explicit(&h->shared->last, (int)d->index, memory_order_relaxed);
    how = plugin_guarded(ask_moved, &a);
    if (how == PLUGIN_RUNS)
        return a.moved;
    end_plugin(h, d->index, how);
    return VFP_SEEN;
}

enum vfp_moved plugin_moved(struct plugin_conn *c)
{
    struct plugin_host *h = c->devices[0].host;
    enum vfp_moved most = VFP_SEEN, one;

    h->silent = true;
    for (unsigned i = 0; i < h->count && most != VFP_MOVED; i++) {
        if (!c->devices[i].open || !plugin_has_look(h->loaded[i].plugin))
            continue;
        one = moved(&c->devices[i]);
        most = one > most ? one : most;
    }
    h->silent = false;
    return most;
}

void plugin_find_places(struct plugin_conn *c)
{
    struct plugin_host *h = c->devices[0].host;

    c->places_changed = false;
    h->place_count = 0;
    h->has_places = true;
    h->silent = true;
    plugin_call(c, ON_PLACES, NULL, 0);
    h->silent = false;
}
