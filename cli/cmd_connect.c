/*
 * connect: open a connection (again). timeout: how long a reply is waited for. trace: show every message.
 */
#include "shell_commands.h"

#include <string.h>

static enum shell_result exec_connect(struct shell *sh, int argc, char **argv)
{
    struct vfu_path same = sh->client.path;
    const char *path = argc > 0 ? argv[0] : same.text;

    if (!path[0]) {
        shell_fail(sh, "which SOCKET?");
        return SHELL_FAILED;
    }
    return shell_connect(sh, path);
}

static enum shell_result exec_timeout(struct shell *sh, int argc, char **argv)
{
    if (argc > 0 && !shell_time(sh, argv[0], &sh->client.timeout_ms))
        return SHELL_FAILED;
    if (argc == 0)
        shell_say(sh, "%dms\n", sh->client.timeout_ms);
    shell_json_number(sh, "timeout_ms", (uint64_t)sh->client.timeout_ms);
    return SHELL_OK;
}

static enum shell_result exec_trace(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    if (strcmp(argv[0], "on") != 0 && strcmp(argv[0], "off") != 0) {
        shell_fail(sh, "%.80s: on or off", argv[0]);
        return SHELL_FAILED;
    }
    sh->trace = argv[0][1] == 'n';
    return SHELL_OK;
}

static void complete_trace(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    (void)sh;
    (void)argv;
    if (argc == 0) {
        shell_match(m, "on");
        shell_match(m, "off");
    }
}

const struct shell_command cmd_connect = {
    .name = "connect",
    .usage = "[SOCKET]",
    .help = "connect to a server, or again to the same one",
    .more = "Mappings and armed interrupts of the old connection are gone.",
    .max = 1,
    .exec = exec_connect,
};

const struct shell_command cmd_timeout = {
    .name = "timeout",
    .usage = "[TIME]",
    .help = "how long to wait for a reply: 5s, or what is said here",
    .max = 1,
    .flags = SHELL_NO_RESULT,
    .exec = exec_timeout,
};

const struct shell_command cmd_trace = {
    .name = "trace",
    .usage = "on|off",
    .help = "show every message as it is sent or received",
    .min = 1,
    .max = 1,
    .flags = SHELL_NO_RESULT,
    .exec = exec_trace,
    .complete = complete_trace,
};
