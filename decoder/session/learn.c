/*
 * What a connection's messages say about it: capabilities, regions, IRQs, the DMA map, the migration state. Learned
 * from successful replies, with their requests' numbers; accesses and transfers teach nothing and cost nothing.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/grow.h"

#include <string.h>

static void learn_version(struct vfu_peers *p, struct vfu_capabilities *caps, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    const struct vfu_value *json = vfu_value_by_name(d->values, d->count, "json");
    size_t size = json ? json->size : 0;

    if (size && json->bytes[size - 1] == '\0')
        size--;
    if (d->truncated)
        *caps = (struct vfu_capabilities){ .known = false }; /* what is not at hand does not mean the defaults */
    else if (p->rules.read_no == e->message.no)
        *caps = p->rules.read; /* the rules have read it already */
    else
        vfu_capabilities_parse(json ? (const char *)json->bytes : "", size, caps);
    caps->major = (uint16_t)vfu_number(d->values, d->count, "major", 0);
    caps->minor = (uint16_t)vfu_number(d->values, d->count, "minor", 0);
}

static bool map_is_before(const void *maps, size_t at, uint64_t address)
{
    return ((const struct vfu_known_map *)maps)[at].address < address;
}

static size_t map_place(const struct vfu_connection *c, uint64_t address)
{
    return vfu_lower_bound(c->maps, c->map_count, address, map_is_before);
}

static void learn_map(struct vfu_peers *p, const struct vfu_known_map *map)
{
    struct vfu_connection *c = &p->known;
    size_t at = map_place(c, map->address);

    if (at < c->map_count && c->maps[at].address == map->address) {
        p->maps[at] = *map; /* libvfio-user takes an identical map twice */
        return;
    }
    if (c->map_count == VFU_MAX_KNOWN_MAPS)
        return;
    if (!VFU_GROW(p->maps, p->map_room, c->map_count + 1))
        return;
    c->maps = p->maps;
    memmove(p->maps + at + 1, p->maps + at, (c->map_count - at) * sizeof *p->maps);
    p->maps[at] = *map;
    c->map_count++;
}

/*
 * QEMU sends its next DMA_MAP before the reply to a DMA_UNMAP, so what is unmapped leaves the map with the command. Until
 * the reply the device may still use it.
 */
static void learn_unmap(struct vfu_peers *p, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    struct vfu_connection *c = &p->known;
    uint64_t address = vfu_number(d->values, d->count, "address", 0), size = vfu_number(d->values, d->count, "size", 0);
    bool all = vfu_number(d->values, d->count, "flags", 0) & VFIO_DMA_UNMAP_FLAG_ALL;
    size_t kept = 0;

    if (e->flags & VFU_NO_REPLY)
        c->maps_unsure = true; /* nobody will hear when it is done */
    else
        c->unmaps_pending++;
    for (size_t i = 0; i < c->map_count; i++) {
        const struct vfu_known_map *m = &c->maps[i];

        if (!all && (m->address < address || m->address - address >= size || m->size > size - (m->address - address))) {
            p->maps[kept++] = *m;
        } else {
            p->unmapped[p->unmapped_at % VFU_UNMAPPED] = *m;
            p->unmapped[p->unmapped_at++ % VFU_UNMAPPED].no = e->message.no;
        }
    }
    if (c->map_count - kept > VFU_UNMAPPED)
        c->maps_unsure = true; /* a refusal could not bring them all back */
    c->map_count = kept;
}

/* The server refused: what the command took away is still there. */
static void restore(struct vfu_peers *p, const struct vfu_event *reply)
{
    for (unsigned i = 0; i < VFU_UNMAPPED; i++) {
        struct vfu_known_map *m = &p->unmapped[i];

        if (m->size && m->no == reply->reply_to)
            learn_map(p, m);
    }
}

/* A map over another is to be refused; if it is not, nobody knows what the server made of it. */
static bool overlaps(struct vfu_peers *p, const struct vfu_known_map *map)
{
    struct vfu_connection *c = &p->known;
    size_t at = map_place(c, map->address);

    if (at < c->map_count && c->maps[at].address == map->address && c->maps[at].size == map->size) {
        p->maps[at].flags |= map->flags; /* libvfio-user takes an identical one */
        return true;
    }
    if ((at == 0 || map->address - c->maps[at - 1].address >= c->maps[at - 1].size) &&
        (at == c->map_count || c->maps[at].address - map->address >= map->size))
        return false;
    c->maps_unsure = true;
    return true;
}

static void learn_request(struct vfu_peers *p, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;

    if (e->command_number == VFU_VERSION) {
        learn_version(p, &p->known.proposed, e);
    } else if (e->command_number == VFU_DMA_UNMAP) {
        learn_unmap(p, e);
    } else if (e->command_number == VFU_DMA_MAP) {
        struct vfu_known_map map = {
            .address = vfu_number(d->values, d->count, "address", 0),
            .size = vfu_number(d->values, d->count, "size", 0),
            .flags = (uint32_t)vfu_number(d->values, d->count, "flags", 0),
            .has_fd = e->message.nfds > 0,
            .no = e->message.no,
        };

        /*
         * Whether it carried an fd is only to be seen here. Taken as granted already: the device may use the memory
         * before the client has read the reply; a refusal takes it back.
         */
        if (map.size && !overlaps(p, &map))
            learn_map(p, &map);
    } else if (e->command_number == VFU_DEVICE_FEATURE && vfu_value_by_name(d->values, d->count, "device_state")) {
        p->known.migration_state_known = false; /* until the reply */
    }
}

static void learn_refusal(struct vfu_peers *p, const struct vfu_view *reply)
{
    struct vfu_connection *c = &p->known;
    size_t at;

    if (reply->event->command_number == VFU_DMA_UNMAP) {
        c->unmaps_pending -= c->unmaps_pending > 0;
        restore(p, reply->event);
    }
    if (reply->event->command_number != VFU_DMA_MAP)
        return;
    at = map_place(c, vfu_request_number(reply, "address", 0));
    if (at < c->map_count && c->maps[at].no == reply->event->reply_to) {
        c->map_count--;
        memmove(p->maps + at, p->maps + at + 1, (c->map_count - at) * sizeof *p->maps);
    }
}

static void learn_state(struct vfu_connection *c, uint64_t state)
{
    c->migration_state_known = state < UINT32_MAX;
    if (c->migration_state_known)
        c->migration_state = (uint32_t)state;
}

static void learn_feature(struct vfu_connection *c, const struct vfu_decoded *d)
{
    const struct vfu_value *state = vfu_value_by_name(d->values, d->count, "device_state");

    if (state)
        learn_state(c, state->number);
}

static void learn_reply(struct vfu_peers *p, const struct vfu_event *e)
{
    struct vfu_connection *c = &p->known;
    struct vfu_view view = { .event = e };
    const struct vfu_decoded *d = e->decoded;
    uint64_t index = vfu_number(d->values, d->count, "index", UINT64_MAX);
    switch (e->command_number) {
    case VFU_VERSION:
        learn_version(p, &c->agreed, e);
        break;
    case VFU_DMA_UNMAP:
        c->unmaps_pending -= c->unmaps_pending > 0;
        break;
    case VFU_DEVICE_GET_INFO:
        c->num_regions = (uint32_t)vfu_number(d->values, d->count, "num_regions", 0);
        c->num_irqs = (uint32_t)vfu_number(d->values, d->count, "num_irqs", 0);
        break;
    case VFU_DEVICE_GET_REGION_INFO:
        if (index < VFU_MAX_KNOWN_REGIONS)
            c->regions[index] = (struct vfu_known_region){
                .known = true,
                .flags = (uint32_t)vfu_number(d->values, d->count, "flags", 0),
                .size = vfu_number(d->values, d->count, "size", 0),
            };
        break;
    case VFU_DEVICE_GET_IRQ_INFO:
        if (index < VFU_MAX_KNOWN_IRQS)
            c->irqs[index] = (struct vfu_known_irq){
                .known = true,
                .flags = (uint32_t)vfu_number(d->values, d->count, "flags", 0),
                .count = (uint32_t)vfu_number(d->values, d->count, "count", 0),
            };
        break;
    case VFU_DEVICE_FEATURE:
        if (d->layout->size > 8)
            learn_feature(c, d);
        else if (vfu_request_number(&view, "feature", 0) == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE &&
                 vfu_request_number(&view, "flags", 0) & VFIO_DEVICE_FEATURE_SET)
            learn_state(c, vfu_request_number(&view, "device_state", UINT32_MAX));
        break;
    case VFU_DEVICE_RESET:
        learn_state(c, VFU_STATE_RUNNING);
        break;
    default:
        break;
    }
}

/* Cut in its fixed part, by the capture: it happened, but nobody knows with which numbers. */
static void learn_cut(struct vfu_peers *p, const struct vfu_event *e)
{
    struct vfu_connection *c = &p->known;

    if (e->command_number == VFU_DMA_MAP || e->command_number == VFU_DMA_UNMAP)
        c->maps_unsure = true;
    else if (e->command_number == VFU_DEVICE_FEATURE)
        c->migration_state_known = false;
    else if (e->command_number == VFU_DEVICE_GET_REGION_INFO)
        p->rules.regions_told = UINT64_MAX; /* it may have been any */
}

void vfu_learn(struct vfu_peers *p, const struct vfu_event *e)
{
    struct vfu_view view = { .event = e };

    switch (e->command_number) {
    case VFU_VERSION:
    case VFU_DMA_MAP:
    case VFU_DMA_UNMAP:
    case VFU_DEVICE_GET_INFO:
    case VFU_DEVICE_GET_REGION_INFO:
    case VFU_DEVICE_GET_IRQ_INFO:
    case VFU_DEVICE_RESET:
    case VFU_DEVICE_FEATURE:
        break;
    default:
        return;
    }
    if (e->command_number != VFU_VERSION && e->decoded->truncated &&
        e->message.captured < (size_t)VFU_HEADER_SIZE + e->decoded->layout->size)
        learn_cut(p, e);
    else if (vfu_event_is_command(e))
        learn_request(p, e);
    else if (!vfu_event_is_reply(e) || !e->paired)
        return;
    else if (e->flags & VFU_ERROR)
        learn_refusal(p, &view);
    else
        learn_reply(p, e);
}
