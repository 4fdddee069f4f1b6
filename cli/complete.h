/*
 * Completion scripts for shells, written from the option tables.
 */
#ifndef VFU_CLI_COMPLETE_H
#define VFU_CLI_COMPLETE_H

#include "cli/help.h"

/* Print the script for "bash" or "zsh" to standard output; false: there is none for that shell. */
bool cli_complete(const char *shell, cli_commands commands);

/* Print what may come next in "filter:TEXT" or "inject:TEXT"; false: it is neither (complete_filter.c). */
bool cli_complete_filter(const char *what);

#endif
