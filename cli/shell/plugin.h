/*
 * The commands that plugins add to the shell: `nvme queues`.
 */
#ifndef VFU_CLI_SHELL_PLUGIN_H
#define VFU_CLI_SHELL_PLUGIN_H

#include "cli/shell/shell.h"
#include "plugins/host/host.h"

/* One of them: as the shell sees it, and where it comes from. */
struct shell_plugin_command {
    struct shell_command as;
    struct vfu_plugin_command from; /* what `as` points into */
    struct shell_arg args[2];       /* its words, as many as it takes, and { 0 } */
    char path[4096];
};

/* The command of this number, or NULL. Plugins are asked for theirs once. */
const struct shell_command *shell_plugin_command(struct shell *sh, size_t number);
void shell_plugins_free(struct shell_table *t);

/* plugin_run.c: the `run` of all of them; sh->run.command says which. */
enum shell_result shell_plugin_run(struct shell *sh, const struct shell_value *args);

#endif
