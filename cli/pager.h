/*
 * The person's pager, as git has it: what is shown on a terminal goes through it, if it is not live.
 */
#ifndef VFU_CLI_PAGER_H
#define VFU_CLI_PAGER_H

#include <stdbool.h>

/* $VFUSCOPE_PAGER, else $PAGER, else less; NULL: none is wanted, or it is not there. */
const char *cli_pager(void);
/*
 * From now on standard output is its input, and standard error too if that is a terminal: if standard output is one. Before
 * anything is printed and any thread starts. SIGPIPE is ignored then, and ^C is the pager's, until cli_signals_count.
 */
void cli_pager_start(void);
/* Nothing more is printed: wait until the person leaves it. True: what was printed was for a pager. */
bool cli_pager_end(void);

/* Is it a terminal, or the way to one through the pager? */
bool cli_is_terminal(int fd);
/* Its columns; 0: no terminal, or not known. */
unsigned cli_columns(int fd);

#endif
