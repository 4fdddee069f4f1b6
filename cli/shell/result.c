/*
 * How a command ended, said once: to people, and as the JSON object that `expect` looks at too.
 */
#include "cli/shell/inside.h"

#include <stdio.h>
#include <string.h>

void shell_refused(struct shell *sh, const struct vfu_event *reply)
{
    struct shell_outcome *o = &sh->outcome;

    o->refused = reply->error;
    vfu_client_reason(reply, o->reason, sizeof o->reason);
    o->because_count = reply->because_count;
    if (o->because_count)
        memcpy(o->because, reply->because, o->because_count * sizeof *o->because);
}

/* The first reason, where nobody counts messages: "bar0 has 0x100000 bytes" for "bar0 ends at 0x100000 (#12)". */
static void say_because(const struct vfu_because *b, char *text, size_t size)
{
    char *no = text, name[16];
    unsigned long long end;

    if (strcmp(b->reason, "region-end") == 0 && sscanf(b->text, "%15s ends at %llx", name, &end) == 2)
        snprintf(text, size, "%s has 0x%llx bytes", name, end);
    else
        snprintf(text, size, "%s%s", b->certain ? "" : "perhaps ", b->text);
    while ((no = strstr(no, " (#"))) {
        char *behind = strchr(no, ')');

        if (!behind)
            break;
        memmove(no, behind + 1, strlen(behind));
    }
}

/* "EINVAL: bar0 has 0x100000 bytes", "EINVAL (Invalid argument)" */
static const char *describe_error(const struct shell_outcome *o, const char *error, char *text, size_t size)
{
    char because[sizeof o->because->text + 8];

    if (o->reason[0] || o->because_count == 0) {
        snprintf(text, size, "%s (%s)", error, o->reason[0] ? o->reason : strerror((int)o->refused));
        return text;
    }
    say_because(&o->because[0], because, sizeof because);
    snprintf(text, size, "%s: %s", error, because);
    return text;
}

/* "read: what the error says", or what the server answered. */
static void describe(const struct shell_outcome *o, enum shell_result result, const char *name, char *text, size_t size)
{
    const char *error = vfu_name_of(vfu_errno_names, o->refused);
    char said[250];

    if (result == SHELL_STOPPED)
        snprintf(text, size, "%s: interrupted", name);
    else if (result != SHELL_REFUSED)
        snprintf(text, size, "%s: %s", name, o->error.text[0] ? o->error.text : "failed");
    else if (!error)
        snprintf(text, size, "%s: the server answered with error %u", name, o->refused);
    else
        snprintf(text, size, "%s: the %s answered %s", name, o->reason[0] ? "tap" : "server",
                 describe_error(o, error, said, sizeof said));
    /* Words of a script may be part of it, whatever they hold. */
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static void write_member(struct vfu_writer *w, const char *start, const char *text)
{
    vfu_write_text(w, start);
    vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
    vfu_write_char(w, '"');
}

static void write_object(struct shell_outcome *o, const char *name, enum shell_result result, const char *text,
                         struct vfu_writer *w)
{
    bool good = result == SHELL_OK || result == SHELL_QUIT;

    write_member(w, "{\"command\":\"", name);
    vfu_write_text(w, good ? ",\"ok\":true" : ",\"ok\":false");
    vfu_write_text(w, shell_buffer_text(&o->members));
    if (result == SHELL_REFUSED) {
        vfu_write_char(w, ',');
        vfu_json_error(o->refused, w);
        if (o->reason[0])
            write_member(w, ",\"message\":\"", o->reason);
        vfu_json_because(o->because, o->because_count, w);
    } else if (!good) {
        write_member(w, ",\"message\":\"", text);
    }
    vfu_write_char(w, '}');
}

/* The command's JSON object: kept for `expect` unless the command leaves the result be, printed with --json. */
static void finish_json(struct shell *sh, const struct shell_command *command, const char *name,
                        enum shell_result result, const char *text)
{
    struct shell_outcome *o = &sh->outcome;
    struct shell_buffer local, *b = &o->last;

    if (command && command->flags & SHELL_NO_RESULT) {
        shell_buffer_init(&local);
        b = &local;
    } else {
        shell_buffer_clear(b);
        o->last_refused = result == SHELL_REFUSED;
    }
    write_object(o, name, result, text, &b->w);
    if (sh->screen.json) {
        vfu_write_text(&sh->screen.w, shell_buffer_text(b));
        vfu_write_char(&sh->screen.w, '\n');
    }
    if (b == &local)
        shell_buffer_free(&local);
}

/* An error reply: in a script it is a failure, or what the next command expects, and held back until that is known. */
static void finish_refused(struct shell *sh, const char *text)
{
    struct shell_outcome *o = &sh->outcome;
    const struct shell_where *where = &sh->run.where;
    const char *error = vfu_name_of(vfu_errno_names, o->refused);
    char said[250];

    if (error)
        snprintf(o->deferred.said, sizeof o->deferred.said, "error %s", describe_error(o, error, said, sizeof said));
    else
        snprintf(o->deferred.said, sizeof o->deferred.said, "error %u", o->refused);
    if (where->name)
        snprintf(o->deferred.text, sizeof o->deferred.text, "%s:%u: %s", where->name, where->line, text);
    else
        snprintf(o->deferred.text, sizeof o->deferred.text, "%s", text);
    if (shell_in_script(sh))
        return;
    if (sh->screen.out)
        shell_complain(sh, text);
    else
        shell_say(sh, "%s\n", o->deferred.said);
}

void shell_say_deferred(struct shell *sh)
{
    if (sh->outcome.deferred.active)
        shell_say(sh, "%s\n", sh->outcome.deferred.said);
    sh->outcome.deferred.active = false;
}

void shell_finish(struct shell *sh, const struct shell_command *command, const char *name, enum shell_result result)
{
    bool good = result == SHELL_OK || result == SHELL_QUIT;
    char text[300] = "";

    if (sh->outcome.reported || (good && command && command->flags & SHELL_OUTER))
        return;
    if (!good) {
        describe(&sh->outcome, result, name, text, sizeof text);
        sh->outcome.reported = true;
    }
    finish_json(sh, command, name, result, text);
    if (result == SHELL_REFUSED)
        finish_refused(sh, text);
    else if (!good && (result != SHELL_STOPPED || sh->screen.interactive))
        shell_complain(sh, text);
    vfu_writer_flush(&sh->screen.w);
}

enum shell_result shell_fail_deferred(struct shell *sh)
{
    sh->outcome.deferred.active = false;
    sh->outcome.reported = true;
    vfu_writer_flush(&sh->screen.w);
    cli_error("%s", sh->outcome.deferred.text);
    return SHELL_FAILED;
}
