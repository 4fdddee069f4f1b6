/*
 * virtio: the structures against their BARs, what has to be there, and queues against guest memory; and why an access is
 * refused.
 */
#include "plugins/virtio/virtio.h"

#include <stddef.h>

static const char *const names[AREAS] = { NULL, "common configuration", "notifications", "ISR", "device configuration", NULL };

static bool can_say(const struct virtio *v) { return v->host->size > offsetof(struct vfp_host, irq); }

static void fit_place(struct virtio *v, unsigned type, const struct virtio_area *area)
{
    struct vfp_region_info bar;
    struct vfp_line l = { 0 };

    if (!v->host->region(v->device, area->bar, &bar) || (uint64_t)area->offset + area->length <= bar.size)
        return;
    if (!bar.size) {
        MISFIT(v, VIRTIO_AREA, "%s: bar%u has size 0", names[type], area->bar);
        return;
    }
    vfp_add_size(&l, bar.size);
    MISFIT(v, VIRTIO_AREA, "%s: bar%u+0x%x+0x%x is outside bar%u (%s)", names[type], area->bar, area->offset, area->length, area->bar,
           l.text);
}

/* 4.1.4.3, 4.1.4.4, 4.1.4.5 */
static void fit_size(struct virtio *v, unsigned type, const struct virtio_area *area)
{
    static const uint8_t least[AREAS] = { [AREA_COMMON] = QUEUE_NOTIFY_DATA, [AREA_NOTIFY] = 2, [AREA_ISR] = 1 };
    static const uint8_t aligned[AREAS] = { [AREA_COMMON] = 4, [AREA_NOTIFY] = 2 };

    if (area->length < least[type])
        MISFIT(v, VIRTIO_AREA_SIZE, "%s: %u byte%s, %u are needed", names[type], area->length, area->length == 1 ? "" : "s", least[type]);
    if (aligned[type] && area->offset % aligned[type])
        MISFIT(v, VIRTIO_AREA_SIZE, "%s: bar%u+0x%x is not aligned to %u", names[type], area->bar, area->offset, aligned[type]);
}

static void fit_ids(struct virtio *v)
{
    const struct vfp_ids *ids = v->host->ids(v->device);

    if (ids->known && ids->vendor == 0x1af4 && ids->device >= 0x1000 && ids->device < 0x1040 && ids->revision)
        MISFIT(v, VIRTIO_REVISION, "device id 0x%04x is transitional, and of revision %u: these have 0", ids->device, ids->revision);
}

static void fit_multiplier(struct virtio *v)
{
    if (v->areas[AREA_NOTIFY].known && v->multiplier && (v->multiplier < 2 || v->multiplier & (v->multiplier - 1)))
        MISFIT(v, VIRTIO_MULTIPLIER, "notify_off_multiplier is %u: 0, or a power of two from 2 on", v->multiplier);
}

void virtio_fit(struct virtio *v)
{
    if (!can_say(v))
        return;
    fit_ids(v);
    fit_multiplier(v);
    for (unsigned type = AREA_COMMON; type <= AREA_DEVICE; type++) {
        if (!v->areas[type].known)
            continue;
        fit_place(v, type, &v->areas[type]);
        fit_size(v, type, &v->areas[type]);
    }
}

/* Other devices of this vendor are none of virtio's (ivshmem, 0x1110). */
void virtio_fit_missing(struct virtio *v)
{
    const struct vfp_ids *ids = v->host->ids(v->device);
    struct vfp_line l = { 0 };

    if (!can_say(v) || !ids->known || ids->device < 0x1040 || ids->device > 0x107f)
        return;
    for (unsigned type = AREA_COMMON; type <= AREA_ISR; type++) {
        if (v->areas[type].known)
            continue;
        vfp_comma(&l, 0);
        vfp_add(&l, "%s", names[type]);
    }
    if (l.size)
        MISFIT(v, VIRTIO_MISSING, "no capability says where these are: %s", l.text);
}

void virtio_fit_notify(struct virtio *v, unsigned queue, unsigned offset)
{
    const struct virtio_area *area = &v->areas[AREA_NOTIFY];

    if (can_say(v) && area->known && (uint64_t)offset * v->multiplier + 2 > area->length)
        MISFIT(v, VIRTIO_NOTIFY, "queue %u: its notifications, %u * %u, are outside their structure (0x%x bytes)", queue, offset,
               v->multiplier, area->length);
}

void virtio_fit_queue(struct virtio *v, const char *what, uint64_t address, uint64_t size, bool to_write)
{
    if (can_say(v) && !v->host->is_mapped(v->device, address, size, to_write))
        MISFIT(v, VIRTIO_QUEUE_UNMAPPED, "queue %u: its %s, 0x%" PRIx64 "+0x%" PRIx64 ", is not in the DMA map for the device to %s",
               v->queue_select, what, address, size, to_write ? "write" : "read");
}

/* --- why an access is refused --- */

void virtio_refused(struct virtio *v, const struct vfp_access *a)
{
    const struct virtio_area *area = &v->areas[AREA_COMMON];
    uint64_t at = a->offset - area->offset;

    if (!can_say(v) || !a->is_write || !area->known || a->region != area->bar || a->offset < area->offset || at >= area->length)
        return;
    for (const struct vfp_register *r = virtio_registers; r->name; r++)
        if (virtio_register_area(r) == AREA_COMMON && r->offset == at && r->flags & VFP_READ_ONLY)
            BECAUSE(v, VIRTIO_WHY_READ_ONLY, NULL, 0, "%s is read-only", r->name);
    if (at >= QUEUE_SIZE && at < QUEUE_NOTIFY_DATA && v->queue_select_known && v->num_queues && v->queue_select >= v->num_queues)
        BECAUSE(v, VIRTIO_WHY_NO_QUEUE, NULL, 0, "queue %u is selected, and there are %u", v->queue_select, v->num_queues);
}
