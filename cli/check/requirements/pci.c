/*
 * vfuscope check: does what config space says fit the regions and interrupts? MSI, MSI-X, INTx's pin, and what drivers
 * of a class ask for. The plugins find the same, under the same names (plugins/pci, plugins/nvme). Config space is
 * read, and nothing written.
 */
#include "cli/check/requirements/inside.h"
#include "decoder/wire/area.h"
#include "decoder/wire/error.h"

#include <linux/pci_regs.h>
#include <string.h>

#define IRQ_INFO "VFIO_USER_DEVICE_GET_IRQ_INFO"
#define REGION "VFIO_USER_DEVICE_GET_REGION_INFO"
#define MISFIT .severity = VFU_MISFIT

enum {
    PIECE = 64, /* of config space, in one message */
    BARS = VFIO_PCI_BAR5_REGION_INDEX + 1,
    IRQS = VFIO_PCI_MSIX_IRQ_INDEX + 1,
    MOST_CAPABILITIES = 48, /* as many have room */
    NVME_CLASS = 0x010802,
    NVME_BAR = 16 << 10, /* MLBAR's bits 13 to 4 are reserved: NVM Express 1.0, 2.1.10 */
};

/* What is asked for once, for each requirement anew. */
struct pci {
    uint8_t config[PCI_CFG_SPACE_SIZE];
    unsigned size; /* of what there is of it */
    uint64_t bars[BARS];
    uint64_t vectors[IRQS];
};

static uint32_t get(const struct pci *p, unsigned at, unsigned width)
{
    uint32_t value = 0;

    while (width-- > 0)
        value = value << 8 | p->config[at + width];
    return value;
}

static bool read_config(struct check *c, struct pci *p, uint64_t size)
{
    while (p->size < PCI_CFG_SPACE_SIZE && p->size + PIECE <= size) {
        const struct vfu_value *data;

        check_read_config(c, p->size, PIECE);
        data = check_is_done(c) ? check_value(c, "data") : NULL;
        if (!data || data->size != PIECE) {
            check_lacks(c, "read", "config space was to be read");
            return false;
        }
        memcpy(p->config + p->size, data->bytes, PIECE);
        p->size += PIECE;
    }
    return true;
}

static bool ask_infos(struct check *c, struct pci *p)
{
    for (unsigned i = 0; i < BARS; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", i }, { "argsz", 4096 }));
        if (!check_is_done(c)) {
            check_lacks(c, "region-info", "the info of bar%u was due", i);
            return false;
        }
        p->bars[i] = check_number(c, "size");
    }
    for (unsigned i = 0; i < IRQS && i < c->num_irqs; i++) {
        check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", i }));
        if (!check_is_done(c)) {
            check_lacks(c, "irq-info", "the info of index %u was due", i);
            return false;
        }
        p->vectors[i] = check_number(c, "count");
    }
    return true;
}

/* False: check_verdict(c). Config space comes last: what people are shown is the last answer. */
static bool open_pci(struct check *c, struct pci *p)
{
    uint64_t size = check_open_config(c);

    return size && ask_infos(c, p) && read_config(c, p, size);
}

/* Where the capability with this id is, all `room` bytes of it; 0: there is none, as far as can be seen. */
static unsigned capability(const struct pci *p, unsigned id, unsigned room)
{
    unsigned at = get(p, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST ? p->config[PCI_CAPABILITY_LIST] & ~3u : 0;

    for (unsigned n = 0; n < MOST_CAPABILITIES && at >= PCI_STD_HEADER_SIZEOF && at + room <= p->size; n++) {
        if (p->config[at + PCI_CAP_LIST_ID] == id)
            return at;
        at = p->config[at + PCI_CAP_LIST_NEXT] & ~3u;
    }
    return 0;
}

static enum check_result intx_pin(struct check *c)
{
    struct pci p = { .size = 0 };
    unsigned pin;

    if (!open_pci(c, &p))
        return check_verdict(c);
    pin = p.config[PCI_INTERRUPT_PIN];
    if (!pin) /* though there may be a vector: that is common, and does no harm */
        return check_skip(c, "no INTx");
    if (pin > 4)
        return check_fail(c, "the interrupt pin is %u: there are 1 (INTA#) to 4", pin);
    return p.vectors[VFIO_PCI_INTX_IRQ_INDEX]
               ? CHECK_PASSES
               : check_fail(c, "the interrupt pin is %u, the interrupt info of INTx says 0 vectors", pin);
}

/* The vectors of a capability, 0 if it is not there, and of the interrupt info. */
static enum check_result agree(struct check *c, const char *name, unsigned vectors, uint64_t told)
{
    if (!vectors && !told)
        return check_skip(c, c->now->none);
    if (!vectors)
        return check_fail(c, "%s: the interrupt info says %u vector%s, config space has no capability", name,
                          (unsigned)told, vfu_plural(told));
    return vectors == told ? CHECK_PASSES : check_fail(c, "%s: %u vector%s, the interrupt info says %u", name, vectors,
                                                       vfu_plural(vectors), (unsigned)told);
}

static enum check_result msi_vectors(struct check *c)
{
    struct pci p = { .size = 0 };
    unsigned at, vectors = 0;

    if (check_has_failed(c, "msi-count"))
        return check_lacks(c, "msi-count", "MSI has so many vectors");
    if (!open_pci(c, &p))
        return check_verdict(c);
    at = capability(&p, PCI_CAP_ID_MSI, PCI_MSI_ADDRESS_LO);
    if (at)
        vectors = 1u << ((get(&p, at + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_QMASK) >> 1);
    return agree(c, "MSI", vectors, p.vectors[VFIO_PCI_MSI_IRQ_INDEX]);
}

static unsigned msix_size(const struct pci *p, unsigned at)
{
    return (get(p, at + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
}

static enum check_result msix_vectors(struct check *c)
{
    struct pci p = { .size = 0 };
    unsigned at;

    if (check_has_failed(c, "msix-count"))
        return check_lacks(c, "msix-count", "MSI-X has no more vectors");
    if (!open_pci(c, &p))
        return check_verdict(c);
    at = capability(&p, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
    return agree(c, "MSI-X", at ? msix_size(&p, at) : 0, p.vectors[VFIO_PCI_MSIX_IRQ_INDEX]);
}

/* MSI-X's table, or its PBA. */
struct place {
    const char *name;
    unsigned bar;
    uint32_t offset, size;
};

static struct place table_of(const struct pci *p, unsigned at)
{
    uint32_t where = get(p, at + PCI_MSIX_TABLE, 4);

    return (struct place){ "MSI-X table", where & PCI_MSIX_TABLE_BIR, where & PCI_MSIX_TABLE_OFFSET,
                           msix_size(p, at) * PCI_MSIX_ENTRY_SIZE };
}

/* A bit a vector, in 64-bit words. */
static struct place pba_of(const struct pci *p, unsigned at)
{
    uint32_t where = get(p, at + PCI_MSIX_PBA, 4);

    return (struct place){ "PBA", where & PCI_MSIX_PBA_BIR, where & PCI_MSIX_PBA_OFFSET,
                           (msix_size(p, at) + 63) / 64 * 8 };
}

/* Where the two lie; false: check_verdict(c). */
static bool open_msix(struct check *c, struct pci *p, struct place *table, struct place *pba)
{
    unsigned at;

    if (!open_pci(c, p))
        return false;
    at = capability(p, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
    if (!at) {
        check_skip(c, "no MSI-X");
        return false;
    }
    *table = table_of(p, at);
    *pba = pba_of(p, at);
    return true;
}

static enum check_result judge_place(struct check *c, const struct pci *p, const struct place *l)
{
    if (l->bar >= BARS)
        return check_fail(c, "%s: there is no BAR %u", l->name, l->bar);
    if (p->bars[l->bar] == 0 && l->offset == 0)
        return check_fail(c, "%s: bar%u has size 0", l->name, l->bar);
    if (l->offset > p->bars[l->bar] || l->size > p->bars[l->bar] - l->offset)
        return check_fail(c, "%s: bar%u+0x%x is outside bar%u (0x%llx)", l->name, l->bar, l->offset, l->bar,
                          (unsigned long long)p->bars[l->bar]);
    return CHECK_PASSES;
}

static enum check_result msix_table(struct check *c)
{
    struct pci p = { .size = 0 };
    struct place table, pba;

    return open_msix(c, &p, &table, &pba) ? judge_place(c, &p, &table) : check_verdict(c);
}

static enum check_result msix_pba(struct check *c)
{
    struct pci p = { .size = 0 };
    struct place table, pba;

    return open_msix(c, &p, &table, &pba) ? judge_place(c, &p, &pba) : check_verdict(c);
}

static enum check_result msix_overlap(struct check *c)
{
    struct pci p = { .size = 0 };
    struct place table, pba;

    if (!open_msix(c, &p, &table, &pba))
        return check_verdict(c);
    if (table.bar != pba.bar || table.offset >= pba.offset + pba.size || pba.offset >= table.offset + table.size)
        return CHECK_PASSES;
    return check_fail(c, "bar%u: the MSI-X table at 0x%x, 0x%x bytes, and the PBA at 0x%x lie over each other",
                      table.bar, table.offset, table.size, pba.offset);
}

/*
 * Has one of the mappable areas of the region info that came last bytes of the table? With capability 3 it may; and
 * where all of the BAR can be mapped, clients leave the table out by themselves.
 */
static bool is_mapped(const struct check *c, const struct place *table)
{
    const struct vfu_value *list = check_value(c, "capabilities"), *areas;
    struct vfu_value values[VFU_MAX_VALUES], item[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned count, n;
    bool broken, mapped = false;

    while (list && vfu_list_next(list, &at, &layout, values, &count, &broken)) {
        size_t inside = SIZE_MAX;

        if (vfu_number(values, count, "id", 0) == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
            return false;
        areas = vfu_value_by_name(values, count, "areas");
        while (areas && vfu_list_next(areas, &inside, &layout, item, &n, &broken)) {
            struct vfu_area area = vfu_area_of(item, n, 0);

            mapped |= area.size < check_number(c, "size") && area.offset < (uint64_t)table->offset + table->size &&
                      (area.offset >= table->offset || area.size > table->offset - area.offset);
        }
    }
    return mapped;
}

static enum check_result msix_mapped(struct check *c)
{
    struct pci p = { .size = 0 };
    struct place table, pba;

    if (!open_msix(c, &p, &table, &pba))
        return check_verdict(c);
    if (table.bar >= BARS || !p.bars[table.bar])
        return check_lacks(c, "pci-msix-table", "MSI-X's table was to lie in a BAR");
    check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", table.bar }, { "argsz", 4096 }));
    if (!check_is_done(c))
        return check_lacks(c, "region-info", "the info of bar%u was due", table.bar);
    if (!(check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP) || !is_mapped(c, &table))
        return CHECK_PASSES;
    return check_fail(c, "the MSI-X table, bar%u+0x%x, is in an area to be mapped, without capability 3", table.bar,
                      table.offset);
}

static enum check_result nvme_bar(struct check *c)
{
    struct pci p = { .size = 0 };
    bool kilobytes;

    if (!open_pci(c, &p))
        return check_verdict(c);
    if (get(&p, PCI_CLASS_PROG, 3) != NVME_CLASS)
        return check_skip(c, "no NVMe controller");
    kilobytes = p.bars[0] && p.bars[0] % 1024 == 0;
    return p.bars[0] >= NVME_BAR
               ? CHECK_PASSES
               : check_fail(c, "BAR0 has %llu%s: Windows needs 16K (MLBAR bits 13:4 are reserved)",
                            (unsigned long long)p.bars[0] / (kilobytes ? 1024 : 1), kilobytes ? "K" : " bytes");
}

const struct check_requirement check_pci[] = {
    { "pci-intx-pin", IRQ_INFO, "INTx has a pin in config space, and a vector", intx_pin, MISFIT },
    { "pci-msi-vectors", IRQ_INFO, "the MSI capability and the interrupt info have as many vectors", msi_vectors,
      MISFIT, .none = "no MSI" },
    { "pci-msix-vectors", IRQ_INFO, "the MSI-X capability and the interrupt info have as many vectors", msix_vectors,
      MISFIT, .none = "no MSI-X" },
    { "pci-msix-table", REGION, "MSI-X's table lies in a BAR that exists", msix_table, MISFIT },
    { "pci-msix-pba", REGION, "MSI-X's pending bits lie in a BAR that exists", msix_pba, MISFIT },
    { "pci-msix-overlap", REGION, "MSI-X's table and pending bits do not lie over each other", msix_overlap, MISFIT },
    { "pci-msix-mapped", REGION, "MSI-X's table is in a mappable area only where a capability says so", msix_mapped,
      MISFIT },
    { "nvme-bar0-size", REGION, "an NVMe controller's BAR0 has 16 KiB at least", nvme_bar, MISFIT },
    { NULL },
};
