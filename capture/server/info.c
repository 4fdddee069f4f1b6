/*
 * The server end: what the device is. DEVICE_GET_INFO, DEVICE_GET_REGION_INFO, DEVICE_GET_IRQ_INFO. A request's argsz
 * is the room for the reply's payload; less than the fixed part is EINVAL.
 */
#include "capture/server/inside.h"

#include <errno.h>
#include <stdio.h>

/* Set numbers of the reply; the last name is NULL. */
static int reply_numbers(struct server_request *r, const char *const *names, const uint64_t *values)
{
    for (size_t i = 0; names[i]; i++)
        if (!vfu_build_set_number(&r->reply, names[i], values[i]))
            return ENOMEM;
    return 0;
}

static bool fits(const struct server_request *r)
{
    return server_field(r, "argsz") >= r->in->layout->size;
}

int server_get_info(struct vfu_server *s, struct server_request *r)
{
    static const char *const names[] = { "flags", "num_regions", "num_irqs", NULL };
    const uint64_t values[] = { VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI, s->dev->region_count,
                                s->dev->irq_count };

    return fits(r) ? reply_numbers(r, names, values) : EINVAL;
}

/* The capability that says which areas can be mapped. */
static int reply_areas(struct server_request *r, const struct dev_region *region)
{
    static const char *const names[] = { "capabilities[0].id", "capabilities[0].version", NULL };
    const uint64_t values[] = { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1 };
    int failed = reply_numbers(r, names, values);

    for (size_t i = 0; i < region->area_count && !failed; i++) {
        char offset[64], size[64];

        snprintf(offset, sizeof offset, "capabilities[0].areas[%zu].offset", i);
        snprintf(size, sizeof size, "capabilities[0].areas[%zu].size", i);
        if (!vfu_build_set_number(&r->reply, offset, region->areas[i].offset) ||
            !vfu_build_set_number(&r->reply, size, region->areas[i].size))
            failed = ENOMEM;
    }
    return failed;
}

/* Start the reply anew and fill in the region; `areas`: with what can be mapped. */
static int reply_region(struct server_request *r, const struct dev_region *region, uint64_t index, uint64_t flags,
                        bool areas)
{
    static const char *const names[] = { "flags", "index", "size", "offset", NULL };
    const uint64_t values[] = { flags | (areas ? VFIO_REGION_INFO_FLAG_CAPS : 0), index, region->size,
                                flags & VFIO_REGION_INFO_FLAG_MMAP ? region->fd_offset : 0 };
    int failed;

    vfu_build_free(&r->reply);
    if (!vfu_build_start(&r->reply, r->event->command_number, true))
        return ENOMEM;
    failed = reply_numbers(r, names, values);
    if (!failed && areas)
        failed = reply_areas(r, region);
    return failed || vfu_build_end(&r->reply) ? failed : ENOMEM;
}

int server_get_region_info(struct vfu_server *s, struct server_request *r)
{
    uint64_t index = server_field(r, "index"), flags = 0, full;
    const struct dev_region *region;
    bool mappable;
    int failed;

    if (!fits(r) || index >= s->dev->region_count)
        return EINVAL;
    region = &s->dev->regions[index];
    mappable = region->size && region->mappable && s->client_max_fds > 0;
    if (region->size)
        flags = (region->readable ? VFIO_REGION_INFO_FLAG_READ : 0) |
                (region->writeable ? VFIO_REGION_INFO_FLAG_WRITE : 0) | (mappable ? VFIO_REGION_INFO_FLAG_MMAP : 0);
    failed = reply_region(r, region, index, flags, mappable && region->area_count);
    full = r->reply.size - VFU_HEADER_SIZE;
    if (!failed && full > server_field(r, "argsz")) {
        /* Only the fixed part, which says what room to ask again with, and no fd. */
        failed = reply_region(r, region, index, flags, false);
        return failed || vfu_build_set_number(&r->reply, "argsz", full) ? failed : ENOMEM;
    }
    if (mappable)
        r->reply_fds[r->reply_nfds++] = region->fd;
    return failed;
}

int server_get_irq_info(struct vfu_server *s, struct server_request *r)
{
    static const char *const names[] = { "flags", "index", "count", NULL };
    uint64_t index = server_field(r, "index");

    if (!fits(r) || index >= s->dev->irq_count)
        return EINVAL;
    const struct dev_irq *irq = &s->dev->irqs[index];
    const uint64_t values[] = { irq->count ? VFIO_IRQ_INFO_EVENTFD | irq->flags : 0, index, irq->count };

    return reply_numbers(r, names, values);
}
