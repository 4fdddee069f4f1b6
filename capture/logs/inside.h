/*
 * Inside capture/logs: lines < queue < input < follow < logs.
 */
#ifndef VFU_CAPTURE_LOGS_INSIDE_H
#define VFU_CAPTURE_LOGS_INSIDE_H

#include "capture/logs/logs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/types.h>

/* --- lines.c: lines out of bytes --- */

/* The line at hand. Starts zeroed. */
struct logs_lines {
    char text[VFU_LINE_MAX];
    size_t size;
    uint64_t cut; /* bytes of it for which there is no room */
    bool open;    /* bytes came that no newline has ended */
    bool half;    /* its begin was told before its end came */
    bool skip;    /* bytes before it were passed over: up to the next newline there is no line */
    void (*line)(void *context, const char *text, size_t size);
    void *context;
};

void logs_lines_take(struct logs_lines *l, const char *bytes, size_t size);
/* What is at hand is told, though no newline came: a line, or the half of one. */
void logs_lines_end(struct logs_lines *l);

/* --- queue.c: lines that wait, of all logs --- */

/* How fast the lines of a log may come: so much is left of a second's worth. */
struct logs_rate {
    uint64_t lines, bytes, at_ns;
    bool shut; /* until there is enough again: gaps are few and wide */
};

struct logs_waiting {
    STAILQ_ENTRY(logs_waiting) next;
    const char *name;
    struct vfu_time time;
    uint64_t left_out;
    size_t size;
    char text[];
};

struct logs_queue {
    pthread_mutex_t lock;
    STAILQ_HEAD(, logs_waiting) list;
    _Atomic unsigned count;
    size_t bytes;
    int fd; /* an eventfd, readable while there are any */
    struct logs_waiting *given; /* the last one that was taken */
};

/* False: out of file descriptors. */
bool logs_queue_init(struct logs_queue *q);
void logs_queue_free(struct logs_queue *q);
/* False: there is no room. */
bool logs_queue_put(struct logs_queue *q, const char *name, struct vfu_time time, const char *text, size_t size,
                    uint64_t left_out);
/* See vfu_logs_next. */
bool logs_queue_take(struct logs_queue *q, uint64_t until_ns, struct vfu_event *event);
/* Is a line of this size within the rate? Then it is taken off what is left. */
bool logs_rate_admits(struct logs_rate *r, uint64_t now_ns, size_t size);

/* --- input.c: what is read --- */

enum logs_kind {
    LOGS_FILE,   /* regular */
    LOGS_FIFO,   /* by its path: who writes may come and go */
    LOGS_DEVICE, /* a terminal, /dev/kmsg */
    LOGS_PIPE,   /* of which only a descriptor is known: its end is the log's */
};

struct logs_input {
    const char *path; /* NULL: there is only the descriptor */
    int fd;           /* -1: it is not there now */
    enum logs_kind kind;
    dev_t dev;
    ino_t ino;
    uint64_t at;      /* in a regular file */
    bool sized;       /* it had a size */
    int notes;        /* inotify; -1: none */
    int file_watch, folder_watch; /* -1: none */
};

/* Open what stands at its path now. at_end: of a regular file only what comes from now on. False: errno says why. */
bool logs_input_open(struct logs_input *in, bool at_end);
void logs_input_close(struct logs_input *in);
/* Does something else stand at its path now, that could be opened? */
bool logs_input_is_replaced(const struct logs_input *in);
/* Be told when it grows, or another appears at its path. */
void logs_input_watch(struct logs_input *in);
/* Bytes that have come, as read does. */
ssize_t logs_input_read(struct logs_input *in, char *bytes, size_t size);

/* --- follow.c: a log, and its thread --- */

struct logs_log {
    STAILQ_ENTRY(logs_log) next;
    struct vfu_logs *logs;
    const char *name;
    struct logs_input input;
    struct logs_lines lines;
    struct logs_rate rate;
    struct vfu_time time; /* of the bytes at hand */
    uint64_t left_out, left_out_all; /* lines that are not told yet; in all */
    bool said_fast, said_why, ended;
    void (*pass_on)(const char *bytes, size_t size);
    pthread_t thread;
    bool running;
};

struct vfu_logs {
    STAILQ_HEAD(, logs_log) list;
    struct logs_queue queue;
    vfu_logs_say *say;
    void *context;
    int end_fd; /* an eventfd: readable, the threads are to end */
    atomic_bool ending;
    pthread_mutex_t lock;
    pthread_cond_t one_ended;
    unsigned running; /* threads */
};

__attribute__((format(printf, 2, 3))) void logs_say(const struct logs_log *l, const char *format, ...);
/* The thread. */
void *logs_follow(void *log);

#endif
