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
/* A field's value as a word: a number, a name, hex; flags by their raw value. NULL: there is none. The caller frees. */
char *shell_field_text(struct shell *sh, const char *field);

/* vars.c: $NAME and $reply.FIELD in a line, and what `set` gave a name to. */
bool shell_vars_set(struct shell_vars *vars, const char *name, const char *value);
void shell_vars_free(struct shell_vars *vars);
bool shell_is_var_name(const char *text);
/* The line with its variables replaced, each by one word whatever is in it; the caller frees. NULL: the outcome's
   error. */
char *shell_expand(struct shell *sh, const char *line);

#endif
