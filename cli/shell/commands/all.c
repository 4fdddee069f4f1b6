/*
 * The table of the shell's commands, in the order in which help lists them.
 */
#include "cli/shell/commands/all.h"
#include "cli/shell/plugin.h"

#include <string.h>

const struct shell_command *const shell_commands[] = {
    &cmd_info, &cmd_regions, &cmd_irqs, &cmd_config,
    &cmd_read, &cmd_write, &cmd_poll, &cmd_watch, &cmd_rmw, &cmd_multi, &cmd_regs, &cmd_reset,
    &cmd_dma_map, &cmd_dma_unmap, &cmd_dma_list, &cmd_dma_trace,
    &cmd_mem_dump, &cmd_mem_fill, &cmd_mem_write, &cmd_mem_load, &cmd_mem_save, &cmd_mem_cmp,
    &cmd_irq_arm, &cmd_irq_disarm, &cmd_irq_wait, &cmd_irq_trigger, &cmd_irq_mask, &cmd_irq_unmask, &cmd_irq_list,
    &cmd_feature, &cmd_state, &cmd_save, &cmd_restore, &cmd_dirty_start, &cmd_dirty_report, &cmd_dirty_stop,
    &cmd_send, &cmd_expect, &cmd_set, &cmd_repeat, &cmd_time, &cmd_source,
    &cmd_connect, &cmd_timeout, &cmd_trace, &cmd_help, &cmd_quit,
    NULL,
};

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
    const size_t own = sizeof shell_commands / sizeof shell_commands[0] - 1;

    return i < own ? shell_commands[i] : shell_plugin_command(sh, i - own);
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
