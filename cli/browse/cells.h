/*
 * Between terminal.c and put.c alone: what there is of ncurses.
 */
#ifndef VFU_CLI_BROWSE_CELLS_H
#define VFU_CLI_BROWSE_CELLS_H

#include "cli/browse/terminal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdio.h>
#include <termios.h>

struct browse_terminal {
    SCREEN *screen;
    FILE *in;
    struct termios before;
    bool utf8, coloured;
    bool bright; /* more than 8 colours */
};

#endif
