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
