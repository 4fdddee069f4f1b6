/*
 * PCI config space: see pci_config.h. Config space is little-endian on every machine, so it is handled by the byte.
 */
#include "plugins/devices/pci_config.h"

#include <linux/pci_regs.h>
#include <string.h>

static void set(uint8_t *at, uint32_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void pci_config_set16(struct pci_config *c, unsigned offset, uint16_t value, uint16_t writable)
{
    set(c->bytes + offset, value, 2);
    set(c->writable + offset, writable, 2);
}

void pci_config_set32(struct pci_config *c, unsigned offset, uint32_t value, uint32_t writable)
{
    set(c->bytes + offset, value, 4);
    set(c->writable + offset, writable, 4);
}

uint16_t pci_config_get16(const struct pci_config *c, unsigned offset)
{
    return (uint16_t)(c->bytes[offset] | c->bytes[offset + 1] << 8);
}

void pci_config_init(struct pci_config *c, const struct pci_ids *ids)
{
    memset(c, 0, sizeof *c);
    pci_config_set16(c, PCI_VENDOR_ID, ids->vendor, 0);
    pci_config_set16(c, PCI_DEVICE_ID, ids->device, 0);
    pci_config_set16(c, PCI_COMMAND, 0,
                     PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR |
                         PCI_COMMAND_INTX_DISABLE);
    c->bytes[PCI_REVISION_ID] = ids->revision;
    pci_config_set16(c, PCI_CLASS_DEVICE, ids->class, 0);
    c->writable[PCI_CACHE_LINE_SIZE] = 0xff;
    pci_config_set16(c, PCI_SUBSYSTEM_VENDOR_ID, ids->subsystem_vendor, 0);
    pci_config_set16(c, PCI_SUBSYSTEM_ID, ids->subsystem, 0);
    c->writable[PCI_INTERRUPT_LINE] = 0xff;
    c->bytes[PCI_INTERRUPT_PIN] = ids->pin;
    c->free = PCI_STD_HEADER_SIZEOF;
    c->linkage = PCI_CAPABILITY_LIST;
}

void pci_config_bar(struct pci_config *c, unsigned bar, uint32_t size)
{
    /* Bits below the size read as zero: that is how software finds it. */
    pci_config_set32(c, PCI_BASE_ADDRESS_0 + 4 * bar, PCI_BASE_ADDRESS_SPACE_MEMORY, ~(size - 1));
}

uint8_t pci_config_capability(struct pci_config *c, uint8_t id, uint8_t size)
{
    uint8_t at = c->free;

    c->bytes[c->linkage] = at;
    c->bytes[at + PCI_CAP_LIST_ID] = id;
    c->linkage = (uint8_t)(at + PCI_CAP_LIST_NEXT);
    c->free = (uint8_t)(at + ((size + 3) & ~3));
    c->bytes[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    return at;
}

void pci_config_power(struct pci_config *c)
{
    uint8_t at = pci_config_capability(c, PCI_CAP_ID_PM, PCI_PM_SIZEOF);

    pci_config_set16(c, at + PCI_PM_PMC, 3, 0); /* version 1.2 */
    pci_config_set16(c, at + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK);
}

void pci_config_msi(struct pci_config *c)
{
    uint8_t at = pci_config_capability(c, PCI_CAP_ID_MSI, PCI_MSI_DATA_64 + 2);

    pci_config_set16(c, at + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT, PCI_MSI_FLAGS_ENABLE);
    pci_config_set32(c, at + PCI_MSI_ADDRESS_LO, 0, 0xfffffffc);
    pci_config_set32(c, at + PCI_MSI_ADDRESS_HI, 0, 0xffffffff);
    pci_config_set16(c, at + PCI_MSI_DATA_64, 0, 0xffff);
}

void pci_config_msix(struct pci_config *c, unsigned vectors, unsigned bar, uint32_t table, uint32_t pba)
{
    uint8_t at = pci_config_capability(c, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);

    pci_config_set16(c, at + PCI_MSIX_FLAGS, (uint16_t)(vectors - 1), PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    pci_config_set32(c, at + PCI_MSIX_TABLE, table | bar, 0);
    pci_config_set32(c, at + PCI_MSIX_PBA, pba | bar, 0);
}

void pci_config_done(struct pci_config *c)
{
    memcpy(c->initial, c->bytes, sizeof c->initial);
}

void pci_config_reset(struct pci_config *c)
{
    memcpy(c->bytes, c->initial, sizeof c->bytes);
}

bool pci_config_matches(const struct pci_config *c, const uint8_t *bytes)
{
    for (size_t i = 0; i < PCI_CONFIG_SIZE; i++) {
        uint8_t changes = (uint8_t)(c->writable[i] | (i == PCI_STATUS ? PCI_STATUS_INTERRUPT : 0));

        if ((bytes[i] ^ c->initial[i]) & ~changes)
            return false;
    }
    return true;
}

void pci_config_read(const struct pci_config *c, size_t offset, void *bytes, size_t size)
{
    memcpy(bytes, c->bytes + offset, size);
}

void pci_config_write(struct pci_config *c, size_t offset, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    for (size_t i = 0; i < size; i++) {
        uint8_t mask = c->writable[offset + i];

        c->bytes[offset + i] = (uint8_t)((c->bytes[offset + i] & ~mask) | (from[i] & mask));
    }
}
