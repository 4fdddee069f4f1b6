/*
 * The table of commands: the shell's own, which is handed in, and behind them those that plugins add.
 */
#include "cli/shell/inside.h"

#include <string.h>

/* How many words of the name are at the start of `words`: all of it, or 0. */
static int starts_with(const char *name, char **words, int count)
{
    const char *blank = strchr(name, ' ');
    size_t first = blank ? (size_t)(blank - name) : strlen(name);

    if (strncmp(words[0], name, first) != 0 || words[0][first])
        return 0;
    if (!blank)
        return 1;
    return count > 1 && strcmp(words[1], blank + 1) == 0 ? 2 : 0;
}

const struct shell_command *shell_command_at(struct shell *sh, size_t i)
{
    size_t own = 0;

    while (own < i && sh->table.own[own])
        own++;
    return sh->table.own[own] ? sh->table.own[own] : shell_plugin_command(sh, i - own);
}

const struct shell_command *shell_find(struct shell *sh, char **words, int count, int *used)
{
    const struct shell_command *c;

    *used = 0;
    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
        *used = starts_with(c->name, words, count);
        if (!*used && c->alias)
            *used = starts_with(c->alias, words, count);
        if (*used)
            return c;
    }
    return NULL;
}
