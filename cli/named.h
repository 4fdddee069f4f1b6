/*
 * Everything that has a name in what vfuscope says of traffic: rules, misfits, reasons, and what check asks of servers and of
 * clients.
 */
#ifndef VFU_CLI_NAMED_H
#define VFU_CLI_NAMED_H

#include "decoder/wire/event.h"

struct cli_named {
    const char *kind;     /* "rule", "misfit", "reason", "requirement", "case" */
    const char *name;     /* a rule and a requirement may have the same */
    const char *severity; /* of breaking it; NULL: of a reason */
    const char *section;  /* of the specification */
    const char *help;     /* in one line */
    const char *dialect;  /* who breaks it, and everyone lives with that: see struct vfu_rule; may be NULL */
    const struct vfu_explanation *explanation; /* NULL: there is none */
};

/* The i-th of all, by kinds; false: there are no more. */
bool cli_named(size_t i, struct cli_named *named);

#endif
