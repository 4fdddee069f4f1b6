/*
 * The configuration space, for the command config: changed.
 */
#ifndef VFU_CLI_SHELL_COMMANDS_CONFIG_H
#define VFU_CLI_SHELL_COMMANDS_CONFIG_H

#include "cli/shell/shell.h"

/* bars, master on, ... */
enum shell_result cmd_config_change(struct shell *sh, int argc, char **argv);

#endif
