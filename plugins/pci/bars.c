/*
 * PCI: base addresses and how their sizes are found out; accesses to the MSI-X table and pending bits in the BARs that hold
 * them.
 */
#include "plugins/pci/pci.h"

enum { ROM = 6, NONE = 7 };

unsigned pci_bar_at(struct pci *p, unsigned offset)
{
    struct pci_view view = pci_view_of(p);
    bool bridge = pci_is_bridge(&view);

    if (offset == (bridge ? PCI_ROM_ADDRESS1 : PCI_ROM_ADDRESS))
        return ROM;
    return offset >= PCI_BASE_ADDRESS_0 && offset <= (bridge ? PCI_BASE_ADDRESS_1 : PCI_BASE_ADDRESS_5)
               ? (offset - PCI_BASE_ADDRESS_0) / 4
               : NONE;
}

static const char *bar_name(unsigned bar)
{
    static const char *const names[] = { "bar0", "bar1", "bar2", "bar3", "bar4", "bar5", "rom" };

    return names[bar];
}

/* Is this BAR the high half of the one before it? */
static bool is_high(struct pci *p, unsigned bar)
{
    uint32_t low;

    for (unsigned i = 0; i < bar && bar < ROM; i++) {
        if (!pci_config(p, PCI_BASE_ADDRESS_0 + 4 * i, 4, &low) || !pci_is_wide(low))
            continue;
        if (++i == bar)
            return true;
    }
    return false;
}

static void add_kind(struct vfp_line *l, uint32_t low)
{
    if (low & PCI_BASE_ADDRESS_SPACE_IO)
        vfp_add(l, "I/O ports");
    else
        vfp_add(l, "%s memory%s", pci_is_wide(low) ? "64-bit" : "32-bit",
                low & PCI_BASE_ADDRESS_MEM_PREFETCH ? ", prefetchable" : "");
}

/* What a BAR holds after all ones were written: its size. */
static void sized(struct pci *p, unsigned bar, uint32_t value)
{
    struct vfp_line l = { 0 };
    uint64_t mask = value & (bar == ROM ? PCI_ROM_ADDRESS_MASK : value & 1 ? ~(uint64_t)3 : ~(uint64_t)0xf);

    p->mask[bar] = value;
    if (is_high(p, bar)) {
        mask = (uint64_t)value << 32 | (p->mask[bar - 1] & ~0xfu);
        vfp_add(&l, "%s: size ", bar_name(bar - 1));
        vfp_add_size(&l, ~mask + 1);
        vfp_add(&l, ", ");
        add_kind(&l, p->mask[bar - 1]);
    } else if (!mask) {
        vfp_add(&l, "%s: %s", bar_name(bar), value && pci_is_wide(value) && bar < 5 ? "4G or more, see the upper half" : "not implemented");
    } else {
        vfp_add(&l, "%s: size ", bar_name(bar));
        vfp_add_size(&l, (~mask & UINT32_MAX) + 1);
        if (bar < ROM) {
            vfp_add(&l, ", ");
            add_kind(&l, value);
        }
    }
    NOTE(p, "%s", l.text);
}

void pci_bar_access(struct pci *p, unsigned bar, uint32_t value, bool is_write)
{
    bool high = is_high(p, bar);
    struct vfp_line l = { 0 };

    if (is_write && (bar == ROM ? (value | 0x7ff) == UINT32_MAX : value == UINT32_MAX)) {
        p->sizing[bar] = true;
        vfp_add(&l, "%s <- all ones: what size has it?", bar_name(bar));
        if (p->host->region_size(p->device, bar)) {
            vfp_add(&l, " (");
            vfp_add_size(&l, p->host->region_size(p->device, bar));
            vfp_add(&l, ")");
        }
        NOTE(p, "%s", l.text);
        return;
    }
    if (!is_write && value == UINT32_MAX && !high) { /* low bits of an address are never all set */
        NOTE(p, "%s reads all ones", bar_name(bar));
        return;
    }
    if (!is_write && p->sizing[bar] && (!high || p->mask[bar - 1])) {
        sized(p, bar, value);
        return;
    }
    p->sizing[bar] = p->sizing[bar] && !is_write;
    if (p->named && !high && (bar == ROM || !(value & PCI_BASE_ADDRESS_SPACE_IO)))
        return;
    if (high)
        NOTE(p, "%s %s 0x%x (the upper half)", bar_name(bar - 1), is_write ? "<-" : "=", value);
    else if (bar == ROM)
        NOTE(p, "rom %s 0x%x%s", is_write ? "<-" : "=", value & PCI_ROM_ADDRESS_MASK, value & 1 ? ", enabled" : "");
    else
        NOTE(p, "%s %s 0x%x%s", bar_name(bar), is_write ? "at" : "=", value & (value & 1 ? ~3u : ~0xfu),
             value & 1 ? " (I/O)" : "");
}

/* --- the MSI-X table --- */

/* The line names what is written whole. */
static void table_access(struct pci *p, const struct vfp_access *a, uint64_t at)
{
    unsigned vector = (unsigned)(at / PCI_MSIX_ENTRY_SIZE), part = (unsigned)(at % PCI_MSIX_ENTRY_SIZE / 4);
    uint64_t control = part == 2 && a->size == 8 ? a->value >> 32 : a->value;

    if (!a->has_value || at % 4 || (a->size != 4 && (a->size != 8 || at % 8) && part != 3))
        NOTE(p, "MSI-X table, from vector %u on: %" PRIu64 " bytes", vector, a->size);
    else if (part == 3 || (part == 2 && a->size == 8))
        NOTE(p, "MSI-X vector %u: %s", vector, control & PCI_MSIX_ENTRY_CTRL_MASKBIT ? "masked" : "not masked");
}

void pci_memory_access(struct pci *p, const struct vfp_access *a)
{
    struct pci_msix m;

    if (vfp_is_nobody(a) || !pci_msix_of(p, &m))
        return;
    if (a->region == m.table_bar && a->offset >= m.table && a->offset - m.table < m.vectors * PCI_MSIX_ENTRY_SIZE) {
        table_access(p, a, a->offset - m.table);
    } else if (a->region == m.pba_bar && a->offset >= m.pba && a->offset - m.pba < (m.vectors + 63) / 64 * 8) {
        if (a->is_write)
            WARN(p, "the MSI-X pending bits are written: they are the device's");
        else if (a->size > 8)
            NOTE(p, "MSI-X pending bits of vectors from %" PRIu64 " on", (a->offset - m.pba) * 8);
    }
}
