/*
 * The virtio plugin: virtio over PCI. This file: the capabilities that say where things are, and what vfuscope sees of the
 * plugin.
 */
#include "plugins/virtio/virtio.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>

enum { LEGACY_SIZE = 20 };

/* --- where things are --- */

static uint32_t get32(struct virtio *v, unsigned at, bool *known)
{
    uint8_t bytes[4];

    if (!v->host->config(v->device, at, bytes, sizeof bytes))
        *known = false;
    return (uint32_t)vfp_le(bytes, 4);
}

/* True: all of the capability was seen. */
static bool found(struct virtio *v, unsigned at)
{
    static const char *const names[] = { NULL, "common configuration", "notifications", "ISR", "device configuration" };
    bool known = true;
    uint32_t head = get32(v, at, &known), bar = get32(v, at + AREA_BAR, &known);
    uint32_t offset = get32(v, at + AREA_OFFSET, &known), length = get32(v, at + AREA_LENGTH, &known);
    unsigned type = head >> 24;
    struct virtio_area *area = type < AREAS ? &v->areas[type] : NULL;

    if (!known || !area || !type || area->known)
        return known;
    if (type == AREA_NOTIFY) {
        v->multiplier = get32(v, at + AREA_MORE, &known);
        if (!known)
            return false;
    }
    if (type == AREA_WINDOW) {
        area->known = true;
        v->window.at = (uint8_t)at;
        return true;
    }
    if ((bar & 0xff) > VFP_BAR5)
        return true;
    *area = (struct virtio_area){ true, (uint8_t)bar, offset, length };
    v->host->places_changed(v->device);
    NOTE(v, "%s: bar%u+0x%x, 0x%x bytes%s", names[type], area->bar, offset, length,
         type != AREA_NOTIFY ? "" : v->multiplier ? ", an address a queue" : ", one address for all queues");
    return true;
}

/* The vendor-specific capabilities, as far as config space was read. True: all of them, up to the end of the list. */
static bool walk(struct virtio *v)
{
    uint8_t at, head[2];
    bool all = true;

    if (!v->host->config(v->device, PCI_CAPABILITY_LIST, &at, 1))
        return false;
    for (unsigned steps = 0; at >= PCI_STD_HEADER_SIZEOF && steps < 48; steps++) {
        at &= 0xfc;
        if (!v->host->config(v->device, at, head, sizeof head))
            return false;
        if (head[0] == PCI_CAP_ID_VNDR)
            all = found(v, at) && all;
        at = head[1];
    }
    return all;
}

static void introduce(struct virtio *v)
{
    const struct vfp_ids *ids = v->host->ids(v->device);

    if (v->introduced || !ids->known || (ids->device < 0x1040 && !ids->subsystem_known))
        return;
    v->introduced = true;
    v->is_transitional = ids->device < 0x1040;
    v->type = virtio_type(ids->device, ids->subsystem);
    v->host->places_changed(v->device);
    NOTE(v, "%s%s", virtio_type_name(v->type),
         v->is_transitional        ? ", transitional"
         : ids->revision == 0 ? ", of revision 0, which is for transitional devices" /* SPDK's for one: no warning */
                              : "");
}

/* --- accesses --- */

static bool is_in(const struct virtio_area *area, const struct vfp_access *a)
{
    return area->known && a->region == area->bar && a->offset >= area->offset && a->offset - area->offset < area->length;
}

static void isr(struct virtio *v, const struct vfp_access *a)
{
    if (a->is_write) {
        NOTE(v, "ISR is written: it is read-only");
        return;
    }
    if (!a->has_value || a->value & 0x80) /* as all ones have it: nobody is there */
        return;
    if (!v->named)
        NOTE(v, "ISR: %s%s%s", a->value & 1 ? "queue" : "", (a->value & 3) == 3 ? " and " : "",
             a->value & 2 ? "configuration" : a->value & 1 ? "" : "nothing");
    if (a->value & 1)
        virtio_look_all(v);
}

/* The interface from before 1.0: said, and its registers named; its queues are not followed. */
static void legacy(struct virtio *v, const struct vfp_access *a)
{
    const struct vfp_register *r = vfp_register_at(virtio_legacy, a->region, a->offset);
    struct vfp_line l = { 0 };

    if (!r || a->offset != r->offset || !a->has_value)
        return;
    if (!v->told_legacy)
        NOTE(v, "the driver uses the legacy interface: its queues are not followed");
    v->told_legacy = true;
    vfp_add(&l, "legacy %s %s 0x%" PRIx64, r->name, a->is_write ? "<-" : "=", a->value);
    if (r->fields && a->value) {
        vfp_add(&l, ": ");
        vfp_add_fields(&l, r->fields, a->value);
    } else if (r->offset <= 4) {
        vfp_add(&l, ": ");
        virtio_add_features(&l, v->type, a->value & UINT32_MAX);
    }
    NOTE(v, "%s", l.text);
}

/* The driver is ready. Are its notifications going to be seen? */
static void ready(struct virtio *v)
{
    const struct virtio_area *n = &v->areas[AREA_NOTIFY];
    bool before = v->unseen;

    v->unseen = n->known && v->host->size > offsetof(struct vfp_host, is_mappable) &&
                v->host->is_mappable(v->device, n->bar, n->offset, n->length);
    if (v->unseen && !before)
        NOTE(v, "notifications can be mapped, and are then not seen: queues are looked at when an access or an interrupt "
                "comes, and by a clock");
}

static void bar_access(struct virtio *v, const struct vfp_access *a)
{
    enum { NAMED = 4 /* bytes with so many registers at most as a line names */ };

    v->named = !v->by_window && a->size <= NAMED;
    if (is_in(&v->areas[AREA_COMMON], a))
        virtio_common(v, a, a->offset - v->areas[AREA_COMMON].offset);
    else if (is_in(&v->areas[AREA_NOTIFY], a))
        virtio_notify(v, a, a->offset - v->areas[AREA_NOTIFY].offset);
    else if (is_in(&v->areas[AREA_ISR], a))
        isr(v, a);
    else if (is_in(&v->areas[AREA_DEVICE], a))
        virtio_config(v, a, a->offset - v->areas[AREA_DEVICE].offset);
    else if (v->is_transitional && a->offset < LEGACY_SIZE)
        legacy(v, a);
}

/* The window of config space onto BARs (4.1.4.9): BIOSes use it where they have no way to a BAR. */
static void window(struct virtio *v, const struct vfp_access *a, unsigned at)
{
    struct vfp_access through = *a;

    if (at == AREA_BAR && a->is_write)
        v->window.bar = (uint8_t)a->value;
    else if (at == AREA_OFFSET && a->is_write)
        v->window.offset = (uint32_t)a->value;
    else if (at == AREA_LENGTH && a->is_write)
        v->window.length = (uint32_t)a->value;
    if (at != AREA_MORE || a->size != v->window.length)
        return;
    through.region = v->window.bar;
    through.offset = v->window.offset;
    NOTE(v, "by the window of config space: bar%u+0x%x", v->window.bar, v->window.offset);
    v->by_window = true;
    bar_access(v, &through);
    v->by_window = false;
}

static void config_access(struct virtio *v, const struct vfp_access *a)
{
    bool whole;

    introduce(v);
    whole = walk(v);
    if (whole && v->introduced && !v->areas[AREA_COMMON].known && !v->told_legacy) {
        v->told_legacy = true;
        NOTE(v, v->is_transitional ? "a legacy device: it has no structures of virtio 1.0"
                                   : "the structures that a virtio device has to have are missing");
    }
    if (whole && v->introduced)
        virtio_fit_missing(v);
    virtio_fit(v);
    if (v->window.at && a->has_value && a->offset >= v->window.at && a->offset <= v->window.at + (unsigned)AREA_MORE)
        window(v, a, (unsigned)(a->offset - v->window.at));
    if (vfp_is_function_reset(v->device, v->host, a))
        virtio_was_reset(v);
}

static void virtio_access(void *state, const struct vfp_access *a)
{
    struct virtio *v = state;
    bool was_ready = v->status & STATUS_DRIVER_OK;

    v->time_ns = a->time_ns;
    if (a->error) {
        virtio_refused(v, a);
        return;
    }
    if (was_ready && v->unseen)
        virtio_look_all(v);
    if (a->region == VFP_CONFIG)
        config_access(v, a);
    else
        bar_access(v, a);
    if (!was_ready && v->status & STATUS_DRIVER_OK)
        ready(v);
}

/* A notification: what it is about is read now, by a queue of which nothing is kept. */
static void virtio_sent(void *state, const struct vfp_access *a)
{
    struct virtio *v = state;
    unsigned queue = (unsigned)(a->value & 0xffff);
    struct virtio_queue *before;

    if (a->region == VFP_CONFIG || !is_in(&v->areas[AREA_NOTIFY], a) || !a->has_value || queue >= VIRTIO_QUEUES)
        return;
    before = malloc(sizeof *before);
    if (!before)
        return;
    *before = v->queues[queue];
    virtio_notify(v, a, a->offset - v->areas[AREA_NOTIFY].offset);
    v->queues[queue] = *before;
    free(before);
}

static void virtio_missing(void *state) { virtio_gap(state); }

static void virtio_info(void *state) { virtio_fit(state); }

static void *virtio_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct virtio *v = calloc(1, sizeof *v);

    if (v) {
        v->device = device;
        v->host = host;
    }
    return v;
}

static void virtio_interrupt(void *state, const struct vfp_interrupt *i)
{
    struct virtio *v = state;

    v->time_ns = i->time_ns;
    virtio_look_all(v);
}

static enum vfp_moved virtio_has_moved(void *state) { return virtio_moved(state); }

static void virtio_by_clock(void *state, uint64_t time_ns)
{
    struct virtio *v = state;

    v->time_ns = time_ns;
    virtio_look_all(v);
}

static void virtio_reset(void *state) { virtio_was_reset(state); }

/* What is loaded was set up elsewhere, unseen; what was seen here holds no more. */
static void virtio_migration(void *state, uint32_t number)
{
    struct virtio *v = state;

    if (number != VFIO_DEVICE_STATE_RESUMING)
        return;
    virtio_forget(v);
    virtio_gap(v);
    v->status = 0;
}

static const struct vfp_claim claims[] = { { .vendor = 0x1af4, .device = VFP_ANY } };

/* Where the type is not known pci.ids may know more. */
static bool virtio_describe(const struct vfp_ids *ids, char *text, size_t size)
{
    unsigned type = virtio_type(ids->device, ids->subsystem);

    snprintf(text, size, "virtio %s", virtio_type_name(type));
    return type;
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "virtio",
    .summary = "virtio over PCI: set-up, split and packed queues, block, net and SCSI requests",
    .uses = VFP_USES_MEMORY,
    .claims = claims,
    .claim_count = sizeof claims / sizeof claims[0],
    .registers = virtio_registers,
    .open = virtio_open,
    .close = free,
    .access = virtio_access,
    .interrupt = virtio_interrupt,
    .reset = virtio_reset,
    .migration = virtio_migration,
    .locate = virtio_locate,
    .commands = virtio_commands,
    .sent = virtio_sent,
    .gap = virtio_missing,
    .misfits = virtio_misfits,
    .reasons = virtio_reasons,
    .info = virtio_info,
    .place = virtio_find_place,
    .describe = virtio_describe,
    .moved = virtio_has_moved,
    .look = virtio_by_clock,
};
