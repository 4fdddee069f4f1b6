/*
 * The DMA map, as far as the client's commands and their replies tell.
 */
#include "decoder/session/inside.h"

static void keep(struct vfu_peers *p, const struct vfu_known_map *map)
{
    struct vfu_memory *m = &p->memory;

    m->by_message += map->has_fd ? 0 : map->size;
    m->most_by_message = m->by_message > m->most_by_message ? m->by_message : m->most_by_message;
    if (p->known.maps.count < VFU_MAX_KNOWN_MAPS)
        vfu_ranges_add(&p->known.maps, map);
}

void vfu_maps_unsure(struct vfu_connection *c)
{
    c->maps_unsure = true;
    c->overlap_no = 0;
}

/* It is to be refused; if it is not, nobody knows what the server made of it. */
static void overlap(struct vfu_connection *c, const struct vfu_event *map)
{
    bool waits = !c->maps_unsure && !(map->flags & VFU_NO_REPLY);

    vfu_maps_unsure(c);
    c->overlap_no = waits ? map->message.no : 0;
}

/* It is about to leave the map. */
static void let_go(struct vfu_peers *p, const struct vfu_known_map *map)
{
    struct vfu_memory *m = &p->memory;

    if (!map->has_fd)
        m->by_message -= map->size < m->by_message ? map->size : m->by_message;
}

void vfu_learn_map(struct vfu_peers *p, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    struct vfu_known_map *there, map = {
        .address = vfu_number(d->values, d->count, "address", 0),
        .size = vfu_number(d->values, d->count, "size", 0),
        .flags = (uint32_t)vfu_number(d->values, d->count, "flags", 0),
        .has_fd = e->message.nfds > 0,
        .fd_unsure = e->message.fds_unknown || e->message.fds_cut,
        .silent = (e->flags & VFU_NO_REPLY) != 0,
        .no = e->message.no,
    };

    p->memory.by_fd += map.has_fd;
    p->memory.unsure |= e->message.fds_cut || e->message.fds_unknown || e->message.changed;
    if (map.size == 0)
        return;
    there = vfu_ranges_over(&p->known.maps, map.address, map.size);
    if (!there)
        /*
         * Whether it carried an fd is only to be seen here. Taken as granted already: the device may use the memory
         * before the client has read the reply; a refusal takes it back.
         */
        keep(p, &map);
    else if (there->address == map.address && there->size == map.size)
        there->flags |= map.flags; /* libvfio-user takes an identical one */
    else
        overlap(&p->known, e);
}

/* In case the server refuses. */
static void remember(struct vfu_peers *p, const struct vfu_known_map *map, uint64_t no)
{
    let_go(p, map);
    p->unmapped[p->unmapped_at++ % VFU_UNMAPPED] = (struct vfu_unmapped){ *map, no };
}

static void unmap_all(struct vfu_peers *p, uint64_t no)
{
    struct vfu_ranges *maps = &p->known.maps;

    for (const struct vfu_known_map *m = vfu_ranges_first(maps); m; m = vfu_ranges_next(maps, m))
        remember(p, m, no);
    vfu_ranges_clear(maps);
}

/* What lies in the range from end to end. */
static void unmap_range(struct vfu_peers *p, uint64_t address, uint64_t size, uint64_t no)
{
    struct vfu_ranges *maps = &p->known.maps;
    const struct vfu_known_map *m = vfu_ranges_over(maps, address, size);
    uint64_t last;

    if (m && m->address < address)
        m = vfu_ranges_next(maps, m);
    while (m && (last = vfu_range_last(m->address, m->size)) <= vfu_range_last(address, size)) {
        remember(p, m, no);
        vfu_ranges_remove(maps, m);
        m = vfu_ranges_from(maps, last);
    }
}

/*
 * QEMU sends its next DMA_MAP before the reply to a DMA_UNMAP, so what is unmapped leaves the map with the command. Until
 * the reply the device may still use it.
 */
void vfu_learn_unmap(struct vfu_peers *p, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    struct vfu_connection *c = &p->known;
    size_t before = c->maps.count;

    if (e->flags & VFU_NO_REPLY)
        vfu_maps_unsure(c); /* nobody will hear when it is done */
    else
        c->unmaps_pending++;
    if (vfu_number(d->values, d->count, "flags", 0) & VFIO_DMA_UNMAP_FLAG_ALL)
        unmap_all(p, e->message.no);
    else
        unmap_range(p, vfu_number(d->values, d->count, "address", 0), vfu_number(d->values, d->count, "size", 0),
                    e->message.no);
    if (before - c->maps.count > VFU_UNMAPPED)
        vfu_maps_unsure(c); /* a refusal could not bring them all back */
}

/* The server refused: what the command took away is still there. */
static void restore(struct vfu_peers *p, uint64_t no)
{
    for (unsigned i = 0; i < VFU_UNMAPPED; i++) {
        const struct vfu_known_map *m = &p->unmapped[i].map;

        if (m->size == 0 || p->unmapped[i].by != no)
            continue;
        if (vfu_ranges_over(&p->known.maps, m->address, m->size))
            vfu_maps_unsure(&p->known); /* something else was mapped there meanwhile */
        else
            keep(p, m);
        p->unmapped[i].map.size = 0;
    }
}

void vfu_learn_map_changed(struct vfu_peers *p, const struct vfu_event *e, const struct vfu_pending *sent)
{
    struct vfu_cursor request = vfu_cursor(sent->request, sent->request_size, e->message.swapped);
    struct vfu_known_map *m;
    uint64_t address;

    if (!p || !vfu_read_field(e->command->request.layout, &request, "address", &address))
        return;
    m = vfu_ranges_at(&p->known.maps, address);
    if (m && m->no == e->message.no)
        m->fd_unsure = true;
}

void vfu_learn_map_refusal(struct vfu_peers *p, const struct vfu_event *reply)
{
    struct vfu_connection *c = &p->known;
    struct vfu_view view = { .event = reply };
    const struct vfu_known_map *m;

    if (reply->command_number == VFU_DMA_UNMAP) {
        c->unmaps_pending -= c->unmaps_pending > 0;
        restore(p, reply->reply_to);
    } else if (reply->command_number == VFU_DMA_MAP && reply->reply_to == c->overlap_no) {
        c->maps_unsure = false;
        c->overlap_no = 0;
    } else if (reply->command_number == VFU_DMA_MAP) {
        m = vfu_ranges_at(&c->maps, vfu_request_number(&view, "address", 0));
        if (m && m->no == reply->reply_to) {
            if (p->memory.most_by_message == p->memory.by_message) /* it never was there */
                p->memory.most_by_message -= m->has_fd ? 0 : m->size;
            let_go(p, m);
            vfu_ranges_remove(&c->maps, m);
        }
    }
}
