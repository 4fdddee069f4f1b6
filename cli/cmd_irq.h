/*
 * Waiting for an interrupt, for irq wait and expect.
 */
#ifndef VFU_CLI_CMD_IRQ_H
#define VFU_CLI_CMD_IRQ_H

#include "shell.h"

/* Consume one pending interrupt, or wait for one. */
enum shell_result cmd_irq_wait_for(struct shell *sh, uint32_t index, uint32_t vector, int timeout_ms);

#endif
