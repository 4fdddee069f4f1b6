/*
 * config: the PCI configuration space, decoded by lspci or as far as everybody knows it, and whole as a hexdump.
 */
#include "cli/shell/commands/inside.h"
#include "cli/shell/lspci.h"

#include <stdlib.h>
#include <string.h>

static const char *capability_name(uint32_t id)
{
    static const struct vfu_name names[] = {
        { PCI_CAP_ID_PM, "power management" }, { PCI_CAP_ID_MSI, "MSI" },     { PCI_CAP_ID_VNDR, "vendor specific" },
        { PCI_CAP_ID_EXP, "PCI Express" },     { PCI_CAP_ID_MSIX, "MSI-X" },  { PCI_CAP_ID_VPD, "vital product data" },
        { PCI_CAP_ID_SSVID, "bridge subsystem" }, { PCI_CAP_ID_SATA, "SATA" }, { PCI_CAP_ID_AF, "advanced features" },
        { PCI_CAP_ID_EA, "enhanced allocation" }, { 0, NULL },
    };
    const char *name = vfu_name_of(names, id);

    return name ? name : "?";
}

static void show_bars(struct shell *sh, const struct shell_config *c)
{
    for (unsigned i = 0; i < 6; i++) {
        uint32_t low = shell_config_get(c, PCI_BASE_ADDRESS_0 + 4 * i, 4);
        uint64_t address = low & (low & PCI_BASE_ADDRESS_SPACE_IO ? PCI_BASE_ADDRESS_IO_MASK
                                                                  : PCI_BASE_ADDRESS_MEM_MASK);
        bool wide = !(low & PCI_BASE_ADDRESS_SPACE_IO) &&
                    (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;

        if (!low)
            continue;
        if (wide && i < 5)
            address = (low & 0xfffffff0u) | (uint64_t)shell_config_get(c, PCI_BASE_ADDRESS_0 + 4 * (i + 1), 4) << 32;
        else
            address &= UINT32_MAX;
        shell_say(sh, "bar%u        0x%llx%s%s\n", i, (unsigned long long)address,
                  low & PCI_BASE_ADDRESS_SPACE_IO ? " I/O" : wide ? " 64-bit" : " 32-bit",
                  !(low & PCI_BASE_ADDRESS_SPACE_IO) && low & PCI_BASE_ADDRESS_MEM_PREFETCH ? " prefetchable" : "");
        i += wide;
    }
}

/* The chain of capabilities: each place at most once, so that a loop ends. */
static void show_capabilities(struct shell *sh, const struct shell_config *c, bool text)
{
    struct vfu_writer *w = &sh->outcome.members.w;
    bool seen[256] = { false };
    uint32_t at = shell_config_get(c, PCI_CAPABILITY_LIST, 1) & ~3u;
    bool first = true;

    shell_json_key(sh, "capabilities");
    vfu_write_char(w, '[');
    if (!(shell_config_get(c, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
        at = 0;
    while (at >= PCI_STD_HEADER_SIZEOF && at + 1 < c->size && !seen[at]) {
        uint32_t id = shell_config_get(c, at, 1);

        seen[at] = true;
        if (text)
            shell_say(sh, "%-12s%02x: %u %s\n", first ? "capability" : "", at, id, capability_name(id));
        vfu_write_text(w, first ? "{\"offset\":" : ",{\"offset\":");
        vfu_write_decimal(w, at);
        vfu_write_text(w, ",\"id\":");
        vfu_write_decimal(w, id);
        vfu_write_text(w, ",\"name\":\"");
        vfu_write_text(w, capability_name(id));
        vfu_write_text(w, "\"}");
        first = false;
        at = shell_config_get(c, at + 1, 1) & ~3u;
    }
    if (at && seen[at & 0xff])
        shell_say(sh, "%-12sthe chain loops back to %02x\n", "", at);
    vfu_write_char(w, ']');
}

/* For people as text; the JSON members in any case. */
static void show(struct shell *sh, const struct shell_config *c, bool text)
{
    static const struct {
        const char *name, *json;
        size_t offset;
        unsigned width;
    } fields[] = {
        { "vendor", "vendor_id", PCI_VENDOR_ID, 2 },   { "device", "device_id", PCI_DEVICE_ID, 2 },
        { "command", "command_register", PCI_COMMAND, 2 }, { "status", "status", PCI_STATUS, 2 },
        { "revision", "revision", PCI_REVISION_ID, 1 }, { "class", "class", PCI_CLASS_DEVICE, 2 },
        { "prog-if", "prog_if", PCI_CLASS_PROG, 1 },
        { "header", "header_type", PCI_HEADER_TYPE, 1 },
        { "subvendor", "subsystem_vendor_id", PCI_SUBSYSTEM_VENDOR_ID, 2 },
        { "subsystem", "subsystem_id", PCI_SUBSYSTEM_ID, 2 },
        { "irq line", "interrupt_line", PCI_INTERRUPT_LINE, 1 },
        { "irq pin", "interrupt_pin", PCI_INTERRUPT_PIN, 1 },
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint32_t value = shell_config_get(c, fields[i].offset, fields[i].width);

        if (text)
            shell_say(sh, "%-12s%0*x\n", fields[i].name, (int)fields[i].width * 2, value);
        shell_json_number(sh, fields[i].json, value);
    }
    if (text)
        show_bars(sh, c);
    show_capabilities(sh, c, text);
}

static enum shell_result show_all(struct shell *sh, bool plain)
{
    struct shell_config c;
    enum shell_result result = shell_config_read(sh, &c);
    char *text;

    if (result != SHELL_OK)
        return result;
    text = plain || sh->screen.json ? NULL : lspci_decode(c.bytes, c.size);
    if (text)
        vfu_write_text(shell_text(sh), text);
    show(sh, &c, !text);
    free(text);
    shell_json_bytes(sh, "data", c.bytes, c.size);
    shell_hexdump(shell_text(sh), 0, c.bytes, c.size, 1);
    return SHELL_OK;
}

enum { PLAIN, BARS, WHAT, ON };
static const struct vfu_name bits[] = {
    { CMD_CONFIG_MASTER, "master" }, { CMD_CONFIG_MEMORY, "memory" }, { CMD_CONFIG_MSI, "msi" },
    { CMD_CONFIG_MSIX, "msix" }, { 0, NULL },
};
static const char needs_on[] = "bars, or master, memory, msi or msix with on or off";
static const struct shell_arg config_args[] = {
    [PLAIN] = { .word = "--plain" },
    [BARS] = { .word = "bars", .flags = SHELL_ELSE },
    [WHAT] = { .kind = SHELL_WORD, .flags = SHELL_ELSE, .names = bits,
               .wrong = "bars, master, memory, msi, msix or --plain" },
    [ON] = { .kind = SHELL_WORD, .names = shell_on_off, .wrong = needs_on, .missing = needs_on },
    { 0 },
};

static enum shell_result config(struct shell *sh, const struct shell_value *args)
{
    if (args[BARS].given)
        return cmd_config_bars(sh);
    if (args[WHAT].given)
        return cmd_config_turn(sh, (enum cmd_config_bit)args[WHAT].number, args[ON].number);
    return show_all(sh, args[PLAIN].given);
}

const struct shell_command cmd_config = {
    .name = "config",
    .help = "the PCI configuration space; size BARs, enable bus mastering, MSI, MSI-X",
    .more = "Decoded by lspci where pciutils is there (not with --plain), then as a hexdump. bars: find the size of\n"
            "each BAR as firmware does, by writing ones, and put them back. master, memory, msi, msix: turn bus "
            "mastering,\ndecoding of memory, or the capability's enable bit on or off.\n"
            "Example: config master on",
    .flags = SHELL_PAGED | SHELL_OR_NONE,
    .args = config_args,
    .stray = needs_on,
    .run = config,
};
