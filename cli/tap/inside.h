/*
 * The files of the tap's prompt, from the ground up: how long peers wait (patience.c), what it says (say.c), what is to be
 * stopped (breaks.c), what a line may go on with (offer.c), its commands (verbs.c), lines that are handed to the tap's thread
 * (commands.c).
 */
#ifndef VFU_CLI_TAP_INSIDE_H
#define VFU_CLI_TAP_INSIDE_H

#include "cli/output/known.h"
#include "cli/tap/commands.h"
#include "decoder/filter/filter.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

#include <pthread.h>
#include <stdio.h>

enum { TAP_BREAKS = 32, TAP_STOPPED = 256 /* messages that are stopped, and can be asked for */, TAP_OFFERED = 16 };

/* --- patience.c: how long peers wait --- */

enum { TAP_WAITS = 64 };

/* The longest waits for a reply that were seen on a connection, by who waited. */
struct tap_waits {
    uint32_t conn;
    uint64_t longest_ns[2];
};
struct tap_patience {
    struct tap_waits of[TAP_WAITS]; /* by connection, the last one that had the place */
};

/* Every event of the log. */
void tap_patience_saw(struct tap_patience *all, const struct vfu_event *event);

/* --- lines --- */

struct tap_order {
    struct tap_order *next;
    tap_commands_done done;
    void *context;
    char line[];
};

/* What other threads may see; under the lock. */
struct tap_shared {
    pthread_mutex_t lock;
    struct tap_order *first, **last;
    const char *over; /* why no more lines are taken; NULL: they are */
    uint64_t count;   /* lines that were done */
    struct {
        uint64_t no, since_ns; /* monotonic */
        unsigned command; /* its number */
        bool is_reply;
    } stopped[TAP_OFFERED]; /* the oldest of them, stopped_count */
    size_t stopped_count;
};

struct tap_commands {
    struct tap_commands_how how;
    struct vfu_tap_intercept intercept; /* input_fd: an eventfd */
    struct tap_shared shared;
    struct tap *tap; /* once it called us */
    struct cli_output *output;
    const struct vfu_session *session;
    struct tap_patience patience;
    struct {
        char *text; /* NULL: every message */
        struct vfu_filter *filter;
    } breaks[TAP_BREAKS];
    size_t break_count;
    struct cli_known *names;
    struct vfu_filter_known known;
    struct vfu_text text; /* how far the log's times are */
    FILE *out; /* where the line at work, or a notice, says its words */
    bool step; /* stop the next message, whatever it is */
    bool gone; /* nothing is stopped any more */
};

/* A line of who waits for the stopped message, since when, and how long still. */
void tap_patience_say(const struct tap_commands *c, const struct vfu_event *event);

/* --- say.c: to c->out --- */

/* A line. */
__attribute__((format(printf, 2, 3))) void tap_say_line(const struct tap_commands *c, const char *format, ...);
/* The same, of a command that failed: false. */
__attribute__((format(printf, 2, 3))) bool tap_say_failed(const struct tap_commands *c, const char *format, ...);
/* What is wrong so far. */
void tap_say_why(const struct tap_commands *c);
/* A message, as in the log, or (tree) all of it. */
void tap_say_message(const struct tap_commands *c, const struct vfu_event *event, bool tree);

/* --- breaks.c --- */

bool tap_break_add(struct tap_commands *c, const char *filter);
/* The N of the person's, from 1; "": all. */
bool tap_break_delete(struct tap_commands *c, const char *which);
void tap_break_list(const struct tap_commands *c);
void tap_break_free(struct tap_commands *c);
/* As vfu_tap_intercept has them. */
bool tap_break_stops(struct tap_commands *c, const struct vfu_event *event, const struct vfu_event *request);
bool tap_break_may_stop(const struct tap_commands *c, const struct vfu_event *event);

/* --- offer.c: what a command's words may go on with. From any thread. --- */

/* Who is told of a word that may come next. */
struct tap_taker {
    void (*take)(void *context, const char *word);
    void *context;
};

/* As tap_commands_complete, of what stands behind the command. */
typedef size_t tap_offer(struct tap_commands *c, const char *rest, const struct tap_taker *to);
tap_offer tap_offer_filter, tap_offer_answer, tap_offer_probe, tap_offer_edit, tap_offer_stopped;

/* --- verbs.c: the commands --- */

/* Do what the line says, which it changes. False: it failed. */
bool tap_verb_run(struct tap_commands *c, char *line);

#endif
