/*
 * `vfuscope help`: of all, of a command, of what has a name; and what a search finds.
 */
#ifndef VFU_CLI_HELP_H
#define VFU_CLI_HELP_H

#include "cli/cli.h"

/* The list of commands, which ends with NULL. */
typedef const struct cli_command *const *cli_commands;

/* What there is, by what one wants. */
void cli_help_all(cli_commands commands);
/* A command: its arguments, options by groups, two examples, its manual. */
void cli_help_command(const struct cli_command *command);
/* `help filters`, `help rules`, ... (topics.c). False: there is no such topic. */
bool cli_help_topic(const char *name);
/* The topics, one by one, and what they are about; NULL: there are no more. */
const char *cli_help_topic_at(size_t i, const char **what);

/* All that has these words in its name or in what is said of it (search.c). False: nothing has. */
bool cli_search(cli_commands commands, char *const *words, int count);

#endif
