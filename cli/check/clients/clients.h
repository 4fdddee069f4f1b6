/*
 * vfuscope check --client: cases that a client is put through, for cli/check/requirements, whose subcommand it is.
 */
#ifndef VFU_CLI_CHECK_CLIENTS_CLIENTS_H
#define VFU_CLI_CHECK_CLIENTS_CLIENTS_H

#include "cli/check/check.h"

/* Run those that are chosen. */
enum cli_status check_client_cases(const struct cli_args *args);

/* A case, for who tells of them. */
struct check_client_case {
    const char *id, *section, *text;
    enum vfu_severity severity;
    const struct vfu_explanation *explains;
};
/* The i-th of all; false: there are no more. */
bool check_client_case_at(size_t i, struct check_client_case *told);

#endif
