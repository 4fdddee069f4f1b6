/*
 * The hottest registers, inside the summary: accesses by region and offset. A fixed size; what does not fit is counted
 * together.
 */
#ifndef VFU_DECODER_SINKS_SUMMARY_REGISTERS_H
#define VFU_DECODER_SINKS_SUMMARY_REGISTERS_H

#include "decoder/wire/event.h"
#include "decoder/wire/writer.h"

enum { VFU_SUMMARY_REGISTERS = 4096 };

struct vfu_summary_register {
    uint64_t offset, reads, writes; /* neither: free */
    uint32_t region;
};

struct vfu_summary_registers {
    struct vfu_summary_register slots[VFU_SUMMARY_REGISTERS]; /* a hash of region and offset */
    unsigned used;
    uint64_t others; /* accesses to registers that there was no slot for */
};

/* Of a command. */
void vfu_summary_access(struct vfu_summary_registers *s, const struct vfu_event *event);
/* The hottest, as a table with a heading; nothing if no register was accessed. */
void vfu_summary_registers_text(const struct vfu_summary_registers *s, struct vfu_writer *w);
/* The member "registers". */
void vfu_summary_registers_json(const struct vfu_summary_registers *s, struct vfu_writer *w);

#endif
