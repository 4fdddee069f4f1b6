/*
 * Messages that are held for a while (--inject delay=): one timer for all of them, set for the first that is due.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

bool tap_hold_open(struct tap *tap)
{
    return tap_timer_open(tap, &tap->holds.timer, TAP_HOLDS);
}

void tap_hold(struct tap *tap, struct tap_out *out, uint64_t until_ns)
{
    struct tap_holds *h = &tap->holds;

    out->due_ns = until_ns;
    if (h->until_ns && h->until_ns <= until_ns)
        return;
    h->until_ns = until_ns;
    tap_timer_at(&h->timer, until_ns);
}

/* Returns when the flow's next message is due, 0 if none is held. */
static uint64_t release(struct tap_flow *f, uint64_t now)
{
    struct tap_out *first;

    while ((first = STAILQ_FIRST(&f->pump.queue.list)) != NULL && first->due_ns && first->due_ns <= now) {
        first->due_ns = 0;
        tap_flow_push(f);
        tap_touch(f->channel->connection);
    }
    return first ? first->due_ns : 0;
}

void tap_hold_release(struct tap *tap, bool all)
{
    struct tap_holds *h = &tap->holds;
    uint64_t now = all ? UINT64_MAX : vfu_mono_ns();

    h->until_ns = 0;
    TAP_EACH_FLOW (f, tap) {
        uint64_t due = release(f, now);

        if (due && (!h->until_ns || due < h->until_ns))
            h->until_ns = due;
    }
    if (h->until_ns)
        tap_timer_at(&h->timer, h->until_ns);
}

void tap_hold_happened(struct tap *tap)
{
    tap_timer_empty(&tap->holds.timer);
    tap_hold_release(tap, false);
}
