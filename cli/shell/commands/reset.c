/*
 * reset: DEVICE_RESET.
 */
#include "cli/shell/commands/inside.h"

static enum shell_result reset(struct shell *sh, const struct shell_value *args)
{
    enum shell_result result = shell_request(sh, VFU_DEVICE_RESET, NULL, NULL, 0);

    (void)args;
    if (result == SHELL_OK)
        shell_json_reply(sh);
    return result;
}

const struct shell_command cmd_reset = {
    .name = "reset",
    .help = "reset the device",
    .more = "Example: reset",
    .run = reset,
};
