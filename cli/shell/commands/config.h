/*
 * The configuration space, for the command config: changed.
 */
#ifndef VFU_CLI_SHELL_COMMANDS_CONFIG_H
#define VFU_CLI_SHELL_COMMANDS_CONFIG_H

#include "cli/shell/shell.h"

/* What can be turned on and off. */
enum cmd_config_bit { CMD_CONFIG_MASTER, CMD_CONFIG_MEMORY, CMD_CONFIG_MSI, CMD_CONFIG_MSIX };
enum shell_result cmd_config_turn(struct shell *sh, enum cmd_config_bit which, bool on);
/* Find the size of each BAR. */
enum shell_result cmd_config_bars(struct shell *sh);

#endif
