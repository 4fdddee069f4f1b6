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
    MISFIT_BAR_SIZE,
    MISFITS
};
extern const struct vfu_rule vfu_misfit_table[MISFITS];
bool vfu_misfit_ignored(const struct vfu_rule_settings *settings, enum vfu_misfit_number misfit);
/* Leave one out; false: there is none with this id. */
bool vfu_misfits_ignore(struct vfu_rule_settings *settings, const char *id);

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
    const struct vfu_peers *peers;
    const struct vfu_event *event;
    const struct vfu_decoded *decoded;
    const struct vfu_rule_settings *settings;
    struct vfu_problem *problems; /* room for VFU_MAX_PROBLEMS */
    unsigned count;
};

/* Say a misfit, which is nobody's fault; and one whose culprit is known. */
__attribute__((format(printf, 3, 4))) void vfu_misfit(struct vfu_fitting *f, enum vfu_misfit_number misfit,
                                                      const char *format, ...);
__attribute__((format(printf, 4, 5))) void vfu_misfit_by(struct vfu_fitting *f, enum vfu_misfit_number misfit,
                                                         enum vfu_side at_fault, const char *format, ...);

/* The looks, by theme: reasons for refused accesses (access.c); whether a region fits (region.c). */
void vfu_reasons_access(struct vfu_refusal *r);
void vfu_fit_region(struct vfu_fitting *f);

#endif
