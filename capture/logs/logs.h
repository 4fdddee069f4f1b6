/*
 * Other logs, followed as they grow: a file, a FIFO, a device, what a server writes. Each has a thread of its own, which alone
 * waits for it; their lines wait in one bounded queue for whoever carries the traffic. What comes too fast is left out, counted, and
 * told by a line of its own.
 */
#ifndef VFU_CAPTURE_LOGS_LOGS_H
#define VFU_CAPTURE_LOGS_LOGS_H

#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

struct vfu_logs;

/* A line for the person, of any thread. */
typedef void vfu_logs_say(void *context, const char *text);

/* NULL: out of memory or file descriptors. */
struct vfu_logs *vfu_logs_new(vfu_logs_say *say, void *context);
/*
 * Follow FILE ("-": standard input) as `name`, both of which live longer: a regular file from its end on; where there is none yet,
 * from its begin once it appears. A file that is rotated (another stands at its path) is read to its end first; one that was cut,
 * anew. False: error says why it can't be opened.
 */
bool vfu_logs_add(struct vfu_logs *logs, const char *name, const char *path, struct vfu_error *error);
/*
 * Likewise what comes out of a pipe's end, which becomes the logs'. `pass_on` gets all of it first, a line or less at a time, and
 * must not wait.
 */
bool vfu_logs_add_pipe(struct vfu_logs *logs, const char *name, int fd, void (*pass_on)(const char *bytes, size_t size),
                       struct vfu_error *error);
/* The threads. False: error says why not; vfu_logs_end is called all the same. */
bool vfu_logs_start(struct vfu_logs *logs, struct vfu_error *error);

/* Readable while lines wait. */
int vfu_logs_fd(const struct vfu_logs *logs);
/* Does one wait? */
bool vfu_logs_waiting(const struct vfu_logs *logs);
/* The next line that came by then (monotonic), as a LOG event. Its text is good until the next call. False: there is none. */
bool vfu_logs_next(struct vfu_logs *logs, uint64_t until_ns, struct vfu_event *event);

/*
 * Have the threads look once more, and end. What they found waits for vfu_logs_next. One that hangs in a file that does not answer
 * is not waited for.
 */
void vfu_logs_end(struct vfu_logs *logs);
/* Say of each log how many lines were left out in all, if any. */
void vfu_logs_say_left_out(struct vfu_logs *logs);
/* After vfu_logs_end. NULL is fine. */
void vfu_logs_free(struct vfu_logs *logs);

#endif
