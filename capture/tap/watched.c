/*
 * What epoll watches for the tap: descriptors, each known by what it is, and the timers among them.
 */
#include "capture/tap/inside.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

bool tap_epoll(struct tap *tap, int op, int fd, uint32_t events, const enum tap_watched *what)
{
    struct epoll_event ev = { .events = events, .data.ptr = (void *)(uintptr_t)what };

    return epoll_ctl(tap->epoll, op, fd, &ev) == 0;
}

bool tap_timer_open(struct tap *tap, struct tap_timer *t, enum tap_watched what)
{
    t->what = what;
    t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return t->fd >= 0 && tap_epoll(tap, EPOLL_CTL_ADD, t->fd, EPOLLIN, &t->what);
}

void tap_timer_close(struct tap_timer *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

static struct timespec spec(uint64_t ns)
{
    return (struct timespec){ (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
}

void tap_timer_at(const struct tap_timer *t, uint64_t at_ns)
{
    const struct itimerspec when = { .it_value = spec(at_ns) };

    timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

bool tap_timer_every(const struct tap_timer *t, uint64_t ns)
{
    const struct itimerspec when = { .it_value = spec(ns), .it_interval = spec(ns) };

    return timerfd_settime(t->fd, 0, &when, NULL) == 0;
}

void tap_timer_empty(const struct tap_timer *t)
{
    uint64_t times;
    ssize_t n = read(t->fd, &times, sizeof times);

    (void)n; /* there or not: it is empty now */
}
