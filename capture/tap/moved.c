/*
 * Something moved in guest memory of which no message tells, since doorbells are mapped: an event says that it is time to look.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"

#include <sys/epoll.h>
#include <unistd.h>

bool tap_moved_open(struct tap *tap)
{
    static const enum tap_watched moved = TAP_MOVED;

    return tap->options->look->moved_fd < 0 || tap_epoll(tap, EPOLL_CTL_ADD, tap->options->look->moved_fd, EPOLLIN, &moved);
}

/* Once: what would show more, and what that costs. */
static void say_moved(struct tap_connection *n)
{
    if (!n->said_moved && !(n->tap->options->expose & VFU_EXPOSE_IRQ))
        tap_say(n->tap, "connection %u: doorbells are mapped: plugins look each %g ms (--look); --expose irq shows every request, an "
                        "interrupt takes some 100 us longer, 1 ms at most", n->conn, (double)n->tap->options->look->every_ns / 1e6);
    n->said_moved = true;
}

/* Whoever signals it does so again when this comes too soon: it may be a plugin that does what it likes. */
void tap_moved(struct tap *tap)
{
    const struct vfu_tap_look *look = tap->options->look;
    struct tap_connection *n;
    uint64_t times;
    ssize_t size = read(look->moved_fd, &times, sizeof times);
    struct vfu_event event = { .kind = VFU_EVENT_LOOK, .from = VFU_SERVER, .time = vfu_now() };

    if (size < 0 || event.time.mono_ns - tap->moved_ns < look->every_ns / 2)
        return;
    tap->moved_ns = event.time.mono_ns;
    TAILQ_FOREACH(n, &tap->connections.list, next) {
        if (n->dead || !n->conn || !look->clocks(look->context, n->conn))
            continue;
        say_moved(n);
        event.conn = n->conn;
        vfu_session_event(tap->options->session, &event);
        tap_event(tap, &event);
    }
}
