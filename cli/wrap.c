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

void cli_wrap(const char *text, int used, int indent)
{
    int width = cli_width();

    while (*text) {
        int length = word_length(text);

        if (used > indent && used + 1 + length > width)
            used = printf("\n%*s", indent, "") - 1;
        used += printf("%s%.*s", used > indent ? " " : "", length, text);
        text += length + strspn(text + length, " ");
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
