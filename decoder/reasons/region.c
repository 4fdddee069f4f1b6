/*
 * Whether what region info says fits together.
 */
#include "decoder/reasons/inside.h"

void vfu_fit_region(struct vfu_fitting *f)
{
    const struct vfu_decoded *d = f->decoded;
    uint64_t index = vfu_number(d->values, d->count, "index", UINT64_MAX), size = vfu_number(d->values, d->count, "size", 0);

    if (index <= VFIO_PCI_BAR5_REGION_INDEX && size & (size - 1) && f->peers->rules.device_known &&
        f->peers->rules.device_flags & VFIO_DEVICE_FLAGS_PCI)
        vfu_misfit_by(f, MISFIT_BAR_SIZE, VFU_SERVER, "bar%llu has 0x%llx bytes: PCI's are powers of two",
                      (unsigned long long)index, (unsigned long long)size);
}
