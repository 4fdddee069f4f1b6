/*
 * PCI: the lists of capabilities, and which registers each has: some depend on a bit of it, or on what kind of port the
 * function is.
 */
#include "plugins/pci/pci.h"

static const struct {
    uint16_t id;
    bool is_extended;
    uint8_t group;
} rows[] = {
    { PCI_CAP_ID_PM, false, G_PM },             { PCI_CAP_ID_VPD, false, G_VPD },
    { PCI_CAP_ID_MSI, false, G_MSI32 },         { PCI_CAP_ID_MSI, false, G_MSI32_MASK },
    { PCI_CAP_ID_MSI, false, G_MSI64 },         { PCI_CAP_ID_MSI, false, G_MSI64_MASK },
    { PCI_CAP_ID_SSVID, false, G_SSVID },       { PCI_CAP_ID_EXP, false, G_EXPRESS },
    { PCI_CAP_ID_EXP, false, G_EXPRESS_PORT },  { PCI_CAP_ID_EXP, false, G_EXPRESS2 },
    { PCI_CAP_ID_MSIX, false, G_MSIX },         { PCI_CAP_ID_AF, false, G_AF },
    { PCI_EXT_CAP_ID_ERR, true, G_AER },        { PCI_EXT_CAP_ID_ERR, true, G_AER_ROOT },
    { PCI_EXT_CAP_ID_VC, true, G_VC },          { PCI_EXT_CAP_ID_VC9, true, G_VC },
    { PCI_EXT_CAP_ID_MFVC, true, G_VC },        { PCI_EXT_CAP_ID_DSN, true, G_DSN },
    { PCI_EXT_CAP_ID_ACS, true, G_ACS },        { PCI_EXT_CAP_ID_ARI, true, G_ARI },
    { PCI_EXT_CAP_ID_ATS, true, G_ATS },        { PCI_EXT_CAP_ID_SRIOV, true, G_SRIOV },
    { PCI_EXT_CAP_ID_PRI, true, G_PRI },        { PCI_EXT_CAP_ID_REBAR, true, G_REBAR },
    { PCI_EXT_CAP_ID_REBAR, true, G_REBAR2 },   { PCI_EXT_CAP_ID_REBAR, true, G_REBAR3 },
    { PCI_EXT_CAP_ID_TPH, true, G_TPH },        { PCI_EXT_CAP_ID_LTR, true, G_LTR },
    { PCI_EXT_CAP_ID_SECPCI, true, G_SECONDARY }, { PCI_EXT_CAP_ID_PASID, true, G_PASID },
    { PCI_EXT_CAP_ID_DPC, true, G_DPC },        { PCI_EXT_CAP_ID_L1SS, true, G_L1SS },
    { PCI_EXT_CAP_ID_PTM, true, G_PTM },        { PCI_EXT_CAP_ID_VNDR, true, G_VSEC },
    { PCI_EXT_CAP_ID_DVSEC, true, G_DVSEC },    { PCI_EXT_CAP_ID_DLF, true, G_DLF },
};

static uint32_t get(const struct pci_view *view, unsigned at, unsigned size)
{
    uint32_t value;

    return view->get(view->context, at, size, &value) ? value : 0;
}

static bool is_port(unsigned flags)
{
    unsigned type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;

    return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM || type == PCI_EXP_TYPE_RC_EC;
}

static bool holds(const struct pci_view *view, const struct pci_list *list, unsigned at, unsigned group)
{
    unsigned flags = at < PCI_CFG_SPACE_SIZE ? get(view, at + PCI_CAP_FLAGS, 2) : 0;

    switch (group) {
    case G_MSI32:
        return !(flags & PCI_MSI_FLAGS_64BIT);
    case G_MSI32_MASK:
        return !(flags & PCI_MSI_FLAGS_64BIT) && flags & PCI_MSI_FLAGS_MASKBIT;
    case G_MSI64:
        return flags & PCI_MSI_FLAGS_64BIT;
    case G_MSI64_MASK:
        return flags & PCI_MSI_FLAGS_64BIT && flags & PCI_MSI_FLAGS_MASKBIT;
    case G_EXPRESS_PORT:
        return is_port(flags);
    case G_EXPRESS2:
        return (flags & PCI_EXP_FLAGS_VERS) >= 2;
    case G_AER_ROOT:
        for (unsigned i = 0; i < list->count; i++)
            if (list->capabilities[i].at < PCI_CFG_SPACE_SIZE && list->capabilities[i].id == PCI_CAP_ID_EXP)
                return is_port(get(view, list->capabilities[i].at + PCI_EXP_FLAGS, 2));
        return false;
    case G_REBAR2:
    case G_REBAR3:
        return (get(view, at + PCI_REBAR_CTRL, 4) >> 5 & 7) > group - G_REBAR;
    default:
        return true;
    }
}

static void add(const struct pci_view *view, struct pci_list *list, unsigned at, uint16_t id)
{
    struct pci_capability *c = NULL;

    for (unsigned i = 0; i < list->count; i++)
        if (list->capabilities[i].at == at)
            c = &list->capabilities[i];
    if (!c && list->count == PCI_CAPABILITIES)
        return;
    if (!c)
        c = &list->capabilities[list->count++];
    *c = (struct pci_capability){ .at = (uint16_t)at, .id = id };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].id == id && rows[i].is_extended == (at >= PCI_CFG_SPACE_SIZE) && holds(view, list, at, rows[i].group))
            c->groups |= (uint64_t)1 << rows[i].group;
}

static bool walk(const struct pci_view *view, struct pci_list *list)
{
    uint32_t status, at, header;
    unsigned steps = 0;

    if (!view->get(view->context, PCI_STATUS, 2, &status) || !(status & PCI_STATUS_CAP_LIST) ||
        !view->get(view->context, PCI_CAPABILITY_LIST, 1, &at))
        return false;
    for (at &= 0xfc; at; at = header >> 8 & 0xfc) {
        if (!view->get(view->context, at, 4, &header) && !view->get(view->context, at, 2, &header))
            return false;
        if (at < PCI_STD_HEADER_SIZEOF || steps++ == 48) {
            list->wrong_at = (uint16_t)at;
            return true;
        }
        add(view, list, at, header & 0xff);
    }
    return true;
}

static bool walk_extended(const struct pci_view *view, struct pci_list *list)
{
    uint32_t at = PCI_CFG_SPACE_SIZE, header;

    for (unsigned steps = 0; at && steps < 960; at = PCI_EXT_CAP_NEXT(header), steps++) {
        if (at < PCI_CFG_SPACE_SIZE || !view->get(view->context, at, 4, &header))
            return false;
        if (!header || header == UINT32_MAX)
            return steps > 0;
        add(view, list, at, PCI_EXT_CAP_ID(header));
    }
    return true;
}

void pci_walk(const struct pci_view *view, struct pci_list *list, bool *done, bool *extended_done)
{
    *done = walk(view, list);
    *extended_done = walk_extended(view, list);
}

/* MSI's, for one, may be short. */
unsigned pci_end_of(const struct pci_list *list, unsigned base)
{
    unsigned end = base < PCI_STD_HEADER_SIZEOF ? PCI_STD_HEADER_SIZEOF : base < PCI_CFG_SPACE_SIZE ? PCI_CFG_SPACE_SIZE
                                                                                                 : PCI_SPACE;

    for (unsigned i = 0; base && i < list->count; i++)
        if (list->capabilities[i].at > base && list->capabilities[i].at < end)
            end = list->capabilities[i].at;
    return end;
}

bool pci_is_bridge(const struct pci_view *view) { return (get(view, PCI_HEADER_TYPE, 1) & 0x7f) == PCI_HEADER_TYPE_BRIDGE; }

bool pci_is_in_header(const struct pci_view *view, const struct vfp_register *r)
{
    return r->region == VFP_CONFIG ||
           r->region == VFP_LOCATED + (pci_is_bridge(view) ? G_BRIDGE_HEADER : G_DEVICE_HEADER);
}

/* --- for the shell --- */

struct bytes {
    const uint8_t *config;
    size_t size;
};

static bool get_bytes(const void *context, unsigned at, unsigned size, uint32_t *value)
{
    const struct bytes *b = context;

    *value = 0;
    if (at > b->size || size > b->size - at)
        return false;
    *value = (uint32_t)vfp_le(b->config + at, size);
    return true;
}

bool pci_locate(const struct vfp_register *r, const uint8_t *config, size_t size, uint8_t *region, uint32_t *offset)
{
    struct bytes b = { config, size };
    struct pci_view view = { get_bytes, &b };
    struct pci_list list = { .count = 0 };
    bool done, extended_done;

    *region = VFP_CONFIG;
    *offset = r->offset;
    if (pci_is_in_header(&view, r))
        return true;
    pci_walk(&view, &list, &done, &extended_done);
    for (unsigned i = 0; i < list.count; i++) {
        *offset = list.capabilities[i].at + r->offset;
        if (pci_is_in(&list.capabilities[i], r) && *offset + r->width <= pci_end_of(&list, list.capabilities[i].at))
            return *offset + r->width <= size;
    }
    return false;
}
