/*
 * Messages that are set aside (--inject hold=, reorder, glue): those that come later on the same way go first, or with
 * them; and messages that go out in two pieces (split=).
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_MS = 20 /* between the pieces: time enough for who reads only what there is */ };

/* What follows its first bytes becomes a message of its own, due a little later. NULL: it stays whole. */
static struct tap_out *rest_of(struct tap_out *out)
{
    size_t size = out->split && out->split < out->size ? out->size - (size_t)out->split : 0;
    uint8_t *bytes = size ? malloc(size) : NULL;
    struct tap_out *rest;
    uint64_t now = vfu_mono_ns();

    if (!bytes)
        return NULL;
    memcpy(bytes, out->bytes + out->split, size);
    rest = tap_out_new(bytes, size, NULL, 0);
    if (!rest)
        return NULL;
    out->size = (size_t)out->split;
    rest->due_ns = (out->due_ns > now ? out->due_ns : now) + tap_ms(PAUSE_MS);
    return rest;
}

static void add(struct tap_flow *f, struct tap_out *out)
{
    if (out->due_ns)
        tap_hold(tap_of(f), out, out->due_ns);
    tap_pump_add(&f->pump, out);
}

void tap_aside_queue(struct tap_flow *f, struct tap_out *out)
{
    struct tap_out *rest = rest_of(out);

    add(f, out);
    if (rest)
        add(f, rest);
}

bool tap_aside_waits_for_next(const struct tap_flow *f)
{
    const struct tap_out *out;

    STAILQ_FOREACH(out, &f->aside.list, next)
        if (out->glue || out->after == 1)
            return true;
    return false;
}

void tap_aside_keep(struct tap_flow *f, struct tap_out *out)
{
    tap_queue_add(&f->aside, out);
}

/* The bytes and descriptors of both, in this order, in the second. False: they can't be together. */
static bool join(const struct tap_out *first, struct tap_out *second)
{
    uint8_t *bytes;

    if (first->nfds + second->nfds > VFU_MAX_FDS || !(bytes = malloc(first->size + second->size)))
        return false;
    memcpy(bytes, first->bytes, first->size);
    memcpy(bytes + first->size, second->bytes, second->size);
    free(second->bytes);
    second->bytes = bytes;
    second->size += first->size;
    memmove(second->fds + first->nfds, second->fds, second->nfds * sizeof *second->fds);
    memcpy(second->fds, first->fds, first->nfds * sizeof *first->fds);
    second->nfds += first->nfds;
    return true;
}

/* The glued one that waits, there is one at most, goes with it, or just before it. */
static void take_along(struct tap_flow *f, struct tap_out *out)
{
    struct tap_out *first;

    STAILQ_FOREACH(first, &f->aside.list, next)
        if (first->glue)
            break;
    if (!first)
        return;
    tap_queue_take(&f->aside, first);
    if (join(first, out)) {
        first->nfds = 0;
        tap_out_free(first);
    } else {
        tap_aside_queue(f, first);
    }
}

void tap_aside_pass(struct tap_flow *f, struct tap_out *out)
{
    struct tap_out *other, *after;

    if (out) {
        take_along(f, out);
        tap_aside_queue(f, out);
    }
    for (other = STAILQ_FIRST(&f->aside.list); other; other = after) {
        after = STAILQ_NEXT(other, next);
        if (other->glue || --other->after > 0)
            continue;
        tap_queue_take(&f->aside, other);
        tap_aside_queue(f, other);
    }
}

bool tap_aside_let_go(struct tap_flow *f)
{
    struct tap_out *out;
    bool any = false;

    while ((out = STAILQ_FIRST(&f->aside.list)) != NULL) {
        tap_queue_take(&f->aside, out);
        tap_aside_queue(f, out);
        any = true;
    }
    return any;
}
