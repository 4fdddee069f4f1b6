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
    wchar_t next;   /* a key that was read already; 0: none */
    bool in_key;    /* what follows may be part of a key */
    bool hints;     /* are wanted */
    bool hinted;    /* one stands behind the cursor */
    bool hidden;
    bool has_modes;
    struct termios modes; /* the terminal's, as they were */
};

/* history.c: of earlier sessions, and of others as they type, under this name; `most` lines of it. */
enum { LINE_HISTORY_PATH = 512 };
void line_history_load(History *h, const char *name, int most);
/* A line that was entered: into the file at once, behind those of other sessions. */
void line_history_keep(const char *name, const char *line);

/* terminal.c */
unsigned line_columns(const struct cli_line *l);
/* What may follow the line, in grey behind it; and away with it. */
void line_hint(struct cli_line *l);
void line_drop_hint(struct cli_line *l);

#endif
