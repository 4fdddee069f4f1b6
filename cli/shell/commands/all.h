/*
 * The shell's commands, each defined in the file of its name or its family's (dma.c has the dma commands).
 */
#ifndef VFU_CLI_SHELL_COMMANDS_ALL_H
#define VFU_CLI_SHELL_COMMANDS_ALL_H

#include "cli/shell/shell.h"

extern const struct shell_command cmd_info, cmd_regions, cmd_irqs;
extern const struct shell_command cmd_config;
extern const struct shell_command cmd_read, cmd_write, cmd_poll, cmd_watch, cmd_rmw, cmd_multi;
extern const struct shell_command cmd_regs, cmd_reset;
extern const struct shell_command cmd_dma_map, cmd_dma_unmap, cmd_dma_list, cmd_dma_trace;
extern const struct shell_command cmd_mem_dump, cmd_mem_fill, cmd_mem_write, cmd_mem_load, cmd_mem_save, cmd_mem_cmp;
extern const struct shell_command cmd_irq_arm, cmd_irq_disarm, cmd_irq_wait, cmd_irq_trigger, cmd_irq_mask;
extern const struct shell_command cmd_irq_unmask, cmd_irq_list;
extern const struct shell_command cmd_feature;
extern const struct shell_command cmd_state, cmd_save, cmd_restore;
extern const struct shell_command cmd_dirty_start, cmd_dirty_report, cmd_dirty_stop;
extern const struct shell_command cmd_send;
extern const struct shell_command cmd_expect;
extern const struct shell_command cmd_set, cmd_repeat, cmd_time, cmd_source;
extern const struct shell_command cmd_connect, cmd_timeout, cmd_trace;
extern const struct shell_command cmd_help, cmd_quit;

#endif
