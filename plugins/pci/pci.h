/*
 * The PCI plugin: what its parts share. From the ground up:
 *
 *   names      of capabilities; ids: of devices, where pci.ids is there
 *   registers  the table of registers              extended   fields of those of extended capabilities
 *   groups     which registers a capability has    space      config space, as far as it was seen
 *   fits       what fits together                  misfits    and the words for what does not
 *   places     where registers are
 *   bars       BARs, and the MSI-X table in one    shell      commands of the shell
 *   pci        follows config space; what vfuscope sees
 */
#ifndef VFUSCOPE_PLUGIN_PCI_H
#define VFUSCOPE_PLUGIN_PCI_H

#include "plugins/fields.h"

#include <linux/pci_regs.h>

enum { PCI_SPACE = PCI_CFG_SPACE_EXP_SIZE, PCI_CAPABILITIES = 64 /* that are followed */ };

/* Registers that stand together, from the begin of a header or a capability on. */
enum pci_group {
    G_DEVICE_HEADER, G_BRIDGE_HEADER,
    G_PM, G_VPD, G_MSI32, G_MSI32_MASK, G_MSI64, G_MSI64_MASK, G_SSVID, G_EXPRESS, G_EXPRESS_PORT, G_EXPRESS2, G_MSIX, G_AF,
    G_AER, G_AER_ROOT, G_VC, G_DSN, G_ACS, G_ARI, G_ATS, G_SRIOV, G_PRI, G_REBAR, G_REBAR2, G_REBAR3, G_TPH, G_LTR,
    G_SECONDARY, G_PASID, G_DPC, G_L1SS, G_PTM, G_VSEC, G_DVSEC, G_DLF,
    G_MSIX_ENTRY, G_MSIX_PENDING, /* in BARs */
    GROUPS,
};

extern const struct vfp_register pci_registers[];
extern const struct vfp_field pci_uncorrectable[], pci_correctable[], pci_aer_control[], pci_root_command[],
    pci_root_errors[], pci_dpc_capabilities[], pci_dpc_control[], pci_dpc_status[], pci_acs[], pci_ari_capabilities[],
    pci_ari_control[], pci_ats_capabilities[], pci_ats_control[], pci_pri_control[], pci_pri_status[],
    pci_pasid_capabilities[], pci_pasid_control[], pci_sriov_capabilities[], pci_sriov_control[], pci_rebar_capabilities[],
    pci_rebar_control[], pci_vc_capabilities[], pci_vc_control[], pci_vc_resource[], pci_vc_status[],
    pci_tph_capabilities[], pci_tph_control[], pci_latency[], pci_link_control3[], pci_l1ss_capabilities[],
    pci_l1ss_control1[], pci_l1ss_control2[], pci_ptm_capabilities[], pci_ptm_control[], pci_dlf_capabilities[],
    pci_dlf_status[], pci_vsec[], pci_dvsec[];

/* groups.c. Config space as far as it is known: false: these bytes (4 at most) are not. */
struct pci_view {
    bool (*get)(const void *context, unsigned at, unsigned size, uint32_t *value);
    const void *context;
};
struct pci_capability {
    uint16_t at, id;
    uint64_t groups; /* bits of enum pci_group */
};
struct pci_list {
    struct pci_capability capabilities[PCI_CAPABILITIES];
    unsigned count;
    uint16_t wrong_at; /* where a list leads into the header, or comes round to; 0: nowhere */
};
/* Both lists, as far as they are known. Done: up to their ends. */
void pci_walk(const struct pci_view *view, struct pci_list *list, bool *done, bool *extended_done);
/* Where the registers from `base` (a capability, or 0: the header) on end. */
unsigned pci_end_of(const struct pci_list *list, unsigned base);
/* Is it a register of the header, or of this capability? */
bool pci_is_in_header(const struct pci_view *view, const struct vfp_register *r);
static inline bool pci_is_in(const struct pci_capability *c, const struct vfp_register *r)
{
    return r->region >= VFP_LOCATED && c->groups >> (r->region - VFP_LOCATED) & 1;
}
bool pci_locate(const struct vfp_register *r, const uint8_t *config, size_t size, uint8_t *region, uint32_t *offset);
bool pci_is_bridge(const struct pci_view *view);

/* names.c. NULL: none that is known. */
const char *pci_capability_name(uint8_t id);
const char *pci_extended_name(uint16_t id);
/* ids.c. The vendor's and device's names into `text`; empty where there are none. */
void pci_device_names(const struct vfp_ids *ids, char *text, size_t size);
/* Likewise the class's, the subsystem's. */
void pci_class_name(const struct vfp_ids *ids, char *text, size_t size);
void pci_subsystem_names(const struct vfp_ids *ids, char *text, size_t size);

/* misfits.c: in the order of the table. */
enum pci_misfit {
    PCI_MSIX_VECTORS, PCI_MSIX_TABLE_PLACE, PCI_MSIX_PBA_PLACE, PCI_MSIX_OVERLAP, PCI_MSIX_MAPPED, PCI_MSI_VECTORS, PCI_INTX_PIN,
    PCI_CAP_LIST, PCI_HEADER, PCI_IO_BAR, PCI_WIDE_BAR, PCI_CLASS_BAR,
    PCI_MISFITS,
};
extern const struct vfp_finding pci_misfits[];

/* shell.c */
extern const struct vfp_command pci_commands[];

/* The state of one device. */
struct pci {
    struct vfp_device *device;
    const struct vfp_host *host;
    bool known_before[PCI_SPACE]; /* what follows was seen before the access at hand */
    uint8_t before[PCI_SPACE];
    struct pci_list list;
    bool introduced, subsystem_told, listed, extended_listed;
    bool sizing[7];   /* all ones were written to each BAR and, last, to the ROM's */
    uint32_t mask[7]; /* what a sized BAR reads */
    bool told_gone, told_refused;
    uint8_t told_read_only[32]; /* bits of the registers of which it was said */
    bool named;                 /* the line of the access at hand has names, values and fields */
    uint64_t placed;            /* a hash of what the registers' places depend on */
};

/* space.c. False: it is not known. */
bool pci_config(const struct pci *p, unsigned at, unsigned size, uint32_t *value);
struct pci_view pci_view_of(struct pci *p);

/* fits.c */
struct pci_msix {
    uint32_t vectors;
    unsigned table_bar, pba_bar;
    uint32_t table, pba; /* offsets */
};
/* What the MSI-X capability says; false: it was not seen. */
bool pci_msix_of(const struct pci *p, struct pci_msix *m);
/* Capabilities of the first 256 bytes; NULL: there is none with this id, as far as was seen. */
const struct pci_capability *pci_find(const struct pci *p, uint16_t id);
/* Say what does not fit together, of all that is known. */
void pci_fit(struct pci *p);
/* Is it the lower half of a 64-bit BAR? */
static inline bool pci_is_wide(uint32_t low)
{
    return !(low & PCI_BASE_ADDRESS_SPACE_IO) && (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
}

/* places.c: where registers are, as far as is known; vfuscope is told when that changes. */
bool pci_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place);
void pci_note_places(struct pci *p);

/* bars.c: which BAR is at this offset of config space (6: the ROM's; 7: none), an access to it, an access to a BAR. */
unsigned pci_bar_at(struct pci *p, unsigned offset);
void pci_bar_access(struct pci *p, unsigned bar, uint32_t value, bool is_write);
void pci_memory_access(struct pci *p, const struct vfp_access *a);

#define NOTE(p, ...) (p)->host->note((p)->device, __VA_ARGS__)
#define WARN(p, ...) (p)->host->warn((p)->device, __VA_ARGS__)
#define MISFIT(p, row, ...) (p)->host->misfit((p)->device, row, __VA_ARGS__)

#endif
