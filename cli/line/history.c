/*
 * The prompt's history between sessions, in a file for its owner alone.
 */
#include "capture/file/outfile.h"
#include "cli/line/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

void line_history_load(History *h, const char *name)
{
    char path[LINE_HISTORY_PATH];
    HistEvent event;
    struct stat st;

    if (find(name, path) && stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
        history(h, &event, H_LOAD, path);
}

void line_history_save(History *h, const char *name)
{
    char path[LINE_HISTORY_PATH];
    struct vfu_outfile out = { .fd = -1 };
    HistEvent event;
    FILE *file;

    if (!find(name, path) || !vfu_outfile_open(&out, path, VFU_OUT_PRIVATE, NULL) || out.fd < 0) /* a FIFO would be opened later */
        return;
    file = out.regular ? fdopen(out.fd, "w") : NULL;
    if (!file) {
        close(out.fd);
        return;
    }
    history(h, &event, H_SAVE_FP, file);
    fclose(file);
}
