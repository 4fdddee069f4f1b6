/*
 * The parts of the prompt of `tap -i`: what it says (say.c) < its commands (commands.c) < the line that
 * is typed (edit.c) < what it is told by the tap
 * and the person (prompt.c).
 */
#ifndef VFU_CLI_TAP_INSIDE_H
#define VFU_CLI_TAP_INSIDE_H

#include "cli/output/known.h"
#include "cli/tap/prompt.h"
#include "decoder/filter/filter.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

#include <stdio.h>

#define TAP_PROMPT "(tap) "
enum { TAP_BREAKS = 32, TAP_LINE = 4096 };

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

struct tap_prompt {
    struct vfu_tap_intercept intercept;
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
    bool step;        /* stop the next message, whatever it is */
    bool gone;        /* nothing is asked any more */
    bool warned;      /* ^C was answered, and no command has come since */
    bool is_terminal;
    struct vfu_text text; /* how far the log's times are */
    bool too_long; /* the rest of a line that was too long is still to come */
    struct tap_edit *edit; /* NULL: the terminal's own line, or a pipe's: */
    char line[TAP_LINE];
    size_t used;
};

/* A line of who waits for the stopped message, since when, and how long still. */
void tap_patience_say(const struct tap_prompt *p, const struct vfu_event *event, FILE *to);

/* say.c */

/* A line to the person. */
__attribute__((format(printf, 1, 2))) void tap_prompt_say(const char *format, ...);
/* What is wrong so far. */
void tap_prompt_why(struct cli_output *output);
/* A message, as in the log, or (tree) all of it. */
void tap_prompt_print(const struct tap_prompt *p, const struct vfu_event *event, bool tree);

/* commands.c */

/* Do what the line says. */
void tap_prompt_run(struct tap_prompt *p, char *line);
/* Forget the break of this place in the list. */
void tap_prompt_forget(struct tap_prompt *p, size_t which);
/* Nothing is asked any more, and everything goes on. */
void tap_prompt_leave(struct tap_prompt *p);
/* What may stand where a line ends, each as a whole word; how many bytes stand before that word. */
size_t tap_prompt_complete(struct tap_prompt *p, const char *text, void (*take)(void *context, const char *word), void *context);

/* edit.c: a line that is edited at a terminal */

/* With the prompt shown. NULL: it can't be, or should not. */
struct tap_edit *tap_edit_new(struct tap_prompt *p);
void tap_edit_free(struct tap_edit *edit);
/* Take the keys that have come. */
void tap_edit_keys(struct tap_edit *edit);
/* In the background the terminal is another's: who reads or sets it is stopped, and the traffic with him. */
bool tap_edit_may(void);
/* We were stopped: the terminal may have been set otherwise. */
void tap_edit_again(struct tap_edit *edit);
/* Is nothing typed? */
bool tap_edit_is_empty(const struct tap_edit *edit);
/* The line is left as it is, and what is said comes below it; tap_edit_again begins a new one. */
void tap_edit_cancel(struct tap_edit *edit);
/* The line again, below what was said. */
void tap_edit_show(struct tap_edit *edit);

#endif
