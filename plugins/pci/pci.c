/*
 * The PCI plugin: config space by register and field, with what changed; the capability lists; what vfuscope sees of it.
 */
#include "plugins/pci/pci.h"

#include <stdlib.h>

enum {
    BULK = 32, /* a longer read is a survey, not a look at registers */
    NAMED = 4, /* bytes with so many registers at most as a line names */
};

/* --- who it is --- */

static void name_of(char *text, size_t size, const struct pci_capability *c)
{
    const char *name = c->at >= PCI_CFG_SPACE_SIZE ? pci_extended_name(c->id) : pci_capability_name((uint8_t)c->id);

    if (name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "capability 0x%x", c->id);
}

static void add_places(struct pci *p, struct vfp_line *l, const struct pci_capability *c)
{
    struct pci_msix m;

    if (c->groups >> G_MSIX & 1 && c == pci_find(p, PCI_CAP_ID_MSIX) && pci_msix_of(p, &m))
        vfp_add(l, " (%u vectors, table in bar%u+0x%x, PBA in bar%u+0x%x)", m.vectors, m.table_bar, m.table, m.pba_bar, m.pba);
}

static void list(struct pci *p, bool extended)
{
    struct vfp_line l = { 0 };

    vfp_add(&l, extended ? "extended capabilities: " : "capabilities: ");
    for (unsigned i = 0, shown = 0; i < p->list.count; i++) {
        const struct pci_capability *c = &p->list.capabilities[i];
        struct vfp_line one = { 0 };
        char name[64];

        if ((c->at >= PCI_CFG_SPACE_SIZE) != extended)
            continue;
        name_of(name, sizeof name, c);
        vfp_add(&one, "0x%x %s", c->at, name);
        add_places(p, &one, c);
        if (l.size + one.size + 2 >= sizeof l.text) { /* a line more */
            NOTE(p, "%s,", l.text);
            l.size = shown = 0;
        }
        vfp_add(&l, "%s%s", shown++ ? ", " : "", one.text);
    }
    NOTE(p, "%s", l.text);
}

static void introduce_ids(struct pci *p)
{
    const struct vfp_ids *ids = p->host->ids(p->device);
    struct pci_view view = pci_view_of(p);
    char name[128], class[96];

    if (ids->known && !p->introduced) {
        p->introduced = true;
        pci_device_names(ids, name, sizeof name);
        pci_class_name(ids, class, sizeof class);
        NOTE(p, "%04x:%04x%s%s, class 0x%06x%s%s, revision %u", ids->vendor, ids->device, *name ? " " : "", name,
             ids->class_code, *class ? " " : "", class, ids->revision);
    }
    if (ids->known && ids->subsystem_known && !p->subsystem_told && !pci_is_bridge(&view)) {
        p->subsystem_told = true;
        if (!ids->subsystem_vendor)
            return;
        pci_subsystem_names(ids, name, sizeof name);
        NOTE(p, "subsystem %04x:%04x%s%s", ids->subsystem_vendor, ids->subsystem, *name ? " " : "", name);
    }
}

/* Who the device is, and its lists, as soon as they are known. */
static void introduce(struct pci *p)
{
    struct pci_view view = pci_view_of(p);
    bool done, extended_done;
    uint32_t first;

    introduce_ids(p);
    pci_walk(&view, &p->list, &done, &extended_done);
    if (done && !p->listed)
        list(p, false);
    p->listed = p->listed || done;
    if (!p->extended_listed && pci_config(p, PCI_CFG_SPACE_SIZE, 4, &first) && first && first != UINT32_MAX &&
        extended_done) {
        p->extended_listed = true;
        list(p, true);
    }
    pci_note_places(p);
    pci_fit(p);
}

/* --- registers --- */

/* Registers of which a written 1 clears what it stands for. */
static bool is_cleared(const struct vfp_register *r)
{
    static const char *const names[] = { "pcie.device_status", "pcie.slot_status", "pcie.root_status",
                                         "aer.uncorrectable_status", "aer.correctable_status", "aer.root_status",
                                         "dpc.status", "pri.status", "status", "secondary_status" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], r->name) == 0)
            return true;
    return false;
}

/* What stands out. */
static void remark(struct pci *p, const struct vfp_register *r, uint32_t value, uint32_t before)
{
    if (strcmp(r->name, "sriov.num_vfs") == 0 && value != before)
        NOTE(p, "%u virtual functions are asked for", value);
}

/* Bits that a write leaves as they are, in registers that have others. */
static uint32_t fixed_bits(const struct vfp_register *r)
{
    static const struct {
        const char *name;
        uint32_t bits;
    } rows[] = {
        { "msi.control", PCI_MSI_FLAGS_QMASK | PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT },
        { "msix.control", PCI_MSIX_FLAGS_QSIZE },
        { "pm.control", PCI_PM_CTRL_NO_SOFT_RESET },
        { "bist", PCI_BIST_CODE_MASK | PCI_BIST_CAPABLE },
        { "rebar.control", PCI_REBAR_CTRL_BAR_IDX | PCI_REBAR_CTRL_NBAR_MASK },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, r->name) == 0)
            return rows[i].bits;
    return 0;
}

/* What a write does. False: it says no more than the access itself. */
static bool add_change(struct vfp_line *l, const struct vfp_register *r, bool known, uint32_t before, uint32_t value)
{
    size_t start = l->size;

    if (is_cleared(r)) {
        vfp_add(l, value ? " <- 0x%x, clears: " : " <- 0x%x", value);
        if (value)
            vfp_add_fields(l, r->fields, value);
        return value;
    }
    if (known && r->fields) {
        vfp_add(l, ": ");
        if (vfp_add_changes(l, r->fields, before, value))
            return true;
        l->size = start;
        vfp_add(l, before == value ? " <- 0x%x, as it was" : " <- 0x%x", value);
        return before == value;
    }
    vfp_add(l, r->fields && value ? " <- 0x%x: " : " <- 0x%x", value);
    vfp_add_fields(l, r->fields, value);
    return false;
}

static void tell_register(struct pci *p, const struct vfp_register *r, unsigned at, uint32_t value, bool is_write)
{
    struct vfp_line l = { 0 };
    uint32_t before = (uint32_t)vfp_le(p->before + at, r->width);
    bool known = true, more = false;

    for (unsigned i = 0; i < r->width; i++)
        known = known && p->known_before[at + i];
    vfp_add(&l, "%s", r->name);
    if (is_write)
        value = (value & ~fixed_bits(r)) | (known ? before & fixed_bits(r) : 0);
    if (is_write) {
        more = add_change(&l, r, known, before, value);
    } else {
        vfp_add(&l, r->fields && value ? " = 0x%x: " : " = 0x%x", value);
        vfp_add_fields(&l, r->fields, value);
    }
    if (more || !p->named)
        NOTE(p, "%s", l.text);
    if (is_write)
        remark(p, r, value, before);
}

/* A write that changes nothing: remarked once, of each that is written. */
static void read_only(struct pci *p, const struct vfp_register *r)
{
    size_t number = (size_t)(r - pci_registers);
    uint8_t *bits = &p->told_read_only[number / 8 % sizeof p->told_read_only], bit = (uint8_t)(1 << number % 8);

    if (!(*bits & bit))
        NOTE(p, "%s is written: it is read-only", r->name);
    *bits |= bit;
}

/* The register at `base`, if the access holds it whole; how many bytes that were. */
static unsigned tell_at(struct pci *p, const struct vfp_register *r, unsigned base, const struct vfp_access *a)
{
    unsigned at = base + r->offset;
    uint32_t value;

    if (at < a->offset || at + r->width > a->offset + a->data_size || at + r->width > pci_end_of(&p->list, base))
        return 0;
    value = (uint32_t)vfp_le(a->data + (at - a->offset), r->width);
    if (a->is_write && r->flags & VFP_READ_ONLY)
        read_only(p, r);
    else if (!base && pci_bar_at(p, at) < 7)
        pci_bar_access(p, pci_bar_at(p, at), value, a->is_write);
    else
        tell_register(p, r, at, value, a->is_write);
    return r->width;
}

static unsigned tell_registers(struct pci *p, const struct vfp_access *a)
{
    struct pci_view view = pci_view_of(p);
    unsigned told = 0;

    for (const struct vfp_register *r = pci_registers; r->name; r++)
        if (pci_is_in_header(&view, r))
            told += tell_at(p, r, 0, a);
    for (unsigned i = 0; i < p->list.count; i++)
        for (const struct vfp_register *r = pci_registers; r->name; r++)
            if (pci_is_in(&p->list.capabilities[i], r))
                told += tell_at(p, r, p->list.capabilities[i].at, a);
    return told;
}

/* A byte or two of a wider register, or nothing that has a name. */
static void tell_rest(struct pci *p, const struct vfp_access *a)
{
    for (unsigned i = 0; i < p->list.count; i++) {
        const struct pci_capability *c = &p->list.capabilities[i];
        char name[64];

        if (a->offset < c->at || a->offset >= (uint64_t)c->at + (c->at < PCI_CFG_SPACE_SIZE ? 4 : 0))
            continue;
        name_of(name, sizeof name, c);
        NOTE(p, "%s: %s", name, a->offset < c->at + 2u ? "id and next" : "control");
        return;
    }
}

/* What is read as all ones may be a BAR's upper half; who the device is can't be that. */
static bool is_gone(struct pci *p, const struct vfp_access *a)
{
    bool gone = vfp_is_nobody(a) && (a->offset < PCI_BASE_ADDRESS_0 || a->size > 8);

    if (a->is_write)
        return false;
    if (gone && !p->told_gone)
        WARN(p, "config space reads all ones: there is no device behind it");
    p->told_gone = gone || (p->told_gone && vfp_is_nobody(a));
    return gone;
}

/* Is this byte of config space a register's that a write leaves as it is? `keeps`: its bits that are left. */
static bool is_fixed(struct pci *p, unsigned at, uint8_t *keeps)
{
    struct pci_view view = pci_view_of(p);

    *keeps = 0;
    for (const struct vfp_register *r = pci_registers; r->name; r++) {
        for (unsigned i = 0; i <= p->list.count; i++) {
            unsigned base = i < p->list.count ? p->list.capabilities[i].at : 0, from = base + r->offset;
            bool there = i < p->list.count ? pci_is_in(&p->list.capabilities[i], r) : pci_is_in_header(&view, r);

            if (!there || at < from || at - from >= r->width || from + r->width > pci_end_of(&p->list, base))
                continue;
            *keeps = (uint8_t)(fixed_bits(r) >> 8 * (at - from));
            return r->flags & VFP_READ_ONLY;
        }
    }
    return false;
}

/* What config space holds now. Of a BAR that is not written whole nothing can be told by what it reads next. */
static void remember(struct pci *p, const struct vfp_access *a)
{
    for (size_t i = 0; i < a->size && a->offset + i < PCI_SPACE; i++) {
        unsigned at = (unsigned)(a->offset + i), bar = pci_bar_at(p, at & ~3u);
        uint8_t keeps = 0;

        if (a->is_write && is_fixed(p, at, &keeps))
            continue;
        if (a->is_write && bar < 7 && (a->offset > (at & ~3u) || a->offset + a->data_size < (at & ~3u) + 4))
            p->sizing[bar] = false;
        if (i < a->data_size)
            p->before[at] = (uint8_t)((a->data[i] & ~keeps) | (p->before[at] & keeps));
        p->known_before[at] = i < a->data_size && (!keeps || p->known_before[at]);
    }
}

static void forget(struct pci *p)
{
    memset(p->known_before, 0, sizeof p->known_before);
    memset(p->sizing, 0, sizeof p->sizing);
    memset(p->mask, 0, sizeof p->mask);
}

static void config_access(struct pci *p, const struct vfp_access *a)
{
    if (a->offset >= PCI_SPACE || a->offset + a->data_size > PCI_SPACE || is_gone(p, a))
        return;
    p->named = a->size <= NAMED;
    if (!a->is_write)
        introduce(p);
    if (a->data_size && a->data_size <= BULK && !tell_registers(p, a))
        tell_rest(p, a);
    if (a->is_write || a->data_size)
        remember(p, a);
    if (vfp_is_function_reset(p->device, p->host, a)) {
        NOTE(p, "function-level reset");
        forget(p);
    }
}

static void refused(struct pci *p, const struct vfp_access *a)
{
    if (a->region == VFP_CONFIG && a->is_write && !p->told_refused) {
        p->told_refused = true;
        NOTE(p, "PCI devices ignore writes to what is read-only, they don't refuse them");
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
        refused(p, a);
    else if (a->region == VFP_CONFIG)
        config_access(p, a);
    else if (a->region <= VFP_BAR5)
        pci_memory_access(p, a);
}

static void pci_info(void *state) { pci_fit(state); }

static void pci_forget(void *state) { forget(state); }

/* As pci.ids has it, if only its class. */
static bool pci_describe(const struct vfp_ids *ids, char *text, size_t size)
{
    pci_device_names(ids, text, size);
    if (!text[0])
        pci_class_name(ids, text, size);
    return text[0];
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "pci",
    .summary = "PCI config space, capabilities and the MSI-X table",
    .registers = pci_registers,
    .open = pci_open,
    .close = free,
    .access = pci_access_seen,
    .reset = pci_forget,
    .gap = pci_forget,
    .locate = pci_locate,
    .commands = pci_commands,
    .misfits = pci_misfits,
    .info = pci_info,
    .place = pci_place,
    .describe = pci_describe,
};
