/*
 * repeat, time and source: commands that run others. set: what a name stands for.
 */
#include "capture/clock.h"
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"

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

/* Run words as a command; it may cut them up and put them in another order, so it gets copies, all in one piece. */
static enum shell_result run_copy(struct shell *sh, const struct shell_value *command)
{
    int count = command->list.count;
    char **words = calloc((size_t)count + 1, sizeof words[0]), *text, *to;
    enum shell_result result = SHELL_FAILED;
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += strlen(command->list.word[i]) + 1;
    to = text = malloc(size);
    for (int i = 0; words && text && i < count; i++) {
        words[i] = to;
        to = stpcpy(to, command->list.word[i]) + 1;
    }
    if (words && text)
        result = shell_run_words(sh, count, words);
    free(text);
    free(words);
    return result;
}

enum { REPEAT_TIMES, REPEAT_COMMAND };
static const struct shell_arg repeat_args[] = {
    [REPEAT_TIMES] = { "N", .kind = SHELL_NUMBER },
    [REPEAT_COMMAND] = { "COMMAND", .kind = SHELL_COMMAND, .flags = SHELL_REST },
    { 0 },
};

static enum shell_result repeat(struct shell *sh, const struct shell_value *args)
{
    enum shell_result result = SHELL_OK;

    if (!deeper(sh))
        return SHELL_FAILED;
    for (uint64_t i = 0; i < args[REPEAT_TIMES].number && result == SHELL_OK; i++) {
        result = run_copy(sh, &args[REPEAT_COMMAND]);
        shell_watched(sh);
        if (result == SHELL_OK && shell_stopped(sh))
            result = SHELL_STOPPED;
    }
    sh->run.depth--;
    return result;
}

static const struct shell_arg time_args[] = {
    { "COMMAND", .kind = SHELL_COMMAND, .flags = SHELL_REST },
    { 0 },
};

static enum shell_result run_timed(struct shell *sh, const struct shell_value *args)
{
    uint64_t start, end;
    enum shell_result result;
    char number[32];

    if (!deeper(sh))
        return SHELL_FAILED;
    start = vfu_mono_ns();
    result = run_copy(sh, &args[0]);
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

enum { SET_NAME, SET_VALUE };
static const struct shell_arg set_args[] = {
    [SET_NAME] = { "NAME", .kind = SHELL_TEXT },
    [SET_VALUE] = { "VALUE", .kind = SHELL_TEXT, .missing = "a VALUE is missing" },
    { 0 },
};

static enum shell_result set(struct shell *sh, const struct shell_value *args)
{
    const char *name = args[SET_NAME].text, *value = args[SET_VALUE].text;

    for (size_t i = 0; !name && i < sh->vars.count; i++) {
        shell_say(sh, "%s ", sh->vars.var[i].name);
        vfu_write_printable(shell_text(sh), sh->vars.var[i].value); /* perhaps of a reply */
        shell_say(sh, "\n");
    }
    if (!name)
        return SHELL_OK;
    if (!shell_is_var_name(name)) {
        shell_fail(sh, "%.80s: a name is made of letters, digits and _", name);
        return SHELL_FAILED;
    }
    if (!shell_vars_set(&sh->vars, name, value)) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    shell_json_string(sh, name, value);
    return SHELL_OK;
}

static const struct shell_arg source_args[] = { { "FILE", .kind = SHELL_TEXT }, { 0 } };

static enum shell_result source(struct shell *sh, const struct shell_value *args)
{
    const char *path = args[0].text;
    int fd = shell_file_open(sh, path);
    enum shell_result result = SHELL_FAILED;
    bool deep;

    if (fd < 0)
        return SHELL_FAILED;
    deep = deeper(sh);
    if (deep) {
        sh->run.sourcing++;
        result = shell_run_fd(sh, fd, path);
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
    .help = "run a command N times, until it fails",
    .more = "Example: repeat 100 write bar0+8 5",
    .flags = SHELL_NO_RESULT | SHELL_OUTER,
    .args = repeat_args,
    .run = repeat,
};

const struct shell_command cmd_source = {
    .name = "source",
    .help = "run the commands in a file, until one fails",
    .more = "Example: source setup.vfu",
    .flags = SHELL_NO_RESULT | SHELL_OUTER,
    .args = source_args,
    .run = source,
};

const struct shell_command cmd_time = {
    .name = "time",
    .help = "run a command, and say how long it took",
    .more = "`expect elapsed_us < 1000` looks at the time, every other FIELD at what the command came to.\n"
            "Example: time read bar0",
    .flags = SHELL_NO_RESULT,
    .args = time_args,
    .run = run_timed,
};

const struct shell_command cmd_set = {
    .name = "set",
    .help = "keep a value: $NAME stands for it; without a name, list them",
    .more = "In any line $NAME and ${NAME} are replaced by what was set, or else by a field of the last result, by\n"
            "the names that `expect` has: $value, $data, $reply.num_regions, $reply.capabilities[0].areas[1].size. "
            "Not\nwithin '...' and not behind a backslash.\n"
            "Example: read bar0+0x80 q\n         set source $value",
    .flags = SHELL_NO_RESULT | SHELL_OR_NONE,
    .args = set_args,
    .run = set,
};
