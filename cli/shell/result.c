/*
 * How a command ended, said once: to people, and as the JSON object that `expect` looks at too.
 */
#include "cli/shell/shell.h"

#include <stdio.h>
#include <string.h>

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
    if (sh->screen.json) {
        const char *object = shell_buffer_text(b);

        vfu_write_text(&sh->screen.w, object);
        vfu_write_char(&sh->screen.w, '\n');
    }
    if (b == &local)
        shell_buffer_free(&local);
}

void shell_finish(struct shell *sh, const struct shell_command *command, const char *name, enum shell_result result)
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
    } else if (!good && (result != SHELL_STOPPED || sh->screen.interactive)) {
        shell_complain(sh, text);
    }
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
