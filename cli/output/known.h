/*
 * What filters know by name before there is traffic.
 */
#ifndef VFU_CLI_OUTPUT_KNOWN_H
#define VFU_CLI_OUTPUT_KNOWN_H

#include "cli/cli.h"
#include "decoder/filter/filter.h"
#include "plugins/host/host.h"

struct cli_known;

/* NULL when out of memory: nothing is known then. */
struct cli_known *cli_known_new(void);
void cli_known_free(struct cli_known *k);
/*
 * For filters that are parsed while `k` lives: plugins are asked when one names a register. args: those of the command, which
 * may say that other plugins are used than those that can be asked; NULL: they don't.
 */
struct vfu_filter_known cli_known_of(struct cli_known *k, const struct cli_args *args);

#endif
