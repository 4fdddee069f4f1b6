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

/*
 * What is due goes on, also what stands behind something that the other side does not take now; `any`: more is to go on.
 * Returns when the flow's next message is due, 0 if none is held.
 */
static uint64_t release(struct tap_flow *f, uint64_t now, bool any)
{
    uint64_t next = 0;
    struct tap_out *out;

    STAILQ_FOREACH(out, &f->pump.queue.list, next) {
        if (out->due_ns && out->due_ns <= now) {
            out->due_ns = 0;
            any = true;
        } else if (out->due_ns && (!next || out->due_ns < next)) {
            next = out->due_ns;
        }
    }
    if (any) {
        tap_flow_push(f);
        tap_touch(f->channel->connection);
    }
    return next;
}

void tap_hold_release(struct tap *tap, bool all)
{
    struct tap_holds *h = &tap->holds;
    uint64_t now = all ? UINT64_MAX : vfu_mono_ns();

    h->until_ns = 0;
    TAP_EACH_FLOW (f, tap) {
        uint64_t due = release(f, now, all && tap_aside_let_go(f));

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
