/*
 * What is to be said of writes to a device whose registers a map describes: what it must not be written, and where DMA goes to.
 */
#ifndef VFU_DECODER_REGISTERS_MEANING_H
#define VFU_DECODER_REGISTERS_MEANING_H

#include "decoder/registers/devmap.h"
#include "decoder/session/session.h"

/* One device: what was written of addresses and lengths, and what was said of it once and for all. */
struct vfu_meaning;

/* NULL when out of memory. */
struct vfu_meaning *vfu_meaning_new(void);
void vfu_meaning_free(struct vfu_meaning *m);
/* It was reset, or messages are missing: what was written before does not hold. */
void vfu_meaning_forget(struct vfu_meaning *m);

struct vfu_written {
    uint32_t region;
    uint64_t offset, size;
    uint64_t value;  /* of `size` bytes, if it is at hand */
    bool has_value;
    const struct vfu_register_at *registers; /* a map's, count of them, that have a byte of it */
    unsigned count;
    const struct vfu_connection *known; /* its DMA map; NULL: nothing is known of that */
    bool sure; /* all that the peers said was seen: what is not in the map is nowhere */
};

enum { VFU_MEANING_NOTES = 4 };
/* The notes of the plugin "registers" on it, at most VFU_MEANING_NOTES; how many. */
unsigned vfu_meaning_write(struct vfu_meaning *m, const struct vfu_written *w, struct vfu_note *notes);

#endif
