/*
 * PCI: registers and fields of the header and of the capabilities that are told field by field (PCI Express Base
 * Specification, 7.5 and 7.7). Offsets of capabilities' registers count from the capability.
 */
#include "pci.h"

#define REGISTER(n, o, w, f, h) { n, o, VFP_CONFIG, w, f, h }

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

const struct vfp_register pci_header[] = {
    REGISTER("vendor", PCI_VENDOR_ID, 2, NULL, "vendor id"),
    REGISTER("device", PCI_DEVICE_ID, 2, NULL, "device id"),
    REGISTER("command", PCI_COMMAND, 2, command, "command"),
    REGISTER("status", PCI_STATUS, 2, status, "status"),
    REGISTER("revision", PCI_REVISION_ID, 1, NULL, "revision id"),
    REGISTER("prog_if", PCI_CLASS_PROG, 1, NULL, "programming interface"),
    REGISTER("class", PCI_CLASS_DEVICE, 2, NULL, "class and subclass"),
    REGISTER("cache_line", PCI_CACHE_LINE_SIZE, 1, NULL, "cache line size"),
    REGISTER("latency", PCI_LATENCY_TIMER, 1, NULL, "latency timer"),
    REGISTER("header_type", PCI_HEADER_TYPE, 1, header_type, "header type"),
    REGISTER("bist", PCI_BIST, 1, NULL, "built-in self test"),
    REGISTER("bar0", PCI_BASE_ADDRESS_0, 4, NULL, "base address 0"),
    REGISTER("bar1", PCI_BASE_ADDRESS_1, 4, NULL, "base address 1"),
    REGISTER("bar2", PCI_BASE_ADDRESS_2, 4, NULL, "base address 2"),
    REGISTER("bar3", PCI_BASE_ADDRESS_3, 4, NULL, "base address 3"),
    REGISTER("bar4", PCI_BASE_ADDRESS_4, 4, NULL, "base address 4"),
    REGISTER("bar5", PCI_BASE_ADDRESS_5, 4, NULL, "base address 5"),
    REGISTER("cis", PCI_CARDBUS_CIS, 4, NULL, "CardBus CIS pointer"),
    REGISTER("subvendor", PCI_SUBSYSTEM_VENDOR_ID, 2, NULL, "subsystem vendor id"),
    REGISTER("subdevice", PCI_SUBSYSTEM_ID, 2, NULL, "subsystem id"),
    REGISTER("rom", PCI_ROM_ADDRESS, 4, rom, "expansion ROM base address"),
    REGISTER("capabilities", PCI_CAPABILITY_LIST, 1, NULL, "where the first capability is"),
    REGISTER("irq_line", PCI_INTERRUPT_LINE, 1, NULL, "interrupt line"),
    REGISTER("irq_pin", PCI_INTERRUPT_PIN, 1, pin, "interrupt pin"),
    REGISTER("min_gnt", PCI_MIN_GNT, 1, NULL, "minimum grant"),
    REGISTER("max_lat", PCI_MAX_LAT, 1, NULL, "maximum latency"),
    { 0 },
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
static const struct vfp_register pm[] = {
    REGISTER("pm.capabilities", PCI_PM_PMC, 2, pm_capabilities, NULL),
    REGISTER("pm.control", PCI_PM_CTRL, 2, pm_control, NULL),
    { 0 },
};

static const char *const counts[] = { "1", "2", "4", "8", "16", "32" };
static const struct vfp_field msi_control[] = {
    { "enable", 0, 1 }, { "capable of", 1, 3, counts, 6 }, { "vectors", 4, 3, counts, 6 },
    { "64-bit", 7, 1 }, { "maskable", 8, 1 },              { 0 },
};
static const struct vfp_register msi32[] = {
    REGISTER("msi.control", PCI_MSI_FLAGS, 2, msi_control, NULL),
    REGISTER("msi.address", PCI_MSI_ADDRESS_LO, 4, NULL, NULL),
    REGISTER("msi.data", PCI_MSI_DATA_32, 2, NULL, NULL),
    REGISTER("msi.mask", PCI_MSI_MASK_32, 4, NULL, NULL),
    REGISTER("msi.pending", PCI_MSI_PENDING_32, 4, NULL, NULL),
    { 0 },
};
static const struct vfp_register msi64[] = {
    REGISTER("msi.control", PCI_MSI_FLAGS, 2, msi_control, NULL),
    REGISTER("msi.address", PCI_MSI_ADDRESS_LO, 4, NULL, NULL),
    REGISTER("msi.address_high", PCI_MSI_ADDRESS_HI, 4, NULL, NULL),
    REGISTER("msi.data", PCI_MSI_DATA_64, 2, NULL, NULL),
    REGISTER("msi.mask", PCI_MSI_MASK_64, 4, NULL, NULL),
    REGISTER("msi.pending", PCI_MSI_PENDING_64, 4, NULL, NULL),
    { 0 },
};

static const char *const bars[] = { "bar0", "bar1", "bar2", "bar3", "bar4", "bar5" };
static const struct vfp_field msix_control[] = {
    { "vectors - 1", 0, 11 }, { "mask all", 14, 1 }, { "enable", 15, 1 }, { 0 },
};
static const struct vfp_field msix_place[] = { { "in", 0, 3, bars, 6 }, { "offset / 8", 3, 29 }, { 0 } };
static const struct vfp_register msix[] = {
    REGISTER("msix.control", PCI_MSIX_FLAGS, 2, msix_control, NULL),
    REGISTER("msix.table", PCI_MSIX_TABLE, 4, msix_place, NULL),
    REGISTER("msix.pba", PCI_MSIX_PBA, 4, msix_place, NULL),
    { 0 },
};

static const char *const payloads[] = { "128", "256", "512", "1K", "2K", "4K" };
static const char *const speeds[] = { "0", "2.5 GT/s", "5 GT/s", "8 GT/s", "16 GT/s", "32 GT/s", "64 GT/s" };
static const char *const port_types[] = { "endpoint", "legacy endpoint", NULL, NULL, "root port", "upstream port",
                                          "downstream port", "PCIe to PCI bridge", "PCI to PCIe bridge",
                                          "root complex integrated endpoint", "root complex event collector" };
static const struct vfp_field pcie_flags[] = {
    { "version", 0, 4 }, { "type", 4, 4, port_types, 11 }, { "slot", 8, 1 }, { "message", 9, 5 }, { 0 },
};
static const struct vfp_field device_capabilities[] = {
    { "payload", 0, 3, payloads, 6 }, { "phantom functions", 3, 2 }, { "extended tag", 5, 1 }, { "L0s latency", 6, 3 },
    { "L1 latency", 9, 3 }, { "role-based errors", 15, 1 }, { "FLR", 28, 1 }, { 0 },
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
static const struct vfp_field link[] = { { "speed", 0, 4, speeds, 7 }, { "width", 4, 6 }, { "ASPM", 10, 2 }, { 0 } };
static const struct vfp_field link_control[] = {
    { "ASPM", 0, 2 }, { "disable", 4, 1 }, { "retrain", 5, 1 }, { "common clock", 6, 1 }, { "clock PM", 8, 1 }, { 0 },
};
static const struct vfp_field link_status[] = {
    { "speed", 0, 4, speeds, 7 }, { "width", 4, 6 }, { "training", 11, 1 }, { "slot clock", 12, 1 }, { "active", 13, 1 },
    { 0 },
};
static const struct vfp_field control2[] = {
    { "timeout", 0, 4 }, { "timeout disable", 4, 1 }, { "ARI", 5, 1 }, { "LTR", 10, 1 }, { "OBFF", 13, 2 }, { 0 },
};
static const struct vfp_register pcie[] = {
    REGISTER("pcie.flags", PCI_EXP_FLAGS, 2, pcie_flags, NULL),
    REGISTER("pcie.device_capabilities", PCI_EXP_DEVCAP, 4, device_capabilities, NULL),
    REGISTER("pcie.device_control", PCI_EXP_DEVCTL, 2, device_control, NULL),
    REGISTER("pcie.device_status", PCI_EXP_DEVSTA, 2, device_status, NULL),
    REGISTER("pcie.link_capabilities", PCI_EXP_LNKCAP, 4, link, NULL),
    REGISTER("pcie.link_control", PCI_EXP_LNKCTL, 2, link_control, NULL),
    REGISTER("pcie.link_status", PCI_EXP_LNKSTA, 2, link_status, NULL),
    REGISTER("pcie.device_capabilities2", PCI_EXP_DEVCAP2, 4, NULL, NULL),
    REGISTER("pcie.device_control2", PCI_EXP_DEVCTL2, 2, control2, NULL),
    REGISTER("pcie.link_capabilities2", PCI_EXP_LNKCAP2, 4, NULL, NULL),
    REGISTER("pcie.link_control2", PCI_EXP_LNKCTL2, 2, NULL, NULL),
    REGISTER("pcie.link_status2", PCI_EXP_LNKSTA2, 2, NULL, NULL),
    { 0 },
};

static const struct vfp_field af_capabilities[] = { { "transactions pending", 0, 1 }, { "FLR", 1, 1 }, { 0 } };
static const struct vfp_field af_control[] = { { "FLR", 0, 1 }, { 0 } };
static const struct vfp_register af[] = {
    REGISTER("af.capabilities", PCI_AF_CAP, 1, af_capabilities, NULL),
    REGISTER("af.control", PCI_AF_CTRL, 1, af_control, NULL),
    REGISTER("af.status", PCI_AF_STATUS, 1, NULL, NULL),
    { 0 },
};

const struct vfp_register *pci_capability_registers(uint8_t id, uint16_t flags)
{
    switch (id) {
    case PCI_CAP_ID_PM:
        return pm;
    case PCI_CAP_ID_MSI:
        return flags & PCI_MSI_FLAGS_64BIT ? msi64 : msi32;
    case PCI_CAP_ID_MSIX:
        return msix;
    case PCI_CAP_ID_EXP:
        return pcie;
    case PCI_CAP_ID_AF:
        return af;
    default:
        return NULL;
    }
}
