/*
 * connect: open a connection (again). timeout: how long a reply is waited for. trace: show every message.
 */
#include "cli/shell/commands/inside.h"

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

enum { CONNECT_SOCKET, CONNECT_AGAIN };
static const struct shell_arg connect_args[] = {
    [CONNECT_SOCKET] = { "SOCKET", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL },
    [CONNECT_AGAIN] = { .word = "--again", .flags = SHELL_OPTIONAL },
    { 0 },
};

static enum shell_result connect_to(struct shell *sh, const struct shell_value *args)
{
    struct vfu_path same = sh->link.client.path;
    const char *path = args[CONNECT_SOCKET].given ? args[CONNECT_SOCKET].text : same.text;
    enum shell_result result;
    bool again = args[CONNECT_AGAIN].given;

    if (!path[0]) {
        shell_fail(sh, "which SOCKET?");
        return SHELL_FAILED;
    }
    if (!again)
        shell_forget(&sh->device, sh->watch.fd);
    result = shell_connect(sh, path, again);
    if (result == SHELL_OK)
        shell_greet(sh);
    return result == SHELL_OK && again ? set_up_again(sh) : result;
}

static const struct shell_arg timeout_args[] = { { "TIME", .kind = SHELL_TIME, .flags = SHELL_OPTIONAL }, { 0 } };

static enum shell_result timeout(struct shell *sh, const struct shell_value *args)
{
    if (args[0].given)
        sh->link.client.timeout_ms = (int)args[0].number;
    else
        shell_say(sh, "%dms\n", sh->link.client.timeout_ms);
    shell_json_number(sh, "timeout_ms", (uint64_t)sh->link.client.timeout_ms);
    return SHELL_OK;
}

static const struct shell_arg trace_args[] = { SHELL_ARG_ON_OFF, { 0 } };

static enum shell_result trace(struct shell *sh, const struct shell_value *args)
{
    sh->screen.trace = args[0].number;
    return SHELL_OK;
}

const struct shell_command cmd_connect = {
    .name = "connect",
    .help = "connect to a server, or anew to the same one",
    .more = "Mappings and armed interrupts of the old connection are gone. With --again they are set up again, the\n"
            "memory with what is in it, and a server that is not there yet is waited for.\n"
            "Example: connect --again",
    .args = connect_args,
    .run = connect_to,
};

const struct shell_command cmd_timeout = {
    .name = "timeout",
    .help = "how long to wait for a reply: 5s, or what is said here",
    .more = "Example: timeout 500ms",
    .flags = SHELL_NO_RESULT,
    .args = timeout_args,
    .run = timeout,
};

const struct shell_command cmd_trace = {
    .name = "trace",
    .help = "show every message as it is sent or received",
    .more = "Example: trace on",
    .flags = SHELL_NO_RESULT,
    .args = trace_args,
    .run = trace,
};
