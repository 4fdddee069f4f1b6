/*
 * A line of commands: one after another with ;, what they print into a program with | or a file with > and >>, and programs alone
 * with !. What stands behind | and ! is the rest of the line, as it is, for /bin/sh.
 */
#include "cli/shell/inside.h"
#include "cli/shell/out.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command, and what stands behind it. */
struct part {
    const char *text;
    size_t size;
    enum shell_operator operator;
    const char *behind; /* the operator; or where the words end */
};

/* Of programs: what `expect` looks at stays that of the command. */
static const struct shell_command program = { .name = "sh", .flags = SHELL_NO_RESULT };

/* --- taking a line apart --- */

/* The argument that is a command itself: how many words stand before it. -1: none is. */
static int inner_at(const struct shell_command *c)
{
    for (int i = 0; c->args && (c->args[i].name || c->args[i].word || c->args[i].names); i++)
        if (c->args[i].kind == SHELL_COMMAND)
            return i;
    return -1;
}

/* What a text begins with, or with `inner` what that runs, if it is known already. */
static const struct shell_command *command_of(struct shell *sh, const char *text, size_t size, bool inner)
{
    const struct shell_command *c = NULL;
    char *copy = strndup(text, size);
    struct shell_words words;
    int at = 0, used;

    if (!copy)
        return NULL;
    if (shell_split(copy, &words) != SHELL_SPLIT_MEMORY) {
        while (at < words.count && (c = shell_find(sh, words.word + at, words.count - at, &used))) {
            if (!inner || inner_at(c) < 0)
                break;
            at += used + inner_at(c);
        }
    }
    shell_words_free(&words);
    free(copy);
    return c;
}

/* `expect value > 5`: an operator of the command's own. */
static bool is_own(struct shell *sh, enum shell_operator operator, const char *text, size_t size)
{
    const struct shell_command *c;

    if (operator != SHELL_TO && operator != SHELL_BEHIND)
        return false;
    c = command_of(sh, text, size, true);
    return c && c->flags & SHELL_COMPARES;
}

static const char *skip_blanks(const char *line)
{
    return line + strspn(line, " \t\r\n");
}

static struct part first_part(struct shell *sh, const char *line)
{
    struct part p = { .text = skip_blanks(line) };
    const char *at, *from = p.text;

    if (*p.text == '!') {
        p.behind = p.text + strlen(p.text);
        p.size = (size_t)(p.behind - p.text);
        return p;
    }
    do {
        p.operator = shell_next_operator(from, &at, &p.behind);
        p.size = (size_t)(at - p.text);
        from = p.behind;
    } while (is_own(sh, p.operator, p.text, p.size));
    return p;
}

const char *shell_line_tail(struct shell *sh, const char *line)
{
    for (;;) {
        struct part p = first_part(sh, line);
        const char *at;

        if (*p.text == '!' || p.operator == SHELL_PIPE)
            return NULL;
        if (p.operator == SHELL_NO_OPERATOR)
            return p.text;
        line = p.behind;
        if (p.operator != SHELL_THEN && shell_next_operator(p.behind, &at, &line) != SHELL_THEN)
            return NULL;
    }
}

/* --- running it --- */

/* A line that is wrong before a command is run. */
static enum shell_result fail_syntax(struct shell *sh)
{
    sh->outcome.reported = false;
    shell_buffer_clear(&sh->outcome.members);
    shell_finish(sh, NULL, "syntax", SHELL_FAILED);
    return SHELL_FAILED;
}

/* The text's words, with variables replaced. False: it was said what is wrong. */
static bool words_of(struct shell *sh, const char *text, size_t size, struct shell_words *words)
{
    char *copy = strndup(text, size), *expanded = copy ? shell_expand(sh, copy) : NULL;
    enum shell_split split = shell_split(expanded ? expanded : "", words);
    bool good = expanded && split == SHELL_SPLIT_OK;

    if (!copy)
        shell_fail(sh, "out of memory");
    else if (expanded && !good)
        shell_fail(sh, "%s", shell_split_error(split));
    if (!good) {
        fail_syntax(sh);
        shell_words_free(words);
    }
    free(expanded);
    free(copy);
    return good;
}

static enum shell_result run_words(struct shell *sh, const struct part *p)
{
    const bool running = sh->run.running;
    enum shell_result result = SHELL_OK;
    struct shell_words words;

    if (!words_of(sh, p->text, p->size, &words))
        return SHELL_FAILED;
    if (words.count > 0) {
        sh->run.running = true;
        result = shell_run_words(sh, words.count, words.word);
        sh->run.running = running;
    }
    shell_words_free(&words);
    if (result == SHELL_REFUSED && shell_in_script(sh)) {
        sh->outcome.deferred.active = true;
        return SHELL_OK;
    }
    return result;
}

/* Something about output or a program failed. */
static enum shell_result finish_program(struct shell *sh, enum shell_result result)
{
    sh->outcome.reported = false;
    shell_buffer_clear(&sh->outcome.members);
    shell_finish(sh, &program, program.name, result);
    return result;
}

/* A program's status decides a script, as `set -e -o pipefail` has it; at the prompt it has said itself what there is to say. */
static enum shell_result judge(struct shell *sh, const char *command, int status, bool quiet)
{
    if (shell_stopped(sh))
        return SHELL_STOPPED;
    if (status != 0 && shell_in_script(sh)) {
        shell_fail(sh, "%.150s: ended with status %d", command, status);
        return finish_program(sh, SHELL_FAILED);
    }
    if (!quiet)
        finish_program(sh, SHELL_OK);
    return SHELL_OK;
}

/* An error reply waits, and this is no expect. */
static bool is_unexpected(struct shell *sh, const struct part *p)
{
    const struct shell_command *c = sh->outcome.deferred.active ? command_of(sh, p->text, p->size, false) : NULL;

    return sh->outcome.deferred.active && !(c && c->flags & SHELL_EXPECTS);
}

static enum shell_result run_program(struct shell *sh, const char *command)
{
    const bool running = sh->run.running;
    pid_t pid;
    int status;

    if (sh->outcome.deferred.active)
        return shell_fail_deferred(sh);
    vfu_writer_flush(&sh->screen.w);
    sh->run.running = true;
    pid = shell_program_start(sh, command, -1, sh->screen.out ? sh->screen.out->fd : STDOUT_FILENO);
    status = pid > 0 ? shell_program_end(sh, pid) : 127;
    sh->run.running = running;
    return judge(sh, command, status, false);
}

/* What the command prints goes to `out`, which is begun; what became of both. */
static enum shell_result run_into(struct shell *sh, const struct part *p, struct shell_out *out)
{
    enum shell_result result = run_words(sh, p), ended;
    int status;

    ended = shell_out_end(sh, out, &status);
    if (sh->outcome.unwritten)
        result = SHELL_OK; /* it was ended as by SIGPIPE; or `ended` says what failed */
    sh->outcome.unwritten = false;
    if (result != SHELL_OK)
        return result;
    return ended != SHELL_OK ? finish_program(sh, ended) : out->pid > 0 ? judge(sh, out->name, status, true) : SHELL_OK;
}

static enum shell_result run_piped(struct shell *sh, const struct part *p)
{
    const char *command = skip_blanks(p->behind);
    enum shell_result result;
    struct shell_out out;

    if (!*command) {
        shell_fail(sh, "a command must follow |");
        return fail_syntax(sh);
    }
    result = shell_out_to_program(sh, &out, command);
    return result == SHELL_OK ? run_into(sh, p, &out) : finish_program(sh, result);
}

/* *rest: what follows the file. */
static enum shell_result run_to_file(struct shell *sh, const struct part *p, const char **rest)
{
    bool append = p->operator == SHELL_BEHIND;
    const char *file = p->behind, *at;
    enum shell_operator next = shell_next_operator(file, &at, rest);
    enum shell_result result;
    struct shell_words words;
    struct shell_out out;

    if (!words_of(sh, file, (size_t)(at - file), &words))
        return SHELL_FAILED;
    if (words.count == 1 && (next == SHELL_NO_OPERATOR || next == SHELL_THEN)) {
        result = shell_out_to_file(sh, &out, words.word[0], append);
        result = result == SHELL_OK ? run_into(sh, p, &out) : finish_program(sh, result);
    } else {
        shell_fail(sh, "%s: one FILE must follow, and only ; may follow that", append ? ">>" : ">");
        result = fail_syntax(sh);
    }
    shell_words_free(&words);
    return result;
}

/* *rest: what follows what was run. */
static enum shell_result run_part(struct shell *sh, const struct part *p, const char **rest)
{
    bool redirects = p->operator != SHELL_NO_OPERATOR && p->operator != SHELL_THEN;

    *rest = p->behind;
    if (p->operator == SHELL_NO_OPERATOR || p->operator == SHELL_PIPE)
        *rest += strlen(*rest);
    if (*p->text == '!')
        return run_program(sh, skip_blanks(p->text + 1));
    if (!redirects)
        return run_words(sh, p);
    if (p->size == 0) {
        shell_fail(sh, "a command must stand before %s", p->operator == SHELL_PIPE ? "|" : ">");
        return fail_syntax(sh);
    }
    if (is_unexpected(sh, p))
        return shell_fail_deferred(sh);
    return p->operator == SHELL_PIPE ? run_piped(sh, p) : run_to_file(sh, p, rest);
}

/* At the prompt, as in any shell, what stands behind a ; does not depend on what stands before it. */
static bool goes_on(struct shell *sh, enum shell_result result)
{
    return result == SHELL_OK ||
           (!shell_in_script(sh) && result != SHELL_QUIT && result != SHELL_STOPPED && !sh->screen.w.failed);
}

enum shell_result shell_run_line(struct shell *sh, const char *line)
{
    enum shell_result result;

    do {
        struct part p = first_part(sh, line);

        result = run_part(sh, &p, &line);
        shell_watched(sh);
        line = skip_blanks(line);
        if (*line && shell_stopped(sh) && result != SHELL_QUIT)
            result = SHELL_STOPPED;
    } while (*line && goes_on(sh, result));
    return result;
}
