/*
 * Hints: what may come next, shown in grey behind the cursor as redis-cli does: what may still stand there by the
 * commands' declarations.
 */
#include "cli/shell/inside.h"

#include <string.h>

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

static void hint_words(struct shell *sh, int count, char **words, bool in_word, char *hint, size_t size);

/* What may follow the words that stand; true: that is all there is to say. */
static bool hint_form(struct shell *sh, const struct shell_walk *w, int argc, char **argv, bool in_word, char *hint,
                      size_t size)
{
    unsigned due = shell_walk_due(w);
    const struct shell_arg *a = due < w->form.end ? &w->args[due] : NULL;
    char rest[SHELL_USAGE];

    if (a && a->kind == SHELL_COMMAND && w->values[due].given)
        hint_words(sh, w->values[due].list.count, w->values[due].list.word, in_word, hint, size);
    else if (a && a->hint && w->open < 0)
        a->hint(sh, argc, argv, in_word, hint, size);
    else if (in_word)
        return false;
    else {
        shell_usage_rest(w, rest, sizeof rest);
        shell_hint_add(hint, size, rest[0] ? " | " : "", rest, "");
        return false;
    }
    return true;
}

static void hint_args(struct shell *sh, const struct shell_command *c, int argc, char **argv, bool in_word, char *hint,
                      size_t size)
{
    struct shell_value values[SHELL_ARGS];
    struct shell_form form = { 0 };
    char usage[SHELL_USAGE];
    struct shell_walk w;

    if (argc == 0 && !in_word)
        shell_hint_add(hint, size, "", shell_usage(c, usage), "");
    while (argc > 0 && c->args && shell_walk_next(&w, c->args, &form, values, argc, argv))
        if (hint_form(sh, &w, argc, argv, in_word, hint, size))
            return;
}

static void hint_words(struct shell *sh, int count, char **words, bool in_word, char *hint, size_t size)
{
    const struct shell_command *c;
    int used = 0;

    c = count > 0 ? shell_find(sh, words, count, &used) : NULL;
    if (c)
        hint_args(sh, c, count - used, words + used, in_word, hint, size);
    else if (count == 1 && !in_word)
        hint_family(sh, words[0], hint, size);
}

bool shell_hint(struct shell *sh, const char *line, char *hint, size_t size)
{
    size_t length = strlen(line);
    bool in_word = length > 0 && line[length - 1] == '=';
    struct shell_words words;

    hint[0] = '\0';
    /* Only where a word begins, or a value: not into what is being typed. */
    if (length == 0 || (line[length - 1] != ' ' && !in_word))
        return false;
    line = shell_line_tail(sh, line);
    if (!line)
        return false;
    if (shell_split(line, &words) == SHELL_SPLIT_OK && words.count > 0)
        hint_words(sh, words.count, words.word, in_word, hint, size);
    shell_words_free(&words);
    return hint[0] != '\0';
}
