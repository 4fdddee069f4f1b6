/*
 * The server end: the map of the client's memory, in which DMA looks addresses up.
 */
#include "capture/foreign.h"
#include "capture/server/inside.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool ends_before(const void *maps, size_t at, uint64_t address)
{
    const struct server_map *m = (const struct server_map *)maps + at;

    return m->address + (m->size - 1) < address;
}

/* The index of the first mapping that ends above address. */
static size_t first_above(const struct vfu_server *s, uint64_t address)
{
    return vfu_lower_bound(s->maps, s->map_count, address, ends_before);
}

const struct server_map *server_map_at(const struct vfu_server *s, uint64_t address)
{
    size_t i = first_above(s, address);

    return i < s->map_count && s->maps[i].address <= address ? &s->maps[i] : NULL;
}

int server_map_add(struct vfu_server *s, const struct server_map *m)
{
    size_t at = first_above(s, m->address);

    if (at < s->map_count && s->maps[at].address <= m->address + (m->size - 1))
        return EEXIST;
    if (s->map_count == SERVER_MAX_DMA_MAPS)
        return ENOSPC;
    if (!VFU_GROW(s->maps, s->map_room, s->map_count + 1))
        return ENOMEM;
    memmove(s->maps + at + 1, s->maps + at, (s->map_count - at) * sizeof *s->maps);
    s->maps[at] = *m;
    s->map_count++;
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
    size_t at = (size_t)(m - s->maps);

    gone(s, m);
    s->map_count--;
    memmove(s->maps + at, s->maps + at + 1, (s->map_count - at) * sizeof *s->maps);
}

void server_maps_free(struct vfu_server *s)
{
    for (size_t i = 0; i < s->map_count; i++)
        gone(s, &s->maps[i]);
    free(s->maps);
    s->maps = NULL;
    s->map_count = s->map_room = 0;
}
