/*
 * PCI: where registers are: in the header, in capabilities as they come to be known, in the BARs that hold MSI-X's table and
 * pending bits.
 */
#include "plugins/pci/pci.h"

static bool in_config(struct pci *p, const struct vfp_register *r, unsigned number, struct vfp_place *place)
{
    struct pci_view view = pci_view_of(p);

    *place = (struct vfp_place){ .region = VFP_CONFIG, .offset = r->offset };
    if (pci_is_in_header(&view, r))
        return number == 0;
    for (unsigned i = 0; i < p->list.count; i++) {
        const struct pci_capability *c = &p->list.capabilities[i];

        place->offset = (uint64_t)c->at + r->offset;
        if (pci_is_in(c, r) && place->offset + r->width <= pci_end_of(&p->list, c->at) && number-- == 0)
            return true;
    }
    return false;
}

bool pci_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place)
{
    struct pci *p = state;
    struct pci_msix m;

    if (r->region == VFP_LOCATED + G_MSIX_ENTRY) {
        if (number || !pci_msix_of(p, &m))
            return false;
        *place = (struct vfp_place){ .region = m.table_bar, .offset = (uint64_t)m.table + r->offset, .count = m.vectors,
                                     .stride = PCI_MSIX_ENTRY_SIZE };
        return m.table_bar <= VFP_BAR5;
    }
    if (r->region == VFP_LOCATED + G_MSIX_PENDING) {
        if (number || !pci_msix_of(p, &m))
            return false;
        *place = (struct vfp_place){ .region = m.pba_bar, .offset = m.pba, .count = (m.vectors + 63) / 64, .stride = 8 };
        return m.pba_bar <= VFP_BAR5;
    }
    return in_config(p, r, number, place);
}

static uint64_t add(uint64_t hash, uint64_t number) { return (hash ^ number) * 0x100000001b3; }

void pci_note_places(struct pci *p)
{
    struct pci_view view = pci_view_of(p);
    uint64_t hash = add(1, pci_is_bridge(&view));
    struct pci_msix m;

    for (unsigned i = 0; i < p->list.count; i++)
        hash = add(add(hash, (uint64_t)p->list.capabilities[i].at << 16 | p->list.capabilities[i].id), p->list.capabilities[i].groups);
    if (pci_msix_of(p, &m))
        hash = add(add(hash, (uint64_t)m.table_bar << 32 | m.table), (uint64_t)m.vectors << 40 | (uint64_t)m.pba_bar << 32 | m.pba);
    if (hash != p->placed)
        p->host->places_changed(p->device);
    p->placed = hash;
}
