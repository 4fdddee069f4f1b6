/*
 * Whether what IRQ info says of an index fits together.
 */
#include "decoder/reasons/inside.h"
#include "decoder/wire/error.h"

enum { MOST_MSI = 32, MOST_MSIX = 2048 /* vectors */ };

/* What PCI says of its interrupts. */
static void fit_pci(struct vfu_fitting *f, uint64_t flags, uint64_t count)
{
    bool odd = count & (count - 1);
    char room[24];

    if (f->index == VFIO_PCI_INTX_IRQ_INDEX && count > 1)
        vfu_misfit_by(f, MISFIT_INTX_COUNT, VFU_SERVER, "intx has %llu vectors: a function has one pin",
                      (unsigned long long)count);
    else if (f->index == VFIO_PCI_MSI_IRQ_INDEX && (odd || count > MOST_MSI))
        vfu_misfit_by(f, MISFIT_MSI_COUNT, VFU_SERVER, "msi has %llu vectors: MSI has a power of two, %d at most",
                      (unsigned long long)count, MOST_MSI);
    else if (f->index == VFIO_PCI_MSIX_IRQ_INDEX && count > MOST_MSIX)
        vfu_misfit_by(f, MISFIT_MSIX_COUNT, VFU_SERVER, "msix has %llu vectors: MSI-X has %d at most",
                      (unsigned long long)count, MOST_MSIX);
    if ((f->index == VFIO_PCI_MSI_IRQ_INDEX || f->index == VFIO_PCI_MSIX_IRQ_INDEX) && count &&
        flags & VFIO_IRQ_INFO_AUTOMASKED)
        vfu_misfit_by(f, MISFIT_IRQ_AUTOMASKED, VFU_SERVER, "%s is automasked: a message is no level that stays",
                      vfu_fit_name(f, vfu_irq_names, room));
}

static void fit(struct vfu_fitting *f, uint64_t flags, uint64_t count)
{
    char room[24];

    if (vfu_fit_is_pci(f))
        fit_pci(f, flags, count);
    if (count && flags & VFIO_IRQ_INFO_AUTOMASKED && !(flags & VFIO_IRQ_INFO_MASKABLE))
        vfu_misfit_by(f, MISFIT_IRQ_AUTOMASKED, VFU_SERVER,
                      "%s is automasked, but can't be unmasked: its flags are 0x%llx",
                      vfu_fit_name(f, vfu_irq_names, room), (unsigned long long)flags);
    if (count && !(flags & VFIO_IRQ_INFO_EVENTFD))
        vfu_misfit_by(f, MISFIT_IRQ_WITHOUT_EVENTFD, VFU_SERVER,
                      "%s has %llu vector%s, and takes no eventfds: its flags are 0x%llx",
                      vfu_fit_name(f, vfu_irq_names, room), (unsigned long long)count, vfu_plural(count),
                      (unsigned long long)flags);
}

void vfu_fit_irq(struct vfu_fitting *f)
{
    uint64_t index = vfu_fit_number(f, "index");

    if (index >= VFU_MAX_KNOWN_IRQS)
        return;
    f->index = (unsigned)index;
    fit(f, vfu_fit_number(f, "flags"), vfu_fit_number(f, "count"));
}

void vfu_fit_known_irqs(struct vfu_fitting *f)
{
    for (f->index = 0; f->index < VFU_MAX_KNOWN_IRQS; f->index++)
        if (f->peers->known.irqs[f->index].known)
            fit(f, f->peers->known.irqs[f->index].flags, f->peers->known.irqs[f->index].count);
}
