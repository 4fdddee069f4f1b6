/*
 * PCI: the registers of the header and of capabilities, by name and field (PCI Express Base Specification 6, 7.5 to 7.9).
 * What is not in every header has VFP_LOCATED and a group for its region, and its offset from where the group begins.
 */
#include "plugins/pci/pci.h"

#define REGISTER(n, o, w, f, h) { n, o, VFP_CONFIG, w, f, h }
#define IN(g, n, o, w, f) { n, o, VFP_LOCATED + (g), w, f }
#define FIXED(n, o, w, f, h) { n, o, VFP_CONFIG, w, f, h, VFP_READ_ONLY }
#define FIXED_IN(g, n, o, w, f) { n, o, VFP_LOCATED + (g), w, f, NULL, VFP_READ_ONLY }

static const struct vfp_field command[] = {
    { "I/O", 0, 1 },    { "memory", 1, 1 },     { "bus master", 2, 1 }, { "special cycles", 3, 1 },
    { "MWI", 4, 1 },    { "VGA snoop", 5, 1 },  { "parity", 6, 1 },     { "SERR", 8, 1 },
    { "fast b2b", 9, 1 }, { "INTx disable", 10, 1 }, { 0 },
};
static const struct vfp_field status[] = {
    { "immediate readiness", 0, 1 }, { "INTx", 3, 1 }, { "capabilities", 4, 1 }, { "66 MHz", 5, 1 }, { "fast b2b", 7, 1 },
    { "master data parity error", 8, 1 }, { "DEVSEL", 9, 2 }, { "signalled target abort", 11, 1 },
    { "received target abort", 12, 1 }, { "received master abort", 13, 1 }, { "signalled SERR", 14, 1 },
    { "parity error", 15, 1 }, { 0 },
};
static const struct vfp_field header_type[] = { { "layout", 0, 7 }, { "multifunction", 7, 1 }, { 0 } };
static const char *const pins[] = { "none", "INTA", "INTB", "INTC", "INTD" };
static const struct vfp_field pin[] = { { "pin", 0, 8, pins, 5 }, { 0 } };
static const struct vfp_field rom[] = { { "enabled", 0, 1 }, { 0 } };
static const struct vfp_field bist[] = { { "result", 0, 4 }, { "start", 6, 1 }, { "capable", 7, 1 }, { 0 } };
static const struct vfp_field bridge_control[] = {
    { "parity", 0, 1 },       { "SERR", 1, 1 },     { "ISA", 2, 1 },        { "VGA", 3, 1 }, { "VGA 16-bit", 4, 1 },
    { "master abort", 5, 1 }, { "bus reset", 6, 1 }, { "fast b2b", 7, 1 }, { 0 },
};

/* --- capabilities --- */

static const char *const power_states[] = { "D0", "D1", "D2", "D3hot" };
static const struct vfp_field pm_capabilities[] = {
    { "version", 0, 3 }, { "PME clock", 3, 1 }, { "device specific init", 5, 1 }, { "aux current", 6, 3 },
    { "D1", 9, 1 },      { "D2", 10, 1 },       { "PME from", 11, 5 },            { 0 },
};
static const struct vfp_field pm_control[] = {
    { "state", 0, 2, power_states, 4 }, { "no soft reset", 3, 1 }, { "PME enable", 8, 1 }, { "PME status", 15, 1 }, { 0 },
};
static const struct vfp_field vpd[] = { { "address", 0, 15 }, { "flag", 15, 1 }, { 0 } };

static const char *const counts[] = { "1", "2", "4", "8", "16", "32" };
static const struct vfp_field msi_control[] = {
    { "enable", 0, 1 }, { "capable of", 1, 3, counts, 6 }, { "vectors", 4, 3, counts, 6 },
    { "64-bit", 7, 1 }, { "maskable", 8, 1 },              { 0 },
};
static const char *const bars[] = { "bar0", "bar1", "bar2", "bar3", "bar4", "bar5" };
static const struct vfp_field msix_control[] = {
    { "vectors - 1", 0, 11 }, { "mask all", 14, 1 }, { "enable", 15, 1 }, { 0 },
};
static const struct vfp_field entry_control[] = { { "masked", 0, 1 }, { 0 } };
static const struct vfp_field msix_place[] = { { "in", 0, 3, bars, 6 }, { "offset / 8", 3, 29 }, { 0 } };

static const char *const payloads[] = { "128", "256", "512", "1K", "2K", "4K" };
static const char *const speeds[] = { "0", "2.5 GT/s", "5 GT/s", "8 GT/s", "16 GT/s", "32 GT/s", "64 GT/s" };
static const char *const port_types[] = { "endpoint", "legacy endpoint", NULL, NULL, "root port", "upstream port",
                                          "downstream port", "PCIe to PCI bridge", "PCI to PCIe bridge",
                                          "root complex integrated endpoint", "root complex event collector" };
static const char *const aspm[] = { "none", "L0s", "L1", "L0s and L1" };
static const struct vfp_field pcie_flags[] = {
    { "version", 0, 4 }, { "type", 4, 4, port_types, 11 }, { "slot", 8, 1 }, { "message", 9, 5 }, { 0 },
};
static const struct vfp_field device_capabilities[] = {
    { "payload", 0, 3, payloads, 6 }, { "phantom functions", 3, 2 }, { "extended tag", 5, 1 }, { "L0s latency", 6, 3 },
    { "L1 latency", 9, 3 }, { "attention button", 12, 1 }, { "attention indicator", 13, 1 }, { "power indicator", 14, 1 },
    { "role-based errors", 15, 1 }, { "slot power", 18, 8 }, { "slot power scale", 26, 2 }, { "FLR", 28, 1 }, { 0 },
};
static const struct vfp_field device_control[] = {
    { "correctable", 0, 1 },  { "non-fatal", 1, 1 },          { "fatal", 2, 1 },      { "unsupported", 3, 1 },
    { "relaxed order", 4, 1 }, { "payload", 5, 3, payloads, 6 }, { "extended tag", 8, 1 }, { "phantom", 9, 1 },
    { "aux power", 10, 1 },   { "no snoop", 11, 1 },          { "read request", 12, 3, payloads, 6 },
    { "FLR", 15, 1 },         { 0 },
};
static const struct vfp_field device_status[] = {
    { "correctable", 0, 1 }, { "non-fatal", 1, 1 }, { "fatal", 2, 1 }, { "unsupported", 3, 1 },
    { "aux power", 4, 1 },   { "pending", 5, 1 },   { 0 },
};
static const struct vfp_field link_capabilities[] = {
    { "speed", 0, 4, speeds, 7 }, { "width", 4, 6 }, { "ASPM", 10, 2, aspm, 4 }, { "L0s exit", 12, 3 }, { "L1 exit", 15, 3 },
    { "clock PM", 18, 1 }, { "surprise down", 19, 1 }, { "link active", 20, 1 }, { "bandwidth notification", 21, 1 },
    { "ASPM optional", 22, 1 }, { "port", 24, 8 }, { 0 },
};
static const struct vfp_field link_control[] = {
    { "ASPM", 0, 2, aspm, 4 }, { "RCB 128", 3, 1 }, { "disable", 4, 1 }, { "retrain", 5, 1 }, { "common clock", 6, 1 },
    { "extended sync", 7, 1 }, { "clock PM", 8, 1 }, { "autonomous width disable", 9, 1 }, { "bandwidth interrupt", 10, 1 },
    { "autonomous bandwidth interrupt", 11, 1 }, { 0 },
};
static const struct vfp_field link_status[] = {
    { "speed", 0, 4, speeds, 7 }, { "width", 4, 6 }, { "training", 11, 1 }, { "slot clock", 12, 1 }, { "active", 13, 1 },
    { "bandwidth management", 14, 1 }, { "autonomous bandwidth", 15, 1 }, { 0 },
};
static const struct vfp_field slot_capabilities[] = {
    { "attention button", 0, 1 }, { "power controller", 1, 1 }, { "MRL sensor", 2, 1 }, { "attention indicator", 3, 1 },
    { "power indicator", 4, 1 }, { "surprise", 5, 1 }, { "hot-plug", 6, 1 }, { "power limit", 7, 8 },
    { "interlock", 17, 1 }, { "no command completed", 18, 1 }, { "slot", 19, 13 }, { 0 },
};
static const struct vfp_field slot_control[] = {
    { "attention button", 0, 1 }, { "power fault", 1, 1 }, { "MRL sensor", 2, 1 }, { "presence", 3, 1 },
    { "command completed", 4, 1 }, { "hot-plug interrupt", 5, 1 }, { "attention indicator", 6, 2 },
    { "power indicator", 8, 2 }, { "power off", 10, 1 }, { "interlock", 11, 1 }, { "link state", 12, 1 }, { 0 },
};
static const struct vfp_field slot_status[] = {
    { "attention button", 0, 1 }, { "power fault", 1, 1 }, { "MRL sensor changed", 2, 1 }, { "presence changed", 3, 1 },
    { "command completed", 4, 1 }, { "MRL open", 5, 1 }, { "present", 6, 1 }, { "interlock", 7, 1 },
    { "link state changed", 8, 1 }, { 0 },
};
static const struct vfp_field root_control[] = {
    { "correctable", 0, 1 }, { "non-fatal", 1, 1 }, { "fatal", 2, 1 }, { "PME interrupt", 3, 1 }, { "CRS", 4, 1 }, { 0 },
};
static const struct vfp_field root_status[] = { { "requester", 0, 16 }, { "PME", 16, 1 }, { "PME pending", 17, 1 }, { 0 } };
static const struct vfp_field capabilities2[] = {
    { "timeout ranges", 0, 4 }, { "timeout disable", 4, 1 }, { "ARI", 5, 1 }, { "atomic routing", 6, 1 },
    { "atomic 32", 7, 1 }, { "atomic 64", 8, 1 }, { "CAS 128", 9, 1 }, { "LTR", 11, 1 }, { "TPH", 12, 2 },
    { "10-bit tag completer", 16, 1 }, { "10-bit tag requester", 17, 1 }, { "OBFF", 18, 2 }, { "extended fmt", 20, 1 },
    { "TLP prefix", 21, 1 }, { "TLP prefixes", 22, 2 }, { "emergency power", 24, 2 }, { "FRS", 31, 1 }, { 0 },
};
static const struct vfp_field control2[] = {
    { "timeout", 0, 4 }, { "timeout disable", 4, 1 }, { "ARI", 5, 1 }, { "atomic requests", 6, 1 },
    { "atomic egress blocking", 7, 1 }, { "IDO requests", 8, 1 }, { "IDO completions", 9, 1 }, { "LTR", 10, 1 },
    { "10-bit tags", 12, 1 }, { "OBFF", 13, 2 }, { "TLP prefix blocking", 15, 1 }, { 0 },
};
static const struct vfp_field link_capabilities2[] = {
    { "2.5 GT/s", 1, 1 }, { "5 GT/s", 2, 1 }, { "8 GT/s", 3, 1 }, { "16 GT/s", 4, 1 }, { "32 GT/s", 5, 1 },
    { "64 GT/s", 6, 1 }, { "crosslink", 8, 1 }, { "retimer", 23, 1 }, { "2 retimers", 24, 1 }, { "DRS", 31, 1 }, { 0 },
};
static const struct vfp_field link_control2[] = {
    { "target speed", 0, 4, speeds, 7 }, { "enter compliance", 4, 1 }, { "autonomous speed disable", 5, 1 },
    { "de-emphasis -3.5 dB", 6, 1 }, { "transmit margin", 7, 3 }, { "modified compliance", 10, 1 },
    { "compliance SOS", 11, 1 }, { "compliance preset", 12, 4 }, { 0 },
};
static const struct vfp_field link_status2[] = {
    { "de-emphasis -3.5 dB", 0, 1 }, { "equalization complete", 1, 1 }, { "phase 1", 2, 1 }, { "phase 2", 3, 1 },
    { "phase 3", 4, 1 }, { "equalization request", 5, 1 }, { "retimer", 6, 1 }, { "2 retimers", 7, 1 }, { 0 },
};

static const struct vfp_field af_capabilities[] = { { "transactions pending", 0, 1 }, { "FLR", 1, 1 }, { 0 } };
static const struct vfp_field af_control[] = { { "FLR", 0, 1 }, { 0 } };
static const struct vfp_field af_status[] = { { "pending", 0, 1 }, { 0 } };

const struct vfp_register pci_registers[] = {
    FIXED("vendor", PCI_VENDOR_ID, 2, NULL, "vendor id"),
    FIXED("device", PCI_DEVICE_ID, 2, NULL, "device id"),
    REGISTER("command", PCI_COMMAND, 2, command, "command"),
    REGISTER("status", PCI_STATUS, 2, status, "status"),
    FIXED("revision", PCI_REVISION_ID, 1, NULL, "revision id"),
    FIXED("prog_if", PCI_CLASS_PROG, 1, NULL, "programming interface"),
    FIXED("class", PCI_CLASS_DEVICE, 2, NULL, "class and subclass"),
    REGISTER("cache_line", PCI_CACHE_LINE_SIZE, 1, NULL, "cache line size"),
    REGISTER("latency", PCI_LATENCY_TIMER, 1, NULL, "latency timer"),
    FIXED("header_type", PCI_HEADER_TYPE, 1, header_type, "header type"),
    REGISTER("bist", PCI_BIST, 1, bist, "built-in self test"),
    REGISTER("bar0", PCI_BASE_ADDRESS_0, 4, NULL, "base address 0"),
    REGISTER("bar1", PCI_BASE_ADDRESS_1, 4, NULL, "base address 1"),
    FIXED("capabilities", PCI_CAPABILITY_LIST, 1, NULL, "where the first capability is"),
    REGISTER("irq_line", PCI_INTERRUPT_LINE, 1, NULL, "interrupt line"),
    FIXED("irq_pin", PCI_INTERRUPT_PIN, 1, pin, "interrupt pin"),

    IN(G_DEVICE_HEADER, "bar2", PCI_BASE_ADDRESS_2, 4, NULL),
    IN(G_DEVICE_HEADER, "bar3", PCI_BASE_ADDRESS_3, 4, NULL),
    IN(G_DEVICE_HEADER, "bar4", PCI_BASE_ADDRESS_4, 4, NULL),
    IN(G_DEVICE_HEADER, "bar5", PCI_BASE_ADDRESS_5, 4, NULL),
    IN(G_DEVICE_HEADER, "cis", PCI_CARDBUS_CIS, 4, NULL),
    FIXED_IN(G_DEVICE_HEADER, "subvendor", PCI_SUBSYSTEM_VENDOR_ID, 2, NULL),
    FIXED_IN(G_DEVICE_HEADER, "subdevice", PCI_SUBSYSTEM_ID, 2, NULL),
    IN(G_DEVICE_HEADER, "rom", PCI_ROM_ADDRESS, 4, rom),
    FIXED_IN(G_DEVICE_HEADER, "min_gnt", PCI_MIN_GNT, 1, NULL),
    FIXED_IN(G_DEVICE_HEADER, "max_lat", PCI_MAX_LAT, 1, NULL),

    IN(G_BRIDGE_HEADER, "primary_bus", PCI_PRIMARY_BUS, 1, NULL),
    IN(G_BRIDGE_HEADER, "secondary_bus", PCI_SECONDARY_BUS, 1, NULL),
    IN(G_BRIDGE_HEADER, "subordinate_bus", PCI_SUBORDINATE_BUS, 1, NULL),
    IN(G_BRIDGE_HEADER, "secondary_latency", PCI_SEC_LATENCY_TIMER, 1, NULL),
    IN(G_BRIDGE_HEADER, "io_base", PCI_IO_BASE, 1, NULL),
    IN(G_BRIDGE_HEADER, "io_limit", PCI_IO_LIMIT, 1, NULL),
    IN(G_BRIDGE_HEADER, "secondary_status", PCI_SEC_STATUS, 2, status),
    IN(G_BRIDGE_HEADER, "memory_base", PCI_MEMORY_BASE, 2, NULL),
    IN(G_BRIDGE_HEADER, "memory_limit", PCI_MEMORY_LIMIT, 2, NULL),
    IN(G_BRIDGE_HEADER, "prefetchable_base", PCI_PREF_MEMORY_BASE, 2, NULL),
    IN(G_BRIDGE_HEADER, "prefetchable_limit", PCI_PREF_MEMORY_LIMIT, 2, NULL),
    IN(G_BRIDGE_HEADER, "prefetchable_base_high", PCI_PREF_BASE_UPPER32, 4, NULL),
    IN(G_BRIDGE_HEADER, "prefetchable_limit_high", PCI_PREF_LIMIT_UPPER32, 4, NULL),
    IN(G_BRIDGE_HEADER, "io_base_high", PCI_IO_BASE_UPPER16, 2, NULL),
    IN(G_BRIDGE_HEADER, "io_limit_high", PCI_IO_LIMIT_UPPER16, 2, NULL),
    IN(G_BRIDGE_HEADER, "rom", PCI_ROM_ADDRESS1, 4, rom),
    IN(G_BRIDGE_HEADER, "bridge_control", PCI_BRIDGE_CONTROL, 2, bridge_control),

    FIXED_IN(G_PM, "pm.capabilities", PCI_PM_PMC, 2, pm_capabilities),
    IN(G_PM, "pm.control", PCI_PM_CTRL, 2, pm_control),
    IN(G_VPD, "vpd.address", PCI_VPD_ADDR, 2, vpd),
    IN(G_VPD, "vpd.data", PCI_VPD_DATA, 4, NULL),

    IN(G_MSI32, "msi.control", PCI_MSI_FLAGS, 2, msi_control),
    IN(G_MSI32, "msi.address", PCI_MSI_ADDRESS_LO, 4, NULL),
    IN(G_MSI32, "msi.data", PCI_MSI_DATA_32, 2, NULL),
    IN(G_MSI32_MASK, "msi.mask", PCI_MSI_MASK_32, 4, NULL),
    FIXED_IN(G_MSI32_MASK, "msi.pending", PCI_MSI_PENDING_32, 4, NULL),
    IN(G_MSI64, "msi.control", PCI_MSI_FLAGS, 2, msi_control),
    IN(G_MSI64, "msi.address", PCI_MSI_ADDRESS_LO, 4, NULL),
    IN(G_MSI64, "msi.address_high", PCI_MSI_ADDRESS_HI, 4, NULL),
    IN(G_MSI64, "msi.data", PCI_MSI_DATA_64, 2, NULL),
    IN(G_MSI64_MASK, "msi.mask", PCI_MSI_MASK_64, 4, NULL),
    FIXED_IN(G_MSI64_MASK, "msi.pending", PCI_MSI_PENDING_64, 4, NULL),
    FIXED_IN(G_SSVID, "ssvid.vendor", PCI_SSVID_VENDOR_ID, 2, NULL),
    FIXED_IN(G_SSVID, "ssvid.device", PCI_SSVID_DEVICE_ID, 2, NULL),

    FIXED_IN(G_EXPRESS, "pcie.flags", PCI_EXP_FLAGS, 2, pcie_flags),
    FIXED_IN(G_EXPRESS, "pcie.device_capabilities", PCI_EXP_DEVCAP, 4, device_capabilities),
    IN(G_EXPRESS, "pcie.device_control", PCI_EXP_DEVCTL, 2, device_control),
    IN(G_EXPRESS, "pcie.device_status", PCI_EXP_DEVSTA, 2, device_status),
    FIXED_IN(G_EXPRESS, "pcie.link_capabilities", PCI_EXP_LNKCAP, 4, link_capabilities),
    IN(G_EXPRESS, "pcie.link_control", PCI_EXP_LNKCTL, 2, link_control),
    IN(G_EXPRESS, "pcie.link_status", PCI_EXP_LNKSTA, 2, link_status),
    FIXED_IN(G_EXPRESS_PORT, "pcie.slot_capabilities", PCI_EXP_SLTCAP, 4, slot_capabilities),
    IN(G_EXPRESS_PORT, "pcie.slot_control", PCI_EXP_SLTCTL, 2, slot_control),
    IN(G_EXPRESS_PORT, "pcie.slot_status", PCI_EXP_SLTSTA, 2, slot_status),
    IN(G_EXPRESS_PORT, "pcie.root_control", PCI_EXP_RTCTL, 2, root_control),
    FIXED_IN(G_EXPRESS_PORT, "pcie.root_capabilities", PCI_EXP_RTCAP, 2, NULL),
    IN(G_EXPRESS_PORT, "pcie.root_status", PCI_EXP_RTSTA, 4, root_status),
    FIXED_IN(G_EXPRESS2, "pcie.device_capabilities2", PCI_EXP_DEVCAP2, 4, capabilities2),
    IN(G_EXPRESS2, "pcie.device_control2", PCI_EXP_DEVCTL2, 2, control2),
    IN(G_EXPRESS2, "pcie.device_status2", PCI_EXP_DEVSTA2, 2, NULL),
    FIXED_IN(G_EXPRESS2, "pcie.link_capabilities2", PCI_EXP_LNKCAP2, 4, link_capabilities2),
    IN(G_EXPRESS2, "pcie.link_control2", PCI_EXP_LNKCTL2, 2, link_control2),
    IN(G_EXPRESS2, "pcie.link_status2", PCI_EXP_LNKSTA2, 2, link_status2),

    IN(G_MSIX, "msix.control", PCI_MSIX_FLAGS, 2, msix_control),
    FIXED_IN(G_MSIX, "msix.table", PCI_MSIX_TABLE, 4, msix_place),
    FIXED_IN(G_MSIX, "msix.pba", PCI_MSIX_PBA, 4, msix_place),
    IN(G_MSIX_ENTRY, "msix.entry_address", PCI_MSIX_ENTRY_LOWER_ADDR, 4, NULL),
    IN(G_MSIX_ENTRY, "msix.entry_address_high", PCI_MSIX_ENTRY_UPPER_ADDR, 4, NULL),
    IN(G_MSIX_ENTRY, "msix.entry_data", PCI_MSIX_ENTRY_DATA, 4, NULL),
    IN(G_MSIX_ENTRY, "msix.entry_control", PCI_MSIX_ENTRY_VECTOR_CTRL, 4, entry_control),
    FIXED_IN(G_MSIX_PENDING, "msix.pending", 0, 8, NULL),

    FIXED_IN(G_AF, "af.capabilities", PCI_AF_CAP, 1, af_capabilities),
    IN(G_AF, "af.control", PCI_AF_CTRL, 1, af_control),
    FIXED_IN(G_AF, "af.status", PCI_AF_STATUS, 1, af_status),

    IN(G_AER, "aer.uncorrectable_status", PCI_ERR_UNCOR_STATUS, 4, pci_uncorrectable),
    IN(G_AER, "aer.uncorrectable_mask", PCI_ERR_UNCOR_MASK, 4, pci_uncorrectable),
    IN(G_AER, "aer.uncorrectable_severity", PCI_ERR_UNCOR_SEVER, 4, pci_uncorrectable),
    IN(G_AER, "aer.correctable_status", PCI_ERR_COR_STATUS, 4, pci_correctable),
    IN(G_AER, "aer.correctable_mask", PCI_ERR_COR_MASK, 4, pci_correctable),
    IN(G_AER, "aer.control", PCI_ERR_CAP, 4, pci_aer_control),
    FIXED_IN(G_AER, "aer.header0", PCI_ERR_HEADER_LOG, 4, NULL),
    FIXED_IN(G_AER, "aer.header1", PCI_ERR_HEADER_LOG + 4, 4, NULL),
    FIXED_IN(G_AER, "aer.header2", PCI_ERR_HEADER_LOG + 8, 4, NULL),
    FIXED_IN(G_AER, "aer.header3", PCI_ERR_HEADER_LOG + 12, 4, NULL),
    IN(G_AER_ROOT, "aer.root_command", PCI_ERR_ROOT_COMMAND, 4, pci_root_command),
    IN(G_AER_ROOT, "aer.root_status", PCI_ERR_ROOT_STATUS, 4, pci_root_errors),
    FIXED_IN(G_AER_ROOT, "aer.source", PCI_ERR_ROOT_ERR_SRC, 4, NULL),
    FIXED_IN(G_VC, "vc.port_capabilities1", PCI_VC_PORT_CAP1, 4, pci_vc_capabilities),
    FIXED_IN(G_VC, "vc.port_capabilities2", PCI_VC_PORT_CAP2, 4, NULL),
    IN(G_VC, "vc.port_control", PCI_VC_PORT_CTRL, 2, pci_vc_control),
    FIXED_IN(G_VC, "vc.port_status", PCI_VC_PORT_STATUS, 2, NULL),
    FIXED_IN(G_VC, "vc.vc0_capabilities", PCI_VC_RES_CAP, 4, NULL),
    IN(G_VC, "vc.vc0_control", PCI_VC_RES_CTRL, 4, pci_vc_resource),
    FIXED_IN(G_VC, "vc.vc0_status", PCI_VC_RES_STATUS, 2, pci_vc_status),
    FIXED_IN(G_DSN, "dsn.serial", 4, 4, NULL),
    FIXED_IN(G_DSN, "dsn.serial_high", 8, 4, NULL),
    FIXED_IN(G_ACS, "acs.capabilities", PCI_ACS_CAP, 2, pci_acs),
    IN(G_ACS, "acs.control", PCI_ACS_CTRL, 2, pci_acs),
    FIXED_IN(G_ARI, "ari.capabilities", PCI_ARI_CAP, 2, pci_ari_capabilities),
    IN(G_ARI, "ari.control", PCI_ARI_CTRL, 2, pci_ari_control),
    FIXED_IN(G_ATS, "ats.capabilities", PCI_ATS_CAP, 2, pci_ats_capabilities),
    IN(G_ATS, "ats.control", PCI_ATS_CTRL, 2, pci_ats_control),
    FIXED_IN(G_SRIOV, "sriov.capabilities", PCI_SRIOV_CAP, 4, pci_sriov_capabilities),
    IN(G_SRIOV, "sriov.control", PCI_SRIOV_CTRL, 2, pci_sriov_control),
    IN(G_SRIOV, "sriov.status", PCI_SRIOV_STATUS, 2, NULL),
    FIXED_IN(G_SRIOV, "sriov.initial_vfs", PCI_SRIOV_INITIAL_VF, 2, NULL),
    FIXED_IN(G_SRIOV, "sriov.total_vfs", PCI_SRIOV_TOTAL_VF, 2, NULL),
    IN(G_SRIOV, "sriov.num_vfs", PCI_SRIOV_NUM_VF, 2, NULL),
    IN(G_SRIOV, "sriov.function_link", PCI_SRIOV_FUNC_LINK, 1, NULL),
    FIXED_IN(G_SRIOV, "sriov.vf_offset", PCI_SRIOV_VF_OFFSET, 2, NULL),
    FIXED_IN(G_SRIOV, "sriov.vf_stride", PCI_SRIOV_VF_STRIDE, 2, NULL),
    FIXED_IN(G_SRIOV, "sriov.vf_device", PCI_SRIOV_VF_DID, 2, NULL),
    FIXED_IN(G_SRIOV, "sriov.page_sizes", PCI_SRIOV_SUP_PGSIZE, 4, NULL),
    IN(G_SRIOV, "sriov.page_size", PCI_SRIOV_SYS_PGSIZE, 4, NULL),
    IN(G_SRIOV, "sriov.vf_bar0", PCI_SRIOV_BAR, 4, NULL),
    IN(G_SRIOV, "sriov.vf_bar1", PCI_SRIOV_BAR + 4, 4, NULL),
    IN(G_SRIOV, "sriov.vf_bar2", PCI_SRIOV_BAR + 8, 4, NULL),
    IN(G_SRIOV, "sriov.vf_bar3", PCI_SRIOV_BAR + 12, 4, NULL),
    IN(G_SRIOV, "sriov.vf_bar4", PCI_SRIOV_BAR + 16, 4, NULL),
    IN(G_SRIOV, "sriov.vf_bar5", PCI_SRIOV_BAR + 20, 4, NULL),
    IN(G_PRI, "pri.control", PCI_PRI_CTRL, 2, pci_pri_control),
    IN(G_PRI, "pri.status", PCI_PRI_STATUS, 2, pci_pri_status),
    FIXED_IN(G_PRI, "pri.capacity", PCI_PRI_MAX_REQ, 4, NULL),
    IN(G_PRI, "pri.allocation", PCI_PRI_ALLOC_REQ, 4, NULL),
    FIXED_IN(G_REBAR, "rebar.capabilities", PCI_REBAR_CAP, 4, pci_rebar_capabilities),
    IN(G_REBAR, "rebar.control", PCI_REBAR_CTRL, 4, pci_rebar_control),
    FIXED_IN(G_REBAR2, "rebar.capabilities2", PCI_REBAR_CAP + 8, 4, pci_rebar_capabilities),
    IN(G_REBAR2, "rebar.control2", PCI_REBAR_CTRL + 8, 4, pci_rebar_control),
    FIXED_IN(G_REBAR3, "rebar.capabilities3", PCI_REBAR_CAP + 16, 4, pci_rebar_capabilities),
    IN(G_REBAR3, "rebar.control3", PCI_REBAR_CTRL + 16, 4, pci_rebar_control),
    FIXED_IN(G_TPH, "tph.capabilities", PCI_TPH_CAP, 4, pci_tph_capabilities),
    IN(G_TPH, "tph.control", 8, 4, pci_tph_control),
    IN(G_LTR, "ltr.max_snoop", PCI_LTR_MAX_SNOOP_LAT, 2, pci_latency),
    IN(G_LTR, "ltr.max_no_snoop", PCI_LTR_MAX_NOSNOOP_LAT, 2, pci_latency),
    IN(G_SECONDARY, "secondary.link_control3", 4, 4, pci_link_control3),
    IN(G_SECONDARY, "secondary.lane_errors", 8, 4, NULL),
    FIXED_IN(G_PASID, "pasid.capabilities", PCI_PASID_CAP, 2, pci_pasid_capabilities),
    IN(G_PASID, "pasid.control", PCI_PASID_CTRL, 2, pci_pasid_control),
    FIXED_IN(G_DPC, "dpc.capabilities", PCI_EXP_DPC_CAP, 2, pci_dpc_capabilities),
    IN(G_DPC, "dpc.control", PCI_EXP_DPC_CTL, 2, pci_dpc_control),
    IN(G_DPC, "dpc.status", PCI_EXP_DPC_STATUS, 2, pci_dpc_status),
    FIXED_IN(G_DPC, "dpc.source", PCI_EXP_DPC_SOURCE_ID, 2, NULL),
    FIXED_IN(G_L1SS, "l1ss.capabilities", PCI_L1SS_CAP, 4, pci_l1ss_capabilities),
    IN(G_L1SS, "l1ss.control1", PCI_L1SS_CTL1, 4, pci_l1ss_control1),
    IN(G_L1SS, "l1ss.control2", PCI_L1SS_CTL2, 4, pci_l1ss_control2),
    FIXED_IN(G_PTM, "ptm.capabilities", PCI_PTM_CAP, 4, pci_ptm_capabilities),
    IN(G_PTM, "ptm.control", PCI_PTM_CTRL, 4, pci_ptm_control),
    FIXED_IN(G_VSEC, "vsec.header", 4, 4, pci_vsec),
    FIXED_IN(G_DVSEC, "dvsec.header1", PCI_DVSEC_HEADER1, 4, pci_dvsec),
    FIXED_IN(G_DVSEC, "dvsec.header2", PCI_DVSEC_HEADER2, 2, NULL),
    FIXED_IN(G_DLF, "dlf.capabilities", 4, 4, pci_dlf_capabilities),
    FIXED_IN(G_DLF, "dlf.status", 8, 4, pci_dlf_status),
    { 0 },
};
