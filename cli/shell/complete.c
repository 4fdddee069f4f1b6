/*
 * Completion: what may stand where the line ends.
 */
#include "cli/shell/shell.h"
#include "plugins/host/host.h"

#include <stdlib.h>
#include <string.h>

void shell_complete_region(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    (void)argv;
    if (argc)
        return;
    shell_match_names(m, vfu_region_names);
    for (unsigned i = 0; shell_registers(sh) && i < sh->device.registers->count; i++)
        if (!sh->device.registers->located || vfu_register_has_place(&sh->device.registers->list[i]))
            shell_match(m, sh->device.registers->list[i].name);
}

void shell_complete_irq(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    (void)sh;
    (void)argv;
    if (argc == 0)
        shell_match_names(m, vfu_irq_names);
}

void shell_complete_address(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    char word[24];

    (void)argv;
    for (size_t i = 0; argc % 2 == 0 && i < sh->device.maps.count; i++) {
        snprintf(word, sizeof word, "0x%llx", (unsigned long long)sh->device.maps.map[i].address);
        shell_match(m, word);
    }
}

/* Names of commands, word by word: count words stand before. */
static void complete_name(struct shell *sh, int count, char **words, struct shell_matches *m)
{
    const struct shell_command *c;

    for (size_t i = 0; (c = shell_command_at(sh, i)) != NULL; i++) {
        const char *name = c->name, *blank = strchr(name, ' ');
        size_t first = blank ? (size_t)(blank - name) : strlen(name);
        char word[64];

        snprintf(word, sizeof word, "%.*s", (int)first, name);
        if (count == 0)
            shell_match(m, word);
        else if (count == 1 && blank && strcmp(words[0], word) == 0)
            shell_match(m, blank + 1);
    }
}

void shell_complete(struct shell *sh, const char *line, struct shell_matches *m, size_t *prefix_at)
{
    size_t size = strlen(line), at = size;
    struct shell_words words;
    char *before;
    int used;

    while (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t')
        at--;
    *m = (struct shell_matches){ .prefix = line + at };
    *prefix_at = at;
    before = strndup(line, at);
    if (!before)
        return;
    if (shell_split(before, &words) == SHELL_SPLIT_OK) {
        int count = words.count, from = 0;
        const struct shell_command *c;

        /* repeat N COMMAND completes COMMAND. */
        while (count - from >= 2 && strcmp(words.word[from], "repeat") == 0)
            from += 2;
        c = count > from ? shell_find(sh, words.word + from, count - from, &used) : NULL;
        sh->run.command = c;
        if (c && c->complete)
            c->complete(sh, count - from - used, words.word + from + used, m);
        else if (!c)
            complete_name(sh, count - from, words.word + from, m);
    }
    shell_words_free(&words);
    free(before);
}
