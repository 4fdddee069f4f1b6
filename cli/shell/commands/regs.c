/*
 * regs: a device's registers by the names that plugins and maps have for them.
 */
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"
#include "decoder/registers/devmap.h"
#include "decoder/wire/encode.h"
#include "plugins/host/host.h"

#include <string.h>

/* Why it is not read unless that is asked for; NULL: it is. */
static const char *unread(const struct vfu_plugin_register *r)
{
    return r->flags & VFP_READ_CHANGES ? "that would change it" : r->flags & VFP_WRITE_ONLY ? "it is write-only" : NULL;
}

static enum shell_result show(struct shell *sh, const struct vfu_plugin_register *r, int column, bool *more)
{
    struct vfu_writer *w = &sh->outcome.members.w;
    uint8_t bytes[8];
    char fields[512];
    uint64_t value;
    enum shell_result result;

    result = shell_region_read(sh, r->region, r->offset, bytes, r->width);
    if (result == SHELL_REFUSED) { /* one that this device lacks */
        shell_say(sh, "%-*s error\n", column, r->name);
        return SHELL_OK;
    }
    if (result != SHELL_OK)
        return result;
    value = shell_load(bytes, r->width);
    vfu_plugin_register_fields(r, value, fields, sizeof fields);
    shell_say(sh, "%-*s 0x%-18llx %s\n", column, r->name, (unsigned long long)value, fields);
    vfu_write_text(w, *more ? ",\"" : "\"");
    vfu_write_text(w, r->name);
    vfu_write_text(w, "\":\"");
    vfu_write_0x(w, value);
    vfu_write_char(w, '"');
    *more = true;
    return SHELL_OK;
}

static bool is_shown(const struct vfu_plugin_register *r, const bool *wanted)
{
    return wanted[r->plugin] && vfu_plugin_register_has_place(r);
}

/* Those that are where the device's config space says need to be found first. */
static enum shell_result locate(struct shell *sh, const bool *wanted)
{
    const struct vfu_plugin_tables *all = sh->device.registers;

    for (unsigned i = 0; i < all->count; i++)
        if (wanted[all->list[i].plugin] && !vfu_plugin_register_has_place(&all->list[i]))
            return shell_registers_locate(sh);
    return SHELL_OK;
}

/* The names of plugins, with commas. */
static void list_plugins(const struct vfu_plugin_tables *all, const bool *wanted, struct vfu_writer *w)
{
    bool any = false;

    for (unsigned i = 0; i < all->plugin_count; i++) {
        if (wanted && !wanted[i])
            continue;
        vfu_write_text(w, any ? ", " : "");
        vfu_write_text(w, all->plugins[i].name);
        any = true;
    }
}

/* A map whose name a plugin has that is shown: it says the same. */
static bool is_plugins(const struct vfu_plugin_tables *all, const bool *wanted, const char *name)
{
    for (unsigned i = 0; i < all->plugin_count; i++)
        if (wanted[i] && strcmp(all->plugins[i].name, name) == 0)
            return true;
    return false;
}

static enum shell_result show_named(struct shell *sh, const struct vfu_register_place *p, uint32_t index, bool *more)
{
    const struct vfu_register_at at = { .reg = p->reg, .index = index, .indexed = p->count };
    struct vfu_writer *w = &sh->outcome.members.w;
    uint64_t start = vfu_writer_position(shell_text(sh)), value;
    uint8_t bytes[8];
    enum shell_result result =
        shell_region_read(sh, p->region, p->offset + index * (p->stride ? p->stride : p->reg->width), bytes, p->reg->width);

    if (result != SHELL_OK && result != SHELL_REFUSED)
        return result;
    vfu_register_write_name(shell_text(sh), &at);
    vfu_write_pad(shell_text(sh), start, 24);
    if (result == SHELL_REFUSED) {
        shell_say(sh, "error\n");
        return SHELL_OK;
    }
    value = shell_load(bytes, p->reg->width);
    vfu_write_0x(shell_text(sh), value);
    vfu_write_pad(shell_text(sh), start, 45);
    vfu_register_write_fields(shell_text(sh), &at, value, p->reg->width);
    shell_say(sh, "\n");
    vfu_write_text(w, *more ? ",\"" : "\"");
    vfu_register_write_name(w, &at);
    vfu_write_text(w, "\":\"");
    vfu_write_0x(w, value);
    vfu_write_char(w, '"');
    *more = true;
    return SHELL_OK;
}

/* The registers of a map; of an array the first. */
static enum shell_result show_map(struct shell *sh, const struct vfu_devmap *m, bool effects, bool *more)
{
    enum { MOST = 64 };
    enum shell_result result = SHELL_OK;

    for (size_t i = 0; i < m->map.count && result == SHELL_OK; i++) {
        const struct vfu_register_place *p = &m->map.places[i];
        uint8_t flags = p->reg->flags;

        if (vfu_devmap_register_of(p->reg)->access == VFU_ACCESS_RESERVED)
            continue;
        if (!effects && flags & (VFU_REGISTER_READ_CHANGES | VFU_REGISTER_WRITE_ONLY)) {
            uint64_t start = vfu_writer_position(shell_text(sh));

            vfu_write_text(shell_text(sh), p->reg->name);
            vfu_write_pad(shell_text(sh), start, 24);
            shell_say(sh, "not read: %s\n", flags & VFU_REGISTER_READ_CHANGES ? "that would change it" : "it is write-only");
            continue;
        }
        for (uint32_t k = 0; k < (p->count ? p->count : 1) && k < MOST && result == SHELL_OK; k++)
            result = show_named(sh, p, k, more);
    }
    return result;
}

/* Which are for this device, of those that there are. */
static void say_plugins(struct shell *sh, const bool *wanted)
{
    const struct vfu_plugin_tables *all = sh->device.registers;
    struct vfu_writer *w = &sh->outcome.members.w;
    bool any = false;

    vfu_write_text(shell_text(sh), "plugins: ");
    list_plugins(all, wanted, shell_text(sh));
    vfu_write_text(shell_text(sh), " (of ");
    list_plugins(all, NULL, shell_text(sh));
    vfu_write_text(shell_text(sh), ")\n");
    shell_json_key(sh, "plugins");
    vfu_write_char(w, '[');
    for (unsigned i = 0; i < all->plugin_count; i++) {
        if (!wanted[i])
            continue;
        vfu_write_text(w, any ? ",\"" : "\"");
        vfu_write_text(w, all->plugins[i].name);
        vfu_write_char(w, '"');
        any = true;
    }
    vfu_write_char(w, ']');
}

/* No register is shown: because of whom. */
static bool fail_none(struct shell *sh)
{
    struct shell_buffer b;
    bool failed;

    if (!sh->device.registers->plugin_count)
        return shell_fail(sh, "there are no plugins, which have the names (vfuscope --version says where they are looked for)");
    shell_buffer_init(&b);
    list_plugins(sh->device.registers, NULL, &b.w);
    failed = shell_fail(sh, "no plugin knows registers of this device: looked at %.200s", shell_buffer_text(&b));
    shell_buffer_free(&b);
    return failed;
}

/* name: of the plugin or the map that was asked for; NULL: all that are for the device. */
static enum shell_result show_all(struct shell *sh, const bool *wanted, const char *name, bool effects, bool *any)
{
    const struct vfu_plugin_tables *all = sh->device.registers;
    const struct vfu_devmap *map;
    enum shell_result result = SHELL_OK;
    bool more = false, mapped = false;
    size_t next = 0;
    int column = 0;

    for (unsigned i = 0; i < all->count; i++)
        if (is_shown(&all->list[i], wanted) && (int)strlen(all->list[i].name) > column)
            column = (int)strlen(all->list[i].name);
    while ((map = shell_device_map(sh, &next)) != NULL)
        mapped |= !name || strcmp(map->name, name) == 0;
    if (!column && !mapped)
        return SHELL_OK;
    *any = true;
    if (column)
        say_plugins(sh, wanted);
    shell_json_key(sh, "registers");
    vfu_write_char(&sh->outcome.members.w, '{');
    for (unsigned i = 0; result == SHELL_OK && i < all->count; i++) {
        const struct vfu_plugin_register *r = &all->list[i];

        if (!is_shown(r, wanted))
            continue;
        if (unread(r) && !effects)
            shell_say(sh, "%-*s not read: %s\n", column, r->name, unread(r));
        else
            result = show(sh, r, column, &more);
    }
    next = 0;
    while (result == SHELL_OK && (map = shell_device_map(sh, &next)) != NULL)
        if ((!name || strcmp(map->name, name) == 0) && !is_plugins(all, wanted, map->name))
            result = show_map(sh, map, effects, &more);
    vfu_write_char(&sh->outcome.members.w, '}');
    return result;
}

static void complete_plugin(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    size_t next = 0;

    (void)argc;
    (void)argv;
    if (!shell_registers(sh))
        return;
    for (unsigned i = 0; i < sh->device.registers->plugin_count; i++)
        shell_match(m, sh->device.registers->plugins[i].name);
    for (const struct vfu_devmap *map; (map = shell_device_map(sh, &next)) != NULL;)
        shell_match(m, map->name);
}

enum { PLUGIN, ALL };
static const struct shell_arg regs_args[] = {
    [PLUGIN] = { "PLUGIN", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL, .complete = complete_plugin },
    [ALL] = { .word = "--all", .flags = SHELL_OPTIONAL },
    { 0 },
};

static enum shell_result regs(struct shell *sh, const struct shell_value *args)
{
    const char *plugin = args[PLUGIN].given ? args[PLUGIN].text : NULL;
    bool wanted[PLUGIN_MAX] = { false }, any = false;
    enum shell_result result = SHELL_OK;

    if (!shell_registers(sh))
        return SHELL_FAILED;
    for (unsigned i = 0; plugin && i < sh->device.registers->plugin_count; i++)
        wanted[i] = strcmp(sh->device.registers->plugins[i].name, plugin) == 0;
    if (!plugin)
        result = shell_registers_claimed(sh, wanted);
    if (result == SHELL_OK)
        result = locate(sh, wanted);
    if (result == SHELL_OK)
        result = show_all(sh, wanted, plugin, args[ALL].given, &any);
    if (result == SHELL_OK && !any) {
        if (plugin)
            shell_fail(sh, "%.80s: no plugin with registers", plugin);
        else
            fail_none(sh);
        return SHELL_FAILED;
    }
    return result;
}

const struct shell_command cmd_regs = {
    .name = "regs",
    .help = "the device's registers by name, with their fields",
    .more = "The names are those of plugins (vfuscope-plugin(7)) and of maps (vfuscope-registers(5)): of all that are for\n"
            "this device, or of PLUGIN. Where a "
            "REGION+OFFSET may stand, so may one of these names: read nvme.csts\n"
            "What reading changes, and what is write-only, is only read with --all.\n"
            "Example: regs pci",
    .args = regs_args,
    .run = regs,
};
