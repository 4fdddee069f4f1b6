/*
 * A keyed hash (SipHash-1-3) for tables whose keys a peer chooses: who does not know the key can't choose numbers that
 * fall into one bucket, which would make each look-up cost as much as a walk over all. What is shown must not depend on
 * where something falls: tables are walked by age, or sorted.
 */
#ifndef VFU_DECODER_WIRE_HASH_H
#define VFU_DECODER_WIRE_HASH_H

#include <stdint.h>

struct vfu_hash_key {
    uint64_t word[2];
};

/* The key of this run, which differs from every other's. */
struct vfu_hash_key vfu_hash_secret(void);
/* Of a pair of numbers. All bits of it are equally good. */
uint64_t vfu_hash(const struct vfu_hash_key *key, uint64_t a, uint64_t b);

#endif
