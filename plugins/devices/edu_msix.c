/*
 * edu's MSI-X table and pending bits, in BAR4.
 */
#include "plugins/devices/edu.h"

#include <linux/pci_regs.h>
#include <string.h>

/* Which bits of BAR4's byte at `offset` can be written: addresses, data and the mask bit of each vector. */
static uint8_t msix_writable(uint64_t offset)
{
    static const uint8_t entry[PCI_MSIX_ENTRY_SIZE] = {
        0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, PCI_MSIX_ENTRY_CTRL_MASKBIT,
    };

    return offset - EDU_MSIX_TABLE < EDU_VECTORS * PCI_MSIX_ENTRY_SIZE ? entry[offset % PCI_MSIX_ENTRY_SIZE] : 0;
}

/*
 * The table is what software writes and no more: which eventfd a vector fires is the client's business (SET_IRQS), and
 * a VMM keeps the guest's table to itself.
 */
void edu_msix_write(struct edu *e, uint64_t offset, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t mask = msix_writable(offset + i);

        e->msix[offset + i] = (uint8_t)((e->msix[offset + i] & ~mask) | (bytes[i] & mask));
    }
}

void edu_msix_reset(struct edu *e)
{
    memset(e->msix, 0, sizeof e->msix);
    for (unsigned v = 0; v < EDU_VECTORS; v++)
        e->msix[EDU_MSIX_TABLE + v * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
}
