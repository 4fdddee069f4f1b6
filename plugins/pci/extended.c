/*
 * PCI: fields of the registers of extended capabilities (PCI Express Base Specification 6, 7.7 to 7.9).
 */
#include "plugins/pci/pci.h"

/* --- errors --- */

const struct vfp_field pci_uncorrectable[] = {
    { "data link protocol", 4, 1 },   { "surprise down", 5, 1 },         { "poisoned TLP", 12, 1 },
    { "flow control", 13, 1 },        { "completion timeout", 14, 1 },   { "completer abort", 15, 1 },
    { "unexpected completion", 16, 1 }, { "receiver overflow", 17, 1 },  { "malformed TLP", 18, 1 },
    { "ECRC", 19, 1 },                { "unsupported request", 20, 1 },  { "ACS violation", 21, 1 },
    { "internal", 22, 1 },            { "multicast blocked", 23, 1 },    { "atomic blocked", 24, 1 },
    { "TLP prefix blocked", 25, 1 },  { "poisoned TLP blocked", 26, 1 }, { 0 },
};
const struct vfp_field pci_correctable[] = {
    { "receiver", 0, 1 },        { "bad TLP", 6, 1 },   { "bad DLLP", 7, 1 },  { "replay rollover", 8, 1 },
    { "replay timeout", 12, 1 }, { "advisory", 13, 1 }, { "internal", 14, 1 }, { "log overflow", 15, 1 },
    { 0 },
};
const struct vfp_field pci_aer_control[] = {
    { "first error", 0, 5 },  { "can make ECRC", 5, 1 },    { "makes ECRC", 6, 1 },    { "can check ECRC", 7, 1 },
    { "checks ECRC", 8, 1 },  { "can log headers", 9, 1 },  { "logs headers", 10, 1 }, { "TLP prefix", 11, 1 },
    { 0 },
};
const struct vfp_field pci_root_command[] = { { "correctable", 0, 1 }, { "non-fatal", 1, 1 }, { "fatal", 2, 1 }, { 0 } };
const struct vfp_field pci_root_errors[] = {
    { "correctable", 0, 1 }, { "more correctable", 1, 1 }, { "uncorrectable", 2, 1 }, { "more uncorrectable", 3, 1 },
    { "first is fatal", 4, 1 }, { "non-fatal", 5, 1 }, { "fatal", 6, 1 }, { "message", 27, 5 }, { 0 },
};

static const char *const triggers[] = { "off", "fatal", "non-fatal" };
static const char *const reasons[] = { "uncorrectable", "non-fatal message", "fatal message", "see extension" };
const struct vfp_field pci_dpc_capabilities[] = {
    { "message", 0, 5 },   { "root port extensions", 5, 1 }, { "poisoned TLP blocking", 6, 1 }, { "software trigger", 7, 1 },
    { "log size", 8, 4 },  { "link active message", 12, 1 }, { 0 },
};
const struct vfp_field pci_dpc_control[] = {
    { "trigger", 0, 2, triggers, 3 }, { "completion abort", 2, 1 }, { "interrupt", 3, 1 }, { "correctable message", 4, 1 },
    { "poisoned TLP blocking", 5, 1 }, { "software trigger", 6, 1 }, { "link active message", 7, 1 }, { 0 },
};
const struct vfp_field pci_dpc_status[] = {
    { "triggered", 0, 1 }, { "reason", 1, 2, reasons, 4 }, { "interrupt", 3, 1 }, { "busy", 4, 1 }, { "extension", 5, 2 },
    { "first error", 8, 5 }, { 0 },
};

/* --- addresses and isolation --- */

const struct vfp_field pci_acs[] = {
    { "source validation", 0, 1 }, { "translation blocking", 1, 1 }, { "request redirect", 2, 1 },
    { "completion redirect", 3, 1 }, { "upstream forwarding", 4, 1 }, { "egress control", 5, 1 },
    { "direct translated", 6, 1 }, { "egress vector", 8, 8 }, { 0 },
};
const struct vfp_field pci_ari_capabilities[] = { { "MFVC groups", 0, 1 }, { "ACS groups", 1, 1 }, { "next function", 8, 8 },
                                                  { 0 } };
const struct vfp_field pci_ari_control[] = { { "MFVC groups", 0, 1 }, { "ACS groups", 1, 1 }, { "group", 4, 3 }, { 0 } };
const struct vfp_field pci_ats_capabilities[] = { { "queue depth", 0, 5 }, { "page aligned", 5, 1 },
                                                  { "global invalidate", 6, 1 }, { "relaxed ordering", 7, 1 }, { 0 } };
const struct vfp_field pci_ats_control[] = { { "smallest unit", 0, 5 }, { "enable", 15, 1 }, { 0 } };
const struct vfp_field pci_pri_control[] = { { "enable", 0, 1 }, { "reset", 1, 1 }, { 0 } };
const struct vfp_field pci_pri_status[] = { { "response failure", 0, 1 }, { "unexpected group", 1, 1 }, { "stopped", 8, 1 },
                                            { "PASID required", 15, 1 }, { 0 } };
const struct vfp_field pci_pasid_capabilities[] = { { "execute", 1, 1 }, { "privileged", 2, 1 }, { "width", 8, 5 }, { 0 } };
const struct vfp_field pci_pasid_control[] = { { "enable", 0, 1 }, { "execute", 1, 1 }, { "privileged", 2, 1 }, { 0 } };
const struct vfp_field pci_sriov_capabilities[] = { { "migration", 0, 1 }, { "ARI preserved", 1, 1 }, { "10-bit tags", 2, 1 },
                                                    { "message", 21, 11 }, { 0 } };
const struct vfp_field pci_sriov_control[] = { { "enable", 0, 1 }, { "migration", 1, 1 }, { "migration interrupt", 2, 1 },
                                               { "memory", 3, 1 }, { "ARI", 4, 1 }, { "10-bit tags", 5, 1 }, { 0 } };

static const char *const sizes[] = { "1M", "2M", "4M", "8M", "16M", "32M", "64M", "128M", "256M", "512M", "1G", "2G", "4G",
                                     "8G", "16G", "32G", "64G", "128G", "256G", "512G" };
const struct vfp_field pci_rebar_capabilities[] = {
    { "1M", 4, 1 },    { "2M", 5, 1 },    { "4M", 6, 1 },   { "8M", 7, 1 },   { "16M", 8, 1 },  { "32M", 9, 1 },
    { "64M", 10, 1 },  { "128M", 11, 1 }, { "256M", 12, 1 }, { "512M", 13, 1 }, { "1G", 14, 1 }, { "2G", 15, 1 },
    { "4G", 16, 1 },   { "8G", 17, 1 },   { "16G", 18, 1 }, { "32G", 19, 1 }, { "64G", 20, 1 }, { "more", 21, 11 },
    { 0 },
};
const struct vfp_field pci_rebar_control[] = { { "BAR", 0, 3 }, { "BARs", 5, 3 }, { "size", 8, 6, sizes, 20 }, { 0 } };

/* --- links, traffic and power --- */

const struct vfp_field pci_vc_capabilities[] = { { "more channels", 0, 3 }, { "low priority", 4, 3 }, { "clock", 8, 2 },
                                                 { "table entry size", 10, 2 }, { 0 } };
const struct vfp_field pci_vc_control[] = { { "load table", 0, 1 }, { "arbitration", 1, 3 }, { 0 } };
const struct vfp_field pci_vc_resource[] = { { "classes", 0, 8 }, { "load table", 16, 1 }, { "arbitration", 17, 3 },
                                             { "id", 24, 3 }, { "enable", 31, 1 }, { 0 } };
const struct vfp_field pci_vc_status[] = { { "table", 0, 1 }, { "negotiation pending", 1, 1 }, { 0 } };
static const char *const tph_modes[] = { "no tags", "interrupt vector", "device specific" };
static const char *const tph_tables[] = { "none", "in the capability", "in the MSI-X table" };
static const char *const tph_requests[] = { "off", "TPH", NULL, "extended TPH" };
const struct vfp_field pci_tph_capabilities[] = {
    { "no tags", 0, 1 }, { "interrupt vector", 1, 1 }, { "device specific", 2, 1 }, { "extended", 8, 1 },
    { "table", 9, 2, tph_tables, 3 }, { "entries - 1", 16, 11 }, { 0 },
};
const struct vfp_field pci_tph_control[] = { { "mode", 0, 3, tph_modes, 3 }, { "requests", 8, 2, tph_requests, 4 }, { 0 } };
static const char *const scales[] = { "ns", "32 ns", "1024 ns", "32768 ns", "1048576 ns", "33554432 ns" };
const struct vfp_field pci_latency[] = { { "value", 0, 10 }, { "times", 10, 3, scales, 6 }, { "requirement", 15, 1 }, { 0 } };
const struct vfp_field pci_link_control3[] = { { "equalize", 0, 1 }, { "equalization interrupt", 1, 1 }, { "SKP speeds", 9, 7 },
                                               { 0 } };
static const char *const microseconds[] = { "2 us", "10 us", "100 us" };
const struct vfp_field pci_l1ss_capabilities[] = {
    { "PCI-PM L1.2", 0, 1 }, { "PCI-PM L1.1", 1, 1 }, { "ASPM L1.2", 2, 1 }, { "ASPM L1.1", 3, 1 }, { "supported", 4, 1 },
    { "restore us", 8, 8 }, { "power on times", 16, 2, microseconds, 3 }, { "power on", 19, 5 }, { 0 },
};
const struct vfp_field pci_l1ss_control1[] = {
    { "PCI-PM L1.2", 0, 1 }, { "PCI-PM L1.1", 1, 1 }, { "ASPM L1.2", 2, 1 }, { "ASPM L1.1", 3, 1 },
    { "link activation interrupt", 4, 1 }, { "restore us", 8, 8 }, { "threshold", 16, 10 },
    { "threshold times", 29, 3, scales, 6 }, { 0 },
};
const struct vfp_field pci_l1ss_control2[] = { { "power on times", 0, 2, microseconds, 3 }, { "power on", 3, 5 }, { 0 } };
const struct vfp_field pci_ptm_capabilities[] = { { "requester", 0, 1 }, { "responder", 1, 1 }, { "root", 2, 1 },
                                                  { "granularity ns", 8, 8 }, { 0 } };
const struct vfp_field pci_ptm_control[] = { { "enable", 0, 1 }, { "root", 1, 1 }, { "granularity ns", 8, 8 }, { 0 } };
const struct vfp_field pci_dlf_capabilities[] = { { "scaled flow control", 0, 1 }, { "exchange", 31, 1 }, { 0 } };
const struct vfp_field pci_dlf_status[] = { { "scaled flow control", 0, 1 }, { "valid", 31, 1 }, { 0 } };
const struct vfp_field pci_vsec[] = { { "id", 0, 16 }, { "revision", 16, 4 }, { "length", 20, 12 }, { 0 } };
const struct vfp_field pci_dvsec[] = { { "vendor", 0, 16 }, { "revision", 16, 4 }, { "length", 20, 12 }, { 0 } };
