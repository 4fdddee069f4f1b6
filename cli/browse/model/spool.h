/*
 * Events in a file that has no name any more, 0600 in $TMPDIR: as images of what is in memory, which only this process reads back.
 */
#ifndef VFU_CLI_BROWSE_SPOOL_H
#define VFU_CLI_BROWSE_SPOOL_H

#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

#include <pthread.h>

struct browse_spool {
    pthread_mutex_t lock;
    int fd;
    uint64_t size, written; /* of all that came; of that, what is in the file: the rest is in the buffer */
    uint64_t limit;         /* bytes of the file: what is older is written over; 0: none */
    uint8_t *buffer, *room; /* room: for one event, room_size bytes */
    size_t used, room_size;
    int failed;             /* errno: it takes nothing any more */
};

/* limit: 0, or more than any event takes. False: error says why. */
bool browse_spool_open(struct browse_spool *s, uint64_t limit, struct vfu_error *error);
void browse_spool_close(struct browse_spool *s);
/* Add an event, with its number. From one thread. False: out of memory, or of disk. */
bool browse_spool_add(struct browse_spool *s, const struct vfu_event *event, uint64_t number);
/* Where the next one will stand, and the first that is not written over yet. From any thread. */
uint64_t browse_spool_end(struct browse_spool *s);
uint64_t browse_spool_begin(struct browse_spool *s);
/* Read back what stands from one place to another, both between events; malloced. NULL: it can't be had any more. */
uint8_t *browse_spool_read(struct browse_spool *s, uint64_t from, uint64_t to);
/* The next event in what was read, malloced, with its number; *at goes on. NULL: out of memory, or the end. */
struct vfu_event *browse_spool_next(const uint8_t *bytes, size_t size, size_t *at, uint64_t *number);

#endif
