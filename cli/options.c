/*
 * Command lines: one option table a command, from which getopt's tables are made, and the help (cli/help.c).
 */
#include "cli/cli.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"
#include "decoder/wire/writer.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* Those of every command. */
static const struct cli_option common[] = {
    { "help", 'h', NULL, "this" },
    { "no-pager", 0, NULL, "do not give what is printed on a terminal to the pager" },
    { "no-config", 0, NULL, "do not read the configuration file" },
};
enum { COMMON = sizeof common / sizeof *common };

const struct cli_option *cli_option_of(const struct cli_command *command, size_t i)
{
    size_t own = 0, shared = 0;

    while (command->options && command->options[own].name)
        own++;
    if (i < own)
        return &command->options[i];
    i -= own;
    while (command->more && command->more(shared))
        shared++;
    if (i < shared)
        return command->more(i);
    i -= shared;
    return i < COMMON ? &common[i] : NULL;
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

enum { NAME = 40 };

/* A command's options as getopt has them: each by its name, then those that take one back. */
struct tables {
    const struct cli_option *options[CLI_MAX_OPTIONS];
    size_t count;
    struct option longs[2 * CLI_MAX_OPTIONS + 1];
    const struct cli_option *undone[2 * CLI_MAX_OPTIONS]; /* by those of `longs`; NULL: it is one of `options` */
    char names[CLI_MAX_OPTIONS][NAME];
    char shorts[2 * CLI_MAX_OPTIONS + 4];
};

enum { LONG = 256 /* what getopt_long returns for what is in `longs` */ };

static const struct cli_option *by_name(const struct tables *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->options[i]->name, name) == 0)
            return t->options[i];
    return NULL;
}

/* No option is called so, or begins so. */
static bool is_free(const struct tables *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strncmp(t->options[i]->name, name, strlen(name)) == 0)
            return false;
    return true;
}

static const char no[] = "no-";
enum { NO = sizeof no - 1 };

/* "no-json" takes back "json", "plugins" takes back "no-plugins". */
static size_t add_undone(struct tables *t, size_t count)
{
    for (size_t i = 0; i + COMMON < t->count; i++) {
        const char *name = t->options[i]->name;
        bool negative = strncmp(name, no, NO) == 0;

        snprintf(t->names[i], NAME, "%s%s", negative ? "" : no, negative ? name + NO : name);
        if (t->options[i]->print || (negative ? by_name(t, t->names[i]) != NULL : !is_free(t, t->names[i])))
            continue;
        t->undone[count] = t->options[i];
        t->longs[count++] = (struct option){ t->names[i], no_argument, NULL, LONG };
    }
    return count;
}

static void make_tables(const struct cli_command *command, struct tables *t)
{
    size_t letters = 0;

    memset(t, 0, sizeof *t);
    t->shorts[letters++] = ':'; /* our own messages */
    while (t->count < CLI_MAX_OPTIONS && (t->options[t->count] = cli_option_of(command, t->count)) != NULL) {
        const struct cli_option *o = t->options[t->count];

        t->longs[t->count++] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, LONG };
        if (!o->letter)
            continue;
        t->shorts[letters++] = o->letter;
        if (o->arg)
            t->shorts[letters++] = ':';
    }
    add_undone(t, t->count);
}

static const struct cli_option *by_letter(const struct tables *t, int letter)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->options[i]->letter == letter)
            return t->options[i];
    return NULL;
}

static void take_back(struct cli_args *args, const struct cli_option *o)
{
    size_t kept = 0;

    for (size_t i = 0; i < args->set_count; i++)
        if (args->set[i].option != o)
            args->set[kept++] = args->set[i];
    args->set_count = kept;
}

/* --pairs and --no-pairs: the last of them counts. */
static void take_back_opposite(const struct tables *t, struct cli_args *args, const struct cli_option *o)
{
    char name[NAME];
    const struct cli_option *opposite;

    snprintf(name, sizeof name, "%s%s", no, o->name);
    opposite = by_name(t, strncmp(o->name, no, NO) == 0 ? o->name + NO : name);
    if (opposite)
        take_back(args, opposite);
}

/* An option that was given. False: a message was printed. */
static bool take(const struct tables *t, const struct cli_option *o, const char *where, struct cli_args *args)
{
    if (o == &common[0] || o->print) {
        args->asked = o;
        return true;
    }
    take_back_opposite(t, args, o);
    if (args->set_count == CLI_MAX_SET) {
        cli_error("%s%stoo many options", where ? where : "", where ? ": " : "");
        return false;
    }
    args->set[args->set_count].option = o;
    args->set[args->set_count].where = where;
    args->set[args->set_count++].value = optarg ? optarg : "";
    return true;
}

/* What getopt can't take: why, and what may be meant. */
static void say_unknown(const struct tables *t, const char *where, const char *word, bool lacks_argument)
{
    char name[2 * NAME], letter[] = { '-', (char)optopt, '\0' }, offer[NAME + 2], text[VFU_NEAR_TEXT];
    bool is_letter = strncmp(word, "--", 2) != 0;
    struct vfu_near near;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    vfu_near_begin(&near, name);
    for (size_t i = 0; !is_letter && t->longs[i].name; i++) {
        snprintf(offer, sizeof offer, "--%s", t->longs[i].name);
        if (i < t->count || strncmp(name + 2, no, NO) == 0)
            vfu_near_offer(&near, offer);
    }
    if (is_letter)
        word = letter;
    cli_error("%s%s%s: %s%s", where ? where : "", where ? ": " : "", word, lacks_argument ? "needs an argument" : "no such option",
              lacks_argument ? "" : vfu_near_text(&near, text));
}

/* Options, wherever they stand among argv, whose other words come behind them then: from *rest on. */
static bool take_options(const struct tables *t, const char *where, int argc, char **argv, struct cli_args *args, int *rest)
{
    int got, which;

    optind = 0; /* GNU: start anew */
    opterr = 0;
    while ((got = getopt_long(argc, argv, t->shorts, t->longs, &which)) != -1) {
        const struct cli_option *undone = got == LONG ? t->undone[which] : NULL;

        if (got == '?' || got == ':') {
            /* In the midst of -abc optind has not moved on. */
            say_unknown(t, where, optopt > 0 && optopt < LONG ? "-" : argv[optind - 1], got == ':');
            return false;
        }
        if (undone)
            take_back(args, undone);
        else if (!take(t, got == LONG ? t->options[which] : by_letter(t, got), where, args))
            return false;
    }
    *rest = optind;
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

const char *cli_words(int argc, char **argv, char text[CLI_LINE])
{
    text[0] = '\0';
    for (int i = 0; i < argc && strlen(text) + 1 < CLI_LINE; i++)
        add_word(text, argv[i]);
    return text;
}

/* The words of a command line, for who asks how we were called. */
static void add_words(struct cli_args *args, int argc, char **argv, int from)
{
    for (int i = from; i < argc && strlen(args->line) + 1 < CLI_LINE; i++)
        add_word(args->line, argv[i]);
}

static bool take_before(const struct tables *t, const struct cli_before *before, bool rest, struct cli_args *args)
{
    int end;

    if (!take_options(t, before->where, before->argc, before->argv, args, &end))
        return false;
    if (end < before->argc && !rest)
        cli_error("%s: %s: only options are expected behind %s", before->where, before->argv[end], before->argv[0]);
    return end == before->argc || rest;
}

bool cli_check_before(const struct cli_command *command, const struct cli_before *before, bool rest, struct cli_args *args)
{
    struct tables t;

    memset(args, 0, sizeof *args);
    make_tables(command, &t);
    return take_before(&t, before, rest, args);
}

bool cli_parse(const struct cli_command *command, const struct cli_before *before, size_t count, int argc, char **argv,
               struct cli_args *args)
{
    int end = command->takes_command ? before_dashes(argc, argv) : argc, rest;
    struct tables t;

    memset(args, 0, sizeof *args);
    make_tables(command, &t);
    add_words(args, 1, argv, 0);
    for (size_t i = 0; i < count; i++) {
        add_words(args, before[i].argc, before[i].argv, 1);
        if (!take_before(&t, &before[i], false, args))
            return false;
    }
    add_words(args, argc, argv, 1);
    if (!take_options(&t, NULL, end, argv, args, &rest))
        return usage_error(command);
    args->rest = argv + rest;
    args->rest_count = end - rest;
    if (end < argc)
        args->command = argv + end + 1;
    return args->asked || check_rest(command, args);
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
