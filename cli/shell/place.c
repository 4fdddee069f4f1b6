/*
 * Places in a device: a region and an offset in it, or the register that a plugin has a name for.
 */
#include "cli/shell/shell.h"
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

bool shell_place(struct shell *sh, const char *text, struct shell_place *place)
{
    const char *plus = strchr(text, '+');
    size_t size = plus ? (size_t)(plus - text) : strlen(text);
    const struct vfu_plugin_register *r = shell_register(sh, text);

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
                              : "no register that a plugin names (regs lists them)");
    if (!is_named(vfu_region_names, text, size, &place->region))
        return shell_fail(sh, "%.*s: no region (bar0 to bar5, rom, config, vga or a number)",
                          (int)(size < 80 ? size : 80), text);
    return !plus || shell_number(sh, "OFFSET", plus + 1, &place->offset);
}
