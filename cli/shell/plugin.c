/*
 * The commands that plugins add, as commands of the shell: see inside.h.
 */
#include "cli/shell/inside.h"

#include <stdlib.h>
#include <string.h>

static void complete(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    const struct shell_plugin_command *c = (const void *)sh->run.command;
    char words[sizeof c->from.words], *rest = words;

    (void)argv;
    memcpy(words, c->from.words, sizeof words);
    for (char *word; argc == 0 && (word = strtok_r(rest, " ", &rest)) != NULL;)
        shell_match(m, word);
}

static void take(struct shell_plugin_command *c, const struct vfu_plugin_tables *r, const struct vfu_plugin_command *from)
{
    c->from = *from;
    memcpy(c->path, r->plugins[from->plugin].path, sizeof c->path);
    if (c->from.max != 0)
        c->args[0] = (struct shell_arg){ .name = c->from.usage,
                                         .kind = SHELL_TEXT,
                                         .flags = SHELL_OPTIONAL | SHELL_REST | SHELL_BARE,
                                         .least = (uint64_t)c->from.min,
                                         .most = c->from.max > 0 ? (uint64_t)c->from.max : 0,
                                         .complete = complete };
    c->as = (struct shell_command){ .name = c->from.name,
                                    .help = c->from.help,
                                    .more = c->from.more[0] ? c->from.more : NULL,
                                    .flags = SHELL_PAGED,
                                    .args = c->args,
                                    .run = shell_plugin_run };
}

/* The tables of registers come and go with the device; commands are kept. */
static void ask(struct shell *sh)
{
    struct vfu_error before = sh->outcome.error;

    sh->table.asked = true;
    if (shell_registers(sh))
        sh->table.added = calloc(sh->device.registers->command_count + 1, sizeof sh->table.added[0]);
    for (unsigned i = 0; sh->table.added && i < sh->device.registers->command_count; i++)
        take(&sh->table.added[sh->table.added_count++], sh->device.registers, &sh->device.registers->commands[i]);
    sh->outcome.error = before;
}

const struct shell_command *shell_plugin_command(struct shell *sh, size_t number)
{
    if (!sh->table.asked)
        ask(sh);
    return number < sh->table.added_count ? &sh->table.added[number].as : NULL;
}

void shell_plugins_free(struct shell_table *t)
{
    free(t->added);
    t->added = NULL;
    t->added_count = 0;
}
