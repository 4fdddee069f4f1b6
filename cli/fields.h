/*
 * The fields of messages by name, for help.
 */
#ifndef VFU_CLI_FIELDS_H
#define VFU_CLI_FIELDS_H

#include "decoder/wire/table.h"

/* Call `take` with the names of a command's fields, of its request's, its reply's and their items', each once. */
void cli_each_field(const struct vfu_command *command, void (*take)(void *context, const char *name), void *context);

#endif
