/*
 * The PCI plugin: config space by register and field, with what changed; BARs and how they are sized; the capability
 * lists; the MSI-X table in the BAR that holds it.
 */
#include "pci.h"

#include <stdlib.h>

enum { SPACE = 4096, CAPABILITIES = 64, BULK = 32 /* a longer read is a survey, not a look at registers */ };

struct capability {
    uint16_t at, id;
    const struct vfp_register *registers;
};

struct pci {
    struct vfp_device *device;
    const struct vfp_host *host;
    bool known_before[SPACE]; /* what follows was seen before the access at hand */
    uint8_t before[SPACE];
    struct capability capabilities[CAPABILITIES];
    unsigned count;
    bool introduced, listed, extended_listed;
    uint32_t written[7]; /* what was written to each BAR and, last, to the ROM's */
    bool sizing[7];
    uint32_t mask[7]; /* what a sized BAR reads */
};

#define NOTE(p, ...) (p)->host->note((p)->device, __VA_ARGS__)
#define WARN(p, ...) (p)->host->warn((p)->device, __VA_ARGS__)

static uint32_t little(const uint8_t *bytes, unsigned size)
{
    uint32_t v = 0;

    while (size--)
        v = v << 8 | bytes[size];
    return v;
}

static bool config(struct pci *p, unsigned at, unsigned size, uint32_t *value)
{
    uint8_t bytes[4];

    *value = 0;
    if (!p->host->config(p->device, at, bytes, size))
        return false;
    *value = little(bytes, size);
    return true;
}

/* --- capabilities --- */

static void add_capability(struct pci *p, uint16_t at, uint16_t id, bool is_extended)
{
    struct capability *c;
    uint32_t flags = 0;

    for (unsigned i = 0; i < p->count; i++)
        if (p->capabilities[i].at == at)
            return;
    if (p->count == CAPABILITIES)
        return;
    if (!is_extended)
        config(p, at + PCI_CAP_FLAGS, 2, &flags);
    c = &p->capabilities[p->count++];
    *c = (struct capability){ at, id, is_extended ? NULL : pci_capability_registers((uint8_t)id, (uint16_t)flags) };
}

static void name_of(char *text, size_t size, uint16_t at, uint16_t id)
{
    const char *name = at >= PCI_CFG_SPACE_SIZE ? pci_extended_name(id) : pci_capability_name((uint8_t)id);

    if (name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "capability 0x%x", id);
}

/* Walk the list as far as it is known; a loop or a jump into the header is said once. True: up to its end. */
static bool walk(struct pci *p)
{
    uint32_t status, at, header;
    unsigned steps = 0;

    if (!config(p, PCI_STATUS, 2, &status) || !(status & PCI_STATUS_CAP_LIST) ||
        !config(p, PCI_CAPABILITY_LIST, 1, &at))
        return false;
    for (at &= 0xfc; at; at = header >> 8 & 0xfc) {
        if (!config(p, at, 4, &header) && !config(p, at, 2, &header))
            return false;
        if (at < PCI_STD_HEADER_SIZEOF || steps++ == 48) {
            if (!p->listed)
                WARN(p, at < PCI_STD_HEADER_SIZEOF ? "the capability list leads into the header, to 0x%x"
                                                   : "the capability list does not end; it comes to 0x%x", at);
            return true;
        }
        add_capability(p, (uint16_t)at, header & 0xff, false);
    }
    return true;
}

static bool walk_extended(struct pci *p)
{
    uint32_t at = PCI_CFG_SPACE_SIZE, header;

    for (unsigned steps = 0; at && steps < 960; at = PCI_EXT_CAP_NEXT(header), steps++) {
        if (at < PCI_CFG_SPACE_SIZE || !config(p, at, 4, &header))
            return false;
        if (!header || header == UINT32_MAX)
            return steps > 0;
        add_capability(p, (uint16_t)at, PCI_EXT_CAP_ID(header), true);
    }
    return true;
}

static const struct capability *find(const struct pci *p, uint16_t id)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->capabilities[i].at < PCI_CFG_SPACE_SIZE && p->capabilities[i].id == id)
            return &p->capabilities[i];
    return NULL;
}

static void add_places(struct pci *p, struct vfp_line *l, const struct capability *c)
{
    uint32_t control, table;

    if (c->at < PCI_CFG_SPACE_SIZE && c->id == PCI_CAP_ID_MSIX && config(p, c->at + PCI_MSIX_FLAGS, 2, &control) &&
        config(p, c->at + PCI_MSIX_TABLE, 4, &table))
        vfp_add(l, " (%u vectors, table in bar%u+0x%x)", (control & PCI_MSIX_FLAGS_QSIZE) + 1, table & 7, table & ~7u);
}

static void list(struct pci *p, bool extended)
{
    struct vfp_line l = { 0 };

    vfp_add(&l, extended ? "extended capabilities: " : "capabilities: ");
    for (unsigned i = 0, shown = 0; i < p->count; i++) {
        char name[64];

        if ((p->capabilities[i].at >= PCI_CFG_SPACE_SIZE) != extended)
            continue;
        name_of(name, sizeof name, p->capabilities[i].at, p->capabilities[i].id);
        vfp_add(&l, "%s0x%x %s", shown++ ? ", " : "", p->capabilities[i].at, name);
        add_places(p, &l, &p->capabilities[i]);
    }
    NOTE(p, "%s", l.text);
}

/* Who the device is, and its lists, as soon as they are known. */
static void introduce(struct pci *p)
{
    const struct vfp_ids *ids = p->host->ids(p->device);
    char name[128], class[96];
    uint32_t first;

    if (ids->known && !p->introduced) {
        p->introduced = true;
        pci_device_names(ids, name, sizeof name);
        pci_class_name(ids, class, sizeof class);
        NOTE(p, "%04x:%04x%s%s, class 0x%06x%s%s, revision %u", ids->vendor, ids->device, *name ? " " : "", name,
             ids->class_code, *class ? " " : "", class, ids->revision);
    }
    if (!p->listed && walk(p)) {
        p->listed = true;
        list(p, false);
    }
    if (!p->extended_listed && config(p, PCI_CFG_SPACE_SIZE, 4, &first) && first && first != UINT32_MAX &&
        walk_extended(p)) {
        p->extended_listed = true;
        list(p, true);
    }
}

/* --- BARs --- */

static unsigned bar_at(unsigned offset)
{
    if (offset == PCI_ROM_ADDRESS)
        return 6;
    return offset >= PCI_BASE_ADDRESS_0 && offset <= PCI_BASE_ADDRESS_5 ? (offset - PCI_BASE_ADDRESS_0) / 4 : 7;
}

static const char *bar_name(unsigned bar)
{
    static const char *const names[] = { "bar0", "bar1", "bar2", "bar3", "bar4", "bar5", "rom" };

    return names[bar];
}

static bool is_wide(uint32_t low)
{
    return !(low & PCI_BASE_ADDRESS_SPACE_IO) && (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
}

/* Is this BAR the high half of the one before it? */
static bool is_high(struct pci *p, unsigned bar)
{
    uint32_t low;

    for (unsigned i = 0; i < bar && bar < 6; i++) {
        if (!config(p, PCI_BASE_ADDRESS_0 + 4 * i, 4, &low) || !is_wide(low))
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
        vfp_add(l, "%s memory%s", is_wide(low) ? "64-bit" : "32-bit",
                low & PCI_BASE_ADDRESS_MEM_PREFETCH ? ", prefetchable" : "");
}

/* What a BAR holds after all ones were written: its size. */
static void sized(struct pci *p, unsigned bar, uint32_t value)
{
    struct vfp_line l = { 0 };
    uint64_t mask = value & (bar == 6 ? PCI_ROM_ADDRESS_MASK : value & 1 ? ~(uint64_t)3 : ~(uint64_t)0xf);

    p->mask[bar] = value;
    if (is_high(p, bar)) {
        mask = (uint64_t)value << 32 | (p->mask[bar - 1] & ~0xfu);
        vfp_add(&l, "%s: size ", bar_name(bar - 1));
        vfp_add_size(&l, ~mask + 1);
        vfp_add(&l, ", ");
        add_kind(&l, p->mask[bar - 1]);
    } else if (!mask) {
        vfp_add(&l, "%s: %s", bar_name(bar), value && is_wide(value) && bar < 5 ? "4G or more, see the upper half" : "not implemented");
    } else {
        vfp_add(&l, "%s: size ", bar_name(bar));
        vfp_add_size(&l, (~mask & UINT32_MAX) + 1);
        if (bar < 6) {
            vfp_add(&l, ", ");
            add_kind(&l, value);
        }
    }
    NOTE(p, "%s", l.text);
}

static void bar_access(struct pci *p, unsigned bar, uint32_t value, bool is_write)
{
    bool high = is_high(p, bar);
    struct vfp_line l = { 0 };

    if (is_write && (bar == 6 ? (value | 0x7ff) == UINT32_MAX : value == UINT32_MAX)) {
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
    if (!is_write && p->sizing[bar]) {
        sized(p, bar, value);
        return;
    }
    p->sizing[bar] = p->sizing[bar] && !is_write;
    if (high)
        NOTE(p, "%s %s 0x%x (the upper half)", bar_name(bar - 1), is_write ? "<-" : "=", value);
    else if (bar == 6)
        NOTE(p, "rom %s 0x%x%s", is_write ? "<-" : "=", value & PCI_ROM_ADDRESS_MASK, value & 1 ? ", enabled" : "");
    else
        NOTE(p, "%s %s 0x%x%s", bar_name(bar), is_write ? "at" : "=", value & (value & 1 ? ~3u : ~0xfu),
             value & 1 ? " (I/O)" : "");
}

/* --- registers --- */

/* What stands out: a reset, a device that is told to be silent. */
static void remark(struct pci *p, const struct vfp_register *r, uint32_t value)
{
    if (strcmp(r->name, "pcie.device_control") == 0 && value & PCI_EXP_DEVCTL_BCR_FLR)
        NOTE(p, "function-level reset");
    else if (strcmp(r->name, "af.control") == 0 && value & PCI_AF_CTRL_FLR)
        NOTE(p, "function-level reset");
}

static void tell_register(struct pci *p, const struct vfp_register *r, unsigned at, uint32_t value, bool is_write)
{
    struct vfp_line l = { 0 };
    uint32_t before = little(p->before + at, r->width);
    bool known = true;
    size_t start;

    for (unsigned i = 0; i < r->width; i++)
        known = known && p->known_before[at + i];
    vfp_add(&l, "%s", r->name);
    start = l.size;
    if (is_write && known && r->fields) {
        vfp_add(&l, ": ");
        if (!vfp_add_changes(&l, r->fields, before, value)) {
            l.size = start;
            vfp_add(&l, before == value ? " <- 0x%x, as it was" : " <- 0x%x", value);
        }
    } else {
        vfp_add(&l, "%s0x%x", is_write ? " <- " : " = ", value);
        if (r->fields && value) {
            vfp_add(&l, ": ");
            vfp_add_fields(&l, r->fields, value);
        }
    }
    NOTE(p, "%s", l.text);
    if (is_write)
        remark(p, r, value);
}

/* Where the next capability begins: MSI's, for one, may be short. */
static unsigned end_of(const struct pci *p, unsigned base)
{
    unsigned end = base < PCI_STD_HEADER_SIZEOF ? PCI_STD_HEADER_SIZEOF : SPACE;

    for (unsigned i = 0; base && i < p->count; i++)
        if (p->capabilities[i].at > base && p->capabilities[i].at < end)
            end = p->capabilities[i].at;
    return end;
}

/* The registers of a table, which begins at `base`, that the access holds whole; how many bytes that were. */
static unsigned tell_table(struct pci *p, const struct vfp_register *registers, unsigned base, const struct vfp_access *a)
{
    unsigned told = 0, end = end_of(p, base);

    for (const struct vfp_register *r = registers; r && r->name; r++) {
        unsigned at = base + r->offset;
        uint32_t value;

        if (at < a->offset || at + r->width > a->offset + a->data_size || at >= end)
            continue;
        value = little(a->data + (at - a->offset), r->width);
        if (registers == pci_header && bar_at(at) < 7)
            bar_access(p, bar_at(at), value, a->is_write);
        else
            tell_register(p, r, at, value, a->is_write);
        told += r->width;
    }
    return told;
}

/* A byte or two of a wider register, or nothing that has a name. */
static void tell_rest(struct pci *p, const struct vfp_access *a)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct capability *c = &p->capabilities[i];
        char name[64];

        if (a->offset < c->at || a->offset >= (uint64_t)c->at + (c->at < PCI_CFG_SPACE_SIZE ? 4 : 0))
            continue;
        name_of(name, sizeof name, c->at, c->id);
        NOTE(p, "%s: %s", name, a->offset < c->at + 2u ? "id and next" : "control");
        return;
    }
}

static void config_access(struct pci *p, const struct vfp_access *a)
{
    unsigned told = 0;

    if (a->offset >= SPACE || a->offset + a->data_size > SPACE || !a->data_size)
        return;
    introduce(p);
    if (a->data_size <= BULK) {
        told = tell_table(p, pci_header, 0, a);
        for (unsigned i = 0; i < p->count; i++)
            told += tell_table(p, p->capabilities[i].registers, p->capabilities[i].at, a);
        if (!told)
            tell_rest(p, a);
    }
    for (size_t i = 0; i < a->data_size; i++) {
        p->before[a->offset + i] = a->data[i];
        p->known_before[a->offset + i] = true;
    }
}

/* --- the MSI-X table --- */

static void table_access(struct pci *p, const struct vfp_access *a, uint64_t at)
{
    static const char *const parts[] = { "address", "address high", "data", "control" };
    unsigned vector = (unsigned)(at / PCI_MSIX_ENTRY_SIZE), part = (unsigned)(at % PCI_MSIX_ENTRY_SIZE / 4);

    if (!a->has_value || at % 4)
        NOTE(p, "MSI-X table, from vector %u on: %" PRIu64 " bytes", vector, a->size);
    else if (part == 3)
        NOTE(p, "MSI-X vector %u: %s", vector, a->value & PCI_MSIX_ENTRY_CTRL_MASKBIT ? "masked" : "not masked");
    else
        NOTE(p, "MSI-X vector %u: %s %s 0x%" PRIx64, vector, parts[part], a->is_write ? "<-" : "=", a->value);
}

static void bar_access_seen(struct pci *p, const struct vfp_access *a)
{
    const struct capability *c = find(p, PCI_CAP_ID_MSIX);
    uint32_t control, table, pba, vectors;

    if (!c || !config(p, c->at + PCI_MSIX_FLAGS, 2, &control) || !config(p, c->at + PCI_MSIX_TABLE, 4, &table) ||
        !config(p, c->at + PCI_MSIX_PBA, 4, &pba))
        return;
    vectors = (control & PCI_MSIX_FLAGS_QSIZE) + 1;
    if (a->region == (table & PCI_MSIX_TABLE_BIR) && a->offset >= (table & PCI_MSIX_TABLE_OFFSET) &&
        a->offset - (table & PCI_MSIX_TABLE_OFFSET) < vectors * PCI_MSIX_ENTRY_SIZE) {
        table_access(p, a, a->offset - (table & PCI_MSIX_TABLE_OFFSET));
    } else if (a->region == (pba & PCI_MSIX_PBA_BIR) && a->offset >= (pba & PCI_MSIX_PBA_OFFSET) &&
               a->offset - (pba & PCI_MSIX_PBA_OFFSET) < (vectors + 63) / 64 * 8) {
        if (a->is_write)
            WARN(p, "the MSI-X pending bits are written: they are the device's");
        else
            NOTE(p, "MSI-X pending bits of vectors from %" PRIu64 " on", (a->offset - (pba & PCI_MSIX_PBA_OFFSET)) * 8);
    }
}

/* --- what vfuscope sees --- */

static void *pci_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct pci *p = calloc(1, sizeof *p);

    if (p) {
        p->device = device;
        p->host = host;
    }
    return p;
}

static void pci_access_seen(void *state, const struct vfp_access *a)
{
    struct pci *p = state;

    if (a->error)
        return;
    if (a->region == VFP_CONFIG)
        config_access(p, a);
    else if (a->region <= VFP_BAR5)
        bar_access_seen(p, a);
}

static void pci_reset(void *state)
{
    struct pci *p = state;

    memset(p->known_before, 0, sizeof p->known_before);
    memset(p->sizing, 0, sizeof p->sizing);
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "pci",
    .summary = "PCI config space, capabilities and the MSI-X table",
    .registers = pci_header,
    .open = pci_open,
    .close = free,
    .access = pci_access_seen,
    .reset = pci_reset,
};
