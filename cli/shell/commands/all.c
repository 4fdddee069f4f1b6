/*
 * The subcommand shell, and the table of its commands, in the order in which help lists them.
 */
#include "cli/shell/commands/inside.h"

static const struct shell_command *const commands[] = {
    &cmd_info, &cmd_regions, &cmd_irqs, &cmd_config,
    &cmd_read, &cmd_write, &cmd_poll, &cmd_watch, &cmd_rmw, &cmd_multi, &cmd_regs, &cmd_reset,
    &cmd_dma_map, &cmd_dma_unmap, &cmd_dma_list, &cmd_dma_trace,
    &cmd_mem_alloc, &cmd_mem_dump, &cmd_mem_fill, &cmd_mem_put, &cmd_mem_write, &cmd_mem_load, &cmd_mem_save, &cmd_mem_cmp,
    &cmd_irq_arm, &cmd_irq_disarm, &cmd_irq_wait, &cmd_irq_trigger, &cmd_irq_mask, &cmd_irq_unmask, &cmd_irq_list,
    &cmd_feature, &cmd_state, &cmd_save, &cmd_restore, &cmd_dirty_start, &cmd_dirty_report, &cmd_dirty_stop,
    &cmd_send, &cmd_expect, &cmd_set, &cmd_repeat, &cmd_time, &cmd_source,
    &cmd_connect, &cmd_timeout, &cmd_trace, &cmd_why, &cmd_mark, &cmd_help, &cmd_quit,
    NULL,
};

const char *cli_shell_command(size_t i, const char **what)
{
    if (i >= sizeof commands / sizeof *commands - 1)
        return NULL;
    *what = commands[i]->help;
    return commands[i]->name;
}

static enum cli_status run(const struct cli_args *args)
{
    return shell_main(args, commands);
}

const struct cli_command cli_shell = {
    .name = "shell",
    .usage = "[SOCKET]",
    .summary = "drive a device by hand, or by a script",
    .purpose = CLI_DRIVE,
    .examples = {
        { "shell device.sock -c info -c 'read bar0+0x14'", "two commands, and the end; without -c a prompt" },
        { "shell device.sock -f test.vfu --json", "a script, which ends at the first thing that fails" },
    },
    .options = shell_options,
    .max_args = 1,
    .run = run,
};
