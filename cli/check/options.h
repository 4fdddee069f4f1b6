/*
 * vfuscope check: what its command line asks for, of servers and of clients alike.
 */
#ifndef VFU_CLI_CHECK_OPTIONS_H
#define VFU_CLI_CHECK_OPTIONS_H

#include "cli/check/report.h"

/* The report's format, what fails the run, and --timeout, which stays as it is if it is not given. False: a message was printed. */
bool check_parse(const struct cli_args *args, int *timeout_ms, struct check_report *report);
bool check_is_chosen(const struct cli_args *args, const struct check_requirement *r);
/* How many are, of these lists. 0: a message was printed. */
unsigned check_count_chosen(const struct cli_args *args, const struct check_requirement *const *themes);
/* --known and --save-known. False: a message was printed. */
bool check_open_known(const struct cli_args *args, const struct check_requirement *const *themes, struct check_report *report);
/* Those that are chosen. */
void check_list(const struct cli_args *args, const struct check_requirement *const *themes, const struct check_report *report);

#endif
