/*
 * The sockets that clients and probes connect to: listened at, or left alone for a moment when nobody can be taken.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

static const enum tap_watched clients = TAP_CLIENTS, probes = TAP_CONTROL;

static bool epoll_both(struct tap *tap, int op, uint32_t events)
{
    const struct vfu_tap_options *o = tap->options;
    bool first = tap_epoll(tap, op, o->listener->fd, events, &clients);

    return (!o->control || tap_epoll(tap, op, o->control->fd, events, &probes)) && first;
}

bool tap_listen(struct tap *tap)
{
    return epoll_both(tap, EPOLL_CTL_ADD, EPOLLIN);
}

bool tap_listen_pauses(struct tap *tap, int why)
{
    struct tap_listeners *l = &tap->listeners;
    uint64_t now = vfu_mono_ns();

    if (why != EMFILE && why != ENFILE && why != ENOBUFS && why != ENOMEM)
        return false;
    if (!l->paused && now > l->resume_ns + tap_ms(TAP_PAUSE_MS)) /* not again and again */
        tap_say(tap, "can't take another client now: %s; it waits", strerror(why));
    l->paused = true;
    l->resume_ns = now + tap_ms(TAP_PAUSE_MS);
    epoll_both(tap, EPOLL_CTL_MOD, 0);
    return true;
}

bool tap_listen_again(struct tap *tap, uint64_t now)
{
    if (!tap->listeners.paused || now < tap->listeners.resume_ns)
        return false;
    epoll_both(tap, EPOLL_CTL_MOD, EPOLLIN);
    return true;
}
