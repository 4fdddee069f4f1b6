/*
 * repeat, time and source: commands that run others. set: what a name stands for.
 */
#include "capture/clock.h"
#include "cli/shell/commands/all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool deeper(struct shell *sh)
{
    if (sh->run.depth == SHELL_DEPTH)
        return shell_fail(sh, "more than %d levels deep", SHELL_DEPTH);
    sh->run.depth++;
    return true;
}

/* Run words as a command; it may cut them up, so it gets copies. */
static enum shell_result run_copy(struct shell *sh, int argc, char **argv)
{
    enum shell_result result;
    char **words = calloc((size_t)argc + 1, sizeof words[0]);
    bool whole = words != NULL;

    for (int i = 0; i < argc && whole; i++)
        whole = (words[i] = strdup(argv[i])) != NULL;
    result = whole ? shell_run_words(sh, argc, words) : SHELL_FAILED;
    for (int i = 0; words && i < argc; i++)
        free(words[i]);
    free(words);
    return result;
}

static enum shell_result exec_repeat(struct shell *sh, int argc, char **argv)
{
    enum shell_result result = SHELL_OK;
    uint64_t times;

    if (!shell_number(sh, "N", argv[0], &times) || !deeper(sh))
        return SHELL_FAILED;
    for (uint64_t i = 0; i < times && result == SHELL_OK; i++) {
        result = run_copy(sh, argc - 1, argv + 1);
        if (result == SHELL_OK && !shell_watched(sh))
            result = SHELL_STOPPED;
    }
    sh->run.depth--;
    return result;
}

static enum shell_result exec_time(struct shell *sh, int argc, char **argv)
{
    uint64_t start, end;
    enum shell_result result;
    char number[32];

    if (!deeper(sh))
        return SHELL_FAILED;
    start = vfu_mono_ns();
    result = run_copy(sh, argc, argv);
    end = vfu_mono_ns();
    sh->run.depth--;
    if (result != SHELL_OK)
        return result;
    sh->outcome.elapsed_us = (double)(end - start) / 1e3;
    snprintf(number, sizeof number, "%.3f", sh->outcome.elapsed_us);
    shell_say(sh, "%s us\n", number);
    shell_buffer_clear(&sh->outcome.members);
    shell_json_key(sh, "elapsed_us");
    vfu_write_text(&sh->outcome.members.w, number);
    return SHELL_OK;
}

static enum shell_result exec_set(struct shell *sh, int argc, char **argv)
{
    for (size_t i = 0; argc == 0 && i < sh->vars.count; i++)
        shell_say(sh, "%s %s\n", sh->vars.var[i].name, sh->vars.var[i].value);
    if (argc == 0)
        return SHELL_OK;
    if (!shell_is_var_name(argv[0])) {
        shell_fail(sh, "%.80s: a name is made of letters, digits and _", argv[0]);
        return SHELL_FAILED;
    }
    if (argc == 1) {
        shell_fail(sh, "a VALUE is missing");
        return SHELL_FAILED;
    }
    if (!shell_vars_set(&sh->vars, argv[0], argv[1])) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    shell_json_string(sh, argv[0], argv[1]);
    return SHELL_OK;
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
        sh->run.sourcing++;
        result = shell_run_fd(sh, fd, argv[0]);
        sh->run.sourcing--;
        sh->run.depth--;
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
    .more = "Example: source setup.vfu",
    .min = 1,
    .max = 1,
    .flags = SHELL_NO_RESULT | SHELL_OUTER,
    .exec = exec_source,
};

const struct shell_command cmd_time = {
    .name = "time",
    .usage = "COMMAND",
    .help = "run a command, and say how long it took",
    .more = "`expect elapsed_us < 1000` looks at the time, every other FIELD at what the command came to.\n"
            "Example: time read bar0",
    .min = 1,
    .max = -1,
    .flags = SHELL_NO_RESULT,
    .exec = exec_time,
};

const struct shell_command cmd_set = {
    .name = "set",
    .usage = "[NAME VALUE]",
    .help = "keep a value: $NAME stands for it; without a name, list them",
    .more = "In any line $NAME and ${NAME} are replaced by what was set, or else by a field of the last result, by\n"
            "the names that `expect` has: $value, $data, $reply.num_regions, $reply.capabilities[0].areas[1].size. Not\n"
            "within '...' and not behind a backslash.\n"
            "Example: read bar0+0x80 q\n         set source $value",
    .max = 2,
    .flags = SHELL_NO_RESULT,
    .exec = exec_set,
};
