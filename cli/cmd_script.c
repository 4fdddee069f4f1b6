/*
 * repeat and source: commands that run others.
 */
#include "shell_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool deeper(struct shell *sh)
{
    if (sh->depth == SHELL_DEPTH)
        return shell_fail(sh, "more than %d levels deep", SHELL_DEPTH);
    sh->depth++;
    return true;
}

static enum shell_result exec_repeat(struct shell *sh, int argc, char **argv)
{
    enum shell_result result = SHELL_OK;
    uint64_t times;

    if (!shell_number(sh, "N", argv[0], &times) || !deeper(sh))
        return SHELL_FAILED;
    for (uint64_t i = 0; i < times && result == SHELL_OK; i++) {
        /* Commands may cut their words up. */
        char **words = calloc((size_t)argc, sizeof words[0]);
        bool whole = words != NULL;

        for (int k = 1; k < argc && whole; k++)
            whole = (words[k - 1] = strdup(argv[k])) != NULL;
        result = whole ? shell_run_words(sh, argc - 1, words) : SHELL_FAILED;
        for (int k = 0; words && k < argc; k++)
            free(words[k]);
        free(words);
        if (result == SHELL_OK && !shell_watched(sh))
            result = SHELL_STOPPED;
    }
    sh->depth--;
    return result;
}

static enum shell_result exec_source(struct shell *sh, int argc, char **argv)
{
    int fd = open(argv[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO may have no writer yet */
    enum shell_result result = SHELL_FAILED;
    bool deep;

    (void)argc;
    if (fd < 0) {
        shell_fail(sh, "%.150s: %s", argv[0], strerror(errno));
        return SHELL_FAILED;
    }
    deep = deeper(sh);
    if (deep) {
        sh->sourcing++;
        result = shell_run_fd(sh, fd, argv[0]);
        sh->sourcing--;
        sh->depth--;
        if (result == SHELL_OK && !shell_in_script(sh))
            result = shell_run_end(sh);
    }
    close(fd);
    return result;
}

const struct shell_command cmd_repeat = {
    .name = "repeat",
    .usage = "N COMMAND",
    .help = "run a command N times, until it fails",
    .more = "Example: repeat 100 write bar0+8 5",
    .min = 2,
    .max = -1,
    .flags = SHELL_NO_RESULT | SHELL_OUTER,
    .exec = exec_repeat,
};

const struct shell_command cmd_source = {
    .name = "source",
    .usage = "FILE",
    .help = "run the commands in a file, until one fails",
    .min = 1,
    .max = 1,
    .flags = SHELL_NO_RESULT | SHELL_OUTER,
    .exec = exec_source,
};
