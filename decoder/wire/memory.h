/*
 * What of a message may be guest memory, or anything else that is not the protocol's: the bytes that nobody wants to hand on. The
 * table says it the other way round: what is kept are the fields whose values the protocol gives a meaning. What lies
 * beside them, or can't be placed, counts as memory.
 */
#ifndef VFU_DECODER_WIRE_MEMORY_H
#define VFU_DECODER_WIRE_MEMORY_H

#include "decoder/wire/event.h"

enum { VFU_MEMORY_PARTS = 256 /* of one message at most: more than REGION_WRITE_MULTI has writes */ };

/*
 * Of a VFU_EVENT_MESSAGE: its parts that may be memory, of what is at hand, rising and apart; how many. They count from the
 * message's first byte. Where there are too many, what lies between the last ones is memory too.
 */
unsigned vfu_memory_of(const struct vfu_event *e, struct vfu_part parts[VFU_MEMORY_PARTS]);

/* How many bytes were left out of a message. */
uint64_t vfu_left_out_of(const struct vfu_message *m);

/* Room for a message without its memory: what vfu_leave_out_memory makes an event point to. */
struct vfu_without_memory {
    struct vfu_part parts[VFU_MEMORY_PARTS];
    uint8_t *bytes; /* the caller's: at least as many as were captured of the message */
};

/*
 * Take guest memory out of an event of any kind, which is the caller's own copy: of a message the bytes are 0 from now on, and
 * message.left_out says which they are, so that whoever decodes or shows it knows; likewise of an UNFRAMED. Lengths
 * stay. False: the event is nothing else (what plugins read; a line of another log, unless `logs`), and is left out
 * as a whole. What plugins and rules say in words stays.
 */
bool vfu_leave_out_memory(struct vfu_event *e, bool logs, struct vfu_without_memory *room);

#endif
