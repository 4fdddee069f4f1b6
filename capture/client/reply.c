/*
 * The client end, a reply that is kept: it outlives the buffer that it came in.
 */
#include "capture/client/inside.h"
#include "decoder/wire/grow.h"

#include <string.h>
#include <unistd.h>

void vfu_reply_clear(struct vfu_reply *reply)
{
    for (unsigned i = 0; i < reply->nfds; i++)
        if (reply->fds[i] >= 0)
            close(reply->fds[i]);
    reply->nfds = 0;
    reply->event = NULL;
}

int vfu_reply_take_fd(struct vfu_reply *reply, unsigned which)
{
    int fd = which < reply->nfds ? reply->fds[which] : -1;

    if (fd >= 0)
        reply->fds[which] = -1;
    return fd;
}

bool client_keep_reply(struct vfu_reply *reply, const struct vfu_event *event, struct vfu_reader *r)
{
    vfu_reply_clear(reply);
    if (!VFU_GROW(reply->memory, reply->room, vfu_event_size(event)))
        return false;
    reply->event = vfu_event_copy(event, reply->memory);
    reply->nfds = r->nfds;
    memcpy(reply->fds, r->fds, r->nfds * sizeof r->fds[0]);
    r->nfds = 0;
    return true;
}
