/*
 * What is shared here: a message of one side, and what its values mean (value.c); one run, and the partners that were
 * found for what is in it.
 */
#ifndef VFU_DECODER_ALIGN_INSIDE_H
#define VFU_DECODER_ALIGN_INSIDE_H

#include "decoder/align/align.h"
#include "decoder/wire/transfer.h"

/* A message of one side, and what its values are seen by. */
struct align_half {
    bool there;
    const struct vfu_ignored *ignored;
    const struct vfu_addresses *addresses; /* NULL: every value counts */
    bool value_ignored;
    struct vfu_event event;
    struct vfu_decoded decoded;
    struct vfu_moved moved; /* its transfer is NULL: none, or several */
};

void align_take(struct align_half *h, const struct vfu_exchange *x, bool reply, const struct vfu_ignored *ignored,
                const struct vfu_addresses *addresses);
bool align_moves(const struct align_half *h, enum vfu_space space);
/* errno, or that there is an error without; 0: none */
static inline uint64_t align_error(const struct vfu_event *e)
{
    return e->flags & VFU_ERROR ? e->error | UINT64_C(1) << 32 : 0;
}

enum align_meaning { ALIGN_COUNTS, ALIGN_IGNORED, ALIGN_ADDRESS };
/* Of a field of numbers, and of bytes. */
enum align_meaning align_number(const struct align_half *h, const struct vfu_value *v);
enum align_meaning align_bytes(const struct align_half *h, const struct vfu_value *v);
/* 8 bytes of guest memory that are an address in it, as descriptors have them. */
bool align_is_pointer(const struct align_half *h, const uint8_t *bytes);
/* Is it guest memory that is moved? */
bool align_is_memory(const struct align_half *h, const struct vfu_value *v);

/* What is known of one run. */
struct align_side {
    const struct vfu_run *run;
    uint64_t *digests, *places, *names;
    uint32_t *other; /* the partner in the other run, or VFU_ALONE */
    bool named;      /* some registers are */
};

/* In the place of a partner: it comes more often than in the other run, which is no difference. */
#define ALIGN_MORE (VFU_ALONE - 1)
/* Mark those among what has no partner (more.c). False: out of memory. */
bool align_find_more(struct align_side *s, const struct align_side *other);

#endif
