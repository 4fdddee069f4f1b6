/*
 * What the subcommands share: the table of them, their options, exit statuses and messages to people.
 */
#ifndef VFU_CLI_CLI_H
#define VFU_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_status {
    CLI_OK = 0,
    CLI_FAILED = 1, /* what was asked for failed */
    CLI_USAGE = 2,  /* usage, or a thing that can't be opened */
    CLI_INTERRUPTED = 130,
    CLI_UNREAD = 141, /* who read the output has left: no fault, the end is that of others who write there, by SIGPIPE */
};

/* What an option is about: the headings of help, in this order. */
enum cli_group {
    CLI_OTHER, /* the last */
    CLI_DEVICE,
    CLI_INPUT,
    CLI_PICKING,
    CLI_OUTPUT,
    CLI_CAPTURE,
    CLI_JUDGING,
    CLI_CHANGING,
    CLI_RUNNING,
    CLI_GROUPS
};

struct cli_option {
    const char *name; /* without the dashes; NULL ends a list */
    char letter;      /* 0: none */
    const char *arg;  /* the argument's name in usage; NULL: takes none */
    const char *help;
    void (*print)(void); /* prints something and ends the program, as --help does; may be NULL */
    const char *values;  /* the words that the argument can be, by blanks; NULL: anything else too */
    enum cli_group group;
};

enum { CLI_MAX_SET = 64, CLI_MAX_OPTIONS = 96, CLI_LINE = 2048 };

/* Options from elsewhere than the command line: what stands on it counts more. */
struct cli_before {
    const char *where; /* FILE:LINE */
    int argc;
    char **argv; /* as main's: the first is the command's name */
};

/* A parsed command line. Pointers are into argv. */
struct cli_args {
    struct {
        const struct cli_option *option;
        const char *value;
        const char *where; /* it came from there; NULL: from the command line */
    } set[CLI_MAX_SET];
    size_t set_count;
    char **rest; /* positional arguments */
    int rest_count;
    char line[CLI_LINE]; /* the whole of it as a shell would take it, from the subcommand on; a long one is cut */
    char **command; /* what stood after `--`; NULL without one; ends with NULL */
    /* Print what `help NAME` and `help -k WORD...` say, for who has a prompt. False: nothing is called so, or has the words. */
    bool (*explain)(const char *name);
    bool (*search)(char *const *words, int count);
    const struct cli_option *asked; /* nothing is to be done but what this prints: --help, --rules; NULL: none */
};

/* What a person wants with a command: the headings of `help`. */
enum cli_purpose { CLI_SEE, CLI_DRIVE, CLI_BREAK, CLI_UNDERSTAND, CLI_PURPOSES };

/* Goes what it prints through a pager, on a terminal? What is live never does. */
enum cli_paging { CLI_LIVE, CLI_PAGED, CLI_PAGED_FILES /* if all that it reads are regular files */ };

struct cli_command {
    const char *name;
    const char *usage; /* the positional part: "LISTEN SERVER [-- COMMAND...]" */
    const char *summary;
    const struct cli_option *options; /* a list, may be NULL */
    const struct cli_option *(*more)(size_t i); /* further ones, which commands share; see cli_option_of; may be NULL */
    int min_args, max_args;
    bool takes_command; /* `-- COMMAND...` is allowed */
    enum cli_purpose purpose;
    enum cli_paging paging;
    struct {
        const char *line, *what; /* `vfuscope LINE` does WHAT */
    } examples[2];
    void (*print_words)(void); /* what its arguments can be, for completion: a blank and a word each; NULL: files */
    enum cli_status (*run)(const struct cli_args *args);
};

/* One file each: tap.c, decode.c, serve.c, shell.c, ... listed in main.c */
extern const struct cli_command cli_check, cli_replay, cli_tap, cli_decode, cli_serve, cli_shell, cli_attach, cli_ping,
    cli_explain, cli_why, cli_diff, cli_report, cli_browse, cli_fuzz, cli_registers;
/* The shell's own commands, one by one, and what they do; NULL: there are no more. */
const char *cli_shell_command(size_t i, const char **what);
/* Its options, one by one, then those that every command has; NULL: there are no more. */
const struct cli_option *cli_option_of(const struct cli_command *command, size_t i);

/*
 * Parse a command line behind what comes before it. --no-NAME takes back what NAME was given before, and there it is
 * the last that counts. False: a message was printed; exit with CLI_USAGE.
 */
bool cli_parse(const struct cli_command *command, const struct cli_before *before, size_t count, int argc, char **argv,
               struct cli_args *args);
/* The words of `before` alone, which are options, or (rest) arguments too. False: a message was printed. */
bool cli_check_before(const struct cli_command *command, const struct cli_before *before, bool rest, struct cli_args *args);
/* Words as a shell takes them, in `text`, which is cut. */
const char *cli_words(int argc, char **argv, char text[CLI_LINE]);
/* The (last) value of an option, "" for one that takes none; NULL when it was not given. */
const char *cli_value(const struct cli_args *args, const char *name);
bool cli_has(const struct cli_args *args, const char *name);
/* An option's value as a number (as in C, or 4K); `otherwise` when not given. False: a message was printed. */
bool cli_number(const struct cli_args *args, const char *name, uint64_t otherwise, uint64_t *number);

/* "vfuscope: what: why" on standard error, one line; control characters in what others chose are escaped. */
__attribute__((format(printf, 1, 2))) void cli_error(const char *format, ...);

#endif
