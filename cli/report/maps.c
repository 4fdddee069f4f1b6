/*
 * The DMA map over time: what was mapped when, and until when.
 */
#include "cli/report/inside.h"

#include <stdlib.h>

enum { UNMAP_ALL = 2 };

static void take_map(struct report_maps *m, const struct vfu_event *e, uint64_t ns)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);
    const struct vfu_value *flags = vfu_value_by_name(d->values, d->count, "flags");

    if (!m->list)
        m->list = calloc(REPORT_MAPS, sizeof *m->list);
    if (!m->list || m->count == REPORT_MAPS) {
        m->more++;
        return;
    }
    m->list[m->count++] = (struct report_map){
        .address = vfu_number(d->values, d->count, "address", 0),
        .size = vfu_number(d->values, d->count, "size", 0),
        .offset = vfu_number(d->values, d->count, "offset", 0),
        .flags = flags ? (uint32_t)flags->raw : 0,
        .map_ns = ns,
        .map_no = e->message.no,
        .conn = e->conn,
        .with_fd = e->message.nfds,
    };
}

static void take_refusal(struct report_maps *m, const struct vfu_event *e)
{
    for (size_t i = m->count; i-- > 0;)
        if (m->list[i].map_no == e->reply_to) {
            m->list[i].refused = true;
            return;
        }
}

static void take_unmap(struct report_maps *m, const struct vfu_event *e, uint64_t ns)
{
    struct vfu_decoded request;
    const struct vfu_value *flags;
    uint64_t address, size;
    bool all;

    if (!vfu_decode_request(e, &request))
        return;
    address = vfu_number(request.values, request.count, "address", 0);
    size = vfu_number(request.values, request.count, "size", 0);
    flags = vfu_value_by_name(request.values, request.count, "flags");
    all = flags && flags->raw & UNMAP_ALL;
    for (size_t i = 0; i < m->count; i++) {
        struct report_map *map = &m->list[i];

        if (map->conn != e->conn || map->unmap_no || map->gone || map->refused ||
            (!all && (map->address < address || map->size > size || map->address - address > size - map->size)))
            continue;
        map->unmap_no = e->reply_to;
        map->unmap_ns = ns;
    }
}

void report_maps_event(struct report_maps *m, const struct vfu_event *e, uint64_t ns)
{
    if (e->kind == VFU_EVENT_DISCONNECT) {
        for (size_t i = 0; i < m->count; i++) {
            struct report_map *map = &m->list[i];

            if (map->conn != e->conn || map->unmap_no || map->gone)
                continue;
            map->gone = true;
            map->unmap_ns = ns;
        }
        return;
    }
    if (e->kind != VFU_EVENT_MESSAGE)
        return;
    if (e->command_number == VFU_DMA_MAP && vfu_event_is_command(e))
        take_map(m, e, ns);
    else if (e->command_number == VFU_DMA_MAP && vfu_event_is_reply(e) && e->paired && e->flags & VFU_ERROR)
        take_refusal(m, e);
    else if (e->command_number == VFU_DMA_UNMAP && vfu_event_is_reply(e) && e->paired && !(e->flags & VFU_ERROR))
        take_unmap(m, e, ns);
}
