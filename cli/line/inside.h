/*
 * The files of a line that is typed, from the ground up.
 */
#ifndef VFU_CLI_LINE_INSIDE_H
#define VFU_CLI_LINE_INSIDE_H

#include "cli/line/line.h"

#include <histedit.h>
#include <termios.h>

struct cli_line {
    struct cli_line_how how;
    EditLine *el;
    History *history;
    HistEvent event;
    bool waiting;   /* for a key: the line is on the screen */
    bool left;      /* how.wait said so */
    bool hints;     /* are wanted */
    bool hinted;    /* one stands behind the cursor */
    bool hidden;
    bool has_modes;
    struct termios modes; /* the terminal's, as they were */
};

/* history.c: from the last session, and for the next, under this name. */
enum { LINE_HISTORY_PATH = 512 };
void line_history_load(History *h, const char *name);
void line_history_save(History *h, const char *name);

/* terminal.c */
unsigned line_columns(const struct cli_line *l);
/* What may follow the line, in grey behind it; and away with it. */
void line_hint(struct cli_line *l);
void line_drop_hint(struct cli_line *l);

#endif
