/*
 * The clock: between orders plugins are asked, each millisecond or so, whether something happened that no message told of. Here,
 * where guest memory is, since this costs least: only where something did is vfuscope woken, which then makes an event of it.
 */
#include "plugins/host/process/inside.h"

#include "capture/clock.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 1000, SLOWER = 4 /* after so many looks in vain only each fourth time */ };

void plugin_clock_again(struct plugin_host *h)
{
    h->clock.wanted = h->clock.every_ns > 0;
}

static void signal_moved(void)
{
    const uint64_t one = 1;

    if (write(PLUGIN_FD_MOVED, &one, sizeof one) < 0)
        return; /* full: it is signalled */
}

static void tick(struct plugin_host *h)
{
    enum vfp_moved most = VFP_SEEN, one;
    struct plugin_conn *c;

    TAILQ_FOREACH(c, &h->conns, link) {
        one = plugin_moved(c);
        most = one > most ? one : most;
    }
    h->clock.wanted = most != VFP_SEEN;
    h->clock.still = most == VFP_MOVED ? 0 : h->clock.still + (h->clock.still < PATIENCE);
    if (most == VFP_MOVED)
        signal_moved();
}

void plugin_clock_wait(struct plugin_host *h)
{
    struct pollfd order = { .fd = PLUGIN_FD_SOCKET, .events = POLLIN };

    while (h->clock.wanted) {
        const uint64_t now = vfu_mono_ns(), left = h->clock.next_ns > now ? h->clock.next_ns - now : 0;
        const struct timespec rest = { (time_t)(left / 1000000000), (long)(left % 1000000000) };
        int orders = ppoll(&order, 1, &rest, NULL);

        if (orders > 0)
            return;
        if (orders < 0)
            continue; /* a signal */
        tick(h);
        h->clock.next_ns = vfu_mono_ns() + h->clock.every_ns * (h->clock.still < PATIENCE ? 1 : SLOWER);
    }
}
