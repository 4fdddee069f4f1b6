/*
 * What got slower: for each command and place the distribution of latencies, on either side. Slower is what takes twice as
 * long in the median, or the slowest hundredth of which does, and by so much and so often that it is no accident.
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
    size_t below = 0, equal = 0;

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
static bool is_tail(const struct sample *a, size_t n, const struct sample *b, size_t m, const struct vfu_slower *s)
{
    size_t over = 0;

    (void)a;
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
    return s->tail = is_tail(a, n, b, m, s);
}

bool vfu_times_compare(const struct vfu_hash_key *key, const struct vfu_run *a, const struct vfu_run *b,
                       void (*slower)(void *context, const struct vfu_slower *s), void *context)
{
    struct samples x = { 0 }, y = { 0 };
    struct vfu_slower s;
    bool good = add_all(&x, a, key) && add_all(&y, b, key);

    if (good && x.count && y.count) {
        qsort(x.list, x.count, sizeof *x.list, by_place);
        qsort(y.list, y.count, sizeof *y.list, by_place);
    }
    for (size_t i = 0, j = 0; good && i < x.count && j < y.count;) {
        size_t i_end = group_end(&x, i), j_end = group_end(&y, j);

        if (x.list[i].place == y.list[j].place && judge(x.list + i, i_end - i, y.list + j, j_end - j, &s))
            slower(context, &s);
        if (x.list[i].place <= y.list[j].place) {
            bool both = x.list[i].place == y.list[j].place;

            i = i_end;
            j = both ? j_end : j;
        } else {
            j = j_end;
        }
    }
    free(x.list);
    free(y.list);
    return good;
}
