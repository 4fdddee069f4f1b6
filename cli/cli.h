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

struct cli_option {
    const char *name; /* without the dashes; NULL ends a list */
    char letter;      /* 0: none */
    const char *arg;  /* the argument's name in usage; NULL: takes none */
    const char *help;
    void (*print)(void); /* prints something and ends the program, as --help does; may be NULL */
    const char *values;  /* the words that the argument can be, by blanks; NULL: anything else too */
};

enum { CLI_MAX_SET = 64, CLI_LINE = 2048 };

/* A parsed command line. Pointers are into argv. */
struct cli_args {
    struct {
        const struct cli_option *option;
        const char *value;
    } set[CLI_MAX_SET];
    size_t set_count;
    char **rest; /* positional arguments */
    int rest_count;
    char line[CLI_LINE]; /* the whole of it as a shell would take it, from the subcommand on; a long one is cut */
    char **command; /* what stood after `--`; NULL without one; ends with NULL */
};

struct cli_command {
    const char *name;
    const char *usage; /* the positional part: "LISTEN SERVER [-- COMMAND...]" */
    const char *summary;
    const struct cli_option *options; /* a list, may be NULL */
    const struct cli_option *(*more)(size_t i); /* further ones, which commands share; see cli_option_of; may be NULL */
    int min_args, max_args;
    bool takes_command; /* `-- COMMAND...` is allowed */
    void (*print_words)(void); /* what its arguments can be, for completion: a blank and a word each; NULL: files */
    enum cli_status (*run)(const struct cli_args *args);
};

/* One file each: tap.c, decode.c, serve.c, shell.c, ... listed in main.c */
extern const struct cli_command cli_check, cli_replay, cli_tap, cli_decode, cli_serve, cli_shell, cli_attach, cli_ping,
    cli_explain, cli_why, cli_diff;
/* `help reasons`: list reasons and misfits, on standard output. */
void cli_explain_reasons(void);
/* Its options, one by one; NULL: there are no more. */
const struct cli_option *cli_option_of(const struct cli_command *command, size_t i);

/* False: a message was printed; exit with CLI_USAGE. */
bool cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args);
/* The (last) value of an option, "" for one that takes none; NULL when it was not given. */
const char *cli_value(const struct cli_args *args, const char *name);
bool cli_has(const struct cli_args *args, const char *name);
/* An option's value as a number (as in C, or 4K); `otherwise` when not given. False: a message was printed. */
bool cli_number(const struct cli_args *args, const char *name, uint64_t otherwise, uint64_t *number);

void cli_help(const struct cli_command *command);

/* "vfuscope: what: why" on standard error, one line; control characters in what others chose are escaped. */
__attribute__((format(printf, 1, 2))) void cli_error(const char *format, ...);

#endif
