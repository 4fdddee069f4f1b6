/*
 * vfuscope: finds the subcommand and runs it.
 */
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/explain.h"
#include "cli/help.h"
#include "cli/pager.h"
#include "cli/signals.h"
#include "decoder/wire/near.h"
#include "plugins/host/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
    &cli_shell, &cli_tap, &cli_decode, &cli_serve, &cli_replay, &cli_check, &cli_attach, &cli_ping,
    &cli_why, &cli_diff, &cli_explain, NULL,
};
/* What it was built without, and the Debian packages that bring it: strings, each followed by a comma; the Makefile's. */
static const char *const left_out[] = { VFUSCOPE_LEFT_OUT NULL };

static const struct cli_command *find(const char *name)
{
    for (cli_commands c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

/* "; did you mean ...?" of commands, and (all) of all else that `help` knows. */
static const char *near_text(const char *name, bool all, char text[VFU_NEAR_TEXT])
{
    const char *topic, *what;
    struct vfu_near near;

    vfu_near_begin(&near, name);
    for (cli_commands c = commands; *c; c++)
        vfu_near_offer(&near, (*c)->name);
    vfu_near_offer(&near, "help");
    if (all) {
        for (size_t i = 0; (topic = cli_help_topic_at(i, &what)) != NULL; i++)
            vfu_near_offer(&near, topic);
        cli_explain_offer(&near);
    }
    return vfu_near_text(&near, text);
}

static enum cli_status complete(const char *shell)
{
    if (cli_complete(shell, commands))
        return CLI_OK;
    cli_error("--complete %s: bash or zsh", shell);
    return CLI_USAGE;
}

static enum cli_status search(char *const *words, int count)
{
    if (count == 0) {
        cli_error("help -k: a word to look for must follow");
        return CLI_USAGE;
    }
    if (cli_search(commands, words, count))
        return CLI_OK;
    cli_error("help -k: nothing is called so, and nothing said of %s", count > 1 ? "these words together" : words[0]);
    return CLI_FAILED;
}

static enum cli_status help_name(const char *name)
{
    const struct cli_command *command = find(name);
    char text[VFU_NEAR_TEXT];

    if (command)
        cli_help_command(command);
    else if (!cli_help_topic(name) && !cli_explain_name(name)) {
        cli_error("help %s: no command, topic, rule, reason, misfit or requirement is called so%s", name,
                  near_text(name, true, text));
        return CLI_USAGE;
    }
    return CLI_OK;
}

/* Behind `help`: nothing, a name, or -k WORD... */
static enum cli_status help(int count, char **words)
{
    if (count == 2 && strcmp(words[0], "--complete") == 0)
        return complete(words[1]);
    if (count > 0 && (strcmp(words[0], "-k") == 0 || strcmp(words[0], "--search") == 0))
        return search(words + 1, count - 1);
    if (count > 1) {
        cli_error("help: one name is expected, or -k and words to look for");
        return CLI_USAGE;
    }
    if (count == 0)
        cli_help_all(commands);
    return count == 0 ? CLI_OK : help_name(words[0]);
}

/* Were we started without one of the standard files, a socket would get its number, and then our messages. */
static void fill_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return; /* used the wrong way round, it fails as a closed one would */
}

static enum cli_status version(void)
{
    printf("vfuscope %s\n", VFUSCOPE_VERSION);
    for (int i = 0; left_out[i]; i++)
        printf("left out: %s\n", left_out[i]);
    return CLI_OK;
}

/* What was printed is written, or it is said. Who leaves the pager early has seen enough. */
static enum cli_status done(enum cli_status status)
{
    bool lost = fflush(stdout) != 0 || ferror(stdout);

    if (cli_pager_end())
        return status == CLI_UNREAD ? CLI_OK : status;
    if (lost && status != CLI_INTERRUPTED) {
        status = cli_reader_left() ? CLI_UNREAD : CLI_FAILED;
        if (status == CLI_FAILED)
            cli_error("standard output: can't be written");
    }
    if (status == CLI_UNREAD)
        cli_end_by_sigpipe();
    return status;
}

/* What stands before the command; how many words. */
static int take_flags(int argc, char **argv, bool *no_pager)
{
    int i = 1;

    for (; i < argc; i++) {
        if (strcmp(argv[i], "--no-pager") == 0)
            *no_pager = true;
        else
            break;
    }
    return i - 1;
}

/* What stands behind `help`, less --no-pager; `help` is what it is called by, too. */
static enum cli_status run_help(int argc, char **argv, bool no_pager)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-pager") == 0)
            no_pager = true;
        else
            argv[1 + count++] = argv[i];
    }
    if (count == 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        count = 0;
    if (!no_pager)
        cli_pager_start();
    return done(help(count, argv + 1));
}

/* All that it reads lies there, and nothing comes live. */
static bool reads_files(const struct cli_args *args)
{
    struct stat st;

    for (int i = 0; i < args->rest_count; i++)
        if ((strcmp(args->rest[i], "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(args->rest[i], &st)) == 0 && !S_ISREG(st.st_mode))
            return false;
    return true;
}

static bool is_paged(const struct cli_command *command, const struct cli_args *args)
{
    const char *capture = cli_value(args, "write");

    if (args->asked)
        return true;
    if (capture && strcmp(capture, "-") == 0) /* a terminal does not get it, nor its pager */
        return false;
    return command->paging == CLI_PAGED || (command->paging == CLI_PAGED_FILES && reads_files(args));
}

static enum cli_status run_command(const struct cli_command *command, int argc, char **argv, bool no_pager)
{
    struct cli_args args;

    if (!cli_parse(command, NULL, 0, argc, argv, &args))
        return CLI_USAGE;
    if (!no_pager && !cli_has(&args, "no-pager") && is_paged(command, &args))
        cli_pager_start();
    if (!args.asked)
        return done(command->run(&args));
    if (args.asked->print)
        args.asked->print();
    else
        cli_help_command(command);
    return done(CLI_OK);
}

/* A command that is not named: what is there decides. NULL: nothing is, and it does not look like a path. */
static const struct cli_command *implied(const char *word)
{
    struct stat st;

    if (strcmp(word, "-") == 0 || (stat(word, &st) == 0 && !S_ISSOCK(st.st_mode) && !S_ISDIR(st.st_mode)))
        return &cli_decode;
    return word[0] == '-' || strpbrk(word, "./") || access(word, F_OK) == 0 ? &cli_shell : NULL;
}

int main(int argc, char **argv)
{
    const struct cli_command *command;
    char text[VFU_NEAR_TEXT];
    bool no_pager = false;
    int flags;

    fill_standard_files();
    if (argc == 2 && strcmp(argv[1], VFU_PLUGINS_PROCESS) == 0)
        vfu_plugins_process();
    flags = take_flags(argc, argv, &no_pager);
    argc -= flags;
    argv += flags;
    if (argc < 2) {
        cli_help_all(commands);
        return (int)done(CLI_USAGE);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return (int)done(version());
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return (int)run_help(argc - 1, argv + 1, no_pager);
    command = find(argv[1]);
    if (command)
        return (int)run_command(command, argc - 1, argv + 1, no_pager);
    command = implied(argv[1]);
    if (command)
        return (int)run_command(command, argc, argv, no_pager);
    cli_error("%s: no such command%s (vfuscope help lists them; a socket here is written ./%s)", argv[1],
              near_text(argv[1], false, text), argv[1]);
    return CLI_USAGE;
}
