/*
 * vfuscope: finds the subcommand and runs it.
 */
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/config.h"
#include "cli/explain.h"
#include "cli/help.h"
#include "cli/output/ranges.h"
#include "cli/pager.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "cli/wrap.h"
#include "decoder/wire/near.h"
#include "plugins/host/host.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
    &cli_shell, &cli_tap, &cli_decode, &cli_serve, &cli_replay, &cli_check, &cli_fuzz, &cli_attach, &cli_ping,
    &cli_browse, &cli_why, &cli_diff, &cli_report, &cli_explain, &cli_registers, NULL,
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

/* What stands before the command, or among its options, and is about all of them. */
struct flags {
    bool no_pager, no_config;
};

/* "; did you mean ...?" of commands and aliases, and (all) of all else that `help` knows. */
static const char *near_text(const struct cli_config *config, const char *name, bool all, char text[VFU_NEAR_TEXT])
{
    const char *topic, *what;
    struct vfu_near near;

    vfu_near_begin(&near, name);
    for (cli_commands c = commands; *c; c++)
        vfu_near_offer(&near, (*c)->name);
    vfu_near_offer(&near, "help");
    for (size_t i = 0; i < config->count; i++)
        if (config->lines[i].alias)
            vfu_near_offer(&near, config->lines[i].alias);
    if (all) {
        for (size_t i = 0; (topic = cli_help_topic_at(i, &what)) != NULL; i++)
            vfu_near_offer(&near, topic);
        cli_explain_offer(&near);
    }
    return vfu_near_text(&near, text);
}

/* For the completion's scripts: each alias, and the command that it comes to. */
static enum cli_status list_aliases(const struct cli_config *config)
{
    for (size_t i = 0; i < config->count; i++)
        if (config->lines[i].alias)
            printf("%s %s\n", config->lines[i].alias, config->lines[i].command->name);
    return CLI_OK;
}

static enum cli_status complete(const struct cli_config *config, const char *shell)
{
    if (strcmp(shell, "aliases") == 0)
        return list_aliases(config);
    if (cli_complete(shell, commands))
        return CLI_OK;
    cli_error("--complete %s: bash or zsh", shell);
    return CLI_USAGE;
}

static bool search_all(char *const *words, int count)
{
    return cli_search(commands, words, count);
}

static enum cli_status search(char *const *words, int count)
{
    if (count == 0) {
        cli_error("help -k: a word to look for must follow");
        return CLI_USAGE;
    }
    if (search_all(words, count))
        return CLI_OK;
    cli_error("help -k: nothing is called so, and nothing said of %s", count > 1 ? "these words together" : words[0]);
    return CLI_FAILED;
}

/* What an alias stands for, and then the help of the command that it comes to. */
static void help_alias(const struct cli_config_line *l)
{
    char text[CLI_LINE];

    printf("%s stands for:", l->alias);
    cli_wrap(cli_words(l->before.argc, l->before.argv, text), (int)strlen(l->alias) + 12, 4);
    printf("    (%s)\n\n", l->where);
    cli_help_command(l->command);
}

static enum cli_status help_name(const struct cli_config *config, const char *name)
{
    const struct cli_command *command = find(name);
    const struct cli_config_line *alias = cli_config_alias(config, name);
    char text[VFU_NEAR_TEXT];

    if (command) {
        cli_help_command(command);
    } else if (cli_help_topic(name) || cli_explain_name(name)) {
        return CLI_OK;
    } else if (alias) {
        help_alias(alias);
    } else {
        cli_error("help %s: no command, topic, rule, reason, misfit, requirement or case is called so%s", name,
                  near_text(config, name, true, text));
        return CLI_USAGE;
    }
    return CLI_OK;
}

/* Does `help` know it without the configuration? */
static bool is_known(const char *name)
{
    const char *topic, *what;

    for (size_t i = 0; (topic = cli_help_topic_at(i, &what)) != NULL; i++)
        if (strcmp(topic, name) == 0)
            return true;
    return find(name) || strcmp(name, "help") == 0 || name[0] == '-' || cli_explain_knows(name);
}

/* Only aliases are there: a mistake in it is no reason not to help. */
static bool needs_config(int count, char **words)
{
    if (count == 2 && strcmp(words[0], "--complete") == 0)
        return strcmp(words[1], "aliases") == 0;
    return count == 1 && !is_known(words[0]);
}

/* Behind `help`: nothing, a name, or -k WORD... */
static enum cli_status help(const struct cli_config *config, int count, char **words)
{
    if (count == 2 && strcmp(words[0], "--complete") == 0)
        return complete(config, words[1]);
    if (count > 0 && (strcmp(words[0], "-k") == 0 || strcmp(words[0], "--search") == 0))
        return search(words + 1, count - 1);
    if (count > 1) {
        cli_error("help: one name is expected, or -k and words to look for");
        return CLI_USAGE;
    }
    if (count && strcmp(words[0], "help") != 0)
        return help_name(config, words[0]);
    cli_help_all(commands);
    return CLI_OK;
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
    cli_version_features();
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

/* What they are told of a word; false: it is none of them. */
static bool take_flag(const char *word, struct flags *f)
{
    f->no_pager |= strcmp(word, "--no-pager") == 0;
    f->no_config |= strcmp(word, "--no-config") == 0;
    return strcmp(word, "--no-pager") == 0 || strcmp(word, "--no-config") == 0;
}

/* Those among a command's words: before the configuration is read, which may name options. */
static void look_for_flags(int argc, char **argv, struct flags *f)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        take_flag(argv[i], f);
}

/* What stands behind `help`, less the flags; `help` is what it is called by, too. */
static enum cli_status run_help(int argc, char **argv, struct flags *f)
{
    enum cli_status status = CLI_USAGE;
    struct cli_config config;
    int count = 0;

    for (int i = 1; i < argc; i++)
        if (!take_flag(argv[i], f))
            argv[1 + count++] = argv[i];
    if (count == 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        count = 0;
    if (!f->no_pager)
        cli_pager_start();
    config = (struct cli_config){ NULL, 0 };
    if (f->no_config || !needs_config(count, argv + 1) || cli_config_read(&config, commands))
        status = help(&config, count, argv + 1);
    cli_config_free(&config);
    return done(status);
}

/* What an argument names: standard input, a file, or one with a range behind it, FILE:FIRST..LAST. False: nothing is there. */
static bool look_at(const char *word, struct stat *st)
{
    const char *range = strrchr(word, ':');
    uint64_t first, last;
    char path[PATH_MAX];

    if (strcmp(word, "-") == 0)
        return fstat(STDIN_FILENO, st) == 0;
    if (stat(word, st) == 0 || !range || (size_t)(range - word) >= sizeof path)
        return stat(word, st) == 0;
    snprintf(path, sizeof path, "%.*s", (int)(range - word), word);
    return cli_parse_range(range + 1, &first, &last) && stat(path, st) == 0;
}

/* All that it reads lies there, and nothing comes live. */
static bool reads_files(const struct cli_args *args)
{
    struct stat st;

    for (int i = 0; i < args->rest_count; i++)
        if (look_at(args->rest[i], &st) && !S_ISREG(st.st_mode))
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

/* Of a usage mistake: what did not stand on the command line. */
static void say_origins(const struct cli_args *args)
{
    for (size_t i = 0; i < args->set_count; i++)
        if (args->set[i].where)
            cli_error("%s: --%s%s%s is from there", args->set[i].where, args->set[i].option->name,
                      args->set[i].option->arg ? " " : "", args->set[i].value);
}

static enum cli_status run_command(const struct cli_command *command, const struct cli_config *config, int argc, char **argv,
                                   const struct flags *f)
{
    struct cli_before before[CLI_CONFIG_LINES];
    size_t count = cli_config_options(config, command, before);
    enum cli_status status = CLI_OK;
    struct cli_args args;

    if (!cli_parse(command, before, count, argc, argv, &args))
        return CLI_USAGE;
    args.explain = cli_explain_name;
    args.search = search_all;
    if (!f->no_pager && !cli_has(&args, "no-pager") && is_paged(command, &args))
        cli_pager_start();
    if (!args.asked)
        status = command->run(&args);
    else if (args.asked->print)
        args.asked->print();
    else
        cli_help_command(command);
    if (status == CLI_USAGE)
        say_origins(&args);
    return done(status);
}

/* A command that is not named: what is there decides. NULL: nothing is, and it does not look like a path. */
static const struct cli_command *implied(const char *word)
{
    struct stat st;

    if (strcmp(word, "-") == 0 || (look_at(word, &st) && !S_ISSOCK(st.st_mode) && !S_ISDIR(st.st_mode)))
        return &cli_decode;
    return word[0] == '-' || strpbrk(word, "./") || access(word, F_OK) == 0 ? &cli_shell : NULL;
}

/* The command that the first word is or stands for, or what is there implies. */
static enum cli_status run(const struct cli_config *config, int argc, char **argv, const struct flags *f)
{
    const struct cli_command *command = find(argv[1]);
    const struct cli_config_line *alias = cli_config_alias(config, argv[1]);
    char text[VFU_NEAR_TEXT], **words;
    enum cli_status status;

    if (command)
        return run_command(command, config, argc - 1, argv + 1, f);
    if (alias) {
        argc--;
        words = cli_config_expand(config, alias, &argc, argv + 1);
        if (!words) {
            cli_error("out of memory");
            return CLI_FAILED;
        }
        status = run_command(alias->command, config, argc, words, f);
        free(words);
        return status;
    }
    command = implied(argv[1]);
    if (command)
        return run_command(command, config, argc, argv, f);
    cli_error("%s: no such command%s (vfuscope help lists them; a socket here is written ./%s)", argv[1],
              near_text(config, argv[1], false, text), argv[1]);
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    enum cli_status status = CLI_USAGE;
    struct flags f = { .no_pager = false };
    struct cli_config config = { NULL, 0 };

    fill_standard_files();
    if (argc == 2 && strcmp(argv[1], VFU_PLUGINS_PROCESS) == 0)
        vfu_plugins_process();
    for (; argc > 1 && take_flag(argv[1], &f); argc--)
        argv++;
    if (argc < 2) {
        cli_help_all(commands);
        return (int)done(CLI_USAGE);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return (int)done(version());
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return (int)run_help(argc - 1, argv + 1, &f);
    look_for_flags(argc, argv, &f);
    if (f.no_config || cli_config_read(&config, commands))
        status = run(&config, argc, argv, &f);
    cli_config_free(&config);
    return (int)status;
}
