/*
 * What devices have where: the register map of each connection, and the registers that an event is about.
 */
#include "decoder/registers/registers.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 1024 /* at a time; of more the younger one's map takes the older one's room */ };

struct vfu_register_maps {
    struct device {
        uint32_t conn; /* 0: none */
        struct vfu_register_place *places;
        size_t count, room;
    } devices[CONNECTIONS];
};

struct vfu_register_maps *vfu_register_maps_new(void)
{
    return calloc(1, sizeof(struct vfu_register_maps));
}

void vfu_register_maps_free(struct vfu_register_maps *m)
{
    for (unsigned i = 0; m && i < CONNECTIONS; i++)
        free(m->devices[i].places);
    free(m);
}

void vfu_register_maps_set(struct vfu_register_maps *m, uint32_t conn, const struct vfu_register_place *places, size_t count)
{
    struct device *d = &m->devices[conn % CONNECTIONS];
    struct vfu_register_place *more = count > d->room ? realloc(d->places, count * sizeof *more) : d->places;

    d->conn = conn;
    d->count = 0;
    if (!count || !more)
        return;
    d->room = count > d->room ? count : d->room;
    d->places = more;
    d->count = count;
    memcpy(d->places, places, count * sizeof *places);
    vfu_register_map_sort(d->places, count);
}

void vfu_register_maps_forget(struct vfu_register_maps *m, uint32_t conn)
{
    struct device *d = &m->devices[conn % CONNECTIONS];

    if (d->conn != conn)
        return;
    free(d->places);
    *d = (struct device){ 0 };
}

bool vfu_event_is_access(const struct vfu_event *event)
{
    return event->kind == VFU_EVENT_MESSAGE && event->command && event->command->moves.space == VFU_REGION_SPACE &&
           !event->command->moves.list;
}

bool vfu_event_place(const struct vfu_event *event, const struct vfu_decoded *decoded, struct vfu_moved *m)
{
    struct vfu_decoded request;

    if (vfu_moved_first(m, event->command, decoded))
        return true;
    if (!vfu_event_is_reply(event) || !vfu_decode_request(event, &request) || !vfu_moved_first(m, event->command, &request))
        return false;
    m->data = NULL; /* it lies in `request` */
    return true;
}

bool vfu_register_maps_name(const struct vfu_register_maps *m, struct vfu_event *event, const struct vfu_decoded *decoded,
                            struct vfu_register_at found[VFU_REGISTERS_NAMED])
{
    const struct device *d = &m->devices[event->conn % CONNECTIONS];
    const struct vfu_register_map map = { d->places, d->count };
    struct vfu_moved moved;
    unsigned count;

    if (d->conn != event->conn || !d->count || !vfu_event_is_access(event) || !vfu_event_place(event, decoded, &moved))
        return false;
    count = vfu_register_map_find(&map, moved.region, moved.at, moved.size, found);
    if (!count)
        return false;
    event->registers = found;
    event->register_count = count;
    return true;
}
