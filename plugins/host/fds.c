/*
 * Descriptors of DMA maps, from the thread that carries traffic to the one that asks.
 */
#include "plugins/host/inside.h"

#include <stdlib.h>
#include <unistd.h>

enum { WAITING = 256 };

struct plugin_fd {
    STAILQ_ENTRY(plugin_fd) link;
    uint64_t no; /* of the message that it came with */
    int fd;
};

void plugin_fds_init(struct plugin_fds *f)
{
    *f = (struct plugin_fds){ .count = 0 };
    STAILQ_INIT(&f->list);
    pthread_mutex_init(&f->lock, NULL);
}

void plugin_fds_put(struct plugin_fds *f, uint64_t no, int fd)
{
    struct plugin_fd *one = malloc(sizeof *one);
    bool room;

    pthread_mutex_lock(&f->lock);
    room = one && f->count < WAITING;
    if (room) {
        *one = (struct plugin_fd){ .no = no, .fd = fd };
        STAILQ_INSERT_TAIL(&f->list, one, link);
        f->count++;
        one = NULL; /* it is the list's */
    }
    pthread_mutex_unlock(&f->lock);
    if (!room)
        close(fd);
    free(one);
}

/* The oldest, if it is of message `no` or an earlier one; its struct is the caller's. */
static struct plugin_fd *take_oldest(struct plugin_fds *f, uint64_t no)
{
    struct plugin_fd *one;

    pthread_mutex_lock(&f->lock);
    one = STAILQ_FIRST(&f->list);
    if (one && one->no > no)
        one = NULL;
    if (one) {
        STAILQ_REMOVE_HEAD(&f->list, link);
        f->count--;
    }
    pthread_mutex_unlock(&f->lock);
    return one;
}

int plugin_fds_take(struct plugin_fds *f, uint64_t no)
{
    struct plugin_fd *one;
    int fd = -1;

    while ((one = take_oldest(f, no)) != NULL) {
        if (one->no == no && fd < 0)
            fd = one->fd;
        else
            close(one->fd);
        free(one);
    }
    return fd;
}

void plugin_fds_free(struct plugin_fds *f)
{
    int fd = plugin_fds_take(f, UINT64_MAX);

    if (fd >= 0)
        close(fd);
    pthread_mutex_destroy(&f->lock);
}
