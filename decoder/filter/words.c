/*
 * A filter's words, one by one: names and numbers, operators, parentheses, and what stands in quotes.
 */
#include "decoder/filter/inside.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

bool filter_fail(struct filter_parser *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    p->error->column = (unsigned)(p->from - p->text) + 1;
    return false;
}

bool filter_is_name(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_.-", c));
}

/* What stands in quotes, without them; where the second one is missing, to the end. In double ones \" and \\ are " and \. */
static void take_quoted(struct filter_parser *p)
{
    char quote = *p->at++;
    size_t size = 0;

    for (; *p->at && *p->at != quote; p->at++) {
        p->at += quote == '"' && *p->at == '\\' && (p->at[1] == '"' || p->at[1] == '\\');
        p->word[size++] = *p->at;
    }
    p->word[size] = '\0';
    p->closed = *p->at == quote;
    p->at += p->closed;
}

/* How long a name or a number is: nvme.sqtdbl[1].x and bar0+0x14, too. */
static size_t name_size(const char *at)
{
    size_t size = 0;

    for (;;) {
        if (at[size] == '[' && size) {
            size_t digits = strspn(at + size + 1, "0123456789");

            if (!digits || at[size + 1 + digits] != ']')
                return size;
            size += digits + 2;
        } else if (at[size] == '+' && size && isdigit((unsigned char)at[size + 1])) {
            size++;
        } else if (filter_is_name(at[size]) && !(at[size] == '.' && at[size + 1] == '.')) {
            size++;
        } else {
            return size;
        }
    }
}

void filter_advance(struct filter_parser *p)
{
    static const char *const twice[] = { "..", "&&", "||" };
    enum vfu_operator op;
    size_t size;

    while (isspace((unsigned char)*p->at))
        p->at++;
    p->from = p->at;
    p->quoted = *p->at == '"' || *p->at == '\'';
    if (p->quoted) {
        take_quoted(p);
        return;
    }
    size = name_size(p->at);
    if (!size && *p->at) {
        size = vfu_operator_at(p->at, &op);
        size += size == 0;
        for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
            if (strncmp(p->at, twice[i], 2) == 0)
                size = 2;
    }
    memcpy(p->word, p->at, size);
    p->word[size] = '\0';
    p->at += size;
}

bool filter_word_is(const struct filter_parser *p, const char *a, const char *b)
{
    return !p->quoted && (strcmp(p->word, a) == 0 || (b && strcmp(p->word, b) == 0));
}

/* There is room for every word of the text three times. */
const char *filter_keep(struct filter_parser *p, const char *from, size_t size)
{
    char *kept = p->f->words + p->f->words_used;

    memcpy(kept, from, size);
    kept[size] = '\0';
    p->f->words_used += size + 1;
    return kept;
}
