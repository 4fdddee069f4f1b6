/*
 * Which exchanges are slow: longer than 99 of a hundred took so far.
 */
#include "decoder/sinks/inside.h"

enum { SLOW_FROM = 100 /* exchanges, before any is called slow */ };

static unsigned bucket_of(uint64_t ns)
{
    unsigned log = ns ? 63 - (unsigned)__builtin_clzll(ns) : 0;

    return log < 2 ? log : log * 4 + (unsigned)(ns >> (log - 2) & 3);
}

bool text_is_slow(struct vfu_text_slow *s, uint64_t ns)
{
    bool slow = s->limit && ns > s->limit;
    uint64_t below = 0;

    s->counts[bucket_of(ns)]++;
    if (++s->count < SLOW_FROM || s->count % SLOW_FROM)
        return slow;
    for (unsigned i = 0; i < 256; i++) {
        below += s->counts[i];
        if (below * 100 < (uint64_t)s->count * 99)
            continue;
        s->limit = i < 8 ? 8 : (4 + (i & 3) + 1ull) << (i / 4 - 2);
        break;
    }
    return slow;
}
