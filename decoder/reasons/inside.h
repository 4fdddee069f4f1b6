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
    /* accesses */
    REASON_NO_SUCH_REGION,
    REASON_NO_REGION,
    REASON_REGION_END,
    REASON_REGION_FLAGS,
    REASON_TOO_LARGE,
    REASON_NOT_AGREED,
    REASON_ODD_ACCESS,
    REASON_CONFIG_WRITE,
    /* memory */
    REASON_ALREADY_MAPPED,
    REASON_MAP_LIMIT,
    REASON_NO_MAP_LIMIT,
    REASON_MAP_PAGES,
    REASON_MAP_WRAPS,
    REASON_MAP_WITHOUT_FD,
    REASON_UNKNOWN_FLAGS,
    REASON_NOT_MAPPED,
    REASON_MAPPED_OTHERWISE,
    REASON_ALREADY_UNMAPPED,
    REASON_MAP_ACCESS,
    /* dirty pages */
    REASON_LOG_NOT_STARTED,
    REASON_LOG_RUNS,
    REASON_DMA_WITHOUT_FD,
    REASON_MAPPED_AFTER_LOG,
    REASON_LOG_PAGE_SIZE,
    /* interrupts */
    REASON_NO_SUCH_IRQ,
    REASON_NO_VECTORS,
    REASON_IRQ_FLAGS,
    REASON_IRQ_EMPTY,
    REASON_IRQ_NORESIZE,
    REASON_NONE_ARMED,
    /* the device, features, migration */
    REASON_NO_RESET,
    REASON_UNKNOWN_FEATURE,
    REASON_FEATURE_ACCESS,
    REASON_ARGSZ_SMALL,
    REASON_NO_ARC,
    REASON_STATE_NOT_OFFERED,
    REASON_WRONG_STATE,
    REASON_NO_MIGRATION,
    REASON_DEVICE_STOPPED,
    /* VERSION */
    REASON_WRONG_MAJOR,
    REASON_VERSION_LIMIT,
    /* any command */
    REASON_UNKNOWN_COMMAND,
    REASON_LEGACY_COMMAND,
    REASON_RULE_BROKEN,
    REASON_INJECTED,
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
    /* VERSION */
    MISFIT_VERSION_QEMU_REFUSES,
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
    bool seen_all; /* of the connection: what was not seen did not happen */
    struct vfu_because *because; /* room for VFU_MAX_BECAUSE */
    unsigned count;
};

/* A number of the request; 0 if it was cut before it. */
static inline uint64_t vfu_asked(const struct vfu_refusal *r, const char *name)
{
    return vfu_request_number(&r->request, name, 0);
}
/* Does the request have this field, and is it at hand? */
static inline bool vfu_has_asked(const struct vfu_refusal *r, const char *name)
{
    return vfu_request_number(&r->request, name, 0) == vfu_request_number(&r->request, name, 1);
}
/* bar0, msix, STOP_COPY; what has no name as a number behind `what`. Into room. */
enum { VFU_NAME_ROOM = 32 };
const char *vfu_reason_name(const struct vfu_name *names, const char *what, uint64_t value, char room[VFU_NAME_ROOM]);
/* 0xc0000+40K; and 40K. Into room. */
enum { VFU_RANGE_ROOM = 48 };
const char *vfu_reason_range(uint64_t address, uint64_t size, char room[VFU_RANGE_ROOM]);
const char *vfu_reason_size(uint64_t size, char room[VFU_RANGE_ROOM]);
/* " (#12)", or nothing of 0. Into room. */
enum { VFU_NO_ROOM = 28 };
const char *vfu_reason_no(uint64_t no, char room[VFU_NO_ROOM]);

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

/* --- the looks: reasons, by theme --- */

/* A range may have any number of mappings: so many are looked at. */
enum { VFU_MOST_LOOKED = 256 };
/* Is it known for certain that the server has this mapping, since before the command that is refused? */
bool vfu_is_mapped_since(const struct vfu_refusal *r, const struct vfu_known_map *map);
/* Is nothing under way, or unknown, that could have mapped something? */
bool vfu_knows_maps(const struct vfu_refusal *r);
/* Say that a range is not mapped, or not so; false: it is, or it is not known. */
bool vfu_because_not_mapped(struct vfu_refusal *r, uint64_t address, uint64_t size, bool whole);
/* Why the dirty pages of a range are not told. */
void vfu_because_not_logged(struct vfu_refusal *r, uint64_t address, uint64_t size, uint64_t page);
/* Of a transfer: is it above what its receiver takes? */
void vfu_because_too_large(struct vfu_refusal *r, uint64_t count, enum vfu_side receiver);
/* Of a question: has its answer room? */
void vfu_because_argsz(struct vfu_refusal *r, uint64_t needed);
/* Is there more room than any message of the server's has? */
void vfu_because_argsz_large(struct vfu_refusal *r);

void vfu_reasons_access(struct vfu_refusal *r);
void vfu_reasons_multi(struct vfu_refusal *r);
void vfu_reasons_region_asked(struct vfu_refusal *r);
void vfu_reasons_map(struct vfu_refusal *r);
void vfu_reasons_unmap(struct vfu_refusal *r);
void vfu_reasons_dma(struct vfu_refusal *r);
void vfu_reasons_irq_asked(struct vfu_refusal *r);
void vfu_reasons_set_irqs(struct vfu_refusal *r);
void vfu_reasons_reset(struct vfu_refusal *r);
void vfu_reasons_feature(struct vfu_refusal *r);
void vfu_reasons_mig_data(struct vfu_refusal *r);
void vfu_reasons_version(struct vfu_refusal *r);

/* Guesses, where there is no reason. */
void vfu_guess_access(struct vfu_refusal *r);
void vfu_guess_map(struct vfu_refusal *r);
void vfu_guess_set_irqs(struct vfu_refusal *r);
void vfu_guess_feature(struct vfu_refusal *r);
void vfu_guess_version(struct vfu_refusal *r);
void vfu_guess_legacy(struct vfu_refusal *r);
/* Of all: the rules that the command broke, first of its form, which servers look at first; the device's state. */
void vfu_because_form(struct vfu_refusal *r);
void vfu_because_rules(struct vfu_refusal *r);
void vfu_guess_large(struct vfu_refusal *r);
void vfu_guess_rules(struct vfu_refusal *r);
void vfu_guess_stopped(struct vfu_refusal *r);
/* Remember which rules a command breaks. */
void vfu_remember_broken(struct vfu_peers *peers, const struct vfu_event *command, const struct vfu_problem *problems,
                         unsigned count);

/* --- and misfits --- */

/*
 * Whether it fits: of region info (region.c, areas.c), of IRQ info (irqs.c), of the first bytes of the option ROM, and
 * of what was told before it was known to be a PCI device's.
 */
void vfu_fit_region(struct vfu_fitting *f);
void vfu_fit_version(struct vfu_fitting *f);
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
