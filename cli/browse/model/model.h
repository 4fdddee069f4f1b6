/*
 * What browse looks around in: an index of a capture, of several, or of live traffic, which grows in a thread of its own while it
 * is looked at; the events themselves are read again where they lie. Memory holds the index, not the capture.
 *
 * All of it is called from one thread, the screen's, but for browse_model_event. What people are told (cli_error) may come from
 * the model's own threads: a screen sees to it that standard error does not write over it.
 */
#ifndef VFU_CLI_BROWSE_MODEL_H
#define VFU_CLI_BROWSE_MODEL_H

#include "cli/cli.h"
#include "decoder/filter/filter.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/error.h"

struct browse_model;

/* An item of the list is a command with its reply, a message that stands alone, or an event. Items count from 0, in the order in
   which they begin. BROWSE_NONE: there is none. */
#define BROWSE_NONE UINT32_MAX

enum browse_mark { /* bits */
    BROWSE_EVENT = 1,      /* no message */
    BROWSE_ERROR = 2,      /* an error reply */
    BROWSE_PROBLEM = 4,    /* breaks a rule, or does not fit */
    BROWSE_NOTE = 8,       /* a plugin said something */
    BROWSE_BECAUSE = 16,   /* a reason is known */
    BROWSE_POLL = 32,      /* reads the place of the item before it again, with the same value: what folding hides */
    BROWSE_WAITS = 64,     /* a command whose reply has not come */
    BROWSE_GONE = 128,     /* live only: fell out of the bounded file; only what stands here is known, or (no time) not even that */
    BROWSE_VIOLATION = 256,
};

struct browse_item { /* what the index knows without reading */
    uint64_t no, reply_no;     /* 0: none (an event; no reply) */
    uint64_t wall_ns, mono_ns; /* of its begin */
    uint64_t latency_ns;       /* 0: none */
    uint32_t conn, place;      /* place: a hash of connection, region and offset, or of an interrupt's vector; 0: accesses none */
    const char *file;          /* of several, each with numbers of its own: as in its events; NULL: there are no several */
    uint16_t marks;
};

/* A vector that fired, and the last time that it did before some item; BROWSE_NONE: it did not, or long before. */
struct browse_fired {
    uint32_t index, vector, item;
};

struct browse_events; /* an item's events, read again; whole copies */

struct browse_state {
    uint32_t items;
    uint64_t messages, gone;    /* gone: items that fell out of the bounded live file */
    struct vfu_left_out left_out; /* live only: it came too fast */
    uint64_t bytes;             /* of memory that all this takes, but for blocks that are looked at */
    bool reading;               /* it grows */
    bool damaged;               /* a capture that is cut: `said` says where */
    bool failed;                /* the model is out of memory, or of disk: nothing more comes; `said` says why */
    char said[256];
    uint64_t first_ns, last_ns; /* realtime; first: what times count from, as with decode; 0: there are no items */
    unsigned percent;           /* of the files, read */
    uint64_t slow_ns;           /* what one in a hundred takes longer than; 0: not known yet */
};

/*
 * FILEs, as cli_inputs takes them, with those of cli/output's options in `args` that are about plugins and rules. The paths and
 * args live longer. NULL: a message was printed, exit with *status.
 */
struct browse_model *browse_model_open(const struct cli_args *args, char *const *paths, size_t count, enum cli_status *status);
/*
 * Of live traffic: events are handed in by browse_model_event, as plugins have seen them. limit: bytes of the file that they lie in,
 * more than any event takes; 0: 1 GiB. NULL: a message was printed.
 */
struct browse_model *browse_model_live(const struct cli_args *args, uint64_t limit);
/* From the thread of the traffic (cli_output's `watch`, of one thread): it never waits for the screen or the disk. */
void browse_model_event(struct browse_model *m, const struct vfu_event *event);
/* No events come any more; all that were handed in are there when this returns. For a screen that stays when a tap has ended. */
void browse_model_end(struct browse_model *m);
/* After its views: stop reading, and free. CLI_FAILED where decode would have failed: a capture is damaged. */
enum cli_status browse_model_close(struct browse_model *m);

/* Readable when something has changed since browse_model_state was called: for poll, beside the keyboard. */
int browse_model_fd(const struct browse_model *m);
void browse_model_state(struct browse_model *m, struct browse_state *state);
/* False: there is no such item (yet). */
bool browse_model_item(struct browse_model *m, uint32_t item, struct browse_item *out);
/* The item of message #no, command or reply: of several files, in that one (as in an item; NULL: the first that has it). */
uint32_t browse_model_by_no(struct browse_model *m, const char *file, uint64_t no);
/* Look for each of these: fills in its item. */
void browse_model_fired(struct browse_model *m, uint32_t before, struct browse_fired *list, size_t count);
/* The first at or after a time, realtime. */
uint32_t browse_model_by_time(struct browse_model *m, uint64_t wall_ns);

/* Its events as the session makes them: problems, reasons, notes, registers included. NULL: gone, or out of memory. Quick for
   neighbours: a block is read at once and kept. */
struct browse_events *browse_model_load(struct browse_model *m, uint32_t item);
const struct vfu_event *browse_events_command(const struct browse_events *e); /* or what stands alone */
const struct vfu_event *browse_events_reply(const struct browse_events *e);   /* NULL: none */
void browse_events_free(struct browse_events *e);

/*
 * The session as it was once the item's last message had come (from the nearest checkpoint): look is called with it, and with the
 * item's connection (NULL: it has none, or that has ended with it). False: it can't be had any more.
 */
bool browse_model_session(struct browse_model *m, uint32_t item,
                          void (*look)(void *context, const struct vfu_session *session, const struct vfu_connection *connection),
                          void *context);

/* Of several files the name of one, as items have it; NULL: there are no more, or no several. */
const char *browse_model_file(struct browse_model *m, size_t which);
/* The verdict (of several files one's) and the summary of all that was read so far, as why and -c print them. */
void browse_model_why(struct browse_model *m, size_t which, struct vfu_writer *w);
void browse_model_summary(struct browse_model *m, const struct vfu_summary_look *look, struct vfu_writer *w);

/* A view: the items that a filter picks (NULL: all), without polls that are folded. It fills in the background, and grows. */
struct browse_view;
/* The filter becomes the view's. NULL: out of memory, or of threads; then it is freed. */
struct browse_view *browse_view_new(struct browse_model *m, struct vfu_filter *filter, bool folded);
void browse_view_free(struct browse_view *v);
uint32_t browse_view_count(struct browse_view *v);               /* rows so far */
bool browse_view_filling(struct browse_view *v, unsigned *percent); /* of the items there are, looked at; percent may be NULL */
uint32_t browse_view_item(struct browse_view *v, uint32_t row);  /* BROWSE_NONE: there is no such row (yet) */
uint32_t browse_view_row(struct browse_view *v, uint32_t item);  /* the first at or behind it; BROWSE_NONE: there is none */

enum browse_seek { BROWSE_SEEK_PROBLEM, BROWSE_SEEK_ERROR, BROWSE_SEEK_SLOW, BROWSE_SEEK_PLACE, BROWSE_SEEK_TEXT };
/* The next row behind (or before) `row`; text: what its lines say (vfu_text_words), by a regular expression (extended, case counts
   not unless it has a capital). go_on (may be NULL) is asked now and then (a key was pressed?). BROWSE_NONE: there is none, or
   the expression is none, or it was not to go on. */
uint32_t browse_view_seek(struct browse_view *v, uint32_t row, bool forward, enum browse_seek what, const char *text,
                          bool (*go_on)(void *context), void *context);
/* Is it a regular expression? False: error says why not. */
bool browse_seek_is_text(const char *text, struct vfu_error *error);

enum browse_write { BROWSE_WRITE_CAPTURE, BROWSE_WRITE_TEXT, BROWSE_WRITE_JSON };
/*
 * Write what the view has so far: a capture (without guest memory that plugins read; of several captures one), text (as -o), JSON;
 * refuses what those sinks refuse. False: error says why.
 */
bool browse_view_write(struct browse_view *v, enum browse_write kind, const char *path, struct vfu_error *error);
/* Write it as a page (cli/report), without guest memory; of several captures none. All strings are the caller's. False: as above. */
struct browse_report {
    const char *path;
    const char *source, *options, *filter; /* as in cli_report_how */
};
bool browse_view_report(struct browse_view *v, const struct browse_report *page, struct vfu_error *error);

#endif
