/*
 * Running a command of the shell, and when a script ends.
 */
#include "cli/shell/inside.h"
#include "cli/shell/out.h"
#include "cli/signals.h"
#include "decoder/wire/near.h"

#include <string.h>

/* The first word of several commands, alone: those are listed; a script meant one of them. */
static enum shell_result list_family(struct shell *sh, const char *first)
{
    enum shell_result result = SHELL_OK;
    char names[200];

    shell_family_say(sh, first);
    if (shell_in_script(sh)) {
        shell_fail(sh, "%s must follow", shell_family_names(sh, first, names, sizeof names));
        result = SHELL_FAILED;
    }
    shell_finish(sh, NULL, first, result);
    return result;
}

/* Unknown: show the word, but not whatever a terminal would make of it. */
static enum shell_result unknown(struct shell *sh, int count, char **words)
{
    char near[VFU_NEAR_TEXT], names[200];
    bool family = shell_family_names(sh, words[0], names, sizeof names)[0] != '\0';
    struct shell_buffer b;

    if (family && count == 1)
        return list_family(sh, words[0]);
    shell_buffer_init(&b);
    vfu_write_escaped(&b.w, (const uint8_t *)words[0], strnlen(words[0], 80));
    shell_near_command(sh, count, words, near);
    if (family && !near[0])
        shell_fail(sh, "%s must follow", names);
    else
        shell_fail(sh, "no such command%s (help lists them)", near);
    shell_finish(sh, NULL, shell_buffer_text(&b), SHELL_FAILED);
    shell_buffer_free(&b);
    return SHELL_FAILED;
}

static enum shell_result run(struct shell *sh, const struct shell_command *command, int argc, char **argv)
{
    struct shell_value values[SHELL_ARGS];
    bool paged = sh->screen.interactive && !sh->screen.json && !sh->screen.out && command->flags & SHELL_PAGED &&
                 sh->run.depth == 0;
    enum shell_result result;

    if (!shell_args_parse(sh, command, argc, argv, values))
        return SHELL_FAILED;
    if (paged)
        shell_page_begin(sh);
    sh->run.command = command;
    result = command->run(sh, values);
    if (paged)
        shell_page_end(sh);
    return result;
}

enum shell_result shell_run_words(struct shell *sh, int count, char **words)
{
    int used;
    const struct shell_command *command = shell_find(sh, words, count, &used);
    enum shell_result result;

    sh->outcome.reported = false;
    sh->outcome.error.text[0] = '\0';
    shell_buffer_clear(&sh->outcome.members);
    if (sh->outcome.deferred.active && !(command && command->flags & SHELL_EXPECTS))
        return shell_fail_deferred(sh);
    shell_say_deferred(sh);
    if (!command)
        return unknown(sh, count, words);
    result = run(sh, command, count - used, words + used);
    shell_finish(sh, command, command->name, result);
    shell_out_settle(sh);
    if (sh->screen.w.failed && result != SHELL_QUIT) {
        if (sh->screen.out)
            sh->outcome.unwritten = true;
        else if (!sh->screen.interactive && result == SHELL_OK && !cli_reader_left())
            cli_error("standard output: can't be written");
        sh->outcome.reported = true;
        return SHELL_FAILED;
    }
    return result;
}

enum shell_result shell_run_end(struct shell *sh)
{
    return sh->outcome.deferred.active ? shell_fail_deferred(sh) : SHELL_OK;
}
