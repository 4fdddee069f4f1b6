/*
 * The clocks, in nanoseconds.
 */
#ifndef VFU_CAPTURE_CLOCK_H
#define VFU_CAPTURE_CLOCK_H

#include "decoder/wire/message.h"

#include <stdint.h>
#include <time.h>

static inline uint64_t vfu_clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t vfu_mono_ns(void)
{
    return vfu_clock_ns(CLOCK_MONOTONIC);
}

static inline struct vfu_time vfu_now(void)
{
    return (struct vfu_time){ .wall_ns = vfu_clock_ns(CLOCK_REALTIME), .mono_ns = vfu_clock_ns(CLOCK_MONOTONIC) };
}

#endif
