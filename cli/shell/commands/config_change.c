/*
 * config bars, master, memory, msi, msix: what firmware and drivers do to the configuration space.
 */
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"


static enum shell_result put(struct shell *sh, size_t offset, unsigned width, uint32_t value)
{
    uint8_t bytes[4];

    shell_store(bytes, width, value);
    return shell_region_write(sh, VFIO_PCI_CONFIG_REGION_INDEX, offset, bytes, width, false);
}

static enum shell_result fetch(struct shell *sh, size_t offset, uint32_t *value)
{
    uint8_t bytes[4];
    enum shell_result result = shell_region_read(sh, VFIO_PCI_CONFIG_REGION_INDEX, offset, bytes, 4);

    *value = result == SHELL_OK ? (uint32_t)shell_load(bytes, 4) : 0;
    return result;
}

/* Write ones, see which bits stay, put the old value back. */
static enum shell_result probe(struct shell *sh, size_t offset, uint32_t old, uint32_t *ones)
{
    enum shell_result result = put(sh, offset, 4, UINT32_MAX), again;

    if (result == SHELL_OK)
        result = fetch(sh, offset, ones);
    again = put(sh, offset, 4, old);
    return result == SHELL_OK ? again : result;
}

static void say_bar(struct shell *sh, unsigned bar, const char *kind, uint64_t size, bool first)
{
    struct vfu_writer *out = shell_text(sh), *w = &sh->outcome.members.w;

    shell_say(sh, "bar%u  %-22s ", bar, kind);
    vfu_write_size(out, size);
    vfu_write_char(out, '\n');
    vfu_write_text(w, first ? "{\"bar\":" : ",{\"bar\":");
    vfu_write_decimal(w, bar);
    vfu_write_text(w, ",\"size\":\"");
    vfu_write_0x(w, size);
    vfu_write_text(w, "\",\"kind\":\"");
    vfu_write_text(w, kind);
    vfu_write_text(w, "\"}");
}

/* One BAR, or two that are the halves of one: *used. */
static enum shell_result size_bar(struct shell *sh, const struct shell_config *c, unsigned bar, unsigned *used,
                                  bool *first)
{
    size_t at = PCI_BASE_ADDRESS_0 + 4 * bar;
    uint32_t old = shell_config_get(c, at, 4), low, high = UINT32_MAX;
    enum shell_result result = probe(sh, at, old, &low);
    bool io = low & PCI_BASE_ADDRESS_SPACE_IO, wide = false;
    uint64_t mask;
    char kind[40];

    *used = 1;
    if (result != SHELL_OK || low == 0)
        return result;
    wide = !io && (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64 && bar < 5;
    if (wide) {
        *used = 2;
        result = probe(sh, at + 4, shell_config_get(c, at + 4, 4), &high);
        if (result != SHELL_OK)
            return result;
    }
    mask = low & (io ? (uint32_t)PCI_BASE_ADDRESS_IO_MASK : (uint32_t)PCI_BASE_ADDRESS_MEM_MASK);
    mask |= (uint64_t)high << 32;
    snprintf(kind, sizeof kind, "%s%s", io ? "I/O" : wide ? "64-bit" : "32-bit",
             !io && low & PCI_BASE_ADDRESS_MEM_PREFETCH ? " prefetchable" : "");
    say_bar(sh, bar, kind, ~mask + 1, *first);
    *first = false;
    return SHELL_OK;
}

enum shell_result cmd_config_bars(struct shell *sh)
{
    struct shell_config c;
    enum shell_result result = shell_config_read(sh, &c), again;
    uint32_t command = result == SHELL_OK ? shell_config_get(&c, PCI_COMMAND, 2) : 0;
    unsigned used;
    bool first = true;

    /* A BAR full of ones must not be decoded meanwhile. */
    if (result == SHELL_OK)
        result = put(sh, PCI_COMMAND, 2, command & ~(uint32_t)(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
    if (result != SHELL_OK)
        return result;
    shell_json_key(sh, "bars");
    vfu_write_char(&sh->outcome.members.w, '[');
    for (unsigned bar = 0; bar < 6 && result == SHELL_OK; bar += used)
        result = size_bar(sh, &c, bar, &used, &first);
    vfu_write_char(&sh->outcome.members.w, ']');
    again = put(sh, PCI_COMMAND, 2, command);
    return result == SHELL_OK ? again : result;
}

/* Where a capability is, 0: nowhere. A chain has at most so many. */
static size_t find_capability(const struct shell_config *c, uint32_t id)
{
    size_t at = shell_config_get(c, PCI_CAPABILITY_LIST, 1) & ~3u;

    if (!(shell_config_get(c, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
        return 0;
    for (int i = 0; at >= PCI_STD_HEADER_SIZEOF && i < 48; i++) {
        if (shell_config_get(c, at, 1) == id)
            return at;
        at = shell_config_get(c, at + 1, 1) & ~3u;
    }
    return 0;
}

enum shell_result cmd_config_turn(struct shell *sh, enum cmd_config_bit which, bool on)
{
    static const struct {
        uint32_t capability; /* 0: the command register */
        size_t offset;       /* from it */
        uint32_t bit;
    } bits[] = {
        [CMD_CONFIG_MASTER] = { 0, PCI_COMMAND, PCI_COMMAND_MASTER },
        [CMD_CONFIG_MEMORY] = { 0, PCI_COMMAND, PCI_COMMAND_MEMORY },
        [CMD_CONFIG_MSI] = { PCI_CAP_ID_MSI, PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE },
        [CMD_CONFIG_MSIX] = { PCI_CAP_ID_MSIX, PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE },
    };
    struct shell_config c;
    enum shell_result result;
    uint32_t value;
    size_t at = 0;

    result = shell_config_read(sh, &c);
    if (result != SHELL_OK)
        return result;
    if (bits[which].capability && !(at = find_capability(&c, bits[which].capability))) {
        shell_fail(sh, "the device has no such capability");
        return SHELL_FAILED;
    }
    at += bits[which].offset;
    value = shell_config_get(&c, at, 2);
    value = on ? value | bits[which].bit : value & ~bits[which].bit;
    result = put(sh, at, 2, value);
    if (result == SHELL_OK)
        shell_json_hex_number(sh, "value", value);
    return result;
}
