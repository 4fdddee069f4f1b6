/*
 * What several commands ask the device, or tell it: about a region, its configuration space, memory, eventfds.
 */
#include "cli/shell/shell.h"

/* Once with the fixed part; again with room for all if the server has more to say. */
/* A question with these fields, the last two of them empty, and again with the room that the answer wants. */
static enum shell_result ask_whole(struct shell *sh, unsigned command, struct shell_field *fields, size_t used)
{
    enum shell_result result = shell_request(sh, command, fields, NULL, 0);
    uint64_t argsz = shell_reply_number(&sh->link, "argsz", 0);

    if (result != SHELL_OK || argsz <= sh->link.client.reply.event->size - VFU_HEADER_SIZE || argsz > VFU_MAX_MESSAGE)
        return result;
    fields[used] = (struct shell_field){ "argsz", argsz };
    return shell_request(sh, command, fields, NULL, 0);
}

enum shell_result shell_device_info(struct shell *sh)
{
    struct shell_field fields[] = { { 0 }, { 0 } };

    return ask_whole(sh, VFU_DEVICE_GET_INFO, fields, 0);
}

enum shell_result shell_region_info(struct shell *sh, uint32_t index)
{
    struct shell_field fields[] = { { "index", index }, { 0 }, { 0 } };

    return ask_whole(sh, VFU_DEVICE_GET_REGION_INFO, fields, 1);
}

uint32_t shell_config_get(const struct shell_config *c, size_t offset, unsigned width)
{
    struct vfu_cursor at = vfu_cursor(c->bytes, c->size, false);

    vfu_cursor_seek(&at, offset);
    return (uint32_t)vfu_cursor_uint(&at, width);
}

enum shell_result shell_config_read(struct shell *sh, struct shell_config *c)
{
    const struct shell_field fields[] = { { "index", VFIO_PCI_CONFIG_REGION_INDEX }, { 0 } };
    enum shell_result result = shell_request(sh, VFU_DEVICE_GET_REGION_INFO, fields, NULL, 0);
    uint64_t size = shell_reply_number(&sh->link, "size", 0);

    if (result != SHELL_OK)
        return result;
    c->size = size < MAX_CONFIG ? (size_t)size : (size_t)MAX_CONFIG;
    if (c->size < PCI_STD_HEADER_SIZEOF) {
        shell_fail(sh, "the config region has %zu bytes: no PCI configuration space", c->size);
        return SHELL_FAILED;
    }
    return shell_region_read(sh, VFIO_PCI_CONFIG_REGION_INDEX, 0, c->bytes, c->size);
}

enum shell_result shell_map_send(struct shell *sh, const struct shell_map *map)
{
    const struct shell_field fields[] = {
        { "flags", map->flags }, { "address", map->address }, { "size", map->size }, { 0 },
    };

    return shell_request(sh, VFU_DMA_MAP, fields, &map->fd, map->fd >= 0);
}

enum shell_result shell_alloc(struct shell *sh, const char *name, uint64_t *size, uint64_t *address)
{
    enum { PAGE = 4096 };
    struct shell_map map = { .size = *size < UINT64_MAX - PAGE ? (*size + PAGE - 1) / PAGE * PAGE : *size,
                             .flags = VFU_DMA_READABLE | VFU_DMA_WRITEABLE, .backing = SHELL_MEMFD, .fd = -1 };
    enum shell_result result;

    snprintf(map.name, sizeof map.name, "%s", name ? name : "");
    if (!shell_maps_room(&sh->device.maps, map.size, &map.address)) {
        shell_fail(sh, "no room for %llu bytes beside what is mapped", (unsigned long long)map.size);
        return SHELL_FAILED;
    }
    if (!shell_map_make(&map, NULL, &sh->outcome.error))
        return SHELL_FAILED;
    result = shell_map_send(sh, &map);
    if (result != SHELL_OK || !shell_maps_add(&sh->device.maps, &map, &sh->outcome.error)) {
        shell_map_drop(&map);
        return result == SHELL_OK ? SHELL_FAILED : result;
    }
    *size = map.size;
    *address = map.address;
    return SHELL_OK;
}

enum shell_result shell_set_irqs(struct shell *sh, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
                                 const int *fds, unsigned nfds, const uint8_t *bools)
{
    const struct shell_field fields[] = {
        { "flags", flags }, { "index", index }, { "start", start }, { "count", count },
        { bools ? "data" : NULL, 0, bools, bools ? count : 0 }, { 0 },
    };

    return shell_request(sh, VFU_DEVICE_SET_IRQS, fields, fds, nfds);
}

enum shell_result shell_vector_send(struct shell *sh, const struct shell_vector *v)
{
    return shell_set_irqs(sh, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, v->index, v->vector, 1,
                          &v->fd, 1, NULL);
}
