/*
 * Names that stand for values: fields of the last result, and variables.
 */
#ifndef VFU_CLI_SHELL_VARS_H
#define VFU_CLI_SHELL_VARS_H

#include <stdbool.h>
#include <stddef.h>

/* Names that `set` gave a value. */
struct shell_vars {
    struct shell_var {
        char *name, *value;
    } *var;
    size_t count, capacity;
};

struct shell;
/* field.c: what `expect` looks at. True if FIELD OP VALUE holds; else the outcome's error says what was found. */
bool shell_field_holds(struct shell *sh, const char *field, const char *op, const char *value);

/* vars.c: $NAME and $reply.FIELD in a line, and what `set` gave a name to. */
bool shell_vars_set(struct shell_vars *vars, const char *name, const char *value);
bool shell_is_var_name(const char *text);

#endif
