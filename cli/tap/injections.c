/*
 * The injections of a tap: see injections.h.
 */
#include "cli/tap/injections.h"
#include "cli/output/known.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE = 280 /* a file and a line */ };

/* Its first line says what is wrong, the others show where. */
static bool say_wrong(const char *where, const char *text)
{
    int size = (int)strcspn(text, "\n");

    cli_error("%s: %.*s", where, size, text);
    if (text[size])
        fprintf(stderr, "%s\n", text + size + 1);
    return false;
}

/* where: the option, or a file and its line. */
static bool add(struct tap_injections *all, const char *spec, const struct vfu_filter_known *known, const char *where)
{
    struct vfu_error error;
    char *own;

    if (!VFU_GROW(all->list, all->room, all->count + 1) || !VFU_GROW(all->specs, all->spec_room, all->count + 1) ||
        !(own = strdup(spec)))
        return say_wrong(where, "out of memory");
    if (!vfu_inject_parse(own, known, &all->list[all->count], &error)) {
        free(own);
        return say_wrong(where, error.text);
    }
    all->by_chance |= all->list[all->count].probability < 1;
    all->specs[all->count++] = own;
    return true;
}

/* A SPEC a line. */
static bool add_file(struct tap_injections *all, const char *name, const struct vfu_filter_known *known)
{
    FILE *file = fopen(name, "re");
    char *line = NULL, where[PLACE];
    size_t room = 0;
    bool good = true;

    if (!file)
        return say_wrong(name, strerror(errno));
    for (unsigned number = 1; good && getline(&line, &room, file) >= 0; number++) {
        char *spec = line + strspn(line, " \t");

        for (size_t size = strlen(spec); size > 0 && strchr(" \t\r\n", spec[size - 1]);)
            spec[--size] = '\0';
        snprintf(where, sizeof where, "%.*s:%u", PLACE - 16, name, number);
        if (*spec && *spec != '#')
            good = add(all, spec, known, where);
    }
    if (good && ferror(file))
        good = say_wrong(name, strerror(errno));
    free(line);
    fclose(file);
    return good;
}

bool tap_injections_parse(const struct cli_args *args, struct tap_injections *all)
{
    struct cli_known *k = cli_known_new();
    struct vfu_filter_known known = cli_known_of(k, args);
    bool good = true;

    for (size_t i = 0; i < args->set_count && good; i++) {
        if (strcmp(args->set[i].option->name, "inject") == 0)
            good = add(all, args->set[i].value, &known, "--inject");
        else if (strcmp(args->set[i].option->name, "inject-file") == 0)
            good = add_file(all, args->set[i].value, &known);
    }
    cli_known_free(k);
    return good;
}

void tap_injections_free(struct tap_injections *all)
{
    for (size_t i = 0; i < all->count; i++) {
        vfu_inject_free(&all->list[i]);
        free(all->specs[i]);
    }
    free(all->list);
    free(all->specs);
    *all = (struct tap_injections){ 0 };
}
