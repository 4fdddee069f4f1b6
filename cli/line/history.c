/*
 * The prompt's history, in a file for its owner alone. Each line is written as it is entered, so that nothing is lost however
 * the shell ends, and several at once each add their own.
 */
#include "cli/line/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Is the folder ours, or where it would be made? With `sudo -E` it is another's, who chooses what is where: root neither writes
 * nor reads there.
 */
static bool is_own(const char *path)
{
    char folder[LINE_HISTORY_PATH];
    struct stat st;
    char *slash;

    if (!path || path[0] != '/' || (size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder)
        return false;
    while (stat(folder, &st) != 0) {
        slash = strrchr(folder, '/');
        if (errno != ENOENT || slash == folder)
            return false;
        *slash = '\0';
    }
    return S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Make a folder, and those above it. */
static bool make_folder(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* NAME in $XDG_STATE_HOME/vfuscope, by default in ~/.local/state; where that can't be, ~/.vfuscope_NAME. False: nowhere. */
static bool find(const char *name, char path[LINE_HISTORY_PATH])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool at_home = !state || state[0] != '/';
    char folder[LINE_HISTORY_PATH];
    size_t size;

    if (!is_own(at_home ? home : state))
        return false;
    size = (size_t)snprintf(folder, sizeof folder, "%s/vfuscope", at_home ? home : state);
    if (at_home)
        size = (size_t)snprintf(folder, sizeof folder, "%s/.local/state/vfuscope", home);
    if (size + 1 + strlen(name) >= sizeof folder)
        return false;
    if (make_folder(folder))
        return snprintf(path, LINE_HISTORY_PATH, "%.*s/%s", (int)size, folder, name) < LINE_HISTORY_PATH;
    return is_own(home) && snprintf(path, LINE_HISTORY_PATH, "%s/.vfuscope_%s", home, name) < LINE_HISTORY_PATH;
}

/* The file, locked against other sessions; -1: there is none, or it is not ours alone to write. */
static int open_locked(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && flock(fd, LOCK_EX) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Is it a link that another user made? Where it leads is his choice. */
static bool is_foreign_link(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != geteuid();
}

/* The file is much longer than it may get, or is none: what is known of it takes its place. */
static void shorten(History *h, int fd)
{
    HistEvent event;
    FILE *file = ftruncate(fd, 0) == 0 ? fdopen(dup(fd), "w") : NULL;

    if (!file)
        return;
    history(h, &event, H_SAVE_FP, file);
    fclose(file);
}

void line_history_load(History *h, const char *name, int most)
{
    char path[LINE_HISTORY_PATH];
    HistEvent event;
    int fd = find(name, path) && !is_foreign_link(path) ? open_locked(path, O_WRONLY) : -1, lines;

    if (fd < 0)
        return;
    lines = history(h, &event, H_LOAD, path);
    if (lines < 0 || lines > 2 * most)
        shorten(h, fd);
    close(fd);
}

/* As libedit reads it: what is no plain character in octal. */
static void encode(FILE *file, const char *line)
{
    for (; *line; line++) {
        if ((unsigned char)*line > 0x20 && (unsigned char)*line < 0x7f && *line != '\\')
            putc(*line, file);
        else
            fprintf(file, "\\%03o", (unsigned char)*line);
    }
    putc('\n', file);
}

void line_history_keep(const char *name, const char *line)
{
    char path[LINE_HISTORY_PATH];
    int fd = find(name, path) && !is_foreign_link(path) ? open_locked(path, O_WRONLY | O_APPEND | O_CREAT) : -1;
    FILE *file = fd >= 0 ? fdopen(fd, "a") : NULL;
    struct stat st;

    if (!file) {
        if (fd >= 0)
            close(fd);
        return;
    }
    if (fstat(fd, &st) == 0 && st.st_size == 0)
        fputs("_HiStOrY_V2_\n", file);
    encode(file, line);
    fclose(file);
}
