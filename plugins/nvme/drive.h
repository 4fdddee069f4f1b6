/*
 * Driving a controller by hand: what the commands of the shell that change it share. Queues are polled; their heads, tails
 * and phases are kept by the shell from one command to the next.
 */
#ifndef VFUSCOPE_PLUGIN_NVME_DRIVE_H
#define VFUSCOPE_PLUGIN_NVME_DRIVE_H

#include "plugins/nvme/nvme.h"

/* A pair of queues. */
struct nvme_pair {
    bool open;
    uint8_t phase; /* that the next completion will have */
    uint32_t depth, tail, head;
    uint64_t sq, cq;
};

/* Kept between commands. */
struct nvme_kept {
    bool enabled;
    uint16_t next_id;
    uint32_t page, stride;
    uint64_t cap;
    struct nvme_pair admin, io;
    uint32_t nsid; /* the namespace whose blocks are known; 0: none */
    uint8_t shift; /* a block has 1 << shift bytes */
    uint64_t blocks;
};

struct nvme_drive {
    struct vfp_shell *shell;
    const struct vfp_shell_host *host;
    struct nvme_kept k;
};

/* How a command went. */
struct nvme_done {
    uint16_t status; /* type << 8 | code; 0: it did well */
    uint32_t result;
    uint64_t ns;
};

/*
 * Each is false where something failed: the words were said, or are those of the last access.
 */

/* What was kept, of a controller that is still enabled as it was left: nvme_drive_wants_enabled. */
void nvme_drive_begin(struct nvme_drive *d, struct vfp_shell *shell, const struct vfp_shell_host *host);
bool nvme_drive_wants_enabled(struct nvme_drive *d);
/* What a command returns. */
int nvme_drive_end(struct nvme_drive *d, bool good);

bool nvme_drive_disable(struct nvme_drive *d);
/* With admin queues of so many entries; *ns: how long it took until it was ready. */
bool nvme_drive_enable(struct nvme_drive *d, uint32_t depth, uint64_t *ns);
/* The pair of I/O queues, 1, unless there is one. */
bool nvme_drive_io(struct nvme_drive *d);
/*
 * Put a command of NVME_SQE bytes into the queue, its id filled in, and wait for its completion. One with an error is a failure,
 * in words, but for `done`.
 */
bool nvme_drive_submit(struct nvme_drive *d, bool admin, uint8_t *entry, struct nvme_done *done);
/* PRPs of data that are in one piece of memory, which they point to. */
bool nvme_drive_prps(struct nvme_drive *d, uint8_t *entry, uint64_t address, uint64_t size);
/* Identify, whose 4096 bytes are in nvme.data then, and in `data`. */
bool nvme_drive_identify(struct nvme_drive *d, uint8_t cns, uint32_t nsid, uint8_t *data);
/* The size of a namespace's blocks. */
bool nvme_drive_blocks(struct nvme_drive *d, uint32_t nsid);

static inline void nvme_put(uint8_t *at, unsigned size, uint64_t value)
{
    for (; size--; value >>= 8)
        *at++ = (uint8_t)value;
}

/* identify.c, submit.c, transfer.c: the commands */
typedef int nvme_run(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv);
nvme_run nvme_run_enable, nvme_run_disable, nvme_run_identify, nvme_run_submit, nvme_run_read, nvme_run_write;

#endif
