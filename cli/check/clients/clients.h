/*
 * vfuscope check --client: cases that a client is put through, for cli/check/requirements, whose subcommand it is.
 */
#ifndef VFU_CLI_CHECK_CLIENTS_CLIENTS_H
#define VFU_CLI_CHECK_CLIENTS_CLIENTS_H

#include "cli/check/check.h"

/* Run those that are chosen. */
enum cli_status check_client_cases(const struct cli_args *args);

#endif
