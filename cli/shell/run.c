/*
 * Running the shell's commands: a line from wherever it comes, its result as text or JSON, and when a script ends.
 */
#include "cli/shell/shell.h"
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void take_signal(struct shell *sh)
{
    int number;

    while ((number = cli_signals_next(sh->signal_fd))) {
        if (number == SIGINT)
            sh->interrupted = true;
        else if (number == SIGTERM)
            sh->terminated = true;
        else if (number == SIGWINCH && sh->typing)
            sh->typing->resize(sh->typing);
    }
}

static void take_interrupt(struct shell *sh, int fd)
{
    struct shell_vector *v;
    uint64_t fired = shell_irqs_take(&sh->irqs, fd, &v);
    char name[SHELL_NAME];

    if (!fired || !sh->interactive)
        return;
    shell_name(name, vfu_irq_names, v->index);
    if (fired > 1)
        shell_notice(sh, "interrupt: %s %u, %llu times", name, v->vector, (unsigned long long)fired);
    else
        shell_notice(sh, "interrupt: %s %u", name, v->vector);
}

bool shell_watched(void *context)
{
    struct shell *sh = context;
    struct epoll_event events[32];
    int count = epoll_wait(sh->watch_fd, events, 32, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == sh->signal_fd)
            take_signal(sh);
        else
            take_interrupt(sh, events[i].data.fd);
    }
    return !sh->interrupted && !sh->terminated;
}

/* "read: what the error says", or what the server answered. */
static void describe(struct shell *sh, enum shell_result result, const char *name, char *text, size_t size)
{
    const char *error = vfu_name_of(vfu_errno_names, sh->outcome.refused);
    bool why = sh->outcome.reason[0];

    if (result == SHELL_STOPPED)
        snprintf(text, size, "%s: interrupted", name);
    else if (result != SHELL_REFUSED)
        snprintf(text, size, "%s: %s", name, sh->outcome.error.text[0] ? sh->outcome.error.text : "failed");
    else if (error)
        snprintf(text, size, "%s: the %s answered %s (%s)", name, why ? "tap" : "server", error,
                 why ? sh->outcome.reason : strerror((int)sh->outcome.refused));
    else
        snprintf(text, size, "%s: the server answered with error %u", name, sh->outcome.refused);
    /* Words of a script may be part of it, whatever they hold. */
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

/* The command's JSON object: kept for `expect`, printed with --json. */
static void finish_json(struct shell *sh, const struct shell_command *command, const char *name,
                        enum shell_result result, const char *text)
{
    struct shell_buffer local, *b = &sh->outcome.last;
    struct vfu_writer *w;

    if (command && command->flags & SHELL_NO_RESULT) {
        shell_buffer_init(&local);
        b = &local;
    } else {
        shell_buffer_clear(b);
        sh->outcome.last_refused = result == SHELL_REFUSED;
    }
    w = &b->w;
    vfu_write_text(w, "{\"command\":\"");
    vfu_write_json_string(w, (const uint8_t *)name, strlen(name));
    vfu_write_text(w, result == SHELL_OK || result == SHELL_QUIT ? "\",\"ok\":true" : "\",\"ok\":false");
    vfu_write_text(w, shell_buffer_text(&sh->outcome.members));
    if (result == SHELL_REFUSED) {
        vfu_write_char(w, ',');
        vfu_json_error(sh->outcome.refused, w);
        if (sh->outcome.reason[0]) {
            vfu_write_text(w, ",\"message\":\"");
            vfu_write_json_string(w, (const uint8_t *)sh->outcome.reason, strlen(sh->outcome.reason));
            vfu_write_char(w, '"');
        }
    } else if (result != SHELL_OK && result != SHELL_QUIT) {
        vfu_write_text(w, ",\"message\":\"");
        vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
        vfu_write_char(w, '"');
    }
    vfu_write_text(w, "}");
    if (sh->json) {
        const char *object = shell_buffer_text(b);

        vfu_write_text(&sh->out.w, object);
        vfu_write_char(&sh->out.w, '\n');
    }
    if (b == &local)
        shell_buffer_free(&local);
}

/* Print how it went, once, however deep in repeat and source it happened. */
static void finish(struct shell *sh, const struct shell_command *command, const char *name, enum shell_result result)
{
    bool good = result == SHELL_OK || result == SHELL_QUIT;
    char text[300] = "";

    if (sh->outcome.reported || (good && command && command->flags & SHELL_OUTER))
        return;
    if (!good) {
        describe(sh, result, name, text, sizeof text);
        sh->outcome.reported = true;
    }
    finish_json(sh, command, name, result, text);
    if (result == SHELL_REFUSED) {
        const char *error = vfu_name_of(vfu_errno_names, sh->outcome.refused);

        if (error)
            shell_say(sh, "error %s (%s)\n", error, sh->outcome.reason[0] ? sh->outcome.reason : strerror((int)sh->outcome.refused));
        else
            shell_say(sh, "error %u\n", sh->outcome.refused);
        if (sh->where.name)
            snprintf(sh->outcome.deferred.text, sizeof sh->outcome.deferred.text, "%s:%u: %s", sh->where.name, sh->where.line, text);
        else
            snprintf(sh->outcome.deferred.text, sizeof sh->outcome.deferred.text, "%s", text);
    } else if (!good && (result != SHELL_STOPPED || sh->interactive)) {
        shell_complain(sh, text);
    }
    vfu_writer_flush(&sh->out.w);
}

/* An error reply that the next command does not expect. */
static enum shell_result fail_deferred(struct shell *sh)
{
    sh->outcome.deferred.active = false;
    sh->outcome.reported = true;
    vfu_writer_flush(&sh->out.w);
    cli_error("%s", sh->outcome.deferred.text);
    return SHELL_FAILED;
}

/* Unknown: show the word, but not whatever a terminal would make of it. */
static enum shell_result unknown(struct shell *sh, const char *word)
{
    struct shell_buffer b;

    shell_buffer_init(&b);
    vfu_write_escaped(&b.w, (const uint8_t *)word, strnlen(word, 80));
    shell_fail(sh, "no such command (help lists them)");
    finish(sh, NULL, shell_buffer_text(&b), SHELL_FAILED);
    shell_buffer_free(&b);
    return SHELL_FAILED;
}

static enum shell_result run(struct shell *sh, const struct shell_command *command, int argc, char **argv)
{
    bool paged = sh->interactive && !sh->json && command->flags & SHELL_PAGED && sh->depth == 0;
    enum shell_result result;

    if (paged)
        shell_page_begin(sh);
    sh->command = command;
    result = command->exec(sh, argc, argv);
    if (paged)
        shell_page_end(sh);
    return result;
}

enum shell_result shell_run_words(struct shell *sh, int count, char **words)
{
    int used;
    const struct shell_command *command = shell_find(sh, words, count, &used);
    enum shell_result result = SHELL_FAILED;

    sh->outcome.reported = false;
    sh->outcome.error.text[0] = '\0';
    shell_buffer_clear(&sh->outcome.members);
    if (sh->outcome.deferred.active && !(command && command->flags & SHELL_EXPECTS))
        return fail_deferred(sh);
    sh->outcome.deferred.active = false;
    if (!command)
        return unknown(sh, words[0]);
    if (count - used < command->min || (command->max >= 0 && count - used > command->max))
        shell_fail(sh, "usage: %s%s%s", command->name, *command->usage ? " " : "", command->usage);
    else
        result = run(sh, command, count - used, words + used);
    finish(sh, command, command->name, result);
    if (sh->out.w.failed && result != SHELL_QUIT) {
        if (!sh->interactive && result == SHELL_OK)
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
        finish(sh, NULL, "syntax", result = SHELL_FAILED);
    } else if (words.count > 0) {
        sh->running = true;
        result = shell_run_words(sh, words.count, words.word);
        sh->running = false;
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
    return sh->outcome.deferred.active ? fail_deferred(sh) : SHELL_OK;
}
