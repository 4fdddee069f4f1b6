/*
 * connect: open a connection (again). timeout: how long a reply is waited for. trace: show every message.
 */
#include "cli/shell/commands/all.h"

#include <string.h>

/* What the server had of us, again: the same memory and the same eventfds. */
static enum shell_result set_up_again(struct shell *sh)
{
    const struct shell_maps *maps = &sh->device.maps;
    const struct shell_irqs *irqs = &sh->device.irqs;
    enum shell_result result = SHELL_OK;

    for (size_t i = 0; i < maps->count && result == SHELL_OK; i++)
        result = shell_map_send(sh, &maps->map[i]);
    for (size_t i = 0; i < irqs->count && result == SHELL_OK; i++)
        result = shell_vector_send(sh, &irqs->vector[i]);
    if (result == SHELL_OK)
        shell_say(sh, "%zu mapping%s and %zu vector%s set up again\n", maps->count, vfu_plural(maps->count),
                  irqs->count, vfu_plural(irqs->count));
    shell_json_number(sh, "maps", maps->count);
    shell_json_number(sh, "vectors", irqs->count);
    return result;
}

static enum shell_result exec_connect(struct shell *sh, int argc, char **argv)
{
    struct vfu_path same = sh->link.client.path;
    const char *path = same.text;
    enum shell_result result;
    bool again = false;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--again") == 0)
            again = true;
        else
            path = argv[i];
    }
    if (!path[0]) {
        shell_fail(sh, "which SOCKET?");
        return SHELL_FAILED;
    }
    if (!again)
        shell_forget(&sh->device, sh->watch.fd);
    result = shell_connect(sh, path, again);
    return result == SHELL_OK && again ? set_up_again(sh) : result;
}

static enum shell_result exec_timeout(struct shell *sh, int argc, char **argv)
{
    if (argc > 0 && !shell_time(sh, argv[0], &sh->link.client.timeout_ms))
        return SHELL_FAILED;
    if (argc == 0)
        shell_say(sh, "%dms\n", sh->link.client.timeout_ms);
    shell_json_number(sh, "timeout_ms", (uint64_t)sh->link.client.timeout_ms);
    return SHELL_OK;
}

static enum shell_result exec_trace(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    if (strcmp(argv[0], "on") != 0 && strcmp(argv[0], "off") != 0) {
        shell_fail(sh, "%.80s: on or off", argv[0]);
        return SHELL_FAILED;
    }
    sh->screen.trace = argv[0][1] == 'n';
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
    .usage = "[SOCKET] [--again]",
    .help = "connect to a server, or anew to the same one",
    .more = "Mappings and armed interrupts of the old connection are gone. With --again they are set up again, the\n"
            "memory with what is in it, and a server that is not there yet is waited for.\n"
            "Example: connect --again",
    .max = 2,
    .exec = exec_connect,
};

const struct shell_command cmd_timeout = {
    .name = "timeout",
    .usage = "[TIME]",
    .help = "how long to wait for a reply: 5s, or what is said here",
    .more = "Example: timeout 500ms",
    .max = 1,
    .flags = SHELL_NO_RESULT,
    .exec = exec_timeout,
};

const struct shell_command cmd_trace = {
    .name = "trace",
    .usage = "on|off",
    .help = "show every message as it is sent or received",
    .more = "Example: trace on",
    .min = 1,
    .max = 1,
    .flags = SHELL_NO_RESULT,
    .exec = exec_trace,
    .complete = complete_trace,
};
