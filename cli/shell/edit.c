/*
 * The prompt: lines that are typed. While one is, the connection is served, and what happens by itself is printed above it.
 */
#include "cli/shell/inside.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* What it talks to, as far as that has a name. */
static const char *prompt(void *context)
{
    struct shell_device *d = &((struct shell *)context)->device;

    snprintf(d->prompt, sizeof d->prompt, "%s> ", d->name[0] ? d->name : "vfu");
    return d->prompt;
}

static bool wait_for_key(void *context, int fd)
{
    struct pollfd key = { .fd = fd, .events = POLLIN };
    struct shell *sh = context;

    while (!key.revents && !sh->watch.interrupted && !sh->watch.terminated)
        vfu_client_turn(&sh->link.client, &key, -1, &sh->outcome.error);
    if (!sh->watch.interrupted && !sh->watch.terminated)
        return true;
    /* Keys that came behind the ^C are for the next line. */
    cli_line_below(sh->screen.typing, sh->watch.interrupted ? "^C" : "");
    return false;
}

static void complete(void *context, const char *text, struct cli_matches *m)
{
    size_t at;

    shell_complete(context, text, m, &at);
}

static bool hint(void *context, const char *text, char *to, size_t size)
{
    return shell_hint(context, text, to, size);
}

/* One line; false at the end. */
static bool one_line(struct shell *sh, struct cli_line *line)
{
    enum shell_result result;
    enum cli_line_end end;
    char *typed;

    sh->watch.interrupted = false;
    sh->screen.typing = line;
    end = cli_line_ask(line, &typed);
    sh->screen.typing = NULL; /* what happens during the command needs no line saved */
    if (end != CLI_LINE_TYPED) {
        if (sh->watch.interrupted && !sh->watch.terminated)
            return true; /* ^C: the line is gone */
        if (!sh->watch.terminated && end == CLI_LINE_EOF)
            printf("\n"); /* ^D */
        fflush(stdout);
        return false;
    }
    if (!typed)
        return true;
    result = shell_run_line(sh, typed);
    free(typed);
    return result != SHELL_QUIT && !sh->watch.terminated && !sh->screen.w.failed;
}

enum shell_result shell_prompt(struct shell *sh)
{
    const struct cli_line_how how = { .in = stdin, .out = stdout, .history = "history", .prompt = prompt,
                                      .wait = wait_for_key, .complete = complete, .hint = hint, .context = sh };
    struct cli_line *line = cli_line_new(&how);

    if (!line) {
        cli_error("the terminal can't be used");
        return SHELL_FAILED;
    }
    shell_greet(sh);
    if (vfu_client_is_open(&sh->link.client) && !sh->device.told.known)
        shell_say(sh, "Connected to %s. ", sh->link.client.path.text);
    if (vfu_client_is_open(&sh->link.client))
        shell_say(sh, "help lists the commands, ^D ends.\n");
    vfu_writer_flush(&sh->screen.w);
    while (one_line(sh, line))
        ;
    cli_line_free(line);
    return SHELL_OK;
}
