/*
 * vfuscope fuzz: numbers that a seed repeats (splitmix64), on every machine.
 */
#include "cli/fuzz/inside.h"

uint64_t fuzz_next(struct fuzz_random *r)
{
    uint64_t n = r->state += 0x9e3779b97f4a7c15;

    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
    n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
    return n ^ (n >> 31);
}

struct fuzz_random fuzz_random(uint64_t seed, uint64_t n)
{
    struct fuzz_random r = { seed };

    r.state = fuzz_next(&r) ^ n;
    r.state = fuzz_next(&r);
    return r;
}

uint64_t fuzz_below(struct fuzz_random *r, uint64_t below)
{
    return below ? fuzz_next(r) % below : 0;
}
