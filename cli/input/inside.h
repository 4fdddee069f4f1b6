/*
 * Inside cli/input. From the ground up:
 *
 *   source            a capture, or the files of a ring, one after the other
 *   rings, names      which files are one; what they are called
 *   open < merge      above them all
 */
#ifndef VFU_CLI_INPUT_INSIDE_H
#define VFU_CLI_INPUT_INSIDE_H

#include "cli/input/input.h"

#include <sys/stat.h>

/* A file. */
struct input_part {
    char *path;
    size_t given;           /* by which argument */
    size_t base;            /* so much of the path is its ring's; 0: it is not named as a ring's file */
    uint64_t number;        /* in the ring */
    struct stat st;
    bool again;             /* it can be closed, and opened again later */
    struct vfu_capreader *reader; /* open; NULL: not yet, or not any more */
    /* What a first look showed. */
    uint64_t first_ns;      /* its first record's time */
    uint64_t first_no;      /* its first message's number; 0: it has none, or no number */
    uint64_t start_ns;      /* when the first file of its ring was begun, as it says itself; 0: it does not */
    struct vfu_event *ahead; /* of one that can't be read again: that record, which is still to be handed out; malloced */
    enum vfu_captured got;   /* and what it is; beyond VFU_CAPTURED_EVENT: there is none */
};

struct input_conn {
    uint32_t theirs, ours;
};

/* What goes on as one. */
struct input_source {
    struct input_part *parts; /* count of them, the first one first */
    size_t count, at;
    char *name;               /* NULL: it is the only one */
    bool at_hand;             /* `event` was read, and not handed out */
    enum vfu_captured got;
    struct vfu_event event;   /* points into the open reader */
    bool shifted;
    uint64_t shift_ns;        /* from its monotonic clock to the time of day: machines have clocks of their own */
    struct input_conn *conns; /* conn_count of them, sorted by theirs */
    size_t conn_count, conn_room;
};

struct cli_inputs {
    struct vfu_capwait wait;
    struct input_source *sources; /* count of them, in the order of their first records */
    size_t count, started;        /* those up to `started` were begun */
    size_t *active;               /* active_count of those that have a record at hand, but for `current` */
    size_t active_count;
    size_t current;               /* the last record's; `count`: none */
    uint64_t limit_ns;            /* up to here no other has a record */
    bool stays;                   /* the last record belongs to the one behind it */
    uint32_t conns;               /* connections so far */
    bool damaged;
    char damage[256];             /* why, of the last one */
    struct vfu_error error;       /* why the last file can't be read on */
    size_t *of, of_count;         /* by argument: which source it is */
};

/* --- source.c --- */

/* Tell of one that is damaged, behind what was shown of it. */
void input_damaged(struct cli_inputs *in, const char *why);
/* Its next record: MESSAGE, EVENT, END or STOPPED. */
enum vfu_captured input_source_next(struct cli_inputs *in, struct input_source *s, struct vfu_event *event);
/* Of the file at hand no record came: what that means, STOPPED or END; that it is damaged is said. */
enum vfu_captured input_source_end(struct cli_inputs *in, struct input_source *s, enum vfu_captured got);
void input_part_close(struct input_part *p);

/* --- rings.c --- */

/* Where the name of the ring ends that a file of this name may belong to, and which file it is; 0: of none. */
size_t input_ring_base(const char *path, uint64_t *number);
/* The files of the ring of this name, NULL behind them; malloced. NULL: there are none. */
char **input_ring_files(const char *path);
/* Sort them, so that those that are one stand together; how many from the first one on are one. */
void input_rings_sort(struct input_part *parts, size_t count);
size_t input_ring_size(const struct input_part *parts, size_t count);

/* --- names.c --- */

/* Name all of them. False: out of memory. */
bool input_names(struct cli_inputs *in);

#endif
