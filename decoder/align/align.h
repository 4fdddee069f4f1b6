/*
 * Two runs of exchanges side by side: which of one is which of the other, by command and place, and what differs in
 * them. No difference are ids, times and numbers of polls, addresses of guest memory, and what kinds of memory a
 * descriptor stands for is, but not how large it is.
 */
#ifndef VFU_DECODER_ALIGN_ALIGN_H
#define VFU_DECODER_ALIGN_ALIGN_H

#include "decoder/session/exchange.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/hash.h"
#include "decoder/wire/near.h"

/* --- two sequences of numbers (lcs.c) --- */

#define VFU_ALONE UINT32_MAX

/*
 * The longest common run of a and b: other[i] becomes the index in b of what a[i] is, rising, or VFU_ALONE. Where it would
 * cost more than some seconds a shorter one is taken, and *cut set (never cleared). Fewer than 2^31 each. False: out of memory.
 */
bool vfu_lcs(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, uint32_t *other, bool *cut);

/* --- what does not count (ignored.c) --- */

enum { VFU_IGNORED_FIELDS = 32, VFU_IGNORED_NAME = 64 };
struct vfu_ignored {
    char names[VFU_IGNORED_FIELDS][VFU_IGNORED_NAME]; /* count of them: fields, registers, places such as bar0+0x20 */
    unsigned count;
};
/* False: there is no such field, and it looks like no register or place; or there are too many. */
bool vfu_ignored_add(struct vfu_ignored *ignored, const char *name);
/* The names of fields, some of them more than once. */
void vfu_ignored_each(void (*take)(void *context, const char *name), void *context);
/* "; did you mean ...?" of one that is none. */
const char *vfu_ignored_near(const char *name, char text[VFU_NEAR_TEXT]);
bool vfu_ignored_has(const struct vfu_ignored *ignored, const char *field);
/* Is what the exchange reads or writes ignored, by the name of its register or by its place? */
bool vfu_ignored_has_value(const struct vfu_ignored *ignored, const struct vfu_exchange *x);

/* --- which registers hold addresses of guest memory (address.c) --- */

struct vfu_address_place {
    uint64_t offset;
    uint32_t region;
    bool address, other; /* what was written there: an address, what is none */
    bool half;           /* the other half of an address is written beside it */
};
struct vfu_addresses {
    const struct vfu_conversation *of;
    struct vfu_address_place *places; /* count of them, sorted */
    size_t count, room;
};
/* By what the client wrote there, each time, in one conversation. False: out of memory. */
bool vfu_addresses_find(struct vfu_addresses *a, const struct vfu_conversation *of);
void vfu_addresses_free(struct vfu_addresses *a);
/* Is this value, which is or was there, such an address, or the half of one? */
bool vfu_addresses_has(const struct vfu_addresses *a, uint64_t region, uint64_t offset, uint64_t value);
/* Has the guest memory at this address ever been mapped? */
bool vfu_was_mapped(const struct vfu_conversation *c, uint64_t address);

/* --- two exchanges (same.c) --- */

/* A side of what is compared. */
struct vfu_side_by_side {
    const struct vfu_addresses *a, *b; /* may be NULL: every value counts */
    const struct vfu_ignored *ignored; /* likewise */
};

enum vfu_differs {
    VFU_DIFFERS_VALUE,  /* a field's; a.field or b.field is NULL where one side has none */
    VFU_DIFFERS_MEMBER, /* of VERSION's JSON */
    VFU_DIFFERS_ERROR,  /* error replies: which, or that only one is */
    VFU_DIFFERS_REPLY,  /* only one has a reply */
    VFU_DIFFERS_FLAGS,  /* header.flags */
    VFU_DIFFERS_FDS,
    VFU_DIFFERS_SIZE,   /* header.size, or what stands behind the known fields */
    VFU_DIFFERS_POLL,   /* what came before the last value */
};
enum { VFU_MAX_DIFFERING = 16, VFU_DIFFERING_TEXT = 96 };
struct vfu_differing {
    enum vfu_differs what;
    bool reply;           /* in the reply, not in the command */
    char field[48];       /* as filters name it */
    struct vfu_value a, b;
    uint64_t a_number, b_number; /* of what is no field: an errno (0: no error), flags, a size, how many */
    char a_text[VFU_DIFFERING_TEXT], b_text[VFU_DIFFERING_TEXT]; /* of a MEMBER: JSON; empty: there is none */
};
/* What differs, the first of it; pointers are into what the exchanges keep. How many: 0, they are the same. */
unsigned vfu_exchanges_differ(const struct vfu_side_by_side *s, const struct vfu_exchange *a, const struct vfu_exchange *b,
                              struct vfu_differing list[VFU_MAX_DIFFERING]);
/* Numbers that are equal for those that are about the same place, and (whole) for those that say the same. */
uint64_t vfu_exchange_place(const struct vfu_ignored *ignored, const struct vfu_hash_key *key, const struct vfu_exchange *x);
/* Likewise for those that are about a register of the same name. */
uint64_t vfu_exchange_name(const struct vfu_hash_key *key, const struct vfu_exchange *x);
uint64_t vfu_exchange_digest(const struct vfu_ignored *ignored, const struct vfu_hash_key *key,
                             const struct vfu_addresses *addresses, const struct vfu_exchange *x);

/* --- two runs (align.c) --- */

enum vfu_step_kind { VFU_STEP_SAME, VFU_STEP_CHANGED, VFU_STEP_ONLY_A, VFU_STEP_ONLY_B };
struct vfu_step {
    enum vfu_step_kind kind;
    uint32_t a, b;    /* indices of the runs' exchanges; VFU_ALONE */
    uint32_t elsewhere; /* ONLY_A, ONLY_B: the other run has it too, there; VFU_ALONE: it has not */
};
struct vfu_alignment {
    struct vfu_step *steps; /* count of them, in order */
    size_t count;
    bool cut; /* there was too much that differs: it may be shown as more than it is */
};
/* False: out of memory. To be freed with vfu_alignment_free, either way. */
bool vfu_align_runs(struct vfu_alignment *alignment, const struct vfu_side_by_side *s, const struct vfu_hash_key *key,
                    const struct vfu_run *a, const struct vfu_run *b);
void vfu_alignment_free(struct vfu_alignment *alignment);

/* --- latencies (times.c) --- */

struct vfu_spread {
    uint64_t count, median_ns, p99_ns;
};
struct vfu_slower {
    struct vfu_spread a, b;
    bool pooled;         /* of several places of that command, each too rare to say anything */
    bool tail;           /* the median did not, but the slowest hundredth */
    uint32_t at_a, at_b; /* an exchange of either run that is about that place */
};
/* What takes longer in b, by command and place, is told. False: out of memory. */
bool vfu_times_compare(const struct vfu_hash_key *key, const struct vfu_run *a, const struct vfu_run *b,
                       void (*slower)(void *context, const struct vfu_slower *s), void *context);

#endif
