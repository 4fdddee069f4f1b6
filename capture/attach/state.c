/*
 * Passive attach, the sockets that are known: found, added, and forgotten.
 */
#include "capture/attach/inside.h"

#include <stdlib.h>
#include <string.h>

struct attach_socket *attach_by_inode(const struct attach *a, uint64_t inode)
{
    struct attach_socket *s;

    LIST_FOREACH(s, &a->sockets, next)
        if (s->inode == inode && inode)
            return s;
    return NULL;
}

struct attach_socket *attach_socket_new(struct attach *a, const struct vfu_attach_socket *found)
{
    struct attach_socket *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->inode = found->inode;
    s->peer = found->peer;
    memcpy(s->path, found->path, sizeof s->path);
    STAILQ_INIT(&s->held);
    STAILQ_INIT(&s->waiting);
    LIST_INSERT_HEAD(&a->sockets, s, next);
    return s;
}

static void free_held(struct attach_socket *s)
{
    struct attach_held *h;

    while ((h = STAILQ_FIRST(&s->held))) {
        STAILQ_REMOVE_HEAD(&s->held, next);
        free(h);
    }
    s->held_count = 0;
}

void attach_search(struct attach_socket *s)
{
    free_held(s);
    s->score = 0;
    s->own_known = s->conn > 0;
    s->streams[ATTACH_IN].framed = s->streams[ATTACH_OUT].framed = false;
}

void attach_socket_free(struct attach_socket *s)
{
    struct attach_waiting *w;

    LIST_REMOVE(s, next);
    free_held(s);
    while ((w = STAILQ_FIRST(&s->waiting))) {
        STAILQ_REMOVE_HEAD(&s->waiting, next);
        free(w);
    }
    free(s->streams[ATTACH_IN].buffer);
    free(s->streams[ATTACH_OUT].buffer);
    free(s);
}
