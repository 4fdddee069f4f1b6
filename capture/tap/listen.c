/*
 * The sockets that clients and probes connect to: listened at, or left alone for a moment when nobody can be taken.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <string.h>
#include <sys/epoll.h>

void tap_listen_for(struct tap *tap, uint32_t mask)
{
    struct epoll_event ev = { .events = mask, .data.ptr = tap->options->listener };
    struct epoll_event control = { .events = mask, .data.ptr = tap->options->control };

    epoll_ctl(tap->epoll, EPOLL_CTL_MOD, tap->options->listener->fd, &ev);
    if (tap->options->control)
        epoll_ctl(tap->epoll, EPOLL_CTL_MOD, tap->options->control->fd, &control);
}

void tap_pause_listening(struct tap *tap, int why)
{
    uint64_t now = vfu_mono_ns();

    if (!tap->paused && now > tap->resume_ns + tap_ms(TAP_PAUSE_MS)) /* not again and again */
        tap_say(tap, "can't take another client now: %s; it waits", strerror(why));
    tap->paused = true;
    tap->resume_ns = now + tap_ms(TAP_PAUSE_MS);
    tap_listen_for(tap, 0);
}
