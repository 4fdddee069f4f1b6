/*
 * PCI: what config space says against what the device says of its regions and interrupts. Nothing is said of what was not
 * seen.
 */
#include "plugins/pci/pci.h"

enum { NOBODY = 0xff /* a byte of a device that is gone, or in reset */ };

/* A part of a BAR. */
struct part {
    const char *what;
    unsigned bar;
    uint64_t at, size;
};

const struct pci_capability *pci_find(const struct pci *p, uint16_t id)
{
    for (unsigned i = 0; i < p->list.count; i++)
        if (p->list.capabilities[i].at < PCI_CFG_SPACE_SIZE && p->list.capabilities[i].id == id)
            return &p->list.capabilities[i];
    return NULL;
}

bool pci_msix_of(const struct pci *p, struct pci_msix *m)
{
    const struct pci_capability *c = pci_find(p, PCI_CAP_ID_MSIX);
    uint32_t control, table, pba;

    if (!c || !pci_config(p, c->at + PCI_MSIX_FLAGS, 2, &control) || !pci_config(p, c->at + PCI_MSIX_TABLE, 4, &table) ||
        !pci_config(p, c->at + PCI_MSIX_PBA, 4, &pba))
        return false;
    *m = (struct pci_msix){ (control & PCI_MSIX_FLAGS_QSIZE) + 1, table & PCI_MSIX_TABLE_BIR, pba & PCI_MSIX_PBA_BIR,
                            table & PCI_MSIX_TABLE_OFFSET, pba & PCI_MSIX_PBA_OFFSET };
    return true;
}

/* --- MSI-X's places --- */

static bool region(const struct pci *p, unsigned number, struct vfp_region_info *info)
{
    return p->host->region(p->device, number, info);
}

static void fit_part(struct pci *p, enum pci_misfit misfit, const struct part *part)
{
    struct vfp_region_info info;
    struct vfp_line l = { 0 };

    if (part->bar > VFP_BAR5) {
        MISFIT(p, misfit, "%s: BAR %u is none", part->what, part->bar);
        return;
    }
    if (!region(p, part->bar, &info) || (part->at <= info.size && part->size <= info.size - part->at))
        return;
    if (!info.size && !part->at) {
        MISFIT(p, misfit, "%s: bar%u has size 0", part->what, part->bar);
        return;
    }
    vfp_add(&l, "%s: bar%u+0x%" PRIx64, part->what, part->bar, part->at);
    if (part->at < info.size) {
        vfp_add(&l, "+");
        vfp_add_size(&l, part->size);
    }
    vfp_add(&l, " is outside bar%u (", part->bar);
    vfp_add_size(&l, info.size);
    MISFIT(p, misfit, "%s)", l.text);
}

/* May all of a BAR be mapped? Then clients know that the table is to be left out. */
static bool is_all_mappable(const struct pci *p, unsigned bar, uint64_t size)
{
    enum { PROBES = 4096 };
    uint64_t step = size / PROBES > 4096 ? size / PROBES : 4096;

    for (uint64_t at = 0; at < size; at += step)
        if (!p->host->is_mappable(p->device, bar, at, 1))
            return false;
    return true;
}

/* Areas that may be mapped, said one by one, with the table in one of them. */
static void fit_mapped(struct pci *p, const struct part *table)
{
    struct vfp_region_info info;

    if (table->bar > VFP_BAR5 || !region(p, table->bar, &info) || !info.whole || !info.sparse || info.msix_mappable ||
        !p->host->is_mappable(p->device, table->bar, table->at, table->size) || is_all_mappable(p, table->bar, info.size))
        return;
    MISFIT(p, PCI_MSIX_MAPPED, "MSI-X table: bar%u+0x%" PRIx64 " is in an area to be mapped, without capability msix_mappable",
           table->bar, table->at);
}

static void fit_msix(struct pci *p)
{
    struct vfp_irq_info irq;
    struct pci_msix m;
    struct part table, pba;

    if (!pci_msix_of(p, &m))
        return;
    table = (struct part){ "MSI-X table", m.table_bar, m.table, (uint64_t)m.vectors * PCI_MSIX_ENTRY_SIZE };
    pba = (struct part){ "PBA", m.pba_bar, m.pba, (m.vectors + 63) / 64 * 8 };
    if (p->host->irq(p->device, VFP_MSIX, &irq) && irq.count != m.vectors)
        MISFIT(p, PCI_MSIX_VECTORS, "MSI-X: %u vector%s, the interrupt info says %u", m.vectors, m.vectors == 1 ? "" : "s", irq.count);
    fit_part(p, PCI_MSIX_TABLE_PLACE, &table);
    fit_part(p, PCI_MSIX_PBA_PLACE, &pba);
    if (table.bar == pba.bar && table.at < pba.at + pba.size && pba.at < table.at + table.size)
        MISFIT(p, PCI_MSIX_OVERLAP, "MSI-X: the table bar%u+0x%" PRIx64 "+0x%" PRIx64 " and the PBA bar%u+0x%" PRIx64 "+0x%" PRIx64
               " overlap", table.bar, table.at, table.size, pba.bar, pba.at, pba.size);
    fit_mapped(p, &table);
}

/* --- other interrupts --- */

/* Of a device that has MSI-X too drivers take that: QEMU's server gives such a one no MSI. */
static void fit_msi(struct pci *p)
{
    const struct pci_capability *c = pci_find(p, PCI_CAP_ID_MSI);
    struct vfp_irq_info irq, msix;
    uint32_t control, vectors;

    if (!c || !pci_config(p, c->at + PCI_MSI_FLAGS, 2, &control) || !p->host->irq(p->device, VFP_MSI, &irq))
        return;
    vectors = 1u << ((control & PCI_MSI_FLAGS_QMASK) >> 1);
    if (!irq.count && p->host->irq(p->device, VFP_MSIX, &msix) && msix.count)
        return;
    if (irq.count != vectors)
        MISFIT(p, PCI_MSI_VECTORS, "MSI: %u vector%s, the interrupt info says %u", vectors, vectors == 1 ? "" : "s", irq.count);
}

/* That there is INTx without a pin is common (libvfio-user's samples), and does no harm. */
static void fit_intx(struct pci *p)
{
    struct vfp_irq_info irq;
    uint32_t pin;

    if (!pci_config(p, PCI_INTERRUPT_PIN, 1, &pin) || !pin || pin == NOBODY)
        return;
    if (pin > 4)
        MISFIT(p, PCI_INTX_PIN, "INTx: pin %u is none, there are 1 (A) to 4 (D)", pin);
    else if (p->host->irq(p->device, VFP_INTX, &irq) && !irq.count)
        MISFIT(p, PCI_INTX_PIN, "INTx: config space has pin %c, the interrupt info says 0 vectors", (char)('A' + pin - 1));
}

/* --- BARs --- */

static void fit_ports(struct pci *p, unsigned bar, uint64_t size)
{
    struct vfp_line l = { 0 };

    if (size <= 0x10000)
        return;
    vfp_add_size(&l, size);
    MISFIT(p, PCI_IO_BAR, "bar%u is I/O ports in config space, and has %s: all ports are 64K", bar, l.text);
}

static void fit_wide(struct pci *p, unsigned bar)
{
    struct vfp_region_info high;
    struct vfp_line l = { 0 };

    if (bar == VFP_BAR5) {
        MISFIT(p, PCI_WIDE_BAR, "bar5 is 64-bit: there is no BAR for its upper half");
    } else if (region(p, bar + 1, &high) && high.size) {
        vfp_add_size(&l, high.size);
        MISFIT(p, PCI_WIDE_BAR, "bar%u is 64-bit: bar%u is its upper half, and has %s of its own", bar, bar + 1, l.text);
    }
}

/* The type bits stand in a BAR whatever address it has; all ones are an answer that says nothing. */
static void fit_bars(struct pci *p)
{
    struct vfp_region_info info;
    struct pci_view view = pci_view_of(p);
    uint32_t low;

    for (unsigned bar = 0; bar <= (pci_is_bridge(&view) ? 1 : VFP_BAR5); bar++) {
        if (!pci_config(p, PCI_BASE_ADDRESS_0 + 4 * bar, 4, &low) || low == UINT32_MAX)
            return; /* is the next one an upper half? */
        if (region(p, bar, &info) && info.size && low & PCI_BASE_ADDRESS_SPACE_IO)
            fit_ports(p, bar, info.size);
        if (!pci_is_wide(low))
            continue;
        if (region(p, bar, &info) && info.size)
            fit_wide(p, bar);
        bar++;
    }
}

/* Where the registers of classes are whose drivers know no other place. */
static void fit_class(struct pci *p)
{
    static const struct {
        uint32_t class_code;
        unsigned bar;
        const char *name;
    } rows[] = {
        { 0x010601, VFP_BAR5, "AHCI" }, { 0x0c0310, VFP_BAR0, "OHCI" }, { 0x0c0320, VFP_BAR0, "EHCI" },
        { 0x0c0330, VFP_BAR0, "xHCI" }, { 0x040300, VFP_BAR0, "HD audio" },
    };
    const struct vfp_ids *ids = p->host->ids(p->device);
    struct vfp_region_info info;

    for (size_t i = 0; ids->known && i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].class_code == ids->class_code && region(p, rows[i].bar, &info) && !info.size)
            MISFIT(p, PCI_CLASS_BAR, "class 0x%06x (%s) has its registers in bar%u, which has size 0", ids->class_code,
                   rows[i].name, rows[i].bar);
}

/* --- config space itself --- */

static void fit_header(struct pci *p)
{
    uint32_t type;

    if (pci_config(p, PCI_HEADER_TYPE, 1, &type) && type != NOBODY && (type & 0x7f) > PCI_HEADER_TYPE_CARDBUS)
        MISFIT(p, PCI_HEADER, "header type 0x%x is none", type & 0x7f);
}

static void fit_list(struct pci *p)
{
    const struct pci_capability *msix = pci_find(p, PCI_CAP_ID_MSIX);

    if (p->list.wrong_at)
        MISFIT(p, PCI_CAP_LIST, p->list.wrong_at < PCI_STD_HEADER_SIZEOF ? "the capability list leads into the header, to 0x%x"
                                                                         : "the capability list does not end; it comes to 0x%x",
               p->list.wrong_at);
    if (msix && msix->at + PCI_CAP_MSIX_SIZEOF > PCI_CFG_SPACE_SIZE)
        MISFIT(p, PCI_CAP_LIST, "MSI-X at 0x%x has %d bytes, and the capabilities end at 0x%x", msix->at, PCI_CAP_MSIX_SIZEOF,
               PCI_CFG_SPACE_SIZE);
}

void pci_fit(struct pci *p)
{
    if (p->host->size <= offsetof(struct vfp_host, irq))
        return;
    fit_header(p);
    fit_list(p);
    fit_msix(p);
    fit_msi(p);
    fit_intx(p);
    fit_bars(p);
    fit_class(p);
}
