/*
 * A device that was recorded (serve --from): what its server said, in order, and a model that says it again. Whoever reads the
 * capture fills in the tape.
 */
#ifndef VFU_CAPTURE_SERVER_RECORDED_H
#define VFU_CAPTURE_SERVER_RECORDED_H

#include "capture/server/device.h"

/* What the client asked for, or the device did. */
enum tape_kind { TAPE_READ, TAPE_WRITE, TAPE_RESET, TAPE_MAP, TAPE_UNMAP, TAPE_INTERRUPT, TAPE_DMA_READ, TAPE_DMA_WRITE };

struct tape_step {
    enum tape_kind kind;
    unsigned region;   /* of an interrupt: the index */
    uint64_t offset;   /* of an interrupt: the vector; of memory: its address */
    uint64_t size;
    uint8_t *bytes;    /* size of them: read, written; owned; NULL: there are none */
    int error;         /* an access was refused with that errno; 0: it was not */
    uint64_t no;       /* the message's, or that of the one before it */
};

enum { TAPE_REGIONS = 64 };
struct tape {
    struct dev_region regions[TAPE_REGIONS];
    unsigned region_count;
    struct dev_irq irqs[DEV_MAX_IRQS];
    unsigned irq_count;
    uint64_t withdrawn; /* regions, by bit, that could be mapped */
    struct tape_step *steps; /* count of them, in order */
    size_t count, room;
    /* A line for people: what is asked for that the tape does not have, and what is left out. */
    void (*say)(void *context, const char *text);
    void *context;
};

/* False: out of memory. The step's bytes become the tape's. */
bool tape_add(struct tape *t, const struct tape_step *step);
void tape_free(struct tape *t);

/* Its `details` are the tape that is played, which lives longer than the server. */
extern const struct dev_model dev_recorded;

#endif
