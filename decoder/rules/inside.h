/*
 * What the rules share: their numbers, a check at work (break.c), and the checks, by theme. table.c has the rules,
 * rules.c says which checks a message goes through.
 */
#ifndef VFU_DECODER_RULES_INSIDE_H
#define VFU_DECODER_RULES_INSIDE_H

#include "decoder/session/peers.h"
#include "decoder/wire/transfer.h"

/* The rules, in the order of the table. */
enum vfu_rule_number {
    /* header */
    RULE_SIZE_IMPOSSIBLE,
    RULE_SIZE_ABOVE_AGREED,
    RULE_RESERVED_FLAGS,
    RULE_UNKNOWN_TYPE,
    RULE_UNKNOWN_COMMAND,
    RULE_WRONG_DIRECTION,
    RULE_ERROR_IN_COMMAND,
    RULE_ERROR_REPLY_PAYLOAD,
    RULE_ERROR_WITHOUT_FLAG,
    RULE_NO_REPLY_QUESTION,
    /* pairing */
    RULE_REPLY_WITHOUT_COMMAND,
    RULE_REPLY_TO_NO_REPLY,
    RULE_DUPLICATE_REPLY,
    RULE_COMMAND_MISMATCH,
    RULE_NEVER_ANSWERED,
    /* negotiation */
    RULE_VERSION_NOT_FIRST,
    RULE_VERSION_TWICE,
    RULE_VERSION_UNANSWERED,
    RULE_MAJOR_CHANGED,
    RULE_MINOR_RAISED,
    RULE_CAPABILITY_NOT_OFFERED,
    RULE_CAPABILITY_LIMIT,
    RULE_JSON_WITHOUT_NUL,
    RULE_JSON_INVALID,
    RULE_JSON_WRONG_TYPE,
    RULE_WRITE_MULTIPLE_NOT_AGREED,
    /* sizes */
    RULE_TOO_SHORT,
    RULE_TOO_LONG,
    RULE_ARGSZ_TOO_SMALL,
    RULE_NOT_ZERO,
    RULE_REPLY_ABOVE_ARGSZ,
    RULE_REPLY_ARGSZ,
    RULE_COUNT_RAISED,
    RULE_COUNT_LOWERED,
    RULE_REPLY_DIFFERS,
    RULE_TRANSFER_TOO_LARGE,
    RULE_TOO_MANY_WRITES,
    RULE_WRITE_TOO_WIDE,
    /* fds */
    RULE_FD_MISSING,
    RULE_FD_UNEXPECTED,
    RULE_TOO_MANY_FDS,
    RULE_FD_WRONG_KIND,
    RULE_FD_INDEX,
    RULE_FDS_CUT,
    RULE_FILE_TOO_SMALL,
    /* the device */
    RULE_PCI_INFO,
    RULE_RESET_NOT_OFFERED,
    /* regions */
    RULE_NO_SUCH_REGION,
    RULE_REGION_BOUNDS,
    RULE_REGION_ACCESS,
    RULE_REGION_NOT_ASKED,
    RULE_CAP_CHAIN,
    RULE_CAP_OVERLAP,
    RULE_SPARSE_OUTSIDE,
    RULE_MMAP_UNALIGNED,
    RULE_SUB_REGION_OUTSIDE,
    RULE_INFO_INDEX,
    /* interrupts */
    RULE_NO_SUCH_IRQ,
    RULE_IRQ_RANGE,
    RULE_IRQ_FLAGS,
    RULE_IRQ_ACTION,
    RULE_IRQ_FD_COUNT,
    RULE_IRQ_FIRED,
    RULE_IRQ_NONE_TO_TAKE,
    /* DMA */
    RULE_MAP_OVERLAP,
    RULE_MAP_SIZE,
    RULE_MAP_WRAP,
    RULE_MAP_TOO_MANY,
    RULE_MAP_FLAGS,
    RULE_UNMAP_UNKNOWN,
    RULE_UNMAP_ALL,
    RULE_DMA_OUTSIDE,
    RULE_DMA_PERMISSION,
    RULE_TWIN_BYPASSED,
    /* features and migration */
    RULE_FEATURE_FLAGS,
    RULE_MIGRATION_FLAGS,
    RULE_MIGRATION_ARC,
    RULE_MIGRATION_STATE,
    RULE_MIGRATION_DATA_STATE,
    RULE_MIGRATION_TOO_MUCH,
    RULE_MIGRATION_PADDED,
    RULE_LOGGING_NOT_STARTED,
    RULE_BITMAP_SIZE,
    RULE_PAGE_SIZE,
    /* order */
    RULE_CROSSING,
    RULE_OVERDUE,
    RULE_BOTH_WAIT,
    RULE_STALLED,
    RULE_LATE_INTERRUPT,
    RULES
};

extern const struct vfu_rule vfu_rule_table[RULES];

/* What is said of them at length, by theme: the explain_ files. */
extern const struct vfu_explained vfu_explain_header[], vfu_explain_pairing[], vfu_explain_version[], vfu_explain_sizes[],
    vfu_explain_fds[], vfu_explain_region[], vfu_explain_irqs[], vfu_explain_dma[], vfu_explain_migration[];

/* The smallest page there is: what is no multiple of it can be mapped nowhere. */
enum { VFU_LEAST_PAGE = 4096 };

/* A check at work on one message. */
struct vfu_check {
    struct vfu_peers *peers;
    const struct vfu_event *event;
    const struct vfu_decoded *decoded;
    const struct vfu_rule_settings *settings;
    struct vfu_problem *problems; /* room for VFU_MAX_PROBLEMS */
    unsigned count;
};

/* What the settings make of a problem: how severe it is; false: its rule is ignored. */
bool vfu_judge(const struct vfu_rule_settings *settings, struct vfu_problem *problem);
/* Note a problem; at_fault is the sender unless said otherwise with vfu_break_by. */
__attribute__((format(printf, 3, 4))) void vfu_break(struct vfu_check *c, enum vfu_rule_number rule,
                                                     const char *format, ...);
__attribute__((format(printf, 4, 5))) void vfu_break_by(struct vfu_check *c, enum vfu_rule_number rule,
                                                        enum vfu_side at_fault, const char *format, ...);

/* A number of the message; 0 if it is missing (too short is a rule of its own). */
static inline uint64_t vfu_check_number(const struct vfu_check *c, const char *name)
{
    return vfu_number(c->decoded->values, c->decoded->count, name, 0);
}
/* Of the request that it answers; `otherwise` if that was cut before it. */
uint64_t vfu_check_asked(const struct vfu_check *c, const char *name, uint64_t otherwise);
/* What the table says of the message: a request or a reply of its command, which is known. */
static inline const struct vfu_shape *vfu_check_shape(const struct vfu_check *c)
{
    return vfu_event_is_reply(c->event) ? &c->event->command->reply : &c->event->command->request;
}
/* As bar0 or msix, or the number: into room. */
const char *vfu_check_name(const struct vfu_name *names, uint64_t value, char room[24]);

/* Of every message: the header, and whether a reply has a command. */
void vfu_check_header(struct vfu_check *c);
/* Of commands with No_reply. */
void vfu_check_no_reply(struct vfu_check *c);
/* Of what has bytes too few or too many, and of what has descriptors. */
void vfu_check_length(struct vfu_check *c);
void vfu_check_fds(struct vfu_check *c);

/* Of replies with something to map: the descriptors that should be there; an area of the file of one of them. */
void vfu_check_missing_fds(struct vfu_check *c);
void vfu_check_file(struct vfu_check *c, unsigned index, uint64_t offset, uint64_t size);

/* Of requests: fields that are the reply's. */
void vfu_check_zero(struct vfu_check *c, const char *const *fields);
/* Of what has argsz, and of replies that repeat what they are about. */
void vfu_check_argsz(struct vfu_check *c);
void vfu_check_reply_argsz(struct vfu_check *c);
void vfu_check_repeated(struct vfu_check *c);

/* By the protocol table's row (enum vfu_check_number): before the session learns from the message. */
void vfu_check_version(struct vfu_check *c);
void vfu_check_writes(struct vfu_check *c);
void vfu_check_device_info(struct vfu_check *c);
void vfu_check_region_asked(struct vfu_check *c);
void vfu_check_region_info(struct vfu_check *c);
void vfu_check_io_fds(struct vfu_check *c);
void vfu_check_access(struct vfu_check *c);
void vfu_check_multi(struct vfu_check *c);
void vfu_check_irq_asked(struct vfu_check *c);
void vfu_check_set_irqs(struct vfu_check *c);
void vfu_check_map(struct vfu_check *c);
void vfu_check_unmap(struct vfu_check *c);
void vfu_check_dma(struct vfu_check *c);
void vfu_check_reset(struct vfu_check *c);
void vfu_check_feature_argsz(struct vfu_check *c);
void vfu_check_feature(struct vfu_check *c);
void vfu_check_mig_data(struct vfu_check *c);
void vfu_check_bitmap_asked(struct vfu_check *c);

/* A question about what is not there: of the `there` of them, 0: it is not known how many. */
void vfu_check_info_index(struct vfu_check *c, const char *what, uint32_t there);
enum { VFU_MOST_INDEX = 65535 /* no device has more regions or IRQ indexes: a larger one is wrong without asking */ };

/* Is this much more than the receiver takes, who said so in VERSION? */
static inline void vfu_check_transfer(struct vfu_check *c, uint64_t count)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t limit = (c->event->command->from == VFU_CLIENT ? &known->agreed : &known->proposed)->max_data_xfer_size;

    if (count > limit && limit && c->peers->rules.version_seen)
        vfu_break(c, RULE_TRANSFER_TOO_LARGE, "%llu bytes, the receiver's max_data_xfer_size is %llu",
                  (unsigned long long)count, (unsigned long long)limit);
}

/* Of a connection's end: what was never answered. */
void vfu_check_end(struct vfu_check *c);
/* Of an OVERDUE event, of a STALLED and of an UNFRAMED one. */
void vfu_check_overdue(struct vfu_check *c);
void vfu_check_stalled(struct vfu_check *c);
/* Of an interrupt. */
void vfu_check_interrupt(struct vfu_check *c);
void vfu_check_unframed(struct vfu_check *c);

#endif
