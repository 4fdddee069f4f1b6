/*
 * The help: all commands, one of them, topics.
 */
#include "cli/help.h"
#include "cli/wrap.h"

#include <stdio.h>

enum { COMMANDS_AT = 16, OPTIONS_AT = 30 };

/* --- all commands --- */

static const char *const purposes[CLI_PURPOSES] = {
    [CLI_SEE] = "See traffic",
    [CLI_DRIVE] = "Drive a device, or be one",
    [CLI_BREAK] = "Break things, to see what holds",
    [CLI_UNDERSTAND] = "Understand what was seen",
};

/* What is no command of its own, and looked for. */
static const struct {
    enum cli_purpose purpose;
    const char *name, *what;
} besides[] = {
    { CLI_BREAK, "tap --inject", "break messages on their way" },
    { CLI_BREAK, "tap -i", "stop messages, and change them by hand" },
    { CLI_UNDERSTAND, "help NAME", "the same of a name, of a command or a topic" },
    { CLI_UNDERSTAND, "help -k WORD", "whatever there is about a word" },
};

static void put_command(const char *name, const char *what)
{
    char left[40];

    snprintf(left, sizeof left, "  %s", name);
    cli_put_row(left, COMMANDS_AT, what);
}

void cli_help_all(cli_commands commands)
{
    const char *name, *what;

    printf("vfuscope: see, drive and break vfio-user traffic\n");
    for (enum cli_purpose purpose = 0; purpose < CLI_PURPOSES; purpose++) {
        printf("\n%s\n", purposes[purpose]);
        for (cli_commands c = commands; *c; c++)
            if ((*c)->purpose == purpose)
                put_command((*c)->name, (*c)->summary);
        for (size_t i = 0; i < sizeof besides / sizeof *besides; i++)
            if (besides[i].purpose == purpose)
                put_command(besides[i].name, besides[i].what);
    }
    printf("\nTopics of help\n");
    for (size_t i = 0; (name = cli_help_topic_at(i, &what)) != NULL; i++)
        put_command(name, what);
    printf("\nvfuscope SOCKET is vfuscope shell SOCKET, vfuscope FILE is vfuscope decode FILE\n"
           "Manuals: vfuscope(1), and vfuscope-guide(7) by symptoms\n");
}

/* --- one command --- */

static const char *const groups[CLI_GROUPS] = {
    [CLI_OTHER] = "Other",
    [CLI_DEVICE] = "The device",
    [CLI_INPUT] = "Input",
    [CLI_PICKING] = "Picking",
    [CLI_OUTPUT] = "Output",
    [CLI_CAPTURE] = "Capture files",
    [CLI_JUDGING] = "Rules and plugins",
    [CLI_CHANGING] = "Changing traffic",
    [CLI_RUNNING] = "Starting and ending",
};

static void put_option(const struct cli_option *o)
{
    char letter[] = { '-', o->letter, ',', '\0' }, left[64];

    snprintf(left, sizeof left, "  %3s --%s%s%s", o->letter ? letter : "", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    cli_put_row(left, OPTIONS_AT, o->help);
}

static void put_group(const struct cli_command *command, enum cli_group group)
{
    const struct cli_option *o;
    bool any = false;

    for (size_t i = 0; (o = cli_option_of(command, i)) != NULL; i++) {
        if (o->group != group)
            continue;
        if (!any)
            printf("\n%s\n", groups[group]);
        any = true;
        put_option(o);
    }
}

void cli_help_command(const struct cli_command *command)
{
    printf("vfuscope %s [OPTION]... %s\n", command->name, command->usage);
    printf("    ");
    cli_wrap(command->summary, 4, 4);
    for (enum cli_group group = CLI_OTHER + 1; group < CLI_GROUPS; group++)
        put_group(command, group);
    put_group(command, CLI_OTHER);
    cli_put_row("      --no-OPTION", OPTIONS_AT, "take back an OPTION given before, as in the configuration file");
    printf("\nExamples\n");
    for (size_t i = 0; i < sizeof command->examples / sizeof *command->examples && command->examples[i].line; i++) {
        printf("  vfuscope %s\n      ", command->examples[i].line);
        cli_wrap(command->examples[i].what, 6, 6);
    }
    printf("\nManual: vfuscope-%s(1)\n", command->name);
}
