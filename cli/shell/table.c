/*
 * The table of commands: the shell's own, which is handed in, and behind them those that plugins add.
 */
#include "cli/shell/inside.h"

#include <string.h>

/* How many words of the name are at the start of `words`: all of it, or 0. */
static int starts_with(const char *name, char **words, int count)
{
    const char *blank = strchr(name, ' ');
    size_t first = blank ? (size_t)(blank - name) : strlen(name);

    if (strncmp(words[0], name, first) != 0 || words[0][first])
        return 0;
    if (!blank)
        return 1;
    return count > 1 && strcmp(words[1], blank + 1) == 0 ? 2 : 0;
}

const struct shell_command *shell_command_at(struct shell *sh, size_t i)
{
    size_t own = 0;

    while (own < i && sh->table.own[own])
        own++;
    return sh->table.own[own] ? sh->table.own[own] : shell_plugin_command(sh, i - own);
}

const struct shell_command *shell_find(struct shell *sh, char **words, int count, int *used)
{
    const struct shell_command *c;

    *used = 0;
    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
        *used = starts_with(c->name, words, count);
        if (!*used && c->alias)
            *used = starts_with(c->alias, words, count);
        if (*used)
            return c;
    }
    return NULL;
}

/* Of the first word, and where that is a family's or no name is near, of two. */
const char *shell_near_command(struct shell *sh, int count, char **words, char text[VFU_NEAR_TEXT])
{
    const struct shell_command *c;
    struct vfu_near near;
    char two[VFU_NEAR_NAME], first[VFU_NEAR_NAME];

    snprintf(two, sizeof two, "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
    vfu_near_begin(&near, two);
    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++)
        vfu_near_offer(&near, c->name);
    if (near.count == 0) {
        vfu_near_begin(&near, words[0]);
        for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
            snprintf(first, sizeof first, "%.*s", (int)strcspn(c->name, " "), c->name);
            if (strcmp(first, words[0]) != 0)
                vfu_near_offer(&near, first);
        }
    }
    return vfu_near_text(&near, text);
}

/* The second word, if the first is this one. */
static const char *second_word(const struct shell_command *c, const char *first)
{
    size_t size = strlen(first);

    return strncmp(c->name, first, size) == 0 && c->name[size] == ' ' ? c->name + size + 1 : NULL;
}

void shell_family_say(struct shell *sh, const char *first)
{
    struct vfu_writer *json = &sh->outcome.members.w;
    const struct shell_command *c;
    char text[SHELL_USAGE];
    bool any = false;

    shell_json_key(sh, "commands");
    vfu_write_char(json, '[');
    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
        const char *usage = shell_usage(c, text);

        if (!second_word(c, first))
            continue;
        shell_say(sh, "%s%s%s\n    %s\n", c->name, usage[0] ? " " : "", usage, c->help);
        vfu_write_text(json, any ? ",\"" : "\"");
        vfu_write_text(json, c->name);
        vfu_write_char(json, '"');
        any = true;
    }
    vfu_write_char(json, ']');
}

const char *shell_family_names(struct shell *sh, const char *first, char *text, size_t size)
{
    const struct shell_command *c;
    const char *word, *last = NULL;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
        word = second_word(c, first);
        if (word && last && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", last);
        last = word ? word : last;
    }
    if (last && used < size)
        snprintf(text + used, size - used, "%s%s", used ? " or " : "", last);
    return text;
}
