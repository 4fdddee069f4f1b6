/*
 * Waiting for an interrupt, for irq wait and expect.
 */
#ifndef VFU_CLI_SHELL_COMMANDS_IRQ_H
#define VFU_CLI_SHELL_COMMANDS_IRQ_H

#include "cli/shell/shell.h"

/* Consume so many pending interrupts, or wait until there are that many. */
enum shell_result cmd_irq_wait_for(struct shell *sh, uint32_t index, uint32_t vector, int timeout_ms, uint64_t times);
/* JSON members: index, index_name and, unless NULL, vector. */
void cmd_irq_json(struct shell *sh, uint32_t index, const uint32_t *vector);

#endif
