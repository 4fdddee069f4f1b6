/*
 * The shell's commands, each defined in the file of its name or its family's (dma.c has the dma commands), and what
 * they share.
 */
#ifndef VFU_CLI_SHELL_COMMANDS_INSIDE_H
#define VFU_CLI_SHELL_COMMANDS_INSIDE_H

#include "cli/shell/shell.h"
#include "decoder/wire/migration.h"

extern const struct shell_command cmd_info, cmd_regions, cmd_irqs;
extern const struct shell_command cmd_config;
extern const struct shell_command cmd_read, cmd_write, cmd_poll, cmd_watch, cmd_rmw, cmd_multi;
extern const struct shell_command cmd_regs, cmd_reset;
extern const struct shell_command cmd_dma_map, cmd_dma_unmap, cmd_dma_list, cmd_dma_trace;
extern const struct shell_command cmd_mem_alloc, cmd_mem_put;
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
extern const struct shell_command cmd_why, cmd_mark;
extern const struct shell_command cmd_help, cmd_quit;

/* config_change.c: what firmware and drivers do to the configuration space. */
enum cmd_config_bit { CMD_CONFIG_MASTER, CMD_CONFIG_MEMORY, CMD_CONFIG_MSI, CMD_CONFIG_MSIX };
enum shell_result cmd_config_turn(struct shell *sh, enum cmd_config_bit which, bool on);
/* Find the size of each BAR. */
enum shell_result cmd_config_bars(struct shell *sh);

/* irq.c, irq_wait.c */
/* Consume so many pending interrupts, or wait until there are that many. */
enum shell_result cmd_irq_wait_for(struct shell *sh, uint32_t index, uint32_t vector, int timeout_ms, uint64_t times);
/* JSON members: index, index_name and, unless NULL, vector. */
void cmd_irq_json(struct shell *sh, uint32_t index, const uint32_t *vector);

/* state.c */
/* DEVICE_FEATURE: MIGRATION's flags; the device's state. */
enum shell_result cmd_migration_flags(struct shell *sh, uint64_t *flags);
enum shell_result cmd_state_get(struct shell *sh, uint32_t *state);
/* One message. */
enum shell_result cmd_state_set(struct shell *sh, uint32_t state);
/* A message for each arc on the way; *state is kept up to date. */
enum shell_result cmd_state_walk(struct shell *sh, uint32_t *state, uint32_t to);

#endif
