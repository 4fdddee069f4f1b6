/*
 * What has a name, explained: for `explain` and `help`.
 */
#ifndef VFU_CLI_EXPLAIN_H
#define VFU_CLI_EXPLAIN_H

#include "decoder/wire/near.h"

#include <stdbool.h>

/* Explain all that have this name, on standard output. False: nothing has. */
bool cli_explain_name(const char *name);
bool cli_explain_knows(const char *name);
/* Offer all names. */
void cli_explain_offer(struct vfu_near *near);
/* List reasons and misfits, on standard output. */
void cli_explain_reasons(void);
/* The names, for completion: a blank and a word each. */
void cli_explain_names(void);

#endif
