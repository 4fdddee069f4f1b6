/*
 * The plugins that a command line asks for.
 */
#ifndef VFU_CLI_OUTPUT_PLUGINS_H
#define VFU_CLI_OUTPUT_PLUGINS_H

#include "cli/cli.h"
#include "plugins/host/host.h"

/*
 * Start those of --plugin and --no-plugins, whose part of `how` is filled in here; *plugins is NULL if there are none.
 * Before any thread starts. False: a message was printed; exit with CLI_USAGE.
 */
bool cli_plugins_open(const struct cli_args *args, struct vfu_plugins_how how, struct vfu_plugins **plugins);

#endif
