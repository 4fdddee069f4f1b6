/*
 * vfuscope check: what is known to fail. See known.h.
 */
#include "cli/check/known.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct check_known_name *find(const struct check_known *k, const char *name)
{
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->names[i].name, name) == 0)
            return &k->names[i];
    return NULL;
}

bool check_is_known(const struct check_known *k, const char *name)
{
    return find(k, name);
}

static bool add(struct check_known *k, const char *name)
{
    char *own;

    if (find(k, name))
        return true;
    if (!VFU_GROW(k->names, k->room, k->count + 1) || !(own = strdup(name)))
        return false;
    k->names[k->count++] = (struct check_known_name){ .name = own };
    return true;
}

/* The first word of a line; what follows it may say why. "": none. */
static const char *word_of(char *line)
{
    char *word = line + strspn(line, " \t");

    if (*word == '#')
        return "";
    word[strcspn(word, " \t\r\n")] = '\0';
    return word;
}

static bool load(struct check_known *k, const char *path, bool (*exists)(void *context, const char *name), void *context)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool good = true;

    if (!file) {
        cli_error("--known %s: %s", path, strerror(errno));
        return false;
    }
    for (unsigned number = 1; good && getline(&line, &room, file) >= 0; number++) {
        const char *word = word_of(line);

        if (!*word)
            continue;
        good = exists(context, word) && add(k, word);
        if (!good)
            cli_error("%s:%u: %s: nothing that is asked is called so (--list lists it)", path, number, word);
    }
    if (good && ferror(file)) {
        cli_error("--known %s: %s", path, strerror(errno));
        good = false;
    }
    free(line);
    fclose(file);
    return good;
}

bool check_known_open(struct check_known *k, const struct cli_args *args, bool (*exists)(void *context, const char *name),
                      void *context)
{
    bool good = true;

    k->saves = cli_has(args, "save-known");
    for (size_t i = 0; i < args->set_count && good; i++)
        if (strcmp(args->set[i].option->name, "known") == 0)
            good = load(k, args->set[i].value, exists, context);
    return good;
}

void check_known_went(struct check_known *k, const char *name, bool fails)
{
    struct check_known_name *known = find(k, name);
    char *own;

    if (known)
        known->passes = !fails;
    if (k->saves && fails && VFU_GROW(k->failed, k->failed_room, k->failures + 1) && (own = strdup(name)) != NULL)
        k->failed[k->failures++] = own;
}

static bool save(const struct check_known *k, const char *path)
{
    FILE *file = fopen(path, "we");
    bool good = file;

    if (file) {
        fprintf(file, "# known to fail: vfuscope check --known\n");
        for (size_t i = 0; i < k->failures; i++)
            fprintf(file, "%s\n", k->failed[i]);
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    if (!good)
        cli_error("--save-known %s: %s", path, strerror(errno));
    return good;
}

bool check_known_end(const struct check_known *k, const struct cli_args *args)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->names[i].passes)
            cli_error("%s is known to fail (--known), and passes now", k->names[i].name);
    return !k->saves || save(k, cli_value(args, "save-known"));
}

void check_known_free(struct check_known *k)
{
    for (size_t i = 0; i < k->count; i++)
        free(k->names[i].name);
    for (size_t i = 0; i < k->failures; i++)
        free(k->failed[i]);
    free(k->names);
    free(k->failed);
    *k = (struct check_known){ 0 };
}
