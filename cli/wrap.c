/*
 * Text for people, wrapped at words: see wrap.h.
 */
#include "cli/wrap.h"
#include "cli/pager.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 79, LEAST = 40 /* what is narrower breaks lines itself */ };

int cli_width(void)
{
    unsigned columns = cli_columns(STDOUT_FILENO);

    return columns > WIDTH || columns < LEAST ? WIDTH : (int)columns - 1;
}

/* A word's length; an option stays on the line of the word before it, lest it look like one that is listed. */
static int word_length(const char *text)
{
    size_t length = strcspn(text, " ");

    while (text[length] && text[length + 1] == '-')
        length += 1 + strcspn(text + length + 1, " ");
    return (int)length;
}

size_t cli_wrap_fits(const char *text, int columns)
{
    int fits = word_length(text);

    while (text[fits] && fits + 1 + word_length(text + fits + 1) <= columns)
        fits += 1 + word_length(text + fits + 1);
    return (size_t)fits;
}

void cli_wrap(const char *text, int used, int indent)
{
    int width = cli_width();

    if (used > indent && used + 1 + word_length(text) > width)
        used = printf("\n%*s", indent, "") - 1;
    for (const char *blank = used > indent ? " " : ""; *text; blank = "") {
        int fits = (int)cli_wrap_fits(text, width - used - (int)strlen(blank));

        printf("%s%.*s", blank, fits, text);
        text += fits + (text[fits] == ' ');
        if (*text)
            printf("\n%*s", indent, "");
        used = indent;
    }
    printf("\n");
}

void cli_put_row(const char *name, int at, const char *text)
{
    int used = printf("%s ", name);

    if (used > at)
        used = printf("\n") - 1;
    if (used < at)
        used += printf("%*s", at - used, "");
    cli_wrap(text, used, at);
}
