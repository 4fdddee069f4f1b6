/*
 * What got slower: for each command and place the distribution of latencies, on either side; and for each command that of the
 * places that are too rare for one. Slower is what takes twice as long in the median, or the slowest hundredth of which does,
 * and by so much and so often that it is no accident.
 */
#include "decoder/align/align.h"
#include "decoder/wire/grow.h"

#include <math.h>
#include <stdlib.h>

enum {
    LEAST = 5,             /* of each side */
    LEAST_TAIL = 100,      /* before a hundredth of them means anything */
    LEAST_NS = 20000,      /* less is scheduling */
    FACTOR = 2,
    TAIL_PARTS = 20,       /* that many more than a hundredth: one in so many */
};
#define RANKS 2.5 /* deviations of the rank sum: less than one in a hundred by accident, of five and five none below it */

struct sample {
    uint64_t place, ns;
    uint32_t at; /* the exchange */
};

struct samples {
    struct sample *list;
    size_t count, room;
};

static bool add(struct samples *s, uint64_t place, uint64_t ns, size_t at)
{
    if (!VFU_GROW(s->list, s->room, s->count + 1))
        return false;
    s->list[s->count++] = (struct sample){ place, ns, (uint32_t)at };
    return true;
}

static bool add_all(struct samples *s, const struct vfu_run *r, const struct vfu_hash_key *key)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct vfu_exchange *x = &r->list[i];
        uint64_t place;

        if (!x->reply.bytes)
            continue;
        place = vfu_exchange_place(NULL, key, x);
        for (uint64_t k = 0; k + 1 < x->times; k++)
            if (!add(s, place, x->earlier_ns[k], i))
                return false;
        if (!add(s, place, x->latency_ns, i))
            return false;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static size_t group_end(const struct samples *s, size_t from)
{
    size_t end = from;

    while (end < s->count && s->list[end].place == s->list[from].place)
        end++;
    return end;
}

/* Deviations by which b's ranks among both lie above what they would without a difference (Mann and Whitney). */
static double ranks(const struct sample *a, size_t n, const struct sample *b, size_t m)
{
    double above = 0, pairs = (double)n * (double)m;
    size_t below = 0, equal;

    for (size_t j = 0; j < m; j++) {
        while (below < n && a[below].ns < b[j].ns)
            below++;
        for (equal = below; equal < n && a[equal].ns == b[j].ns && equal - below < 64; equal++)
            ;
        above += (double)below + (double)(equal - below) / 2;
    }
    return (above - pairs / 2) / sqrt(pairs * (double)(n + m + 1) / 12);
}

static struct vfu_spread spread(const struct sample *list, size_t count)
{
    return (struct vfu_spread){ count, list[count / 2].ns, list[(count * 99) / 100].ns };
}

static bool is_more(uint64_t a, uint64_t b)
{
    return b > a && b - a >= LEAST_NS && b / FACTOR >= a;
}

/* Did the slowest hundredth become so many that it is no hundredth any more? */
static bool is_tail(size_t n, const struct sample *b, size_t m, const struct vfu_slower *s)
{
    size_t over = 0;

    while (over < m && b[m - 1 - over].ns > s->a.p99_ns)
        over++;
    return n >= LEAST_TAIL && m >= LEAST_TAIL && over >= m / TAIL_PARTS && is_more(s->a.p99_ns, s->b.p99_ns);
}

static bool judge(const struct sample *a, size_t n, const struct sample *b, size_t m, struct vfu_slower *s)
{
    if (n < LEAST || m < LEAST)
        return false;
    s->a = spread(a, n);
    s->b = spread(b, m);
    s->at_a = a->at;
    s->at_b = b->at;
    s->tail = false;
    if (is_more(s->a.median_ns, s->b.median_ns) && ranks(a, n, b, m) >= RANKS)
        return true;
    return s->tail = is_tail(n, b, m, s);
}

/* Those of a group that is too small, as many of either side, for their command's. */
static bool pool(struct samples *to, const struct vfu_run *r, const struct sample *list, size_t count, size_t wanted)
{
    for (size_t i = 0; i < wanted; i++) {
        const struct sample *one = &list[i * count / wanted];
        struct vfu_event e;

        if (vfu_exchange_command(&r->list[one->at], &e) && !add(to, e.command_number, one->ns, one->at))
            return false;
    }
    return true;
}

static void sort(struct samples *s)
{
    if (s->count)
        qsort(s->list, s->count, sizeof *s->list, by_place);
}

struct compared {
    const struct vfu_run *a, *b;
    struct samples rare_a, rare_b; /* pooled */
    bool pooled;                   /* it is these that are compared */
    void (*slower)(void *context, const struct vfu_slower *s);
    void *context;
};

static bool compare_group(struct compared *c, const struct sample *a, size_t n, const struct sample *b, size_t m)
{
    size_t few = n < m ? n : m;
    struct vfu_slower s = { .pooled = c->pooled };

    if (few < LEAST && !c->pooled)
        return pool(&c->rare_a, c->a, a, n, few) && pool(&c->rare_b, c->b, b, m, few);
    if (judge(a, n, b, m, &s))
        c->slower(c->context, &s);
    return true;
}

static bool compare_groups(struct compared *c, struct samples *x, struct samples *y)
{
    bool good = true;

    sort(x);
    sort(y);
    for (size_t i = 0, j = 0; good && i < x->count && j < y->count;) {
        size_t i_end = group_end(x, i), j_end = group_end(y, j);
        uint64_t a = x->list[i].place, b = y->list[j].place;

        if (a == b)
            good = compare_group(c, x->list + i, i_end - i, y->list + j, j_end - j);
        i = a <= b ? i_end : i;
        j = b <= a ? j_end : j;
    }
    return good;
}

bool vfu_times_compare(const struct vfu_hash_key *key, const struct vfu_run *a, const struct vfu_run *b,
                       void (*slower)(void *context, const struct vfu_slower *s), void *context)
{
    struct compared c = { .a = a, .b = b, .slower = slower, .context = context };
    struct samples x = { 0 }, y = { 0 };
    bool good = add_all(&x, a, key) && add_all(&y, b, key) && compare_groups(&c, &x, &y);

    c.pooled = true;
    good = good && compare_groups(&c, &c.rare_a, &c.rare_b);
    free(x.list);
    free(y.list);
    free(c.rare_a.list);
    free(c.rare_b.list);
    return good;
}
