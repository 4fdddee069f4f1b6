/*
 * A sink in a thread of its own behind a bounded queue: whoever carries traffic only copies the event, and never waits
 * for a terminal, a disk or a pipe.
 */
#ifndef VFU_CAPTURE_QUEUE_H
#define VFU_CAPTURE_QUEUE_H

#include "decoder/wire/event.h"

#include <stdatomic.h>

/* What the queue's thread calls. Each returns false when the sink is broken (it has said so), and is left alone then. */
struct vfu_sink {
    bool (*event)(void *context, const struct vfu_event *event);
    bool (*flush)(void *context); /* at the start, whenever nothing more is there, each second, and at the end */
    bool (*end)(void *context); /* once, after the last event and before the last flush; may be NULL */
    void *context;
    long nap_ns; /* between looks after an event, before sleeping in earnest; 0: a millisecond */
    bool wakeful; /* no naps: somebody waits for what it does, so whoever pushes wakes it */
    atomic_bool *give_up; /* set at the end if the sink makes no progress; a signal interrupts its system call */
    bool patient; /* set it only when `interrupted` says so: a file, on a disk that is busy for seconds */
};

enum { VFU_QUEUE_BYTES = 64 << 20 };

struct vfu_queue;

/*
 * Start the thread. keep: bytes kept of each message (0: all). interrupted: asked while a lossless push waits, and at
 * the end, whether to stop waiting; may be NULL. NULL: out of memory or threads.
 */
struct vfu_queue *vfu_queue_new(const struct vfu_sink *sink, size_t keep, bool lossless, bool (*interrupted)(void));
/*
 * Copy the event into the queue; one producer only. False: it was full and the event was dropped, which the sink is
 * told with a VFU_EVENT_DROPPED. Lossless: waits for room instead. Events for a broken sink go nowhere.
 */
bool vfu_queue_push(struct vfu_queue *q, const struct vfu_event *event);
/* Has the sink broken? */
bool vfu_queue_failed(const struct vfu_queue *q);
/*
 * Let the sink take what is queued, end the thread and free the queue. A sink that takes nothing for two seconds is
 * given up. Returns what the sink did not get, over the whole run (nothing when it broke).
 */
struct vfu_left_out vfu_queue_close(struct vfu_queue *q);

#endif
