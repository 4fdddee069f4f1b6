/*
 * What came of things, over all connections of a session, those that have ended too: what the summary shows.
 */
#ifndef VFU_DECODER_SESSION_TALLY_H
#define VFU_DECODER_SESSION_TALLY_H

#include "decoder/session/session.h"

enum { VFU_MAX_USED = 256 /* mappings, and areas */ };

/* A mapping that was used by DMA_READ and DMA_WRITE: how often, and how many bytes. */
struct vfu_used_map {
    uint32_t conn;
    uint64_t no, address, size; /* of the DMA_MAP; size 0: elsewhere */
    bool has_fd;
    uint64_t reads, read, writes, written;
};

/* What SET_IRQS asks for. */
enum vfu_irq_action {
    VFU_IRQ_ARMED,      /* trigger, with eventfds */
    VFU_IRQ_TAKEN_AWAY, /* without */
    VFU_IRQ_DISABLED,   /* the whole index: none, 0 vectors */
    VFU_IRQ_TRIGGERED,  /* none or bool: the device fires */
    VFU_IRQ_MASKED,
    VFU_IRQ_UNMASKED,
    VFU_IRQ_ACTIONS
};

struct vfu_vector {
    uint64_t armed, masked; /* how often */
    uint64_t armed_no;      /* the command that did so last */
    uint64_t fired;         /* as --expose irq sees it */
    uint64_t fired_unarmed; /* of these: by an eventfd that was taken away before */
};

struct vfu_irq_tally {
    uint64_t actions[VFU_IRQ_ACTIONS]; /* commands */
    struct vfu_vector *vectors; /* count of them that anything is known of */
    size_t room;
    uint32_t count;
};

/* An area that the server offers to map, with a descriptor, and that the client accessed by message. */
struct vfu_unmapped_area {
    uint32_t conn, region;
    uint64_t offset, size, no; /* no: of the reply that offers it */
    uint64_t reads, writes;
};

struct vfu_tally {
    struct vfu_used_map *maps, elsewhere;
    struct vfu_unmapped_area *areas;
    size_t map_count, map_room, area_count, area_room;
    struct vfu_irq_tally irqs[VFU_MAX_KNOWN_IRQS];
};

/* Valid until the session's next call. */
const struct vfu_tally *vfu_session_tally(const struct vfu_session *s);

#endif
