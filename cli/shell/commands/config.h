/*
 * The configuration space, for the command config: read whole, and changed.
 */
#ifndef VFU_CLI_SHELL_COMMANDS_CONFIG_H
#define VFU_CLI_SHELL_COMMANDS_CONFIG_H

#include "cli/shell/shell.h"

#include <linux/pci_regs.h>

enum { MAX_CONFIG = PCI_CFG_SPACE_EXP_SIZE };

struct cmd_config {
    uint8_t bytes[MAX_CONFIG];
    size_t size;
};

enum shell_result cmd_config_read(struct shell *sh, struct cmd_config *c);
/* A register of it; 0 beyond its end. */
uint32_t cmd_config_get(const struct cmd_config *c, size_t offset, unsigned width);
/* bars, master on, ... */
enum shell_result cmd_config_change(struct shell *sh, int argc, char **argv);

#endif
