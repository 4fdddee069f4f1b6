/*
 * A line that is typed at a terminal: edited by libedit, with history, completion, hints in grey behind it, and other output above
 * it. For one thread.
 */
#ifndef VFU_CLI_LINE_LINE_H
#define VFU_CLI_LINE_LINE_H

#include "cli/matches.h"

#include <stdbool.h>
#include <stdio.h>

/* A key of a prompt's own, as a terminal sends it, and what is typed by it (^U, which takes away what was typed; \\n), both as
   editline's bind has them. */
struct cli_line_key {
    const char *key, *types;
};

/* Whose line it is. All may be NULL but prompt and wait. */
struct cli_line_how {
    FILE *in, *out; /* a terminal each */
    const char *history; /* the name of the file that keeps it between sessions; NULL: none does */
    const char *(*prompt)(void *context);
    /* Wait until `fd` has a key, and do what is to be done meanwhile. False: the line is left, libedit reads nothing more of it. */
    bool (*wait)(void *context, int fd);
    /* What may stand where `text` ends, each as a whole word; m->prefix is what stands there of it, and lies in `text`. */
    void (*complete)(void *context, const char *text, struct cli_matches *m);
    /* What may come behind `text`. False: nothing to say. */
    bool (*hint)(void *context, const char *text, char *hint, size_t size);
    const struct cli_line_key *keys; /* the last one's key is NULL */
    void *context;
};

struct cli_line;

enum cli_line_end {
    CLI_LINE_TYPED,
    CLI_LINE_LEFT, /* `wait` said so */
    CLI_LINE_EOF,  /* ^D, or the terminal is gone */
};

/* May the terminal be read and set: are we in the foreground there? */
bool cli_line_may(int terminal);
/* NULL: the terminal can't be used. */
struct cli_line *cli_line_new(const struct cli_line_how *how);
/* The terminal is as it was before; where it is another's meanwhile (we are in the background), as it is. */
void cli_line_free(struct cli_line *l);

/* Ask for one. *typed: without its newline; the caller frees; NULL if it is not CLI_LINE_TYPED, or of blanks alone. */
enum cli_line_end cli_line_ask(struct cli_line *l, char **typed);

/* While one is asked for: take it off the screen, and put it back. */
void cli_line_hide(struct cli_line *l);
void cli_line_show(struct cli_line *l);
/* The terminal's size changed. */
void cli_line_resize(struct cli_line *l);
/* Is nothing typed of it? */
bool cli_line_is_empty(const struct cli_line *l);
/* The terminal is another's now (we go on in the background): what stood there is no longer ours. Until cli_line_resume. */
void cli_line_lost(struct cli_line *l);
/* After ^Z and fg: the terminal is as whoever had it left it, and the cursor on a line of its own. */
void cli_line_resume(struct cli_line *l);
/* To a fresh line below all of what is typed; mark: printed where the cursor is. */
void cli_line_below(struct cli_line *l, const char *mark);

#endif
