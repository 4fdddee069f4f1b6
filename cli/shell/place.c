/*
 * Places in a device: a region and an offset in it, or the register that a plugin or a map has a name for.
 */
#include "cli/shell/shell.h"
#include "decoder/registers/devmap.h"
#include "plugins/host/host.h"

#include <string.h>

/* A name of the list or a number of 32 bits, `size` characters of text. */
static bool is_named(const struct vfu_name *names, const char *text, size_t size, uint32_t *number)
{
    char word[32];
    uint64_t n;

    if (size >= sizeof word)
        return false;
    memcpy(word, text, size);
    word[size] = '\0';
    if (!vfu_parse_named(names, word, &n))
        return false;
    *number = (uint32_t)n;
    return n <= UINT32_MAX;
}

/* Why there is no such register, and which may be meant. */
static void near_register(struct shell *sh, const char *name, char text[VFU_NEAR_TEXT])
{
    static const char none[] = "no register that a plugin names";
    const struct vfu_plugin_tables *all = sh->device.registers;
    const struct vfu_devmap *map;
    size_t next = 0;
    char list[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, name);
    for (unsigned i = 0; i < all->count; i++)
        vfu_near_offer(&near, all->list[i].name);
    while ((map = shell_device_map(sh, &next)) != NULL)
        for (size_t i = 0; i < map->map.count; i++)
            vfu_near_offer(&near, map->map.places[i].reg->name);
    snprintf(text, VFU_NEAR_TEXT, "%s%.280s (regs lists them)", none, vfu_near_text(&near, list));
}

static bool no_region(struct shell *sh, const char *text, size_t size)
{
    char name[81], list[VFU_NEAR_TEXT];
    struct vfu_near near;

    snprintf(name, sizeof name, "%.*s", (int)(size < 80 ? size : 80), text);
    vfu_near_begin(&near, name);
    for (const struct vfu_name *n = vfu_region_names; n->name; n++)
        vfu_near_offer(&near, n->name);
    if (near.count > 2) /* bar9 is like each of them */
        near.count = 0;
    return shell_fail(sh, "%s: no region%s (bar0 to bar5, rom, config, vga or a number)", name, vfu_near_text(&near, list));
}

bool shell_place(struct shell *sh, const char *text, struct shell_place *place)
{
    const char *plus = strchr(text, '+');
    size_t size = plus ? (size_t)(plus - text) : strlen(text);
    const struct vfu_plugin_register *r;
    char near[VFU_NEAR_TEXT];

    if (strchr(text, '.') && !plus && shell_mapped_register(sh, text, place))
        return true;
    r = shell_register(sh, text);
    *place = (struct shell_place){ .width = 4, .reg = r };
    if (r) {
        place->region = r->region;
        place->offset = r->offset;
        place->width = r->width;
        return true;
    }
    if (strchr(text, '.') && !plus)
        return shell_fail(sh, "%.80s: %s", text,
                          !sh->device.registers ? "the plugins can't be loaded: try regs"
                          : vfu_plugin_tables_find(sh->device.registers, text)
                              ? "this device has no such register"
                              : (near_register(sh, text, near), near));
    if (!is_named(vfu_region_names, text, size, &place->region))
        return no_region(sh, text, size);
    return !plus || shell_number(sh, "OFFSET", plus + 1, &place->offset);
}
