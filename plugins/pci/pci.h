/*
 * The PCI plugin: what its parts share. registers.c has the tables of registers and fields, names.c the names of
 * capabilities and, where libpci is there, of devices; pci.c what happens to them.
 */
#ifndef VFUSCOPE_PLUGIN_PCI_H
#define VFUSCOPE_PLUGIN_PCI_H

#include "../fields.h"

#include <linux/pci_regs.h>

/* Registers of the header, for the shell too. */
extern const struct vfp_register pci_header[];
/* Registers of a capability, offsets from its start; NULL: only its name is known. flags: MSI's control, PCIe's flags. */
const struct vfp_register *pci_capability_registers(uint8_t id, uint16_t flags);
const char *pci_capability_name(uint8_t id);
const char *pci_extended_name(uint16_t id);

/* The vendor's and device's names into `text`; empty where there are none. */
void pci_device_names(const struct vfp_ids *ids, char *text, size_t size);
/* Likewise the class's. */
void pci_class_name(const struct vfp_ids *ids, char *text, size_t size);

#endif
