/*
 * What only the shell's own files share: which word of a line is which argument.
 */
#ifndef VFU_CLI_SHELL_INSIDE_H
#define VFU_CLI_SHELL_INSIDE_H

#include "cli/shell/shell.h"

/* One form of a command's arguments: args[first] to args[end - 1]. */
struct shell_form {
    unsigned first, end;
    int min, max; /* how many words; max -1: any number */
    const char *literal; /* the word that it begins with; NULL: none */
};

/* Words are given to it one by one; values have texts, nothing is converted. */
struct shell_walk {
    const struct shell_arg *args; /* all of the command's */
    struct shell_form form;
    unsigned due;                 /* where what stands by its place goes on */
    int open;                     /* the argument of which another word must follow; -1: none */
    struct shell_value *values;   /* SHELL_ARGS */
};

enum shell_step {
    SHELL_TAKEN,
    SHELL_STRAY,     /* the word has no place */
    SHELL_NO_OPTION, /* it looks like an option, and is none */
    SHELL_LACKS,     /* something else must come first: args[due] */
};

/* The forms of a list of arguments: *form is the first before (all zero), the next after. False: no more. */
bool shell_next_form(const struct shell_arg *args, struct shell_form *form);
/* An option: it has no place of its own. */
bool shell_is_option(const struct shell_arg *arg);
/* Its place takes the word that stands there, also one that looks like an option. */
bool shell_is_firm(const struct shell_arg *arg);
/* "&", "==": what follows may be glued to it. */
bool shell_is_operator(const char *word);

void shell_walk_begin(struct shell_walk *w, const struct shell_arg *args, const struct shell_form *form,
                      struct shell_value values[SHELL_ARGS]);
/* Take argv[*at], on to the next. */
enum shell_step shell_walk_take(struct shell_walk *w, char **argv, int at);
/* The next form that can go on after these words, which are taken; *form: the one before, all zero at first. */
bool shell_walk_next(struct shell_walk *w, const struct shell_arg *args, struct shell_form *form,
                     struct shell_value values[SHELL_ARGS], int argc, char **argv);
/* The next that stands by its place; form.end: none. */
unsigned shell_walk_due(const struct shell_walk *w);
/* May args[i] still come? */
bool shell_walk_may(const struct shell_walk *w, unsigned i);
/* Must args[i] still come? */
bool shell_walk_must(const struct shell_walk *w, unsigned i);

/* usage.c: what may still come, as the usage has it. */
void shell_usage_rest(const struct shell_walk *w, char *text, size_t size);
/* What a word may be: "b|w|l|q" (between: "|", last: "|"), "mmap or message" */
void shell_usage_names(const struct vfu_name *names, const char *between, const char *last, char *text, size_t size);

#endif
