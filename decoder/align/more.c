/*
 * What one run has more often than the other, as time will have it: rounds of a poll of several registers, and what a
 * client sends for each interrupt, to have it masked and unmasked.
 */
#include "decoder/align/inside.h"

#include <stdlib.h>

enum { ROUND = 8 /* reads, at most */ };

static bool is_read(const struct vfu_exchange *x)
{
    struct vfu_event e;

    return vfu_exchange_command(x, &e) && e.command_number == VFU_REGION_READ && vfu_event_is_command(&e) && x->reply.bytes;
}

/* Do the reads from `from` to `end` say the same as those so far before them, or behind? */
static bool says_again(const struct align_side *s, size_t from, size_t end, size_t distance, bool behind)
{
    if (behind ? end + distance > s->run->count : from < distance)
        return false;
    for (size_t i = from; i < end; i++) {
        size_t other = behind ? i + distance : i - distance;

        if (s->digests[i] != s->digests[other] || !is_read(&s->run->list[other]))
            return false;
    }
    return true;
}

/*
 * Reads that the other run lacks, and that bring once more what the same reads just before them brought, or just behind: more
 * rounds of a poll.
 */
static bool is_more_polls(const struct align_side *s, size_t from, size_t end)
{
    for (size_t distance = 1; distance <= ROUND && distance <= end - from; distance++)
        if ((end - from) % distance == 0 && (says_again(s, from, end, distance, false) || says_again(s, from, end, distance, true)))
            return true;
    return false;
}

static void find_polls(struct align_side *s)
{
    for (size_t i = 0, end; i < s->run->count; i = end + 1) {
        for (end = i; end < s->run->count && s->other[end] == VFU_ALONE && is_read(&s->run->list[end]);)
            end++;
        if (!is_more_polls(s, i, end))
            continue;
        for (size_t k = i; k < end; k++)
            s->other[k] = ALIGN_MORE;
    }
}

/* SET_IRQS that masks or unmasks: QEMU sends it for each INTx. */
static bool is_masking(const struct vfu_exchange *x)
{
    struct vfu_decoded d;
    struct vfu_event e;

    if (!vfu_exchange_command(x, &e) || e.command_number != VFU_DEVICE_SET_IRQS || !vfu_event_is_command(&e))
        return false;
    vfu_decode(&e, &d);
    return vfu_number(d.values, d.count, "flags", 0) & (VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Those that have no partner, but of which the other run has some. */
static bool find_masking(struct align_side *s, const struct align_side *other)
{
    uint64_t *digests = malloc((other->run->count + 1) * sizeof *digests);
    size_t count = 0;

    if (!digests)
        return false;
    for (size_t i = 0; i < other->run->count; i++)
        if (is_masking(&other->run->list[i]))
            digests[count++] = other->digests[i];
    if (count)
        qsort(digests, count, sizeof *digests, by_number);
    for (size_t i = 0; count && i < s->run->count; i++)
        if (s->other[i] == VFU_ALONE && is_masking(&s->run->list[i]) &&
            bsearch(&s->digests[i], digests, count, sizeof *digests, by_number))
            s->other[i] = ALIGN_MORE;
    free(digests);
    return true;
}

bool align_find_more(struct align_side *s, const struct align_side *other)
{
    find_polls(s);
    return find_masking(s, other);
}
