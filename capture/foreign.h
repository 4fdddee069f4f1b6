/*
 * Descriptors that others gave us. What lies behind one is theirs: an eventfd that is full, a file on a file system whose
 * server does not answer. No call here waits for it, so that the thread that carries traffic can make it.
 */
#ifndef VFU_CAPTURE_FOREIGN_H
#define VFU_CAPTURE_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Add `count` to an eventfd. False: it has no room for that, or is no eventfd, and is as it was. Whether it blocks is a property of
 * the peer's own file, which is not ours to change: a blocking one is asked for its room first. If somebody fills it just then, the
 * write is interrupted within a tenth of a second, and *blocked set: who does that would do it again.
 */
bool vfu_eventfd_add(int fd, uint64_t count, bool *blocked);

/*
 * Close them. Sockets, pipes, eventfds and memfds at once; what may hang in its close (a file that a FUSE or NFS server has
 * to be told of, a device) in a thread of its own: it may keep the process from ending, never anything else from going on.
 */
void vfu_close_fds(const int *fds, unsigned count);

#endif
