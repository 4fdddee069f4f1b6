/*
 * How long whoever waits for a stopped message has waited, and will: what is known of QEMU, else the longest wait that was seen
 * on its connection.
 */
#include "capture/clock.h"
#include "cli/tap/inside.h"

#include <string.h>

/* Clients that give up on a reply, by how the name of their looks begins. */
static const struct {
    const char *name;
    unsigned seconds;
} limits[] = { { "QEMU", 5 } };

void tap_patience_saw(struct tap_patience *all, const struct vfu_event *event)
{
    struct tap_waits *w = &all->of[event->conn % TAP_WAITS];
    enum vfu_side waits = event->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;

    if (event->kind != VFU_EVENT_MESSAGE || !vfu_event_is_reply(event) || !event->paired)
        return;
    if (w->conn != event->conn)
        *w = (struct tap_waits){ .conn = event->conn };
    if (event->latency_ns > w->longest_ns[waits])
        w->longest_ns[waits] = event->latency_ns;
}

/* "1.2 s", "35 ms" */
static void say_time(FILE *to, uint64_t ns)
{
    if (ns >= 1000000000)
        fprintf(to, "%.1f s", (double)ns / 1e9);
    else
        fprintf(to, "%.3g ms", (double)ns / 1e6);
}

static unsigned limit_of(const char *peer)
{
    for (size_t i = 0; peer && i < sizeof limits / sizeof *limits; i++)
        if (strncmp(peer, limits[i].name, strlen(limits[i].name)) == 0)
            return limits[i].seconds;
    return 0;
}

void tap_patience_say(const struct tap_commands *c, const struct vfu_event *event)
{
    FILE *to = c->out;
    bool reply = vfu_event_is_reply(event);
    enum vfu_side side = reply == (event->from == VFU_CLIENT) ? VFU_SERVER : VFU_CLIENT;
    const struct tap_waits *w = &c->patience.of[event->conn % TAP_WAITS];
    const char *peer = vfu_session_peer_name(c->session, event->conn, side);
    uint64_t since = event->time.mono_ns - (reply && event->paired ? event->latency_ns : 0), now = vfu_mono_ns();

    if (!reply && event->flags & VFU_NO_REPLY) {
        fputs("nobody waits for a reply to it\n", to);
        return;
    }
    if (peer)
        fprintf(to, "%.*s has waited ", (int)(strstr(peer, " (") ? (size_t)(strstr(peer, " (") - peer) : strlen(peer)), peer);
    else
        fprintf(to, "the %s has waited ", vfu_side_name(side));
    say_time(to, now > since ? now - since : 0);
    if (limit_of(peer)) {
        fprintf(to, " for the reply, and gives up after %u s", limit_of(peer));
    } else if (w->conn == event->conn && w->longest_ns[side]) {
        fputs(" for the reply; the longest wait seen is ", to);
        say_time(to, w->longest_ns[side]);
    } else {
        fputs(" for the reply; how long it will is not known", to);
    }
    fputc('\n', to);
}
