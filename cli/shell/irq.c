/*
 * The shell's armed interrupts: see irq.h.
 */
#include "cli/shell/irq.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct shell_vector *shell_irqs_find(struct shell_irqs *irqs, uint32_t index, uint32_t vector)
{
    for (size_t i = 0; i < irqs->count; i++)
        if (irqs->vector[i].index == index && irqs->vector[i].vector == vector)
            return &irqs->vector[i];
    return NULL;
}

static void let_go(struct shell_vector *v, int epoll_fd)
{
    /* The server holds the eventfd too: closing ours alone would leave it in the epoll set. */
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, v->fd, NULL);
    close(v->fd);
}

struct shell_vector *shell_irqs_arm(struct shell_irqs *irqs, uint32_t index, uint32_t vector, int epoll_fd,
                                    struct vfu_error *error)
{
    struct epoll_event watch = { .events = EPOLLIN };
    struct shell_vector *v;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0) {
        vfu_fail(error, errno, "can't make an eventfd: %s", strerror(errno));
        return NULL;
    }
    watch.data.fd = fd;
    shell_irqs_disarm(irqs, index, vector, vector, epoll_fd);
    if (!VFU_GROW(irqs->vector, irqs->capacity, irqs->count + 1) ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &watch) != 0) {
        vfu_fail(error, errno, "can't watch an eventfd: %s", strerror(errno));
        close(fd);
        return NULL;
    }
    v = &irqs->vector[irqs->count++];
    *v = (struct shell_vector){ .index = index, .vector = vector, .fd = fd };
    return v;
}

void shell_irqs_disarm(struct shell_irqs *irqs, uint32_t index, uint32_t first, uint32_t last, int epoll_fd)
{
    size_t kept = 0;

    for (size_t i = 0; i < irqs->count; i++) {
        struct shell_vector *v = &irqs->vector[i];

        if (v->index == index && v->vector >= first && v->vector <= last)
            let_go(v, epoll_fd);
        else
            irqs->vector[kept++] = *v;
    }
    irqs->count = kept;
}

void shell_irqs_clear(struct shell_irqs *irqs, int epoll_fd)
{
    for (size_t i = 0; i < irqs->count; i++)
        let_go(&irqs->vector[i], epoll_fd);
    free(irqs->vector);
    *irqs = (struct shell_irqs){ 0 };
}

uint64_t shell_irqs_take(struct shell_irqs *irqs, int fd, struct shell_vector **which)
{
    uint64_t fired;

    *which = NULL;
    for (size_t i = 0; i < irqs->count && !*which; i++)
        if (irqs->vector[i].fd == fd)
            *which = &irqs->vector[i];
    if (!*which || read(fd, &fired, sizeof fired) != sizeof fired)
        return 0;
    (*which)->pending += fired;
    (*which)->total += fired;
    return fired;
}
