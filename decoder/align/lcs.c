/*
 * The longest common run of two sequences: Myers' O(ND) algorithm in linear space (Algorithmica 1986), from both ends
 * until they meet, of what either has. A part in which that takes too many steps is split where most of both was passed,
 * as GNU diff does: so the time is bounded by STEPS and the lengths times LEAST_COST, and what is found is common, but
 * perhaps not the longest.
 */
#include "decoder/align/align.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_COST = 16384, /* insertions and removals, of a part: a step for each diagonal that they reach */
    LEAST_COST = 256,  /* once all steps are used up */
    STEPS = 300000000,
};

/* How far it was come on each diagonal (x - y, of the indices in a and b), from one end. */
struct front {
    int64_t *x;
    int64_t low, high; /* the diagonals that were reached */
};

struct lcs {
    const uint64_t *a, *b;
    uint32_t *other;
    struct front forward, back;
    int64_t steps; /* that are left */
    bool cut;
};

struct part {
    int64_t a, a_end, b, b_end;
};

struct split {
    int64_t x, y;
};

/* One diagonal more on either side, unless that lies outside: then one less, since only every other one is looked at. */
static void widen(struct front *f, const struct part *p, int64_t unreached)
{
    if (f->low > p->a - p->b_end)
        f->x[--f->low - 1] = unreached;
    else
        f->low++;
    if (f->high < p->a_end - p->b)
        f->x[++f->high + 1] = unreached;
    else
        f->high--;
}

/* One step from the front, an insertion or a removal: true, it met what came from the end. */
static bool step_forward(struct lcs *l, const struct part *p, bool odd, struct split *at)
{
    struct front *f = &l->forward;

    widen(f, p, INT64_MIN);
    for (int64_t d = f->high; d >= f->low; d -= 2) {
        int64_t x = f->x[d - 1] < f->x[d + 1] ? f->x[d + 1] : f->x[d - 1] + 1, y = x - d;

        while (x < p->a_end && y < p->b_end && l->a[x] == l->b[y]) {
            x++;
            y++;
        }
        f->x[d] = x;
        if (odd && l->back.low <= d && d <= l->back.high && l->back.x[d] <= x) {
            *at = (struct split){ x, y };
            return true;
        }
    }
    return false;
}

static bool step_back(struct lcs *l, const struct part *p, bool odd, struct split *at)
{
    struct front *f = &l->back;

    widen(f, p, INT64_MAX);
    for (int64_t d = f->high; d >= f->low; d -= 2) {
        int64_t x = f->x[d - 1] < f->x[d + 1] ? f->x[d - 1] : f->x[d + 1] - 1, y = x - d;

        while (x > p->a && y > p->b && l->a[x - 1] == l->b[y - 1]) {
            x--;
            y--;
        }
        f->x[d] = x;
        if (!odd && l->forward.low <= d && d <= l->forward.high && x <= l->forward.x[d]) {
            *at = (struct split){ x, y };
            return true;
        }
    }
    return false;
}

/* It costs too much: where most was passed, be it from the front or from the end. */
static struct split furthest(const struct lcs *l, const struct part *p)
{
    struct split best = { p->a, p->b };
    int64_t most = 0;

    for (int64_t d = l->forward.low; d <= l->forward.high; d += 2) {
        int64_t x = l->forward.x[d] < p->a_end ? l->forward.x[d] : p->a_end, y = x - d;

        if (y > p->b_end) {
            y = p->b_end;
            x = y + d;
        }
        if (x >= p->a && y >= p->b && x - p->a + y - p->b > most) {
            most = x - p->a + y - p->b;
            best = (struct split){ x, y };
        }
    }
    for (int64_t d = l->back.low; d <= l->back.high; d += 2) {
        int64_t x = l->back.x[d] > p->a ? l->back.x[d] : p->a, y = x - d;

        if (y < p->b) {
            y = p->b;
            x = y + d;
        }
        if (x <= p->a_end && y <= p->b_end && p->a_end - x + p->b_end - y > most) {
            most = p->a_end - x + p->b_end - y;
            best = (struct split){ x, y };
        }
    }
    if ((best.x == p->a && best.y == p->b) || (best.x == p->a_end && best.y == p->b_end)) /* that would be no split */
        best = (struct split){ (p->a + p->a_end) / 2, (p->b + p->b_end + 1) / 2 };
    return best;
}

/* Neither side is empty, and they begin and end with what differs. */
static struct split split(struct lcs *l, const struct part *p)
{
    int64_t first = p->a - p->b, last = p->a_end - p->b_end;
    bool odd = (first - last) & 1;
    struct split at;

    l->forward.low = l->forward.high = first;
    l->back.low = l->back.high = last;
    l->forward.x[first] = p->a;
    l->back.x[last] = p->a_end;
    for (unsigned cost = 0; cost < (l->steps > 0 ? MOST_COST : LEAST_COST); cost++) {
        if (step_forward(l, p, odd, &at) || step_back(l, p, odd, &at))
            return at;
        l->steps -= l->forward.high - l->forward.low + 2;
    }
    l->cut = true;
    return furthest(l, p);
}

static void align(struct lcs *l, struct part p)
{
    while (true) {
        struct part first;
        struct split at;

        for (; p.a < p.a_end && p.b < p.b_end && l->a[p.a] == l->b[p.b]; p.a++, p.b++)
            l->other[p.a] = (uint32_t)p.b;
        for (; p.a < p.a_end && p.b < p.b_end && l->a[p.a_end - 1] == l->b[p.b_end - 1]; p.a_end--, p.b_end--)
            l->other[p.a_end - 1] = (uint32_t)(p.b_end - 1);
        if (p.a == p.a_end || p.b == p.b_end)
            return;
        at = split(l, &p);
        first = (struct part){ p.a, at.x, p.b, at.y };
        p = (struct part){ at.x, p.a_end, at.y, p.b_end };
        /* The shorter one by recursion: so its depth is that of a logarithm. */
        if (first.a_end - first.a + first.b_end - first.b > p.a_end - p.a + p.b_end - p.b) {
            struct part other = first;

            first = p;
            p = other;
        }
        align(l, first);
    }
}

/* --- only what either has is looked at --- */

struct sequence {
    uint64_t *items;
    uint32_t *at; /* where each stands in the whole */
    size_t count;
};

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_below(const void *list, size_t at, uint64_t number)
{
    return ((const uint64_t *)list)[at] < number;
}

/* Of `items` those that are in `others`, too; `sorted` has room for these. */
static void choose(struct sequence *s, const uint64_t *items, size_t count, const uint64_t *others, size_t other_count,
                   uint64_t *sorted)
{
    if (other_count) {
        memcpy(sorted, others, other_count * sizeof *sorted);
        qsort(sorted, other_count, sizeof *sorted, by_number);
    }
    for (size_t i = 0; i < count; i++) {
        size_t found = vfu_lower_bound(sorted, other_count, items[i], is_below);

        if (found == other_count || sorted[found] != items[i])
            continue;
        s->items[s->count] = items[i];
        s->at[s->count++] = (uint32_t)i;
    }
}

/* Room for all of it in one piece of memory, which is *room. */
static bool make_room(struct lcs *l, struct sequence *a, size_t a_count, struct sequence *b, size_t b_count, uint64_t **sorted,
                      void **room)
{
    size_t both = a_count + b_count, diagonals = both + 3;
    uint64_t *words = malloc((2 * diagonals + 2 * both) * sizeof *words + (both + a_count) * sizeof(uint32_t));

    *room = words;
    if (!words)
        return false;
    l->forward.x = (int64_t *)words + b_count + 1;
    l->back.x = (int64_t *)words + diagonals + b_count + 1;
    *sorted = words + 2 * diagonals;
    a->items = *sorted + both;
    b->items = a->items + a_count;
    a->at = (uint32_t *)(b->items + b_count);
    b->at = a->at + a_count;
    l->other = b->at + b_count;
    return true;
}

bool vfu_lcs(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, uint32_t *other, bool *cut)
{
    struct lcs l = { .steps = STEPS };
    struct sequence x = { .count = 0 }, y = { .count = 0 };
    uint64_t *sorted;
    void *room;

    if (!make_room(&l, &x, a_count, &y, b_count, &sorted, &room))
        return false;
    choose(&x, a, a_count, b, b_count, sorted);
    choose(&y, b, b_count, a, a_count, sorted);
    l.a = x.items;
    l.b = y.items;
    for (size_t i = 0; i < x.count; i++)
        l.other[i] = VFU_ALONE;
    align(&l, (struct part){ 0, (int64_t)x.count, 0, (int64_t)y.count });
    for (size_t i = 0; i < a_count; i++)
        other[i] = VFU_ALONE;
    for (size_t i = 0; i < x.count; i++)
        if (l.other[i] != VFU_ALONE)
            other[x.at[i]] = y.at[l.other[i]];
    free(room);
    *cut |= l.cut;
    return true;
}
