/*
 * The server end: the map of the client's memory, in which DMA looks addresses up.
 */
#include "capture/foreign.h"
#include "capture/server/inside.h"

#include <errno.h>

const struct server_map *server_map_at(const struct vfu_server *s, uint64_t address)
{
    return vfu_ranges_at(&s->maps, address);
}

int server_map_add(struct vfu_server *s, const struct server_map *m)
{
    if (vfu_ranges_over(&s->maps, m->address, m->size))
        return EEXIST;
    if (s->maps.count == SERVER_MAX_DMA_MAPS)
        return ENOSPC;
    if (!vfu_ranges_add(&s->maps, m))
        return ENOMEM;
    if (s->dev->model->dma_mapped)
        s->dev->model->dma_mapped(s->dev, m->address, m->size);
    return 0;
}

static void gone(struct vfu_server *s, const struct server_map *m)
{
    if (s->dev->model->dma_unmapped)
        s->dev->model->dma_unmapped(s->dev, m->address, m->size);
    if (m->fd >= 0)
        vfu_close_fds(&m->fd, 1);
}

void server_map_remove(struct vfu_server *s, const struct server_map *m)
{
    gone(s, m);
    vfu_ranges_remove(&s->maps, m);
}

void server_maps_free(struct vfu_server *s)
{
    for (const struct server_map *m = vfu_ranges_first(&s->maps); m; m = vfu_ranges_next(&s->maps, m))
        gone(s, m);
    vfu_ranges_clear(&s->maps);
}
