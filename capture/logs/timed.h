/*
 * Other logs, read afterwards: their lines bear times.
 */
#ifndef VFU_CAPTURE_LOGS_TIMED_H
#define VFU_CAPTURE_LOGS_TIMED_H

#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

enum vfu_log_clock {
    VFU_LOG_NO_TIME,
    VFU_LOG_DATE,  /* since 1970 */
    VFU_LOG_SINCE, /* since a machine's start */
};

/*
 * The time, in ns, with which a line begins: seconds of the epoch, with or without a fraction; a date by ISO 8601, with a T or a
 * blank, with or without a fraction and a zone (without: the local one's); either of them in brackets; [12.345678], the kernel's.
 * In front may stand <6> or 4711@.
 */
enum vfu_log_clock vfu_log_time(const char *line, size_t size, uint64_t *ns);

struct vfu_timed_log;

/*
 * Open FILE ("-": standard input); both names live longer. The first line with a time says what clock it goes by; lines that have
 * none, or another's, belong to the one before them. NULL: error says why, also that no line has a time.
 */
struct vfu_timed_log *vfu_timed_open(const char *name, const char *path, struct vfu_error *error);
enum vfu_log_clock vfu_timed_clock(const struct vfu_timed_log *l);
/* Add this to each of its times. */
void vfu_timed_offset(struct vfu_timed_log *l, int64_t ns);
/* The time, as it stands there, of the first line that contains `text` and has one. False: there is none. Before the first line is taken, of a file. */
bool vfu_timed_find(const struct vfu_timed_log *l, const char *text, uint64_t *ns);
/* The line at hand; false: there are no more. Never earlier than the one before. */
bool vfu_timed_line(struct vfu_timed_log *l, struct vfu_event *event);
/* On to the next. */
void vfu_timed_next(struct vfu_timed_log *l);
/* Did its clock go back? Then lines from there on stand where it was before. */
bool vfu_timed_went_back(const struct vfu_timed_log *l);
void vfu_timed_close(struct vfu_timed_log *l);

#endif
