/*
 * The NVMe plugin: what its parts share. registers.c has the registers and the controller's life, queues.c doorbells and
 * entries, commands.c the words of a submission, names.c the names of it all.
 *
 * Source: NVM Express Base Specification 2.0, NVM Command Set Specification 1.0. Section names below are theirs.
 */
#ifndef VFUSCOPE_PLUGIN_NVME_H
#define VFUSCOPE_PLUGIN_NVME_H

#include "../fields.h"

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
enum { NVME_CC_EN = 1, NVME_CSTS_RDY = 1, NVME_CSTS_CFS = 2 };
enum { NVME_SQE = 64, NVME_CQE = 16 };
enum {
    NVME_QUEUES = 1024,    /* ids that are followed */
    NVME_IN_FLIGHT = 1024, /* commands, over all queues; then the oldest is forgotten */
    NVME_SHOWN = 48,       /* entries of one doorbell that are shown */
    NVME_NAMESPACES = 32,  /* whose block size is known */
};

struct nvme_queue {
    bool open;     /* it exists, as far as was seen */
    bool at_known;
    bool in_pieces; /* its memory is a list of pages, which is not followed */
    uint32_t depth;
    uint32_t entry; /* bytes */
    uint64_t base;
    uint32_t at;    /* of a submission queue the tail, of a completion queue the head: the next entry */
    uint32_t fetched; /* entries up to here were shown when the device read them by messages */
    uint16_t completes_to;
};

struct nvme_command {
    bool used;
    uint16_t queue, id;
    uint8_t opcode, flags;
    uint32_t nsid, dw10, dw11;
    uint64_t prp1, prp2; /* or the SGL descriptor */
    uint64_t time_ns;
};

struct nvme {
    struct vfp_device *device;
    const struct vfp_host *host;
    uint8_t bytes[NVME_DOORBELLS]; /* registers as last seen */
    bool known[NVME_DOORBELLS];
    uint64_t time_ns;    /* of the access at hand */
    uint64_t enabled_ns; /* when CC.EN was set; 0: it is not, or ready came */
    uint64_t disabled_ns, shutdown_ns;
    bool told_late, told_fatal;
    struct nvme_queue sq[NVME_QUEUES], cq[NVME_QUEUES];
    struct nvme_command commands[NVME_IN_FLIGHT];
    unsigned next_command;
    struct {
        uint32_t nsid;
        uint8_t shift; /* a block has 1 << shift bytes; 0: not known */
    } namespaces[NVME_NAMESPACES];
    unsigned next_namespace;
};

#define NOTE(n, ...) (n)->host->note((n)->device, __VA_ARGS__)
#define WARN(n, ...) (n)->host->warn((n)->device, __VA_ARGS__)

/* registers.c */
extern const struct vfp_register nvme_registers[];
void nvme_register(struct nvme *n, const struct vfp_access *a);
/* A register's value as last seen; *known (may be NULL): all of it was. */
uint64_t nvme_value(const struct nvme *n, unsigned offset, unsigned width, bool *known);

/* queues.c */
void nvme_doorbell(struct nvme *n, const struct vfp_access *a);
/* CC.EN was set: the admin queue begins. */
void nvme_admin_queue(struct nvme *n, struct vfp_line *line);
/* Has the controller completed this command already? Then what it pointed to may be another's. */
bool nvme_is_done(struct nvme *n, uint16_t queue, uint16_t id);
/* The controller was reset: no queues, nothing in flight. */
void nvme_forget(struct nvme *n);
void nvme_dma(struct nvme *n, const struct vfp_dma *d);

/* commands.c */
/* The words of a submission queue entry (NVME_SQE bytes), behind what `line` has; problems are warned of. */
void nvme_describe(struct nvme *n, struct vfp_line *line, uint16_t queue, const uint8_t *entry);
/* What a submission changes: queues come and go. */
void nvme_submitted(struct nvme *n, const struct nvme_command *c, const uint8_t *entry);
/* A completion: undone if it failed, and what identify's data tell. */
void nvme_completed(struct nvme *n, const struct nvme_command *c, unsigned status, uint32_t result);
uint8_t nvme_block_shift(const struct nvme *n, uint32_t nsid);

/* names.c */
const char *nvme_opcode(bool admin, uint8_t opcode);
const char *nvme_identify_name(uint8_t cns);
const char *nvme_feature_name(uint8_t fid);
const char *nvme_log_name(uint8_t lid);
/* status: the 15 bits of a completion above the phase. */
const char *nvme_status_name(unsigned status);

static inline uint64_t nvme_le(const uint8_t *bytes, unsigned size)
{
    uint64_t v = 0;

    while (size--)
        v = v << 8 | bytes[size];
    return v;
}

#endif
