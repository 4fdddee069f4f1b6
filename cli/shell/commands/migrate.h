/*
 * The device's migration state, for the commands state, save and restore.
 */
#ifndef VFU_CLI_SHELL_COMMANDS_MIGRATE_H
#define VFU_CLI_SHELL_COMMANDS_MIGRATE_H

#include "cli/shell/shell.h"

#include "decoder/wire/migration.h"

/* DEVICE_FEATURE: MIGRATION's flags; the device's state. */
enum shell_result shell_migration_flags(struct shell *sh, uint64_t *flags);
enum shell_result shell_state_get(struct shell *sh, uint32_t *state);
/* One message. */
enum shell_result shell_state_set(struct shell *sh, uint32_t state);
/* A message for each arc on the way; *state is kept up to date. */
enum shell_result shell_state_walk(struct shell *sh, uint32_t *state, uint32_t to);

#endif
