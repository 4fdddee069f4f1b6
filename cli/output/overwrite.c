/*
 * Is a file that is written the one that is read?
 */
#include "cli/output/inside.h"

#include <string.h>
#include <unistd.h>

bool cli_is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool cli_overwrites(const char *path, const struct stat *in)
{
    bool standard = strcmp(path, "-") == 0;
    struct stat st;

    if ((standard ? fstat(STDOUT_FILENO, &st) : stat(path, &st)) != 0 || !cli_is_same_file(&st, in))
        return false;
    cli_error("%s: can't write to the file that is being read", standard ? "standard output" : path);
    return true;
}
