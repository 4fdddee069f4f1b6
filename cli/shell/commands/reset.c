/*
 * reset: DEVICE_RESET.
 */
#include "cli/shell/commands/all.h"

static enum shell_result exec(struct shell *sh, int argc, char **argv)
{
    enum shell_result result = shell_request(sh, VFU_DEVICE_RESET, NULL, NULL, 0);

    (void)argc;
    (void)argv;
    if (result == SHELL_OK)
        shell_json_reply(sh);
    return result;
}

const struct shell_command cmd_reset = {
    .name = "reset",
    .usage = "",
    .help = "reset the device",
    .more = "Example: reset",
    .max = 0,
    .exec = exec,
};
