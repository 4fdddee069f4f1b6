/*
 * The shell: what its commands (commands/) and its parts share. A command is one file with one const struct
 * shell_command and one line in commands/all.c.
 */
#ifndef VFU_CLI_SHELL_SHELL_H
#define VFU_CLI_SHELL_SHELL_H

#include "cli/cli.h"
#include "cli/matches.h"
#include "cli/shell/args.h"
#include "cli/shell/device.h"
#include "cli/shell/line.h"
#include "cli/shell/link.h"
#include "cli/shell/parse.h"
#include "cli/shell/result.h"
#include "cli/shell/screen.h"
#include "cli/shell/vars.h"
#include "cli/shell/watch.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/near.h"

struct shell;

enum {
    SHELL_NO_RESULT = 1, /* what `expect` looks at stays that of the command before */
    SHELL_OUTER = 2,     /* runs other commands: prints no result beside theirs */
    SHELL_EXPECTS = 4,   /* judges the last result, an error reply too */
    SHELL_PAGED = 8,     /* may say more than a screen holds, and says it at once */
    SHELL_OR_NONE = 16,  /* also without any of its arguments */
    SHELL_COMPARES = 32, /* > behind it is its own operator */
};

struct shell_command {
    const char *name;  /* one word, or two: "dma map" */
    const char *alias; /* may be NULL */
    const char *help;  /* one line */
    const char *more;  /* examples and details for `help NAME`; may be NULL */
    unsigned flags;    /* SHELL_* above */
    const struct shell_arg *args; /* ended by { 0 }; NULL: none */
    const char *stray; /* what is said of a word that has no place, in place of the usage; may be NULL */
    /* The command, with the value of each of its arguments. */
    enum shell_result (*run)(struct shell *sh, const struct shell_value *args);
};

/* Where commands come from, for messages: a script's name and line. */
struct shell_where {
    const char *name; /* NULL: the prompt */
    unsigned line;
};

/* The command at work, and what it is part of. */
struct shell_run {
    const struct shell_command *command; /* that runs, or is completed */
    bool running;
    struct shell_where where;
    int depth;    /* of source and repeat */
    int sourcing; /* of source: a script's rules hold */
    bool reads_stdin; /* standard input is a script: no program gets it */
};

/* The commands there are: our own, and behind them those that plugins add (plugin.c). */
struct shell_plugin_command;
struct shell_table {
    const struct shell_command *const *own; /* ended by NULL */
    bool (*explain)(const char *name); /* those of struct cli_args */
    bool (*search)(char *const *words, int count);
    bool asked;                             /* plugins were asked for theirs */
    struct shell_plugin_command *added;
    size_t added_count;
};

/* Each part is declared by the header of the file that owns it. */
struct shell {
    struct shell_table table;
    struct shell_link link;
    struct shell_device device;
    struct shell_screen screen;
    struct shell_watch watch;
    struct shell_run run;
    struct shell_outcome outcome;
    struct shell_vars vars;
};

enum { SHELL_DEPTH = 16, SHELL_WAIT_MS = 5000 };

/* table.c: command number i of the table, with those that plugins add behind them; NULL: no more. */
const struct shell_command *shell_command_at(struct shell *sh, size_t i);

/* run.c: a command, which may cut its words up. */
enum shell_result shell_run_words(struct shell *sh, int count, char **words);
/* script.c: lines one after another, from a descriptor until its end; name: where they come from, for messages. */
enum shell_result shell_run_fd(struct shell *sh, int fd, const char *name);
/* At a script's end: an error reply that no `expect` wanted is a failure. */
enum shell_result shell_run_end(struct shell *sh);
/* Does the first failure end it? */
static inline bool shell_in_script(const struct shell *sh) { return !sh->screen.interactive || sh->run.sourcing > 0; }

/* matches.c */
/* Take `word` if it begins with the prefix. */
void shell_match(struct cli_matches *m, const char *word);
void shell_match_names(struct cli_matches *m, const struct vfu_name *names);

/* complete.c */
/* What may stand at the end of `line`; the caller frees with cli_matches_free. *prefix_at: where the word begins. */
void shell_complete(struct shell *sh, const char *line, struct cli_matches *m, size_t *prefix_at);
/* Names of commands, word by word: argc words stand before. */
void shell_complete_name(struct shell *sh, int argc, char **argv, struct cli_matches *m);

/* hint.c: what may come behind this line; false: nothing to say. */
bool shell_hint(struct shell *sh, const char *line, char *hint, size_t size);
/* Add a word, and what stands directly behind it; the separator unless it is the first. */
void shell_hint_add(char *hint, size_t size, const char *separator, const char *word, const char *behind);

/*
 * shell.c: the subcommand, with these commands (ended by NULL), until they end it; its exit status. The options that
 * it takes are shell_options.
 */
/* "; did you mean ...?" of the commands that these words may be meant for, or "". */
const char *shell_near_command(struct shell *sh, int count, char **words, char text[VFU_NEAR_TEXT]);

enum cli_status shell_main(const struct cli_args *args, const struct shell_command *const *commands);
extern const struct cli_option shell_options[];

#endif
