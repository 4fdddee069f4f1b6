/*
 * What each of several captures is called in lines, JSON and filters: the last part of its path, or as much more of it as
 * makes it unlike the others.
 */
#include "cli/input/inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many of the path's last parts; the whole if it has no more. */
static const char *last_parts(const char *path, unsigned parts)
{
    const char *at = path + strlen(path);

    while (at > path && (at[-1] != '/' || --parts > 0))
        at--;
    return at;
}

/* The path of one, but for the number of a ring's files. */
static char *path_of(const struct input_source *s)
{
    const struct input_part *p = &s->parts[0];

    return s->count > 1 ? strndup(p->path, p->base) : strdup(p->path);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Are they all different with so many parts? */
static bool differ(char *const *paths, const char **names, size_t count, unsigned parts)
{
    for (size_t i = 0; i < count; i++)
        names[i] = last_parts(paths[i], parts);
    qsort(names, count, sizeof *names, compare);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return false;
    return true;
}

static unsigned most_parts(char *const *paths, size_t count)
{
    unsigned most = 1;

    for (size_t i = 0; i < count; i++) {
        unsigned parts = 1;

        for (const char *at = paths[i]; *at; at++)
            parts += *at == '/';
        most = parts > most ? parts : most;
    }
    return most;
}

bool input_names(struct cli_inputs *in)
{
    char **paths = calloc(in->count, sizeof *paths);
    const char **names = calloc(in->count, sizeof *names);
    unsigned parts = 1, most;
    bool good = paths && names;

    for (size_t i = 0; good && i < in->count; i++)
        good = (paths[i] = path_of(&in->sources[i])) != NULL;
    most = good ? most_parts(paths, in->count) : 0;
    while (good && parts < most && !differ(paths, names, in->count, parts))
        parts++;
    for (size_t i = 0; good && i < in->count; i++) { /* two rings of one name are told apart by their first files */
        bool same = !differ(paths, names, in->count, parts) && in->sources[i].count > 1;

        good = (in->sources[i].name = strdup(last_parts(same ? in->sources[i].parts[0].path : paths[i], parts))) != NULL;
    }
    for (size_t i = 0; paths && i < in->count; i++)
        free(paths[i]);
    free(paths);
    free(names);
    return good;
}

bool cli_inputs_has(const struct cli_inputs *in, const char *path)
{
    struct stat out, st;
    const char *file;

    if ((strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, &out) : stat(path, &out)) != 0 || !S_ISREG(out.st_mode))
        return false;
    for (size_t i = 0; (file = cli_inputs_path(in, i)) != NULL; i++)
        if ((strcmp(file, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(file, &st)) == 0 && st.st_dev == out.st_dev &&
            st.st_ino == out.st_ino)
            return true;
    return false;
}
