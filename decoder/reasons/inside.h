/*
 * What reasons and misfits share: their numbers, and how they are said (say.c). table.c and misfits.c have the rows,
 * reasons.c says which are looked for.
 */
#ifndef VFU_DECODER_REASONS_INSIDE_H
#define VFU_DECODER_REASONS_INSIDE_H

#include "decoder/reasons/reasons.h"
#include "decoder/session/peers.h"
#include "decoder/wire/decode.h"

/* The reasons, in the order of the table. */
enum vfu_reason_number {
    REASON_REGION_END,
    REASONS
};
extern const struct vfu_reason vfu_reason_table[REASONS];

/* The misfits, in the order of the table. */
enum vfu_misfit_number {
    /* regions */
    MISFIT_BAR_SIZE,
    MISFIT_EMPTY_REGION,
    MISFIT_REGION_CLOSED,
    MISFIT_CONFIG_SIZE,
    MISFIT_CONFIG_ACCESS,
    MISFIT_ROM_SIZE,
    MISFIT_ROM_SIGNATURE,
    MISFIT_VGA_REGION,
    /* their mappable areas */
    MISFIT_AREAS_OVERLAP,
    MISFIT_AREA_UNALIGNED,
    MISFIT_AREA_EMPTY,
    MISFIT_AREAS_WITHOUT_MMAP,
    /* interrupts */
    MISFIT_INTX_COUNT,
    MISFIT_MSI_COUNT,
    MISFIT_MSIX_COUNT,
    MISFIT_IRQ_AUTOMASKED,
    MISFIT_IRQ_WITHOUT_EVENTFD,
    MISFITS
};
_Static_assert((int)MISFITS <= (int)VFU_MISFITS_ROOM, "what was said is remembered");
extern const struct vfu_rule vfu_misfit_table[MISFITS];
bool vfu_misfit_ignored(const struct vfu_rule_settings *settings, enum vfu_misfit_number misfit);
/* Leave one out; false: there is none with this id. */
bool vfu_misfits_ignore(struct vfu_rule_settings *settings, const char *id);
/* Those that others say (others.c): by id, NULL: there is none; is it ignored; leave one out. */
const struct vfu_rule *vfu_others_by_id(const char *id, size_t size);
bool vfu_others_ignored(const struct vfu_rule_settings *settings, const struct vfu_rule *misfit);
bool vfu_others_ignore(struct vfu_rule_settings *settings, const char *id);

/* An error reply that is looked at, before the session learns from it. */
struct vfu_refusal {
    const struct vfu_peers *peers;
    const struct vfu_event *reply;
    struct vfu_view request; /* what it refuses */
    struct vfu_because *because; /* room for VFU_MAX_BECAUSE */
    unsigned count;
};

/* Say a reason; `messages`, count of them, bear it out (0 among them: left out). A guess is said as one. */
__attribute__((format(printf, 5, 6))) void vfu_say_because(struct vfu_refusal *r, enum vfu_reason_number reason,
                                                           const uint64_t *messages, unsigned count,
                                                           const char *format, ...);
__attribute__((format(printf, 5, 6))) void vfu_say_perhaps(struct vfu_refusal *r, enum vfu_reason_number reason,
                                                           const uint64_t *messages, unsigned count,
                                                           const char *format, ...);

/* A good reply that is looked at, before the session learns from it. */
struct vfu_fitting {
    struct vfu_peers *peers;
    const struct vfu_event *event;
    const struct vfu_decoded *decoded;
    const struct vfu_rule_settings *settings;
    struct vfu_problem *problems; /* room for VFU_MAX_PROBLEMS */
    unsigned count;
    unsigned index; /* of the region, or the IRQ index, that is looked at: of each a misfit is said once a connection */
};

/* Say a misfit, which is nobody's fault; and one whose culprit is known. */
__attribute__((format(printf, 3, 4))) void vfu_misfit(struct vfu_fitting *f, enum vfu_misfit_number misfit,
                                                      const char *format, ...);
__attribute__((format(printf, 4, 5))) void vfu_misfit_by(struct vfu_fitting *f, enum vfu_misfit_number misfit,
                                                         enum vfu_side at_fault, const char *format, ...);

/* The looks, by theme: reasons for refused accesses (access.c). */
void vfu_reasons_access(struct vfu_refusal *r);

/*
 * Whether it fits: of region info (region.c, areas.c), of IRQ info (irqs.c), of the first bytes of the option ROM, and
 * of what was told before it was known to be a PCI device's.
 */
void vfu_fit_region(struct vfu_fitting *f);
void vfu_fit_areas(struct vfu_fitting *f, uint64_t flags);
void vfu_fit_irq(struct vfu_fitting *f);
void vfu_fit_rom(struct vfu_fitting *f);
void vfu_fit_known_regions(struct vfu_fitting *f);
void vfu_fit_known_irqs(struct vfu_fitting *f);

static inline bool vfu_fit_is_pci(const struct vfu_fitting *f)
{
    return f->peers->rules.device_known && f->peers->rules.device_flags & VFIO_DEVICE_FLAGS_PCI;
}
static inline uint64_t vfu_fit_number(const struct vfu_fitting *f, const char *name)
{
    return vfu_number(f->decoded->values, f->decoded->count, name, 0);
}
/* What the region, or the IRQ index, that is looked at is called: of PCI's, bar0 or msix. */
const char *vfu_fit_name(const struct vfu_fitting *f, const struct vfu_name *names, char room[24]);

#endif
