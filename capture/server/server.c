/*
 * The server end: making one, and a turn of its owner's loop. inside.h says which part is where.
 */
#include "capture/server/inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Doorbells come last: what rang before a command is seen too. */
enum { POLL_CLIENT, POLL_TWIN, POLL_BELLS };
static_assert(POLL_BELLS + (int)SERVER_MAX_MSG_FDS == (int)VFU_SERVER_POLLS, "room for all that is polled");

static bool make_device(struct vfu_server *s, char *why)
{
    s->host.context = s;
    server_host_irqs(s);
    server_host_dma(s);
    s->dev = s->options.model->create(&s->host, s->options.details, why);
    if (!s->dev)
        return false;
    if (server_irqs_new(s)) {
        server_migration_reset(s);
        return true;
    }
    snprintf(why, DEV_WHY, "out of memory");
    return false;
}

struct vfu_server *vfu_server_new(const struct vfu_server_options *options, char *why)
{
    struct vfu_server *s = calloc(1, sizeof *s);

    if (!s) {
        snprintf(why, DEV_WHY, "out of memory");
        return NULL;
    }
    s->options = *options;
    s->maps = (struct vfu_ranges)VFU_RANGES_OF(struct server_map);
    s->session = vfu_session_new(options->checks);
    s->client.fd = s->twin.fd = -1;
    server_channel_close(&s->client);
    server_channel_close(&s->twin);
    if (!s->session)
        snprintf(why, DEV_WHY, "out of memory");
    else if (make_device(s, why))
        return s;
    vfu_server_free(s);
    return NULL;
}

void vfu_server_free(struct vfu_server *s)
{
    if (!s)
        return;
    vfu_server_leave(s);
    server_stream_clear(&s->migration.data);
    server_irqs_free(s);
    if (s->dev)
        s->options.model->destroy(s->dev);
    vfu_session_free(s->session);
    free(s);
}

void vfu_server_take(struct vfu_server *s, int fd)
{
    server_open(s, fd);
}

void vfu_server_leave(struct vfu_server *s)
{
    if (s->client.fd >= 0)
        server_close(s);
}

unsigned vfu_server_poll(const struct vfu_server *s, struct pollfd *p)
{
    short in = server_is_full(&s->client) || s->closing ? 0 : POLLIN;

    p[POLL_CLIENT] = (struct pollfd){ .fd = s->client.fd, .events = in | (server_waits(&s->client) ? POLLOUT : 0) };
    p[POLL_TWIN] = (struct pollfd){ .fd = s->twin.fd, .events = POLLIN | (server_waits(&s->twin) ? POLLOUT : 0) };
    return POLL_BELLS + server_doorbells_poll(s, p + POLL_BELLS);
}

/* What poll said of a channel; false: the channel is at its end. */
static bool channel_ready(struct vfu_server *s, struct server_channel *c, short events)
{
    if (events & POLLOUT)
        server_writable(c);
    return !(events & (POLLIN | POLLHUP | POLLERR)) || s->closing || server_readable(s, c);
}

static bool is_over(const struct vfu_server *s, short events)
{
    return s->closing && (!server_waits(&s->client) || events & (POLLHUP | POLLERR));
}

bool vfu_server_turn(struct vfu_server *s, const struct pollfd *p)
{
    bool good = true;

    server_doorbells_run(s);
    if (p[POLL_TWIN].revents && !channel_ready(s, &s->twin, p[POLL_TWIN].revents))
        server_twin_close(s);
    if (p[POLL_CLIENT].revents)
        good = channel_ready(s, &s->client, p[POLL_CLIENT].revents) || server_waits(&s->client);
    good = good && server_dma_run(s) && !is_over(s, p[POLL_CLIENT].revents);
    if (!good)
        vfu_server_leave(s);
    return good;
}
