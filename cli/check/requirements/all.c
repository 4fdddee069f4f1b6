/*
 * The subcommand check, and what it asks of a server: the themes, in the order in which they are run.
 */
#include "cli/check/requirements/inside.h"

static const struct check_requirement *const themes[] = {
    check_version, check_header, check_replies,  check_clients,   check_info,    check_irqs,
    check_access,  check_writes, check_dma,      check_features,  check_migration, check_logging,
    NULL,
};

static enum cli_status run(const struct cli_args *args)
{
    return check_main(args, themes);
}

const struct cli_command cli_check = {
    .name = "check",
    .usage = "SOCKET [-- COMMAND...]",
    .summary = "what the specification asks of a server, one by one",
    .options = check_options,
    .max_args = 1,
    .takes_command = true,
    .run = run,
};
