/*
 * Which files are of one ring: those whose names differ by their number only, FILE.1, FILE.2, ..., be they compressed
 * afterwards, and that say so themselves: each begins as the first one did. Of captures that say nothing the numbers of
 * their messages have to go on.
 */
#include "cli/input/inside.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t input_ring_base(const char *path, uint64_t *number)
{
    static const char *const packed[] = { ".zst", ".gz" };
    size_t size = strlen(path), at;

    *number = 0;
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (size > strlen(packed[i]) && strcmp(path + size - strlen(packed[i]), packed[i]) == 0) {
            size -= strlen(packed[i]);
            break;
        }
    for (at = size; at > 0 && path[at - 1] >= '0' && path[at - 1] <= '9';)
        at--;
    if (at == size || size - at > 18 || path[at] == '0' || at < 2 || path[at - 1] != '.' || path[at - 2] == '/')
        return 0;
    *number = strtoull(path + at, NULL, 10);
    return at - 1;
}

static bool add(char ***files, size_t *count, char *path)
{
    char **more = path ? reallocarray(*files, *count + 2, sizeof *more) : NULL;

    if (!more) {
        free(path);
        return false;
    }
    *files = more;
    more[(*count)++] = path;
    more[*count] = NULL;
    return true;
}

char **input_ring_files(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int folder = (int)(name - path);
    char open[PATH_MAX], *file, **files = NULL;
    struct dirent *entry;
    size_t count = 0;
    uint64_t number;
    DIR *dir = NULL;

    if (*name && snprintf(open, sizeof open, "%.*s.", folder, path) < (int)sizeof open)
        dir = opendir(open);
    while (dir && (entry = readdir(dir)) != NULL) {
        size_t base = input_ring_base(entry->d_name, &number);

        if (base != strlen(name) || strncmp(entry->d_name, name, base) != 0)
            continue;
        if (asprintf(&file, "%.*s%s", folder, path, entry->d_name) < 0 || !add(&files, &count, file))
            break;
    }
    if (dir)
        closedir(dir);
    return files;
}

/* By the ring's name, then by when it was begun, then by their numbers; what is of no ring stands where it was given. */
static int compare(const void *left, const void *right)
{
    const struct input_part *a = left, *b = right;
    size_t size = a->base < b->base ? a->base : b->base;
    int order = memcmp(a->path, b->path, size);

    if (!order && a->base != b->base)
        order = a->base < b->base ? -1 : 1;
    if (!order && a->start_ns != b->start_ns)
        order = a->start_ns < b->start_ns ? -1 : 1;
    if (!order && a->number != b->number)
        order = a->number < b->number ? -1 : 1;
    return order ? order : a->given < b->given ? -1 : 1;
}

void input_rings_sort(struct input_part *parts, size_t count)
{
    qsort(parts, count, sizeof *parts, compare);
}

/* `last`: the first number in the files before; 0: none was seen. */
static bool goes_on(const struct input_part *a, const struct input_part *b, uint64_t last)
{
    if (!a->base || a->base != b->base || memcmp(a->path, b->path, a->base) != 0 || a->number == b->number ||
        a->start_ns != b->start_ns)
        return false;
    return a->start_ns || !b->first_no || b->first_no > last;
}

size_t input_ring_size(const struct input_part *parts, size_t count)
{
    size_t size = 1;
    uint64_t last = parts[0].first_no;

    while (size < count && goes_on(&parts[size - 1], &parts[size], last)) {
        last = parts[size].first_no ? parts[size].first_no : last;
        size++;
    }
    return size;
}
