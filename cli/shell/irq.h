/*
 * The interrupts that the shell has armed: an eventfd a vector, and how often each fired and was not yet waited for.
 */
#ifndef VFU_CLI_SHELL_IRQ_H
#define VFU_CLI_SHELL_IRQ_H

#include "decoder/wire/error.h"

#include <stddef.h>
#include <stdint.h>

struct shell_vector {
    uint32_t index, vector;
    int fd;
    uint64_t pending; /* fired and not waited for */
    uint64_t total;
};

struct shell_irqs {
    struct shell_vector *vector;
    size_t count, capacity;
};

/* The armed vector, or NULL. */
struct shell_vector *shell_irqs_find(struct shell_irqs *irqs, uint32_t index, uint32_t vector);
/* Arm with a new eventfd (an old one is closed), watched by epoll_fd. NULL: error. Valid until the next call. */
struct shell_vector *shell_irqs_arm(struct shell_irqs *irqs, uint32_t index, uint32_t vector, int epoll_fd,
                                    struct vfu_error *error);
/* Forget vectors first to last of an index. */
void shell_irqs_disarm(struct shell_irqs *irqs, uint32_t index, uint32_t first, uint32_t last, int epoll_fd);
void shell_irqs_clear(struct shell_irqs *irqs, int epoll_fd);

/* Take what the eventfd behind this key (from epoll) has; how often it fired. */
uint64_t shell_irqs_take(struct shell_irqs *irqs, int fd, struct shell_vector **which);

#endif
