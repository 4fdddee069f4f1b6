/*
 * The keyed hash of tables whose keys a peer chooses.
 */
#include "decoder/wire/hash.h"

#include <string.h>
#include <sys/auxv.h>

/* The kernel gives each program 16 random bytes at its start: no file or system call is needed, and nothing can fail. */
struct vfu_hash_key vfu_hash_secret(void)
{
    /* getauxval returns all of its values as a number, this one too. */
    const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    struct vfu_hash_key key = { { 0, 0 } };

    if (random)
        memcpy(&key, random, sizeof key);
    return key;
}

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t n, unsigned bits)
{
    return n << bits | n >> (64 - bits);
}

static inline void sip_round(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32) + s->v3;
    s->v2 += s->v1;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void take_in(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

uint64_t vfu_hash(const struct vfu_hash_key *key, uint64_t a, uint64_t b)
{
    struct state s = {
        .v0 = key->word[0] ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->word[1] ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->word[0] ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->word[1] ^ UINT64_C(0x7465646279746573),
    };

    take_in(&s, a);
    take_in(&s, b);
    take_in(&s, UINT64_C(16) << 56); /* how many bytes there were */
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
