/*
 * Running the shell's commands: a line from wherever it comes, and when a script ends.
 */
#include "cli/shell/inside.h"
#include "cli/signals.h"
#include "decoder/wire/near.h"

#include <stdlib.h>
#include <string.h>

/* Unknown: show the word, but not whatever a terminal would make of it. */
static enum shell_result unknown(struct shell *sh, int count, char **words)
{
    char near[VFU_NEAR_TEXT];
    struct shell_buffer b;

    shell_buffer_init(&b);
    vfu_write_escaped(&b.w, (const uint8_t *)words[0], strnlen(words[0], 80));
    shell_fail(sh, "no such command%s (help lists them)", shell_near_command(sh, count, words, near));
    shell_finish(sh, NULL, shell_buffer_text(&b), SHELL_FAILED);
    shell_buffer_free(&b);
    return SHELL_FAILED;
}

static enum shell_result run(struct shell *sh, const struct shell_command *command, int argc, char **argv)
{
    struct shell_value values[SHELL_ARGS];
    bool paged = sh->screen.interactive && !sh->screen.json && command->flags & SHELL_PAGED && sh->run.depth == 0;
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
    sh->outcome.deferred.active = false;
    if (!command)
        return unknown(sh, count, words);
    result = run(sh, command, count - used, words + used);
    shell_finish(sh, command, command->name, result);
    if (sh->screen.w.failed && result != SHELL_QUIT) {
        if (!sh->screen.interactive && result == SHELL_OK && !cli_reader_left())
            cli_error("standard output: can't be written");
        sh->outcome.reported = true;
        return SHELL_FAILED;
    }
    return result;
}

enum shell_result shell_run_line(struct shell *sh, const char *line)
{
    char *expanded = shell_expand(sh, line);
    struct shell_words words;
    enum shell_split split = shell_split(expanded ? expanded : "", &words);
    enum shell_result result = SHELL_OK;

    if (!expanded || split != SHELL_SPLIT_OK) {
        sh->outcome.reported = false;
        shell_buffer_clear(&sh->outcome.members);
        if (expanded)
            shell_fail(sh, "%s", shell_split_error(split));
        shell_finish(sh, NULL, "syntax", result = SHELL_FAILED);
    } else if (words.count > 0) {
        sh->run.running = true;
        result = shell_run_words(sh, words.count, words.word);
        sh->run.running = false;
    }
    shell_words_free(&words);
    free(expanded);
    if (result == SHELL_REFUSED && shell_in_script(sh)) {
        sh->outcome.deferred.active = true;
        return SHELL_OK;
    }
    return result;
}

enum shell_result shell_run_end(struct shell *sh)
{
    return sh->outcome.deferred.active ? shell_fail_deferred(sh) : SHELL_OK;
}
