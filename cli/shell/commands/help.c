/*
 * help and quit.
 */
#include "cli/shell/commands/inside.h"

#include <string.h>

static void list(struct shell *sh)
{
    const struct shell_command *c;
    int column = 12;

    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++)
        if ((int)strlen(c->name) > column)
            column = (int)strlen(c->name);
    shell_json_key(sh, "commands");
    vfu_write_char(&sh->outcome.members.w, '[');
    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
        shell_say(sh, "  %-*s %s\n", column, c->name, c->help);
        vfu_write_text(&sh->outcome.members.w, i ? ",\"" : "\"");
        vfu_write_text(&sh->outcome.members.w, c->name);
        vfu_write_char(&sh->outcome.members.w, '"');
    }
    vfu_write_char(&sh->outcome.members.w, ']');
    shell_say(sh, "help COMMAND says more about one of them.\n");
}

/* Under `help send`: the protocol's commands and their fields, from the table. */
static void protocol(struct shell *sh)
{
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    shell_say(sh, "The protocol's commands and the fields of their requests:\n");
    for (size_t i = 0; i < count; i++) {
        shell_say(sh, "  %-22s", all[i].name);
        for (const struct vfu_field *f = all[i].request.layout->fields; f && f->name; f++)
            shell_say(sh, " %s", f->name);
        shell_say(sh, "\n");
    }
}

/* Every command whose name begins with these words: `help irq` is about all of them. */
static bool about(struct shell *sh, int count, char **words)
{
    char name[64];
    const struct shell_command *c;
    char usage_text[SHELL_USAGE];
    bool found = false;
    size_t size = (size_t)snprintf(name, sizeof name, "%s%s%s", words[0], count > 1 ? " " : "",
                                   count > 1 ? words[1] : "");

    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL && size < sizeof name; i++) {
        bool alias = c->alias && strcmp(c->alias, name) == 0;
        const char *usage = shell_usage(c, usage_text);

        if (!alias && (strncmp(c->name, name, size) != 0 || (c->name[size] && c->name[size] != ' ')))
            continue;
        shell_say(sh, "%s%s%s\n    %s\n", c->name, usage[0] ? " " : "", usage, c->help);
        if (c->alias)
            shell_say(sh, "    (%s for short)\n", c->alias);
        if (c->more)
            shell_say(sh, "%s\n", c->more);
        found = true;
    }
    return found;
}

static const struct shell_arg help_args[] = {
    { "COMMAND", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL | SHELL_REST, .most = 2, .complete = shell_complete_name },
    { 0 },
};

static enum shell_result help(struct shell *sh, const struct shell_value *args)
{
    char **words = args[0].list.word;

    if (!args[0].given) {
        list(sh);
        return SHELL_OK;
    }
    if (!about(sh, args[0].list.count, words)) {
        shell_fail(sh, "no such command (help lists them)");
        return SHELL_FAILED;
    }
    if (strcmp(words[0], "send") == 0)
        protocol(sh);
    return SHELL_OK;
}

static enum shell_result quit(struct shell *sh, const struct shell_value *args)
{
    (void)sh;
    (void)args;
    return SHELL_QUIT;
}

const struct shell_command cmd_help = {
    .name = "help",
    .alias = "?",
    .help = "list the commands, or say more about one",
    .more = "Example: help irq",
    .flags = SHELL_NO_RESULT | SHELL_PAGED,
    .args = help_args,
    .run = help,
};

const struct shell_command cmd_quit = {
    .name = "quit",
    .alias = "exit",
    .help = "end the shell",
    .more = "Example: quit",
    .flags = SHELL_NO_RESULT,
    .run = quit,
};
