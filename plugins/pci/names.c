/*
 * PCI: names of capabilities.
 */
#include "plugins/pci/pci.h"

static const char *const capabilities[] = {
    [PCI_CAP_ID_PM] = "power management",
    [PCI_CAP_ID_AGP] = "AGP",
    [PCI_CAP_ID_VPD] = "vital product data",
    [PCI_CAP_ID_SLOTID] = "slot identification",
    [PCI_CAP_ID_MSI] = "MSI",
    [PCI_CAP_ID_CHSWP] = "hot swap",
    [PCI_CAP_ID_PCIX] = "PCI-X",
    [PCI_CAP_ID_HT] = "HyperTransport",
    [PCI_CAP_ID_VNDR] = "vendor-specific",
    [PCI_CAP_ID_DBG] = "debug port",
    [PCI_CAP_ID_CCRC] = "CompactPCI",
    [PCI_CAP_ID_SHPC] = "hot plug",
    [PCI_CAP_ID_SSVID] = "subsystem id",
    [PCI_CAP_ID_AGP3] = "AGP 8x",
    [PCI_CAP_ID_SECDEV] = "secure device",
    [PCI_CAP_ID_EXP] = "PCI Express",
    [PCI_CAP_ID_MSIX] = "MSI-X",
    [PCI_CAP_ID_SATA] = "SATA",
    [PCI_CAP_ID_AF] = "advanced features",
    [PCI_CAP_ID_EA] = "enhanced allocation",
};

static const char *const extended[] = {
    [PCI_EXT_CAP_ID_ERR] = "advanced error reporting",
    [PCI_EXT_CAP_ID_VC] = "virtual channel",
    [PCI_EXT_CAP_ID_DSN] = "device serial number",
    [PCI_EXT_CAP_ID_PWR] = "power budgeting",
    [PCI_EXT_CAP_ID_RCLD] = "root complex link declaration",
    [PCI_EXT_CAP_ID_RCILC] = "root complex internal link control",
    [PCI_EXT_CAP_ID_RCEC] = "root complex event collector",
    [PCI_EXT_CAP_ID_MFVC] = "multi-function virtual channel",
    [PCI_EXT_CAP_ID_VC9] = "virtual channel",
    [PCI_EXT_CAP_ID_VNDR] = "vendor-specific",
    [PCI_EXT_CAP_ID_ACS] = "access control services",
    [PCI_EXT_CAP_ID_ARI] = "alternative routing id",
    [PCI_EXT_CAP_ID_ATS] = "address translation",
    [PCI_EXT_CAP_ID_SRIOV] = "SR-IOV",
    [PCI_EXT_CAP_ID_MCAST] = "multicast",
    [PCI_EXT_CAP_ID_PRI] = "page requests",
    [PCI_EXT_CAP_ID_REBAR] = "resizable BAR",
    [PCI_EXT_CAP_ID_DPA] = "dynamic power allocation",
    [PCI_EXT_CAP_ID_TPH] = "TPH requester",
    [PCI_EXT_CAP_ID_LTR] = "latency tolerance",
    [PCI_EXT_CAP_ID_SECPCI] = "secondary PCI Express",
    [PCI_EXT_CAP_ID_PASID] = "PASID",
    [PCI_EXT_CAP_ID_DPC] = "downstream port containment",
    [PCI_EXT_CAP_ID_L1SS] = "L1 PM substates",
    [PCI_EXT_CAP_ID_PTM] = "precision time",
    [PCI_EXT_CAP_ID_DVSEC] = "designated vendor-specific",
    [PCI_EXT_CAP_ID_DLF] = "data link feature",
    [PCI_EXT_CAP_ID_PL_16GT] = "physical layer 16 GT/s",
    [0x27] = "lane margining", /* what Debian 12's header lacks goes by its number */
    [0x2a] = "physical layer 32 GT/s",
    [0x2e] = "data object exchange",
    [0x31] = "physical layer 64 GT/s",
};

const char *pci_capability_name(uint8_t id)
{
    return id < sizeof capabilities / sizeof capabilities[0] ? capabilities[id] : NULL;
}

const char *pci_extended_name(uint16_t id)
{
    return id < sizeof extended / sizeof extended[0] ? extended[id] : NULL;
}
