/*
 * Calling plugins, and what they may call: notes, guest memory, a device's ids. With the time each takes.
 */
#include "plugin_host.h"

#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- what plugins call --- */

static void add_note(struct vfp_device *d, bool warning, const char *format, va_list args)
{
    struct plugin_host *h = d->host;
    struct vfu_note *n = &h->notes[h->note_count < PLUGIN_NOTES ? h->note_count : PLUGIN_NOTES - 1];

    atomic_fetch_add(&h->shared->plugins[d->index].notes, 1);
    snprintf(n->plugin, sizeof n->plugin, "%s", h->loaded[d->index].plugin->name);
    n->warning = warning;
    if (h->note_count < PLUGIN_NOTES) {
        vsnprintf(n->text, sizeof n->text, format, args);
        h->note_count++;
    } else {
        snprintf(n->text, sizeof n->text, "... and %u notes more", ++h->notes_lost + 1);
    }
}

static void note(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_note(d, false, format, args);
    va_end(args);
}

static void warn(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_note(d, true, format, args);
    va_end(args);
}

/* Told to vfuscope, so that a capture can have it. */
static void record(struct plugin_host *h, uint64_t address, const void *bytes, size_t size)
{
    struct plugin_read head = { .address = address, .size = (uint32_t)size };

    memcpy(h->reads + h->reads_size, &head, sizeof head);
    memcpy(h->reads + h->reads_size + sizeof head, bytes, size);
    h->reads_size += sizeof head + size;
    h->read_count++;
}

static enum vfp_memory read_memory(struct vfp_device *d, uint64_t address, void *buffer, size_t size)
{
    struct plugin_host *h = d->host;
    const struct plugin_maps *maps = &d->conn->maps;
    const struct plugin_mapping *at = plugin_maps_at(maps, address);
    enum vfp_memory result;

    if (size == 0)
        return VFP_OK;
    memset(buffer, 0, size);
    if (!(h->loaded[d->index].plugin->uses & VFP_USES_MEMORY))
        return VFP_FAILED;
    if (size > PLUGIN_MEMORY - h->memory_read || h->read_count == PLUGIN_READS)
        return VFP_TOO_MUCH;
    if (h->live) {
        result = plugin_maps_read(maps, address, buffer, size);
    } else if (!plugin_maps_hold(maps, address, size, false) && !plugin_maps_hold(maps, address, size, true)) {
        result = VFP_UNMAPPED;
    } else if (!at->shared) {
        result = VFP_NOT_SHARED;
    } else {
        result = plugin_stored_read(&h->stored, h->no, address, buffer, size) ? VFP_OK : VFP_MISSING;
    }
    if (result == VFP_OK && h->live)
        record(h, address, buffer, size);
    h->memory_read += size;
    return result;
}

static const char *why(enum vfp_memory result)
{
    static const char *const texts[] = {
        [VFP_OK] = "read",
        [VFP_UNMAPPED] = "outside the DMA map",
        [VFP_NOT_SHARED] = "mapped without a file descriptor",
        [VFP_MISSING] = "not in the capture",
        [VFP_FAILED] = "can't be read",
        [VFP_TOO_MUCH] = "too much for one message",
    };

    return (size_t)result < sizeof texts / sizeof texts[0] ? texts[result] : "unknown";
}

static bool is_mapped(struct vfp_device *d, uint64_t address, uint64_t size, bool to_write)
{
    return plugin_maps_hold(&d->conn->maps, address, size, to_write);
}

static const struct vfp_ids *ids_of(struct vfp_device *d)
{
    return &d->conn->ids;
}

static bool is_known(const struct host_conn *c, unsigned offset, size_t size)
{
    if (offset > HOST_CONFIG || size > HOST_CONFIG - offset)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!c->config_known[offset + i])
            return false;
    return true;
}

static bool config(struct vfp_device *d, unsigned offset, void *buffer, size_t size)
{
    if (!is_known(d->conn, offset, size)) {
        memset(buffer, 0, size);
        return false;
    }
    memcpy(buffer, d->conn->config + offset, size);
    return true;
}

static uint64_t region_size(struct vfp_device *d, unsigned region)
{
    return region < HOST_REGIONS ? d->conn->region_size[region] : 0;
}

static const struct vfp_host host = {
    .abi = VFP_ABI,
    .size = sizeof(struct vfp_host),
    .note = note,
    .warn = warn,
    .read = read_memory,
    .why = why,
    .is_mapped = is_mapped,
    .ids = ids_of,
    .config = config,
    .region_size = region_size,
};

/* --- who has the device --- */

static uint32_t little(const uint8_t *bytes, unsigned size)
{
    uint32_t n = 0;

    while (size--)
        n = n << 8 | bytes[size];
    return n;
}

void host_identify(struct host_conn *c)
{
    const uint8_t *b = c->config;

    if (!is_known(c, PCI_VENDOR_ID, 4) || !is_known(c, PCI_CLASS_REVISION, 4))
        return;
    c->ids.known = true;
    c->ids.vendor = (uint16_t)little(b + PCI_VENDOR_ID, 2);
    c->ids.device = (uint16_t)little(b + PCI_DEVICE_ID, 2);
    c->ids.revision = b[PCI_CLASS_REVISION];
    c->ids.class_code = little(b + PCI_CLASS_PROG, 3);
    c->ids.subsystem_known = is_known(c, PCI_SUBSYSTEM_VENDOR_ID, 4);
    if (c->ids.subsystem_known) {
        c->ids.subsystem_vendor = (uint16_t)little(b + PCI_SUBSYSTEM_VENDOR_ID, 2);
        c->ids.subsystem = (uint16_t)little(b + PCI_SUBSYSTEM_ID, 2);
    }
    host_open_all(c);
}

static bool claims(const struct plugin_loaded *l, const struct vfp_ids *ids)
{
    if (l->by_name || l->plugin->claim_count == 0 || (l->by_file && !ids->known))
        return true;
    for (size_t i = 0; ids->known && i < l->plugin->claim_count; i++) {
        const struct vfp_claim *c = &l->plugin->claims[i];

        if ((c->vendor == VFP_ANY || c->vendor == ids->vendor) && (c->device == VFP_ANY || c->device == ids->device) &&
            ((c->class_code ^ ids->class_code) & c->class_mask) == 0)
            return true;
    }
    return false;
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Around each call: who is to blame if it does not return, and for how long it ran. */
static uint64_t begin(const struct vfp_device *d)
{
    atomic_store(&d->host->shared->current, (int)d->index);
    return now();
}

static void end(const struct vfp_device *d, uint64_t since)
{
    struct plugin_shared *s = d->host->shared;

    atomic_fetch_add(&s->plugins[d->index].ns, now() - since);
    atomic_fetch_add(&s->plugins[d->index].calls, 1);
    atomic_store(&s->current, -1);
}

void host_close(struct vfp_device *d)
{
    const struct vfp_plugin *p = d->host->loaded[d->index].plugin;
    uint64_t since;

    if (!d->open)
        return;
    since = begin(d);
    if (p->close)
        p->close(d->state);
    end(d, since);
    d->open = false;
    d->state = NULL;
}

void host_open_all(struct host_conn *c)
{
    struct plugin_host *h = c->devices[0].host;

    for (unsigned i = 0; i < h->count; i++) {
        struct vfp_device *d = &c->devices[i];
        uint64_t since;

        if (!claims(&h->loaded[i], &c->ids)) {
            host_close(d); /* it took a device that turns out to be another */
            continue;
        }
        if (d->open || d->declined)
            continue;
        since = begin(d);
        d->state = h->loaded[i].plugin->open(d, &host);
        end(d, since);
        d->open = d->state != NULL;
        d->declined = !d->open;
    }
}

static void call(const struct vfp_device *d, enum host_call what, const void *with, uint32_t number)
{
    const struct vfp_plugin *p = d->host->loaded[d->index].plugin;
    uint64_t since = begin(d);

    if (what == HOST_ACCESS && p->access)
        p->access(d->state, with);
    else if (what == HOST_MAP && p->map)
        p->map(d->state, with);
    else if (what == HOST_DMA && p->dma)
        p->dma(d->state, with);
    else if (what == HOST_INTERRUPT && p->interrupt)
        p->interrupt(d->state, with);
    else if (what == HOST_RESET && p->reset)
        p->reset(d->state);
    else if (what == HOST_MIGRATION && p->migration)
        p->migration(d->state, number);
    end(d, since);
}

void host_call(struct host_conn *c, enum host_call what, const void *with, uint32_t number)
{
    for (unsigned i = 0; i < c->devices[0].host->count; i++)
        if (c->devices[i].open)
            call(&c->devices[i], what, with, number);
}
