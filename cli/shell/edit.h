/*
 * The prompt's parts: the line editor (edit.c) and what stands on the screen around the line (terminal.c).
 */
#ifndef VFU_CLI_SHELL_EDIT_H
#define VFU_CLI_SHELL_EDIT_H

#include "cli/shell/shell.h"

#include <histedit.h>
#include <termios.h>

#define SHELL_PROMPT "vfu> "

struct shell_edit {
    struct shell_typing typing; /* first: its functions get it */
    struct shell *sh;
    EditLine *el;
    History *history;
    HistEvent event;
    char path[512]; /* of the history file; empty: none */
    bool waiting;   /* for a key: the line is on the screen */
    bool hints;     /* are wanted */
    bool hinted;    /* one stands behind the cursor */
    bool hidden;
    bool has_modes;
    struct termios modes; /* the terminal's, as they were */
};

void shell_terminal_hide(struct shell_typing *t);
void shell_terminal_show(struct shell_typing *t);
void shell_terminal_resize(struct shell_typing *t);

unsigned shell_terminal_columns(void);
/* What may follow the line, in grey behind it; and away with it. */
void shell_terminal_hint(struct shell_edit *edit);
void shell_terminal_drop_hint(struct shell_edit *edit);
/* To a fresh line below all of what is being typed; mark: printed where the cursor is. */
void shell_terminal_leave_line(struct shell_edit *edit, const char *mark);

#endif
