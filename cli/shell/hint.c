/*
 * Hints: what may come next, shown in grey behind the cursor as redis-cli does. Taken from the commands' usage, where they
 * have no function for it.
 */
#include "cli/shell/shell.h"

#include <ctype.h>
#include <string.h>

/* The usage without its first `skip` arguments: "REGION[+OFFSET] [b|w|l|q] [COUNT]" has three. */
static const char *rest_of_usage(const char *usage, int skip)
{
    while (skip > 0 && *usage) {
        const char *start = usage;
        int depth = 0;

        for (; *usage && (depth > 0 || *usage != ' '); usage++)
            depth += (*usage == '[') - (*usage == ']');
        if (usage - start > 3 && strncmp(usage - 3, "...", 3) == 0)
            return start; /* any number of these */
        while (*usage == ' ')
            usage++;
        skip--;
    }
    return usage;
}

void shell_hint_add(char *hint, size_t size, const char *separator, const char *word, const char *behind)
{
    size_t used = strlen(hint);

    if (used < size)
        snprintf(hint + used, size - used, "%s%s%s", used ? separator : "", word, behind);
}

/* The second words of a family: "map|unmap|list" for dma. */
static void hint_family(struct shell *sh, const char *first, char *hint, size_t size)
{
    const struct shell_command *c;
    size_t length = strlen(first);

    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++)
        if (strncmp(c->name, first, length) == 0 && c->name[length] == ' ')
            shell_hint_add(hint, size, "|", c->name + length + 1, "");
}

static void hint_words(struct shell *sh, int count, char **words, bool in_word, char *hint, size_t size)
{
    const struct shell_command *c;
    int used;

    /* What runs another command is looked through. */
    while (count > 0 && (strcmp(words[0], "repeat") == 0 || strcmp(words[0], "time") == 0)) {
        int skip = words[0][0] == 'r' ? 2 : 1;

        if (count < skip)
            break;
        if (count == skip) {
            shell_hint_add(hint, size, "", "COMMAND", "");
            return;
        }
        words += skip;
        count -= skip;
    }
    c = count > 0 ? shell_find(sh, words, count, &used) : NULL;
    if (c && c->hint && count > used)
        c->hint(sh, count - used, words + used, in_word, hint, size);
    else if (in_word)
        return;
    else if (c)
        shell_hint_add(hint, size, "", rest_of_usage(c->usage, count - used), "");
    else if (count == 1)
        hint_family(sh, words[0], hint, size);
}

bool shell_hint(struct shell *sh, const char *line, char *hint, size_t size)
{
    size_t length = strlen(line);
    struct shell_words words;

    hint[0] = '\0';
    /* Only where a word begins, or a value: not into what is being typed. */
    if (length == 0 || (line[length - 1] != ' ' && line[length - 1] != '='))
        return false;
    if (shell_split(line, &words) == SHELL_SPLIT_OK && words.count > 0)
        hint_words(sh, words.count, words.word, line[length - 1] == '=', hint, size);
    shell_words_free(&words);
    return hint[0] != '\0';
}
