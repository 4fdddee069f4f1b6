/*
 * Hints: what may come next, shown in grey behind the cursor as redis-cli does. Taken from the commands' usage, and for
 * `send` from the protocol table.
 */
#include "cli/shell/commands/all.h"

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

static void add(char *hint, size_t size, const char *separator, const char *word, const char *behind)
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
            add(hint, size, "|", c->name + length + 1, "");
}

static bool is_set(int argc, char **argv, const char *field)
{
    size_t length = strlen(field);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], field, length) == 0 && argv[i][length] == '=')
            return true;
    return false;
}

/* Fields of `send COMMAND` that were not set yet; or the names of the one that is being set. */
static void hint_send(int argc, char **argv, bool in_word, char *hint, size_t size)
{
    const struct vfu_command *command = vfu_command_by_name(argv[0]);
    const struct vfu_field *f = command ? command->request.layout->fields : NULL;

    for (; f && f->name; f++) {
        size_t length = strlen(f->name);
        const char *last = argv[argc - 1];

        if (in_word && strncmp(last, f->name, length) == 0 && strcmp(last + length, "=") == 0) {
            for (const struct vfu_name *n = f->names; n && n->name; n++)
                add(hint, size, "|", n->name, "");
            return;
        }
        if (!in_word && f->kind != VFU_LIST && f->kind != VFU_OBJECT && !f->alias && strcmp(f->name, "argsz") != 0 &&
            !is_set(argc, argv, f->name))
            add(hint, size, " ", f->name, "=");
    }
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
            add(hint, size, "", "COMMAND", "");
            return;
        }
        words += skip;
        count -= skip;
    }
    c = count > 0 ? shell_find(sh, words, count, &used) : NULL;
    if (c == &cmd_send && count > used)
        hint_send(count - used, words + used, in_word, hint, size);
    else if (in_word)
        return;
    else if (c)
        add(hint, size, "", rest_of_usage(c->usage, count - used), "");
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
