/*
 * Messages that are held for a while (--inject delay=): one timer for all of them, set for the first that is due.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <sys/timerfd.h>

static void set_timer(int fd, uint64_t at_ns)
{
    struct itimerspec when = { .it_value = { (time_t)(at_ns / 1000000000), (long)(at_ns % 1000000000) } };

    timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void tap_hold(struct tap *tap, struct tap_out *out, uint64_t until_ns)
{
    out->due_ns = until_ns;
    if (tap->hold_ns && tap->hold_ns <= until_ns)
        return;
    tap->hold_ns = until_ns;
    set_timer(tap->hold_timer, until_ns);
}

/* Returns when the flow's next message is due, 0 if none is held. */
static uint64_t release(struct tap_flow *f, uint64_t now)
{
    while (f->first && f->first->due_ns && f->first->due_ns <= now) {
        f->first->due_ns = 0;
        tap_flow_push(f);
        tap_touch(f->channel->connection);
    }
    return f->first ? f->first->due_ns : 0;
}

void tap_release_held(struct tap *tap, bool all)
{
    uint64_t now = all ? UINT64_MAX : vfu_mono_ns(), next = 0;

    for (struct tap_connection *n = tap->connections; n; n = n->next) {
        for (int i = 0; i < 4 && n->conn && !n->dead; i++) {
            struct tap_channel *c = i < 2 ? &n->main : n->twin;
            uint64_t due = c && c->open ? release(&c->flows[i % 2], now) : 0;

            if (due && (!next || due < next))
                next = due;
        }
    }
    tap->hold_ns = next;
    if (next)
        set_timer(tap->hold_timer, next);
}
