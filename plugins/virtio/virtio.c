/*
 * The virtio plugin: modern virtio over PCI. This file: the capabilities that say where things are, and what vfuscope
 * sees of the plugin.
 */
#include "virtio.h"

#include <linux/pci_regs.h>
#include <stdlib.h>

enum { CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_MULTIPLIER = 16, CAP_SIZE = 16 };

static uint32_t get32(struct virtio *v, unsigned at, bool *known)
{
    uint8_t bytes[4];

    if (!v->host->config(v->device, at, bytes, sizeof bytes))
        *known = false;
    return (uint32_t)virtio_le(bytes, 4);
}

static void found(struct virtio *v, unsigned at)
{
    static const char *const names[] = { NULL, "common configuration", "notifications", "ISR", "device configuration" };
    bool known = true;
    uint32_t head = get32(v, at, &known), bar = get32(v, at + CAP_BAR, &known), offset = get32(v, at + CAP_OFFSET, &known);
    uint32_t length = get32(v, at + CAP_LENGTH, &known), type = head >> 24;
    struct virtio_area *area = type < AREAS ? &v->areas[type] : NULL;

    if (!known || !area || !type || area->known || (bar & 0xff) > VFP_BAR5)
        return;
    if (type == AREA_NOTIFY) {
        v->multiplier = get32(v, at + CAP_MULTIPLIER, &known);
        if (!known)
            return;
    }
    *area = (struct virtio_area){ true, (uint8_t)bar, offset, length };
    NOTE(v, "%s: bar%u+0x%x, 0x%x bytes%s", names[type], area->bar, offset, length,
         type != AREA_NOTIFY ? "" : v->multiplier ? ", an address a queue" : ", one address for all queues");
    if (v->host->region_size(v->device, area->bar) && (uint64_t)offset + length > v->host->region_size(v->device, area->bar))
        WARN(v, "%s: beyond the end of bar%u", names[type], area->bar);
}

/* The vendor-specific capabilities, as far as config space was read. */
static void walk(struct virtio *v)
{
    uint8_t at, head[2];

    if (!v->host->config(v->device, PCI_CAPABILITY_LIST, &at, 1))
        return;
    for (unsigned steps = 0; at >= PCI_STD_HEADER_SIZEOF && steps < 48; steps++) {
        at &= 0xfc;
        if (!v->host->config(v->device, at, head, sizeof head))
            return;
        if (head[0] == PCI_CAP_ID_VNDR)
            found(v, at);
        at = head[1];
    }
}

/* Device ids 0x1040 and up say the type, transitional ones have it as their subsystem id. */
static void introduce(struct virtio *v)
{
    const struct vfp_ids *ids = v->host->ids(v->device);

    if (v->introduced || !ids->known || (ids->device < 0x1040 && !ids->subsystem_known))
        return;
    v->introduced = true;
    v->type = ids->device >= 0x1040 ? ids->device - 0x1040u : ids->subsystem;
    NOTE(v, "%s%s", virtio_type_name(v->type), ids->device < 0x1040 ? ", transitional" : "");
}

static bool is_in(const struct virtio_area *area, const struct vfp_access *a)
{
    return area->known && a->region == area->bar && a->offset >= area->offset && a->offset - area->offset < area->length;
}

static void isr(struct virtio *v, const struct vfp_access *a)
{
    if (a->is_write || !a->has_value)
        return;
    NOTE(v, "ISR: %s%s%s", a->value & 1 ? "queue" : "", (a->value & 3) == 3 ? " and " : "",
         a->value & 2 ? "configuration" : a->value & 1 ? "" : "nothing");
    if (a->value & 1)
        virtio_all_used(v);
}

static void device_config(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    if (v->type == TYPE_BLOCK && at == 0 && a->size == 8 && a->has_value && !a->is_write)
        NOTE(v, "capacity: %" PRIu64 " sectors of 512", a->value);
    else if (v->type == TYPE_NET && at == 0 && a->data_size >= 6 && !a->is_write)
        NOTE(v, "MAC %02x:%02x:%02x:%02x:%02x:%02x", a->data[0], a->data[1], a->data[2], a->data[3], a->data[4], a->data[5]);
    else
        NOTE(v, "device configuration+0x%" PRIx64 " %s %" PRIu64 " bytes", at, a->is_write ? "<-" : "=", a->size);
}

static void virtio_access(void *state, const struct vfp_access *a)
{
    struct virtio *v = state;

    v->time_ns = a->time_ns;
    if (a->error)
        return;
    if (a->region == VFP_CONFIG) {
        introduce(v);
        walk(v);
    } else if (is_in(&v->areas[AREA_COMMON], a)) {
        virtio_common(v, a, a->offset - v->areas[AREA_COMMON].offset);
    } else if (is_in(&v->areas[AREA_NOTIFY], a)) {
        virtio_notify(v, a, a->offset - v->areas[AREA_NOTIFY].offset);
    } else if (is_in(&v->areas[AREA_ISR], a)) {
        isr(v, a);
    } else if (is_in(&v->areas[AREA_DEVICE], a)) {
        device_config(v, a, a->offset - v->areas[AREA_DEVICE].offset);
    }
}

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
    virtio_all_used(v);
}

static void virtio_reset(void *state)
{
    struct virtio *v = state;

    virtio_forget(v);
    v->status = 0;
}

static const struct vfp_claim claims[] = { { .vendor = 0x1af4, .device = VFP_ANY } };

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "virtio",
    .summary = "modern virtio over PCI: set-up, queues, block, net and SCSI requests",
    .uses = VFP_USES_MEMORY,
    .claims = claims,
    .claim_count = sizeof claims / sizeof claims[0],
    .open = virtio_open,
    .close = free,
    .access = virtio_access,
    .interrupt = virtio_interrupt,
    .reset = virtio_reset,
};
