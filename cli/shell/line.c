/*
 * Splitting a line into words: see line.h.
 */
#include "cli/shell/line.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Copy one word from *line to *out, without its quotes. */
static enum shell_split take_word(const char **line, char **out)
{
    const char *in = *line;
    char *to = *out, quote = '\0';

    for (; *in && (quote || !is_blank(*in)); in++) {
        if (*in == quote) {
            quote = '\0';
        } else if (!quote && (*in == '\'' || *in == '"')) {
            quote = *in;
        } else if (*in == '\\' && quote != '\'') {
            if (!in[1])
                return SHELL_SPLIT_BACKSLASH;
            /* Within "..." only what means something there is taken: a JSON text keeps its own escapes. */
            if (quote == '"' && in[1] != '"' && in[1] != '\\' && in[1] != '$')
                *to++ = *in;
            *to++ = *++in;
        } else {
            *to++ = *in;
        }
    }
    *to++ = '\0';
    *line = in;
    *out = to;
    return quote ? SHELL_SPLIT_QUOTE : SHELL_SPLIT_OK;
}

enum shell_split shell_split(const char *line, struct shell_words *words)
{
    size_t size = strlen(line);
    char *out;

    *words = (struct shell_words){ 0 };
    /* Each word takes a character at least, and a blank or the end behind it, where its NUL goes. */
    words->text = malloc(size + 1);
    words->word = calloc(size / 2 + 2, sizeof words->word[0]);
    if (!words->text || !words->word)
        return SHELL_SPLIT_MEMORY;
    out = words->text;
    for (;;) {
        enum shell_split split;

        while (is_blank(*line))
            line++;
        if (!*line || *line == '#')
            return SHELL_SPLIT_OK;
        words->word[words->count++] = out;
        split = take_word(&line, &out);
        if (split != SHELL_SPLIT_OK)
            return split;
    }
}

void shell_words_free(struct shell_words *words)
{
    free(words->text);
    free(words->word);
    *words = (struct shell_words){ 0 };
}

const char *shell_split_error(enum shell_split why)
{
    switch (why) {
    case SHELL_SPLIT_QUOTE:
        return "a quote is not closed";
    case SHELL_SPLIT_BACKSLASH:
        return "nothing follows the backslash at the end";
    case SHELL_SPLIT_MEMORY:
        return "out of memory";
    default:
        return "no error";
    }
}

/* How long the word here is; *plain: its last character stands for itself, and ends no quote. */
static size_t word_size(const char *word, bool *plain)
{
    const char *at = word;
    char quote = '\0';

    *plain = false;
    for (; *at && (quote || !is_blank(*at)); at++) {
        bool before = quote != '\0';

        *plain = false;
        if (*at == quote)
            quote = '\0';
        else if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (*at == '\\' && quote != '\'' && at[1])
            at++;
        else
            *plain = !before;
    }
    return (size_t)(at - word);
}

static enum shell_operator operator_of(const char *word, size_t size)
{
    if (size == 2)
        return word[0] == '>' && word[1] == '>' ? SHELL_BEHIND : SHELL_NO_OPERATOR;
    if (size != 1)
        return SHELL_NO_OPERATOR;
    return *word == ';' ? SHELL_THEN : *word == '|' ? SHELL_PIPE : *word == '>' ? SHELL_TO : SHELL_NO_OPERATOR;
}

enum shell_operator shell_next_operator(const char *from, const char **at, const char **behind)
{
    for (;;) {
        enum shell_operator operator;
        size_t size;
        bool plain;

        while (is_blank(*from))
            from++;
        *at = *behind = from;
        if (!*from || *from == '#')
            return SHELL_NO_OPERATOR;
        size = word_size(from, &plain);
        *behind = from + size;
        operator = operator_of(from, size);
        if (operator != SHELL_NO_OPERATOR)
            return operator;
        if (plain && from[size - 1] == ';') {
            *at = from + size - 1;
            return SHELL_THEN;
        }
        from += size;
    }
}
