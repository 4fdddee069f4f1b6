/*
 * Interrupts that wait until whoever looks at events has looked (--expose irq): the guest uses what they are about again
 * once it has them. They wait for a bounded time, and whoever takes that time too often is not waited for any more.
 */
#ifndef VFU_CAPTURE_TAP_WAIT_H
#define VFU_CAPTURE_TAP_WAIT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TAP_WAITS = 1024,    /* interrupts that wait at a time; those beyond go on at once */
    TAP_WAITS_VAIN = 10, /* so often in a row the time ran out: it is for nothing */
};

struct tap;
struct tap_wake;

struct tap_wait {
    struct tap_wake *wake; /* NULL: it has gone on */
    uint64_t count;        /* as of an eventfd */
    uint64_t mark;         /* what `looked` says once it may go on */
    uint64_t due_ns;       /* it goes on then, monotonic */
};
struct tap_waits {
    struct tap_wait list[TAP_WAITS]; /* a ring; the oldest first */
    unsigned first, count;
    bool armed;    /* the timer */
    unsigned vain; /* how often in a row the time ran out */
    bool over;     /* nothing waits any more */
};

/* So much goes on to the eventfd whose place the tap's took, now. False: it is lost. */
bool tap_wake_pass(struct tap_wake *w, uint64_t count);
/* Before anything is signalled. False: errno says why. */
bool tap_wait_open(struct tap *tap);
/* Is the next interrupt of this eventfd to wait? To be asked before it is told of, */
bool tap_wait_wanted(const struct tap_wake *w);
/* and once it was: it goes on later. */
void tap_wait(struct tap_wake *w, uint64_t count);
/* Those of this eventfd go on now. */
void tap_wait_let_go(const struct tap_wake *w);
/* Somebody has looked, */
void tap_wait_looked(struct tap *tap);
/* or the time is up. */
void tap_wait_due(struct tap *tap);

#endif
