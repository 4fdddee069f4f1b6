/*
 * Two runs of exchanges side by side: first what says the same, the longest common run of it; then between those, what is
 * about the same place; and then between all these, what is about a register of the same name, wherever it lies. What is
 * left has no partner, unless it comes elsewhere.
 */
#include "decoder/align/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>

static bool open_side(struct align_side *s, const struct vfu_side_by_side *how, const struct vfu_addresses *addresses,
                      const struct vfu_hash_key *key, const struct vfu_run *run)
{
    uint64_t *room = malloc((run->count + 1) * (3 * sizeof *room + sizeof *s->other));

    if (!room)
        return false;
    *s = (struct align_side){ .run = run, .digests = room, .places = room + run->count, .names = room + 2 * run->count };
    s->other = (uint32_t *)(room + 3 * run->count);
    for (size_t i = 0; i < run->count; i++) {
        s->digests[i] = vfu_exchange_digest(how->ignored, key, addresses, &run->list[i]);
        s->places[i] = vfu_exchange_place(how->ignored, key, &run->list[i]);
        s->names[i] = vfu_exchange_name(key, &run->list[i]);
        s->named |= run->list[i].register_count > 0;
        s->other[i] = VFU_ALONE;
    }
    return true;
}

/* The same numbers in a part of either. */
static bool pair_part(struct align_side *a, const uint64_t *a_numbers, size_t from_a, size_t a_end, const uint64_t *b_numbers,
                      size_t from_b, size_t b_end, bool *cut)
{
    if (from_a == a_end || from_b == b_end)
        return true;
    if (!vfu_lcs(a_numbers + from_a, a_end - from_a, b_numbers + from_b, b_end - from_b, a->other + from_a, cut))
        return false;
    for (size_t i = from_a; i < a_end; i++)
        if (a->other[i] != VFU_ALONE)
            a->other[i] += (uint32_t)from_b;
    return true;
}

/* Between those that have partners, by these numbers. */
static bool pair_between(struct align_side *a, const uint64_t *a_numbers, const struct align_side *b, const uint64_t *b_numbers, bool *cut)
{
    size_t from_a = 0, from_b = 0;

    for (size_t i = 0; i <= a->run->count; i++) {
        size_t other = i == a->run->count ? b->run->count : a->other[i];

        if (other == VFU_ALONE)
            continue;
        if (!pair_part(a, a_numbers, from_a, i, b_numbers, from_b, other, cut))
            return false;
        from_a = i + 1;
        from_b = other + 1;
    }
    return true;
}

static bool pair(struct align_side *a, struct align_side *b, bool *cut)
{
    if (!pair_between(a, a->digests, b, b->digests, cut) || !pair_between(a, a->places, b, b->places, cut) ||
        (a->named && b->named && !pair_between(a, a->names, b, b->names, cut)))
        return false;
    for (size_t i = 0; i < a->run->count; i++)
        if (a->other[i] != VFU_ALONE)
            b->other[a->other[i]] = (uint32_t)i;
    return true;
}

/* --- what has no partner, and says the same as another that has none --- */

struct lone {
    uint64_t digest;
    uint32_t at;
};

static int by_digest(const void *a, const void *b)
{
    const struct lone *x = a, *y = b;

    if (x->digest != y->digest)
        return x->digest < y->digest ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Those of a side, sorted; NULL: out of memory. */
static struct lone *list_lone(const struct align_side *s, size_t *count)
{
    struct lone *list = malloc((s->run->count + 1) * sizeof *list);

    *count = 0;
    for (size_t i = 0; list && i < s->run->count; i++)
        if (s->other[i] == VFU_ALONE)
            list[(*count)++] = (struct lone){ s->digests[i], (uint32_t)i };
    if (list)
        qsort(list, *count, sizeof *list, by_digest);
    return list;
}

/* One of one side is one of the other, the first of each: `elsewhere` says which, by the steps' indices. */
static bool find_elsewhere(const struct align_side *a, const struct align_side *b, uint32_t *from_a, uint32_t *from_b)
{
    size_t count, others, i = 0, j = 0;
    struct lone *x = list_lone(a, &count), *y = list_lone(b, &others);
    bool good = x && y;

    while (good && i < count && j < others) {
        if (x[i].digest == y[j].digest) {
            from_a[x[i].at] = y[j].at;
            from_b[y[j++].at] = x[i++].at;
        } else if (x[i].digest < y[j].digest) {
            i++;
        } else {
            j++;
        }
    }
    free(x);
    free(y);
    return good;
}

/* --- steps --- */

static bool step(struct vfu_alignment *l, size_t *room, enum vfu_step_kind kind, size_t a, size_t b, uint32_t elsewhere)
{
    if (!VFU_GROW(l->steps, *room, l->count + 1))
        return false;
    l->steps[l->count++] = (struct vfu_step){ kind, (uint32_t)a, (uint32_t)b, elsewhere };
    return true;
}

static bool list_steps(struct vfu_alignment *l, const struct vfu_side_by_side *how, const struct align_side *a, const struct align_side *b,
                       const uint32_t *from_a, const uint32_t *from_b)
{
    struct vfu_differing list[VFU_MAX_DIFFERING];
    size_t i = 0, j = 0, room = 0;
    bool good = true;

    while (good && (i < a->run->count || j < b->run->count)) {
        if (i < a->run->count && a->other[i] == ALIGN_MORE) {
            i++;
        } else if (j < b->run->count && b->other[j] == ALIGN_MORE) {
            j++;
        } else if (i < a->run->count && a->other[i] == VFU_ALONE) {
            good = step(l, &room, VFU_STEP_ONLY_A, i, VFU_ALONE, from_a[i]);
            i++;
        } else if (j < b->run->count && b->other[j] == VFU_ALONE) {
            good = step(l, &room, VFU_STEP_ONLY_B, VFU_ALONE, j, from_b[j]);
            j++;
        } else {
            bool differ = vfu_exchanges_differ(how, &a->run->list[i], &b->run->list[j], list) > 0;

            good = step(l, &room, differ ? VFU_STEP_CHANGED : VFU_STEP_SAME, i++, j++, VFU_ALONE);
        }
    }
    return good;
}

bool vfu_align_runs(struct vfu_alignment *l, const struct vfu_side_by_side *s, const struct vfu_hash_key *key,
                    const struct vfu_run *a, const struct vfu_run *b)
{
    struct align_side x = { 0 }, y = { 0 };
    uint32_t *elsewhere = malloc((a->count + b->count + 1) * sizeof *elsewhere);
    bool good;

    *l = (struct vfu_alignment){ 0 };
    for (size_t i = 0; elsewhere && i < a->count + b->count; i++)
        elsewhere[i] = VFU_ALONE;
    good = elsewhere && open_side(&x, s, s->a, key, a) && open_side(&y, s, s->b, key, b) && pair(&x, &y, &l->cut);
    good = good && align_find_more(&x, &y) && align_find_more(&y, &x) && find_elsewhere(&x, &y, elsewhere, elsewhere + a->count) &&
           list_steps(l, s, &x, &y, elsewhere, elsewhere + a->count);
    free(x.digests);
    free(y.digests);
    free(elsewhere);
    return good;
}

void vfu_alignment_free(struct vfu_alignment *l)
{
    free(l->steps);
    *l = (struct vfu_alignment){ 0 };
}
