/*
 * Command lines: one option table a command, from which getopt's tables and the help are made.
 */
#include "cli/cli.h"
#include "decoder/wire/parse.h"
#include "decoder/wire/writer.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_OPTIONS = 64 };

void cli_error(const char *format, ...)
{
    char line[1024], printable[4 * sizeof line + 1];
    struct vfu_writer w = vfu_writer(printable, sizeof printable - 1, NULL, NULL);
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (size >= (int)sizeof line)
        memcpy(line + sizeof line - 4, "...", 4);
    vfu_write_printable(&w, line);
    printable[w.used] = '\0';
    /* One write, so that the lines of several threads and processes do not mix. */
    fprintf(stderr, "vfuscope: %s\n", printable);
}

const struct cli_option *cli_option_of(const struct cli_command *command, size_t i)
{
    for (const struct cli_option *o = command->options; o && o->name; o++)
        if (i-- == 0)
            return o;
    return command->more ? command->more(i) : NULL;
}

/* Every option of a command; how many. */
static size_t all_options(const struct cli_command *command, const struct cli_option **list)
{
    size_t count = 0;

    while (count < MAX_OPTIONS && (list[count] = cli_option_of(command, count)) != NULL)
        count++;
    return count;
}

/* How many of argv come before `--`. */
static int before_dashes(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--") == 0)
            return i;
    return argc;
}

static bool usage_error(const struct cli_command *command)
{
    fprintf(stderr, "usage: vfuscope %s [OPTION]... %s\n(vfuscope help %s says more)\n", command->name, command->usage,
            command->name);
    return false;
}

/* A command's options as getopt has them. */
struct tables {
    const struct cli_option *options[MAX_OPTIONS];
    size_t count;
    struct option longs[MAX_OPTIONS + 2];
    char shorts[2 * MAX_OPTIONS + 4];
};

enum { LONG = 256 /* what getopt_long returns for those of `options` by their long name */ };

static void make_tables(const struct cli_command *command, struct tables *t)
{
    size_t letters = 0;

    memset(t, 0, sizeof *t);
    t->count = all_options(command, t->options);
    t->shorts[letters++] = ':'; /* our own messages */
    t->shorts[letters++] = 'h';
    for (size_t i = 0; i < t->count; i++) {
        const struct cli_option *o = t->options[i];

        t->longs[i] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, LONG };
        if (!o->letter)
            continue;
        t->shorts[letters++] = o->letter;
        if (o->arg)
            t->shorts[letters++] = ':';
    }
    t->longs[t->count] = (struct option){ "help", no_argument, NULL, 'h' };
}

static const struct cli_option *by_letter(const struct tables *t, int letter)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->options[i]->letter == letter)
            return t->options[i];
    return NULL;
}

/* An option that was given; NULL is --help. False: that was it, whether it is a mistake or has printed something. */
static bool take(const struct cli_command *command, const struct cli_option *o, struct cli_args *args)
{
    if (!o || o->print) {
        if (o)
            o->print();
        else
            cli_help(command);
        args->rest_count = -1;
        return false;
    }
    if (args->set_count == CLI_MAX_SET) {
        cli_error("too many options");
        return false;
    }
    args->set[args->set_count].option = o;
    args->set[args->set_count++].value = optarg ? optarg : "";
    return true;
}

/* What stands behind the options. */
static bool check_rest(const struct cli_command *command, const struct cli_args *args)
{
    if (args->command && !args->command[0]) {
        cli_error("--: a command must follow");
        return usage_error(command);
    }
    if (args->rest_count < command->min_args || args->rest_count > command->max_args) {
        cli_error("%s: %s", command->name,
                  args->rest_count < command->min_args ? "an argument is missing" : "too many arguments");
        return usage_error(command);
    }
    return true;
}

/* A word as a shell takes it, behind what is there. */
static void add_word(char line[CLI_LINE], const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+-";
    bool quoted = !*word || word[strspn(word, plain)];
    size_t used = strlen(line);

    used += (size_t)snprintf(line + used, CLI_LINE - used, "%s%s", used ? " " : "", quoted ? "'" : "");
    for (; *word && used < CLI_LINE; word++)
        used += (size_t)snprintf(line + used, CLI_LINE - used, *word == '\'' ? "'\\%c'" : "%c", *word);
    if (quoted && used < CLI_LINE)
        snprintf(line + used, CLI_LINE - used, "'");
}

bool cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args)
{
    int end = command->takes_command ? before_dashes(argc, argv) : argc, got, which;
    struct tables t;

    memset(args, 0, sizeof *args);
    for (int i = 0; i < argc && strlen(args->line) + 1 < CLI_LINE; i++)
        add_word(args->line, argv[i]);
    make_tables(command, &t);
    optind = 0; /* GNU: start anew */
    opterr = 0;
    while ((got = getopt_long(end, argv, t.shorts, t.longs, &which)) != -1) {
        if (got == '?' || got == ':') {
            cli_error("%s: %s", argv[optind - 1], got == ':' ? "needs an argument" : "no such option");
            return usage_error(command);
        }
        if (!take(command, got == LONG ? t.options[which] : by_letter(&t, got), args))
            return false;
    }
    args->rest = argv + optind;
    args->rest_count = end - optind;
    if (end < argc)
        args->command = argv + end + 1;
    return check_rest(command, args);
}

const char *cli_value(const struct cli_args *args, const char *name)
{
    for (size_t i = args->set_count; i-- > 0;)
        if (strcmp(args->set[i].option->name, name) == 0)
            return args->set[i].value;
    return NULL;
}

bool cli_has(const struct cli_args *args, const char *name)
{
    return cli_value(args, name) != NULL;
}

bool cli_number(const struct cli_args *args, const char *name, uint64_t otherwise, uint64_t *number)
{
    const char *text = cli_value(args, name);

    *number = otherwise;
    if (!text || vfu_parse_number(text, number))
        return true;
    cli_error("--%s: %s: not a number", name, text);
    return false;
}

void cli_help(const struct cli_command *command)
{
    const struct cli_option *options[MAX_OPTIONS];
    size_t count = all_options(command, options);

    printf("vfuscope %s%s %s\n    %s\n", command->name, count ? " [OPTION]..." : "", command->usage,
           command->summary);
    if (count)
        printf("\nOptions:\n");
    for (size_t i = 0; i < count; i++) {
        const struct cli_option *o = options[i];
        char letter[] = { '-', o->letter, ',', '\0' }, left[64];

        snprintf(left, sizeof left, "%3s --%s%s%s", o->letter ? letter : "", o->name, o->arg ? " " : "",
                 o->arg ? o->arg : "");
        printf("  %-28s %s\n", left, o->help);
    }
}
