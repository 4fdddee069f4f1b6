/*
 * A PCI function's 256 bytes of config space: what a model declares (ids, BARs, capabilities), which bits software may
 * write, and what a reset brings back.
 */
#ifndef VFU_PLUGINS_DEVICES_PCI_CONFIG_H
#define VFU_PLUGINS_DEVICES_PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PCI_CONFIG_SIZE = 256 };

struct pci_config {
    uint8_t bytes[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; /* bits that a write changes */
    uint8_t initial[PCI_CONFIG_SIZE];
    uint8_t free;   /* where the next capability goes */
    uint8_t linkage; /* the byte that will point to it */
};

struct pci_ids {
    uint16_t vendor, device, subsystem_vendor, subsystem, class; /* class: base class and subclass */
    uint8_t revision;
    uint8_t pin; /* 1: INTA; 0: no INTx */
};

void pci_config_init(struct pci_config *c, const struct pci_ids *ids);
/* A 32-bit memory BAR; size is a power of two, at least 16. */
void pci_config_bar(struct pci_config *c, unsigned bar, uint32_t size);
/* Append a capability of `size` bytes; returns its offset. */
uint8_t pci_config_capability(struct pci_config *c, uint8_t id, uint8_t size);
void pci_config_set16(struct pci_config *c, unsigned offset, uint16_t value, uint16_t writable);
void pci_config_set32(struct pci_config *c, unsigned offset, uint32_t value, uint32_t writable);
/* Capabilities that need no more than this: power management that does nothing, MSI with one 64-bit vector, MSI-X. */
void pci_config_power(struct pci_config *c);
void pci_config_msi(struct pci_config *c);
void pci_config_msix(struct pci_config *c, unsigned vectors, unsigned bar, uint32_t table, uint32_t pba);
/* What stands there now is what a reset brings back. */
void pci_config_done(struct pci_config *c);
void pci_config_reset(struct pci_config *c);
/* Are these PCI_CONFIG_SIZE bytes another such function's: the same wherever software can't write? */
bool pci_config_matches(const struct pci_config *c, const uint8_t *bytes);

uint16_t pci_config_get16(const struct pci_config *c, unsigned offset);
/* offset + size is at most PCI_CONFIG_SIZE; any width and alignment. */
void pci_config_read(const struct pci_config *c, size_t offset, void *bytes, size_t size);
void pci_config_write(struct pci_config *c, size_t offset, const void *bytes, size_t size);

#endif
