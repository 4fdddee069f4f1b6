/*
 * config: the PCI configuration space, decoded as far as everybody knows it, and whole as a hexdump.
 */
#include "shell_commands.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONFIG = PCI_CFG_SPACE_EXP_SIZE };

struct config {
    uint8_t bytes[MAX_CONFIG];
    size_t size;
};

static uint32_t get(const struct config *c, size_t offset, unsigned width)
{
    struct vfu_cursor at = vfu_cursor(c->bytes, c->size, false);

    vfu_cursor_seek(&at, offset);
    return (uint32_t)vfu_cursor_uint(&at, width);
}

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

static void show_bars(struct shell *sh, const struct config *c)
{
    for (unsigned i = 0; i < 6; i++) {
        uint32_t low = get(c, PCI_BASE_ADDRESS_0 + 4 * i, 4);
        uint64_t address = low & (low & PCI_BASE_ADDRESS_SPACE_IO ? PCI_BASE_ADDRESS_IO_MASK
                                                                  : PCI_BASE_ADDRESS_MEM_MASK);
        bool wide = !(low & PCI_BASE_ADDRESS_SPACE_IO) &&
                    (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;

        if (!low)
            continue;
        if (wide && i < 5)
            address = (low & 0xfffffff0u) | (uint64_t)get(c, PCI_BASE_ADDRESS_0 + 4 * (i + 1), 4) << 32;
        else
            address &= UINT32_MAX;
        shell_say(sh, "bar%u        0x%llx%s%s\n", i, (unsigned long long)address,
                  low & PCI_BASE_ADDRESS_SPACE_IO ? " I/O" : wide ? " 64-bit" : " 32-bit",
                  !(low & PCI_BASE_ADDRESS_SPACE_IO) && low & PCI_BASE_ADDRESS_MEM_PREFETCH ? " prefetchable" : "");
        i += wide;
    }
}

/* The chain of capabilities: each place at most once, so that a loop ends. */
static void show_capabilities(struct shell *sh, const struct config *c)
{
    struct vfu_writer *w = &sh->members.w;
    bool seen[256] = { false };
    uint32_t at = get(c, PCI_CAPABILITY_LIST, 1) & ~3u;
    bool first = true;

    shell_json_key(sh, "capabilities");
    vfu_write_char(w, '[');
    if (!(get(c, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
        at = 0;
    while (at >= PCI_STD_HEADER_SIZEOF && at + 1 < c->size && !seen[at]) {
        uint32_t id = get(c, at, 1);

        seen[at] = true;
        shell_say(sh, "%-12s%02x: %u %s\n", first ? "capability" : "", at, id, capability_name(id));
        vfu_write_text(w, first ? "{\"offset\":" : ",{\"offset\":");
        vfu_write_decimal(w, at);
        vfu_write_text(w, ",\"id\":");
        vfu_write_decimal(w, id);
        vfu_write_text(w, ",\"name\":\"");
        vfu_write_text(w, capability_name(id));
        vfu_write_text(w, "\"}");
        first = false;
        at = get(c, at + 1, 1) & ~3u;
    }
    if (at && seen[at & 0xff])
        shell_say(sh, "%-12sthe chain loops back to %02x\n", "", at);
    vfu_write_char(w, ']');
}

static void show(struct shell *sh, const struct config *c)
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
        uint32_t value = get(c, fields[i].offset, fields[i].width);

        shell_say(sh, "%-12s%0*x\n", fields[i].name, (int)fields[i].width * 2, value);
        shell_json_number(sh, fields[i].json, value);
    }
    show_bars(sh, c);
    show_capabilities(sh, c);
}

static enum shell_result exec(struct shell *sh, int argc, char **argv)
{
    const struct shell_field fields[] = { { "index", VFIO_PCI_CONFIG_REGION_INDEX }, { 0 } };
    enum shell_result result = shell_request(sh, VFU_DEVICE_GET_REGION_INFO, fields, NULL, 0);
    uint64_t size = shell_reply_number(sh, "size", 0);
    struct config c = { .size = size < MAX_CONFIG ? (size_t)size : (size_t)MAX_CONFIG };

    (void)argc;
    (void)argv;
    if (result != SHELL_OK)
        return result;
    if (c.size < PCI_STD_HEADER_SIZEOF) {
        shell_fail(sh, "the config region has %zu bytes: no PCI configuration space", c.size);
        return SHELL_FAILED;
    }
    result = shell_region_read(sh, VFIO_PCI_CONFIG_REGION_INDEX, 0, c.bytes, c.size);
    if (result != SHELL_OK)
        return result;
    show(sh, &c);
    shell_json_bytes(sh, "data", c.bytes, c.size);
    shell_hexdump(shell_text(sh), 0, c.bytes, c.size, 1);
    return SHELL_OK;
}

const struct shell_command cmd_config = {
    .name = "config",
    .usage = "",
    .help = "the PCI configuration space: header, capabilities, hexdump",
    .max = 0,
    .exec = exec,
};
