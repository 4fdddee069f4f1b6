/*
 * vfuscope check: what is known to fail (--known FILE, --save-known FILE): a name a line, blank lines and those that begin
 * with # are skipped. What fails and is known fails nothing; what is known and passes now is told.
 */
#ifndef VFU_CLI_CHECK_KNOWN_H
#define VFU_CLI_CHECK_KNOWN_H

#include "cli/cli.h"

#include <stdio.h>

struct check_known {
    struct check_known_name {
        char *name;
        bool passes; /* it did, in this run */
    } *names;
    size_t count, room;
    char **failed; /* what failed, for --save-known */
    size_t failures, failed_room;
    bool saves;
};

/* Both options. exists: is there anything of that name? False: a message was printed. */
bool check_known_open(struct check_known *k, const struct cli_args *args, bool (*exists)(void *context, const char *name),
                      void *context);
bool check_is_known(const struct check_known *k, const char *name);
/* How one went that was tried. */
void check_known_went(struct check_known *k, const char *name, bool fails);
/* The run is done: tell of what passes now, on standard error, and write what failed. False: a message was printed. */
bool check_known_end(const struct check_known *k, const struct cli_args *args);
void check_known_free(struct check_known *k);

#endif
