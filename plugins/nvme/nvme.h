/*
 * The NVMe plugin: what its parts share. From the ground up:
 *
 *   names      the names of it all                 state      what is known of the controller
 *   misfits    the words for what does not fit     fits       what does: registers, BAR0, queues
 *   queues     where entries are                   past       what was in them before they began
 *   data       where a command's data are
 *   commands   the words of a submission           entries    submissions and completions
 *   failed     why a command did                   why        why an access is refused
 *   doorbells, and look, which finds entries when no doorbell was seen
 *   registers  the controller's life               drive      queues driven by hand
 *   identify, transfer, submit  commands that drive them       shell      commands of the shell
 *   nvme       what vfuscope sees
 *
 * Source: NVM Express Base Specification 2.0, NVM Command Set Specification 1.0. Section names below are theirs.
 */
#ifndef VFUSCOPE_PLUGIN_NVME_H
#define VFUSCOPE_PLUGIN_NVME_H

#include "plugins/fields.h"

#include <stddef.h>

enum {
    NVME_CAP = 0x00,
    NVME_VS = 0x08,
    NVME_INTMS = 0x0c,
    NVME_INTMC = 0x10,
    NVME_CC = 0x14,
    NVME_CSTS = 0x1c,
    NVME_NSSR = 0x20,
    NVME_AQA = 0x24,
    NVME_ASQ = 0x28,
    NVME_ACQ = 0x30,
    NVME_CMBLOC = 0x38,
    NVME_CMBSZ = 0x3c,
    NVME_CMBMSC = 0x50,
    NVME_DOORBELLS = 0x1000,
};
enum { NVME_CC_EN = 1, NVME_CSTS_RDY = 1, NVME_CSTS_CFS = 2, NVME_CSTS_NSSRO = 16 };
enum { NVME_SQE = 64, NVME_CQE = 16 };
enum {
    NVME_QUEUES = 1024,    /* ids that are followed */
    NVME_IN_FLIGHT = 1024, /* commands, over all queues; then the oldest is forgotten */
    NVME_ROOM = 8,         /* notes that a command and its completion may take; where there is room for fewer the rest waits */
    NVME_LISTS = 16,       /* pages of PRP lists that one leads to the next */
    NVME_NAMESPACES = 32,  /* whose block size is known */
};
#define NVME_NO_PAST UINT32_MAX

struct nvme_queue {
    bool open;     /* it exists, as far as was seen */
    bool at_known;
    bool in_pieces; /* its memory is a list of pages, at base */
    bool in_device; /* its memory is the controller's own */
    bool lossy;     /* entries were not seen: of a submission queue, so that a completion may be of any command */
    bool is_announced; /* a doorbell with the tail `announced` was sent, and is told of when it is answered */
    bool told_missing; /* that its entries are not at hand */
    bool lapped;       /* of a submission queue: the controller has gone round its completion queue unseen */
    bool looked_at;    /* of a completion queue: just now */
    bool ends;         /* likewise: it is to be deleted, or a submission queue of it: looked at once more before */
    bool rest;         /* entries up to `at` wait for a look that has room */
    bool phase;     /* of a completion queue: the tag that entry `seen` will have */
    uint32_t depth;
    uint32_t entry; /* bytes */
    uint64_t base;
    uint32_t at;    /* of a submission queue the tail, of a completion queue the head: the next entry */
    uint32_t seen;  /* entries up to here were shown */
    uint32_t announced;
    uint32_t past;  /* of a completion queue: entries up to this one may be of before it began; or NVME_NO_PAST */
    uint64_t passed, rung; /* entries of a submission queue since it began: up to `at`, up to the last doorbell seen */
    uint16_t completes_to; /* of a submission queue */
    uint16_t vector;       /* of a completion queue */
};

struct nvme_past;

struct nvme_command {
    bool used;
    bool unsure; /* it may be done by now: its completion may be among what was not seen */
    uint16_t queue, id;
    uint8_t opcode, flags;
    uint32_t nsid, dw10, dw11, dw12;
    uint64_t prp1, prp2; /* or the SGL descriptor */
    uint64_t bytes; /* that it moves; 0: none, or it is not known */
    uint64_t time_ns;
};

struct nvme {
    struct vfp_device *device;
    const struct vfp_host *host;
    uint8_t bytes[NVME_DOORBELLS]; /* registers as last seen */
    bool known[NVME_DOORBELLS];
    uint64_t time_ns;    /* of what is at hand */
    uint64_t enabled_ns; /* when CC.EN was set; 0: it is not, or ready came */
    uint64_t disabled_ns, shutdown_ns;
    bool told_late, told_fatal, told_gone;
    bool named; /* the line of the access at hand has names, values and fields */
    uint64_t told_read_only; /* bits of the registers of which it was said */
    bool unsure;             /* messages are missing since it was enabled */
    bool sizing;             /* all ones were written to BAR0 */
    uint64_t sized;          /* and it has this size; 0: not known */
    uint64_t cc_no;          /* the message at which CC was told of last */
    unsigned sent;           /* doorbells that are not answered yet */
    struct {                 /* an interrupt that came meanwhile */
        bool is_there, any;
        unsigned vector;
    } early;
    uint32_t bells, bell_stride; /* of each kind there are so many places, as far as is known; bytes from one to the next */
    bool mappable;  /* doorbells: then they are not all seen */
    bool told_mappable;
    uint64_t shadow; /* Doorbell Buffer Config: where the doorbells of I/O queues are in guest memory; 0: nowhere */
    struct nvme_queue sq[NVME_QUEUES], cq[NVME_QUEUES];
    unsigned queues; /* ids below this one may be open */
    struct nvme_past *past; /* entries that were seen; NULL: in a copy, or there was no memory for it */
    struct nvme_command commands[NVME_IN_FLIGHT];
    unsigned next_command;
    struct {
        uint32_t nsid;
        uint8_t shift; /* a block has 1 << shift bytes; 0: not known */
        uint64_t blocks;
    } namespaces[NVME_NAMESPACES];
    unsigned next_namespace;
};

#define NOTE(n, ...) (n)->host->note((n)->device, __VA_ARGS__)
#define WARN(n, ...) (n)->host->warn((n)->device, __VA_ARGS__)
#define MISFIT(n, row, ...) (n)->host->misfit((n)->device, row, __VA_ARGS__)
/* Commands went by, and are not shown. */
static inline void nvme_went_by(const struct nvme *n, unsigned queue, uint64_t count)
{
    if (count && n->host->size > offsetof(struct vfp_host, went_by))
        n->host->went_by(n->device, queue, count);
}

#define BECAUSE(n, row, ...) (n)->host->because((n)->device, row, __VA_ARGS__)

/* state.c */

/* A register's value as last seen; *known (may be NULL): all of it was. */
uint64_t nvme_value(const struct nvme *n, unsigned offset, unsigned width, bool *known);
unsigned nvme_page_size(const struct nvme *n);
/* A doorbell's offset from another, in bytes. */
unsigned nvme_stride(const struct nvme *n);
/* Are this queue's doorbells out of sight? */
bool nvme_is_hidden(const struct nvme *n, unsigned id);
/* Is it in the controller memory buffer? */
bool nvme_in_device(const struct nvme *n, uint64_t address);
/* How long ago that was; 0 of what lies ahead: a write is told of after what came in between. */
uint64_t nvme_since(const struct nvme *n, uint64_t time_ns);
/* The controller was disabled: no queues, nothing in flight. */
void nvme_forget(struct nvme *n);
/* Nothing that was seen of the controller holds any more. is_reset: it is disabled, by a reset. */
void nvme_start_over(struct nvme *n, bool is_reset);
/* Is there room for what one more command may have us say? */
bool nvme_has_room(const struct nvme *n);
/* How many blocks a namespace has; 0: not known. */
uint64_t nvme_blocks(const struct nvme *n, uint32_t nsid);
/* Completions of this queue were not seen: its commands may be done. */
void nvme_unsure(struct nvme *n, unsigned queue);
/* Messages are missing: what was seen may be old. */
void nvme_gap(struct nvme *n);

/* misfits.c: in the order of the tables. */
enum nvme_misfit {
    NVME_BAR0_SIZE, NVME_BAR0_ABSENT, NVME_DOORBELLS_OUTSIDE, NVME_QUEUE_SIZE, NVME_PAGE_SIZE, NVME_QUEUE_UNMAPPED, NVME_QUEUE_PIECES,
    NVME_MISFITS,
};
enum nvme_why {
    NVME_WHY_UNMAPPED, NVME_WHY_NO_QUEUE, NVME_WHY_QUEUE_END, NVME_WHY_DISABLED, NVME_WHY_NO_DOORBELL, NVME_WHY_READ_ONLY,
    NVME_WHYS,
};
extern const struct vfp_finding nvme_misfits[], nvme_reasons[];

/* fits.c: say what does not fit of BAR0 and CAP; of so many queues' doorbells; of a queue's memory, or that it is a list of pages. */
void nvme_fit(struct nvme *n);
void nvme_fit_doorbells(struct nvme *n, unsigned queues);
void nvme_fit_queue(struct nvme *n, const struct nvme_queue *q, const char *name, bool to_write);
void nvme_fit_pieces(struct nvme *n, bool is_submission, unsigned id);
/* An access to config space, which may tell BAR0's size. */
void nvme_sizing(struct nvme *n, const struct vfp_access *a);

/* why.c: say why an access to BAR0 is refused. */
void nvme_refused(struct nvme *n, const struct vfp_access *a);

/* failed.c: why a command failed, by the 11 bits of type and code, as a note. */
void nvme_why(struct nvme *n, const struct nvme_command *c, unsigned status);

/* queues.c */
/* The admin queues, as their registers say; false: these were not seen. */
bool nvme_admin_queues(const struct nvme *n, struct nvme_queue *sq, struct nvme_queue *cq);
void nvme_open_queue(struct nvme *n, bool is_submission, unsigned id, const struct nvme_queue *q);
/* CC.EN was set: the admin queue begins. */
void nvme_admin_queue(struct nvme *n, struct vfp_line *line);
/* Guest memory goes: queues in it are named. */
void nvme_unmapped(struct nvme *n, uint64_t address, uint64_t size);
/* An entry's bytes, as guest memory has them now. */
enum vfp_memory nvme_entry(struct nvme *n, const struct nvme_queue *q, uint32_t index, uint8_t *entry, size_t size);
/* One entry on from q->seen. */
void nvme_step(struct nvme_queue *q);
/* A submission queue's tail is at `to`, as far as is known. */
void nvme_advance(struct nvme_queue *q, uint32_t to);
/* Has the controller completed this command already? Then what it pointed to may be another's. */
bool nvme_is_done(struct nvme *n, uint16_t queue, uint16_t id);

/* past.c */
struct nvme_past *nvme_past_new(void);
/* A completion was seen there. */
void nvme_remember(struct nvme *n, const struct nvme_queue *q, uint32_t index, const uint8_t *entry);
/* A completion queue begins: is there something in its memory? */
void nvme_past_begin(const struct nvme *n, struct nvme_queue *q);
/* Is the entry at q->seen what was there before the queue began, and no new one? */
bool nvme_is_past(struct nvme *n, struct nvme_queue *q, const uint8_t *entry);
/* Is there something else than was seen there last? Of what was never seen: not zeros. */
bool nvme_is_changed(const struct nvme *n, const struct nvme_queue *q, uint32_t index, const uint8_t *entry);
/* A completion queue ends, or all of them do: what is in them is remembered. */
void nvme_bury_queue(struct nvme *n, const struct nvme_queue *q);
void nvme_bury(struct nvme *n);

/* data.c */

/* Warn if the device can't reach it. */
void nvme_check(struct nvme *n, const char *what, uint64_t address, uint64_t size, bool to_write);
/* Where the data of an entry are, whose size is `size` (0: not known). */
void nvme_add_data(struct nvme *n, struct vfp_line *line, const uint8_t *entry, uint64_t size);
void nvme_check_data(struct nvme *n, uint16_t queue, const uint8_t *entry, uint64_t size);
/* Bytes of a command's data, if they are in one piece. */
bool nvme_read_data(struct nvme *n, const struct nvme_command *c, unsigned offset, void *buffer, size_t size);

/* commands.c */

/* Has this command of an I/O queue a range of blocks? How many bytes does an entry's command move, as far as that is known? */
bool nvme_has_blocks(uint8_t opcode);
uint64_t nvme_bytes(const struct nvme *n, uint16_t queue, const uint8_t *entry);

/* The words of a submission queue entry (NVME_SQE bytes), behind what `line` has; problems are warned of. */
void nvme_describe(struct nvme *n, struct vfp_line *line, uint16_t queue, const uint8_t *entry);
/* What a submission changes: queues come and go. */
void nvme_submitted(struct nvme *n, const struct nvme_command *c);
/* A completion: undone if it failed, and what identify's data tell. */
void nvme_completed(struct nvme *n, const struct nvme_command *c, unsigned status, uint32_t result);

/* entries.c */
void nvme_completion(struct nvme *n, uint16_t queue, const uint8_t *entry);
bool nvme_is_in_flight(struct nvme *n, uint16_t queue, uint16_t id);
/* It completed, and that is not shown. */
void nvme_forget_command(struct nvme *n, uint16_t queue, uint16_t id);
/* A submission queue is deleted, and with it what is in flight. */
void nvme_close_queue(struct nvme *n, uint16_t queue);
/* Say which commands are without a completion. */
void nvme_unfinished(struct nvme *n);
/* Entries from q->seen up to `to` are there: show them. */
void nvme_show(struct nvme *n, struct nvme_queue *q, uint16_t id, bool is_submission, uint32_t to);
/* Or they came by messages. */
void nvme_dma(struct nvme *n, const struct vfp_dma *d);

/* doorbells.c */
/* Which queue an access is a doorbell of; NULL: of none. */
struct nvme_queue *nvme_doorbell_queue(struct nvme *n, const struct vfp_access *a);
/* One was sent: what it is about is read now. */
void nvme_doorbell_sent(struct nvme *n, const struct vfp_access *a);
/* Where the doorbells are may be known now, or be another place. */
void nvme_note_places(struct nvme *n);
bool nvme_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place);
void nvme_doorbell_refused(struct nvme *n, const struct vfp_access *a);
void nvme_doorbell(struct nvme *n, const struct vfp_access *a);

/* look.c */

/* Something was accessed: what happened in the queues meanwhile, if their doorbells do not say? */
void nvme_look(struct nvme *n);
/* Is there something for nvme_look to see, where doorbells do not say? */
enum vfp_moved nvme_moved(struct nvme *n);
/* An interrupt: completions in the queues that it is for, before their doorbell says so. */
void nvme_look_vector(struct nvme *n, bool any, unsigned vector);
/* The controller is disabled: what there is in the queues. */
void nvme_look_last(struct nvme *n);

/* registers.c */
extern const struct vfp_register nvme_registers[];
void nvme_register(struct nvme *n, const struct vfp_access *a);

/* shell.c */
extern const struct vfp_command nvme_commands[];

/* names.c */
enum { NVME_CREATE_SQ = 0x01, NVME_CREATE_CQ = 0x05 }; /* admin commands */
/* Is it Create I/O Submission or Completion Queue? */
bool nvme_creates_queue(uint8_t opcode);
const char *nvme_opcode(bool admin, uint8_t opcode);
/* With its number where that is not known. */
void nvme_add_opcode(struct vfp_line *l, bool admin, uint8_t opcode);
const char *nvme_identify_name(uint8_t cns);
const char *nvme_feature_name(uint8_t fid);
const char *nvme_log_name(uint8_t lid);
const char *nvme_event_type(unsigned type);
const char *nvme_notice_name(unsigned info);
/* status: the 15 bits of a completion above the phase. */
const char *nvme_status_name(unsigned status);

#endif
