/*
 * Splitting a line into words, as a POSIX shell would: blanks separate, '...' and "..." hold together, a backslash
 * takes the next character as it is (not within '...'), # at a word's start begins a comment. And into commands, by
 * operators, which are words of their own without quotes: raw=HEX, flags=readable|writeable are data; only ; may also
 * end a word. Depends on nothing, so that a fuzzer can call it.
 */
#ifndef VFU_CLI_SHELL_LINE_H
#define VFU_CLI_SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct shell_words {
    char *text;  /* the words, one after another */
    char **word; /* count of them, then NULL */
    int count;
};

enum shell_split { SHELL_SPLIT_OK, SHELL_SPLIT_QUOTE, SHELL_SPLIT_BACKSLASH, SHELL_SPLIT_MEMORY };

/* Free with shell_words_free, whatever came out. */
enum shell_split shell_split(const char *line, struct shell_words *words);
void shell_words_free(struct shell_words *words);
/* Why, for people. */
const char *shell_split_error(enum shell_split why);

enum shell_operator {
    SHELL_NO_OPERATOR,
    SHELL_THEN,   /* ; */
    SHELL_PIPE,   /* | */
    SHELL_TO,     /* > */
    SHELL_BEHIND, /* >> */
};

/* The next operator from `from` on, where a word may begin: *at is where it stands, *behind what follows. There is none:
   both are where the words end, at the line's end or a comment. */
enum shell_operator shell_next_operator(const char *from, const char **at, const char **behind);

#endif
