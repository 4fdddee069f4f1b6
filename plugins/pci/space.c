/*
 * PCI: config space of the device that is followed, as far as it was seen.
 */
#include "plugins/pci/pci.h"

bool pci_config(const struct pci *p, unsigned at, unsigned size, uint32_t *value)
{
    uint8_t bytes[4];

    *value = 0;
    if (!p->host->config(p->device, at, bytes, size))
        return false;
    *value = (uint32_t)vfp_le(bytes, size);
    return true;
}

static bool get(const void *context, unsigned at, unsigned size, uint32_t *value)
{
    return pci_config(context, at, size, value);
}

struct pci_view pci_view_of(struct pci *p) { return (struct pci_view){ get, p }; }
