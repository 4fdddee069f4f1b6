/*
 * vfuscope: finds the subcommand and runs it.
 */
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "plugins/host/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
    &cli_shell, &cli_tap, &cli_decode, &cli_serve, &cli_replay, &cli_check, &cli_attach, &cli_ping,
    &cli_explain, &cli_why, &cli_diff,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };
/* What it was built without, and the Debian packages that bring it: strings, each followed by a comma; the Makefile's. */
static const char *const left_out[] = { VFUSCOPE_LEFT_OUT NULL };

static const struct cli_command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static enum cli_status help(int argc, char **argv)
{
    const struct cli_command *command = argc > 1 ? find(argv[1]) : NULL;

    if (command) {
        cli_help(command);
        return CLI_OK;
    }
    if (argc > 1 && strcmp(argv[1], "rules") == 0) {
        cli_rules_list();
        return CLI_OK;
    }
    if (argc > 1 && strcmp(argv[1], "reasons") == 0) {
        cli_explain_reasons();
        return CLI_OK;
    }
    if (argc > 2 && strcmp(argv[1], "--complete") == 0) {
        if (cli_complete(argv[2], commands, COMMANDS))
            return CLI_OK;
        cli_error("--complete %s: bash or zsh", argv[2]);
        return CLI_USAGE;
    }
    if (argc > 1) {
        cli_error("%s: no such command (vfuscope help lists them)", argv[1]);
        return CLI_USAGE;
    }
    printf("vfuscope: see, drive and break vfio-user traffic\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nvfuscope SOCKET is vfuscope shell SOCKET; vfuscope help COMMAND says more; so does man vfuscope.\n"
           "vfuscope help rules lists the rules of the protocol, vfuscope help reasons what is said below error replies and\n"
           "of devices that do not fit together; vfuscope explain NAME says more of each.\n");
    return CLI_OK;
}

/* Were we started without one of the standard files, a socket would get its number, and then our messages. */
static void fill_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return; /* used the wrong way round, it fails as a closed one would */
}

/* What was printed is written, or it is said. */
static enum cli_status done(enum cli_status status)
{
    bool lost = fflush(stdout) != 0 || ferror(stdout);

    if (lost && status != CLI_INTERRUPTED) {
        status = cli_reader_left() ? CLI_UNREAD : CLI_FAILED;
        if (status == CLI_FAILED)
            cli_error("standard output: can't be written");
    }
    if (status == CLI_UNREAD)
        cli_end_by_sigpipe();
    return status;
}

int main(int argc, char **argv)
{
    const struct cli_command *command;
    struct cli_args args;

    fill_standard_files();
    if (argc == 2 && strcmp(argv[1], VFU_PLUGINS_PROCESS) == 0)
        vfu_plugins_process();
    if (argc < 2) {
        help(1, argv);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("vfuscope %s\n", VFUSCOPE_VERSION);
        for (int i = 0; left_out[i]; i++)
            printf("left out: %s\n", left_out[i]);
        return CLI_OK;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return (int)help(argc - 1, argv + 1);
    command = find(argv[1]);
    if (command) {
        argc--;
        argv++;
    } else if (argv[1][0] == '-' || strpbrk(argv[1], "./") || access(argv[1], F_OK) == 0) {
        command = &cli_shell; /* vfuscope SOCKET */
    } else {
        cli_error("%s: no such command (vfuscope help lists them; a socket here is written ./%s)", argv[1], argv[1]);
        return CLI_USAGE;
    }
    if (!cli_parse(command, argc, argv, &args))
        return args.rest_count < 0 ? CLI_OK : CLI_USAGE;
    return (int)done(command->run(&args));
}
