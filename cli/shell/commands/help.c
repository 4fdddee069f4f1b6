/*
 * help and quit.
 */
#include "cli/shell/commands/inside.h"
#include "cli/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first of each group of commands, and what they are about. */
static const struct {
    const struct shell_command *first;
    const char *heading;
} groups[] = {
    { &cmd_info, "The device" },
    { &cmd_read, "Registers" },
    { &cmd_dma_map, "Memory" },
    { &cmd_irq_arm, "Interrupts" },
    { &cmd_feature, "Features, migration, dirty pages" },
    { &cmd_send, "Messages and scripts" },
    { &cmd_connect, "The connection and the shell" },
};

static void say_heading(struct shell *sh, const struct shell_command *c)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].first == c)
            shell_say(sh, "%s%s\n", i ? "\n" : "", groups[i].heading);
}

static void say_row(struct shell *sh, const char *name, int column, const char *text)
{
    shell_say(sh, "  %-*s", column - 2, name);
    while (*text) {
        int fits = (int)cli_wrap_fits(text, cli_width() - column);

        shell_say(sh, "%.*s\n", fits, text);
        text += fits + (text[fits] == ' ');
        if (*text)
            shell_say(sh, "%*s", column, "");
    }
}

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
        say_heading(sh, c);
        say_row(sh, c->name, column + 3, c->help);
        vfu_write_text(&sh->outcome.members.w, i ? ",\"" : "\"");
        vfu_write_text(&sh->outcome.members.w, c->name);
        vfu_write_char(&sh->outcome.members.w, '"');
    }
    vfu_write_char(&sh->outcome.members.w, ']');
    shell_say(sh, "\nhelp NAME says what a rule, a reason, ... means; help -k WORD searches.\n"
                  "help COMMAND says more about one of them.\n");
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

/* What the program's own help prints, said here. */
static bool say_printed(struct shell *sh, bool search, char **words, int count)
{
    FILE *own = stdout;
    char *text = NULL;
    size_t size;
    bool found = false;

    stdout = open_memstream(&text, &size);
    if (stdout) {
        found = search ? sh->table.search(words, count) : sh->table.explain(words[0]);
        fclose(stdout);
    }
    stdout = own;
    if (found && text)
        vfu_write(shell_text(sh), text, size); /* longer than what shell_say takes */
    free(text);
    return found;
}

static const struct shell_arg help_args[] = {
    { "COMMAND|NAME|-k WORD...", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL | SHELL_REST, .most = 8,
      .complete = shell_complete_name },
    { 0 },
};

static bool is_search(const struct shell_value *args)
{
    return args[0].given && strcmp(args[0].list.word[0], "-k") == 0;
}

static bool search(struct shell *sh, char **words, int count)
{
    if (count == 0)
        return shell_fail(sh, "-k: a word to look for must follow");
    return say_printed(sh, true, words, count) || shell_fail(sh, "-k: nothing is called so, and nothing said of it");
}

static enum shell_result help(struct shell *sh, const struct shell_value *args)
{
    char **words = args[0].list.word, near[VFU_NEAR_TEXT];
    int count = args[0].list.count;

    if (!args[0].given) {
        list(sh);
        return SHELL_OK;
    }
    if (is_search(args))
        return search(sh, words + 1, count - 1) ? SHELL_OK : SHELL_FAILED;
    if (count <= 2 && about(sh, count, words)) {
        if (strcmp(words[0], "send") == 0)
            protocol(sh);
        return SHELL_OK;
    }
    if (count == 1 && say_printed(sh, false, words, count))
        return SHELL_OK;
    shell_fail(sh, "no such command%s (help lists them)", shell_near_command(sh, count, words, near));
    return SHELL_FAILED;
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
    .help = "list the commands, or say more about one; search with -k",
    .more = "NAME is a rule, a misfit, a reason or a requirement.\nExample: help irq",
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
