/*
 * Completion: what may stand where the line ends, by the commands' declarations.
 */
#include "cli/shell/inside.h"
#include "decoder/registers/devmap.h"

#include <stdlib.h>
#include <string.h>

static void complete_place(struct shell *sh, struct cli_matches *m)
{
    const struct vfu_plugin_tables *r = shell_registers(sh) ? sh->device.registers : NULL;

    const struct vfu_devmap *map;
    char name[VFU_DEVMAP_NAME + 16];
    size_t next = 0;

    shell_match_names(m, vfu_region_names);
    while ((map = shell_device_map(sh, &next)) != NULL)
        for (size_t i = 0; i < map->map.count; i++) {
            const struct vfu_register_at first = { .reg = map->map.places[i].reg, .indexed = map->map.places[i].count };
            struct vfu_writer w = vfu_writer(name, sizeof name - 1, NULL, NULL);

            vfu_register_write_name(&w, &first);
            name[w.used] = '\0';
            shell_match(m, name);
        }
    for (unsigned i = 0; r && i < r->count; i++)
        if (!r->located || vfu_plugin_register_has_place(&r->list[i]))
            shell_match(m, r->list[i].name);
}

static void complete_address(struct shell *sh, struct cli_matches *m)
{
    char word[24];

    for (size_t i = 0; i < sh->device.maps.count; i++) {
        snprintf(word, sizeof word, "0x%llx", (unsigned long long)sh->device.maps.map[i].address);
        shell_match(m, word);
        if (sh->device.maps.map[i].name[0])
            shell_match(m, sh->device.maps.map[i].name);
    }
}

static void complete_protocol(struct cli_matches *m)
{
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    for (size_t i = 0; i < count; i++)
        shell_match(m, all[i].name);
}

/* What an argument may be; of a list that has `listed` words already. */
static void complete_value(struct shell *sh, const struct shell_arg *a, int listed, int argc, char **argv,
                           struct cli_matches *m)
{
    if (a->complete)
        a->complete(sh, argc, argv, m);
    else if (a->names)
        shell_match_names(m, a->names);
    else if (a->kind == SHELL_PLACE)
        complete_place(sh, m);
    else if (a->kind == SHELL_ADDRESS || (a->kind == SHELL_RANGE && listed % 2 == 0))
        complete_address(sh, m);
    else if (a->kind == SHELL_PROTOCOL)
        complete_protocol(m);
}

static void complete_words(struct shell *sh, int count, char **words, struct cli_matches *m);

/* What stands by its place: all that may be left out, up to what may not. */
static void complete_due(struct shell *sh, const struct shell_walk *w, int argc, char **argv, struct cli_matches *m)
{
    for (unsigned i = shell_walk_due(w); i < w->form.end; i++) {
        const struct shell_arg *a = &w->args[i];
        bool list = a->flags & (SHELL_MANY | SHELL_REST);
        int listed = list ? w->values[i].list.count : 0;

        if (shell_is_option(a) || !shell_walk_may(w, i))
            continue;
        if (a->kind == SHELL_COMMAND)
            complete_words(sh, listed, w->values[i].list.word, m);
        else if (a->word)
            shell_match(m, a->word);
        else
            complete_value(sh, a, listed, argc, argv, m);
        if (list || !(a->flags & (SHELL_OPTIONAL | SHELL_OR)))
            return;
    }
}

static void complete_options(const struct shell_walk *w, struct cli_matches *m)
{
    unsigned due = shell_walk_due(w);

    if (due < w->form.end && shell_is_firm(&w->args[due]))
        return;
    for (unsigned i = w->form.first; i < w->form.end; i++)
        if (shell_is_option(&w->args[i]) && !(w->args[i].flags & SHELL_HIDDEN) && shell_walk_may(w, i))
            shell_match(m, w->args[i].word);
}

static void complete_args(struct shell *sh, const struct shell_command *c, int argc, char **argv,
                          struct cli_matches *m)
{
    struct shell_value values[SHELL_ARGS];
    struct shell_form form = { 0 };
    struct shell_walk w;

    while (shell_walk_next(&w, c->args, &form, values, argc, argv)) {
        if (w.open >= 0) {
            complete_value(sh, &w.args[w.open], 1, argc, argv, m);
            continue;
        }
        complete_due(sh, &w, argc, argv, m);
        complete_options(&w, m);
    }
}

void shell_complete_name(struct shell *sh, int count, char **words, struct cli_matches *m)
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

static void complete_words(struct shell *sh, int count, char **words, struct cli_matches *m)
{
    int used = 0;
    const struct shell_command *c = count > 0 ? shell_find(sh, words, count, &used) : NULL;

    sh->run.command = c;
    if (!c)
        shell_complete_name(sh, count, words, m);
    else if (c->args)
        complete_args(sh, c, count - used, words + used, m);
}

void shell_complete(struct shell *sh, const char *line, struct cli_matches *m, size_t *prefix_at)
{
    size_t size = strlen(line), at = size;
    const char *tail = shell_line_tail(sh, line);
    struct shell_words words;
    char *before;

    while (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t')
        at--;
    *m = (struct cli_matches){ .prefix = line + at };
    *prefix_at = at;
    before = tail && tail < line + at ? strndup(tail, (size_t)(line + at - tail)) : strdup("");
    if (!before || !tail) {
        free(before);
        return;
    }
    if (shell_split(before, &words) == SHELL_SPLIT_OK)
        complete_words(sh, words.count, words.word, m);
    shell_words_free(&words);
    free(before);
}
