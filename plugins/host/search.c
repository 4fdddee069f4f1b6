/*
 * What the environment and options say of plugins: how long to wait for one, and which: those that are named in their
 * order, then every *.so of VFUSCOPE_PLUGIN_PATH's folders, or of the one that `make install` puts them in, or of the one
 * beside a program that was built and not installed. Never the current directory.
 */
#include "decoder/wire/near.h"
#include "plugins/host/inside.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".so";

/* Does the program have rights that its user lacks (set-user-ID, file capabilities)? Then the user may not bring code along. */
static bool is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}

int vfu_plugin_patience_ms(void)
{
    enum { USUAL_S = 5, LONGEST_S = 86400 };
    const char *text = getenv("VFUSCOPE_PLUGIN_TIMEOUT");
    double seconds = text ? strtod(text, NULL) : 0;

    return (int)(1000 * (seconds > 0 && seconds < LONGEST_S ? seconds : USUAL_S));
}

int plugin_load_ms(void)
{
    const int usual = 10000, patience = vfu_plugin_patience_ms();

    return patience > usual ? patience : usual;
}

enum { FOLDER_ROOM = 4096 - NAME_MAX - 1 }; /* so that a file in it has a path */

/* The folder that the program is in, not where it was called from; NULL: that has no name that can be used. */
static char *find_program(char folder[FOLDER_ROOM], size_t behind)
{
    ssize_t length = readlink("/proc/self/exe", folder, FOLDER_ROOM - behind);
    char *end;

    if (length < 0 || length == (ssize_t)(FOLDER_ROOM - behind))
        return NULL;
    folder[length] = 0;
    end = strrchr(folder, '/');
    if (!end || strchr(folder, ':'))
        return NULL;
    *end = 0;
    return end;
}

/* PREFIX/lib/vfuscope, if it is there, of a program in PREFIX/bin: the prefix that it was built for may be another. */
static bool find_installed(char folder[FOLDER_ROOM])
{
    static const char bin[] = "/bin", plugins[] = "/lib/vfuscope";
    char *end = find_program(folder, sizeof plugins);

    if (!end || !(end = strrchr(folder, '/')) || strcmp(end, bin) != 0)
        return false;
    memcpy(end, plugins, sizeof plugins);
    return access(folder, X_OK) == 0;
}

/* Nobody else can have put it there: it is of who owns the program, or of root, or of who runs it. */
static bool is_trusted(const struct stat *st, const struct stat *program)
{
    return (st->st_uid == 0 || st->st_uid == geteuid() || st->st_uid == program->st_uid) &&
           (S_ISLNK(st->st_mode) || !(st->st_mode & S_IWOTH));
}

/*
 * `plugins` beside the program, as the build has it. Who can write there can replace the program too; but in a folder such as
 * /tmp others can put one there without that.
 */
static bool find_built(char folder[FOLDER_ROOM])
{
    static const char plugins[] = "/plugins";
    char *end = find_program(folder, sizeof plugins);
    struct stat program, link, st;

    if (!end || stat("/proc/self/exe", &program) != 0)
        return false;
    memcpy(end, plugins, sizeof plugins);
    return lstat(folder, &link) == 0 && stat(folder, &st) == 0 && S_ISDIR(st.st_mode) && is_trusted(&link, &program) &&
           is_trusted(&st, &program);
}

/* The folders to look in, a list with colons. own: room for it. */
static const char *folders(char own[FOLDER_ROOM])
{
    const char *path = getenv("VFUSCOPE_PLUGIN_PATH");

    if (is_privileged()) /* the program's own name may be a link of the user's, too */
        return VFUSCOPE_PLUGIN_DIR;
    return path ? path : find_installed(own) || find_built(own) ? own : VFUSCOPE_PLUGIN_DIR;
}

/* The next folder of a list with colons; empty ones, which elsewhere mean the current directory, are passed over. */
static const char *next_folder(const char *list, char *folder, size_t size)
{
    size_t length;

    list += strspn(list, ":");
    length = strcspn(list, ":");
    if (!length)
        return NULL;
    if (length >= size) /* longer than any folder's name can be: there is none */
        return next_folder(list + length, folder, size);
    memcpy(folder, list, length);
    folder[length] = '\0';
    return list + length;
}

static bool add(const struct vfu_plugins_how *how, struct plugin_wanted *w, const char *path, bool by_name,
                bool by_file)
{
    for (unsigned i = 0; i < w->count; i++)
        if (strcmp(w->path[i], path) == 0) {
            w->by_name[i] |= by_name;
            w->by_file[i] |= by_file;
            return true;
        }
    if (strlen(path) >= sizeof w->path[0])
        return plugin_say(how, "%.80s...: %s", path, strerror(ENAMETOOLONG));
    if (w->count == PLUGIN_MAX)
        return plugin_say(how, "%s: more than %d plugins", path, PLUGIN_MAX);
    snprintf(w->path[w->count], sizeof w->path[0], "%s", path);
    w->by_name[w->count] = by_name;
    w->by_file[w->count++] = by_file;
    return true;
}

static void offer(void *near, const char *name)
{
    vfu_near_offer(near, name);
}

/* --plugin: a FILE if there is a slash in it, else a NAME in one of the folders. */
static bool add_named(const struct vfu_plugins_how *how, struct plugin_wanted *w, const char *which)
{
    char own[FOLDER_ROOM], folder[FOLDER_ROOM], path[4096];
    const char *all = folders(own);
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;
    struct stat st;

    if (strchr(which, '/'))
        return add(how, w, which, false, true);
    for (const char *list = all; (list = next_folder(list, folder, sizeof folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s%s", folder, which, suffix);
        if (strcmp(folder, ".") != 0 && stat(path, &st) == 0)
            return add(how, w, path, true, false);
    }
    vfu_near_begin(&near, which);
    vfu_plugins_found(NULL, offer, &near);
    return plugin_say(how, "--plugin %s: there is no %s.so in %s%s (a file needs a slash: --plugin ./%s)", which, which,
                      *all ? all : "VFUSCOPE_PLUGIN_PATH", vfu_near_text(&near, text), which);
}

static int is_plugin(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return entry->d_name[0] != '.' && size >= sizeof suffix && strcmp(entry->d_name + size - 3, suffix) == 0;
}

static bool add_folder(const struct vfu_plugins_how *how, struct plugin_wanted *w, const char *folder)
{
    struct dirent **list = NULL;
    char path[4096];
    int count = strcmp(folder, ".") == 0 ? -1 : scandir(folder, &list, is_plugin, alphasort);
    bool ok = true;

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        ok = ok && add(how, w, path, false, false);
        free(list[i]);
    }
    if (count >= 0)
        free(list);
    return ok; /* a folder that is not there has none */
}

bool plugin_search(const struct vfu_plugins_how *how, struct plugin_wanted *wanted)
{
    char own[FOLDER_ROOM], folder[FOLDER_ROOM];
    bool ok = true;

    wanted->count = 0;
    if (how->named_count && is_privileged())
        return plugin_say(how, "--plugin: not where the program has rights that its user lacks (set-user-ID or file "
                               "capabilities): install it in %s", VFUSCOPE_PLUGIN_DIR);
    for (size_t i = 0; i < how->named_count && ok; i++)
        ok = add_named(how, wanted, how->named[i]);
    if (how->only_named)
        return ok;
    for (const char *list = folders(own); ok && (list = next_folder(list, folder, sizeof folder)) != NULL;)
        ok = add_folder(how, wanted, folder);
    return ok;
}

void vfu_plugins_found(void (*on_folder)(void *context, const char *path), void (*on_plugin)(void *context, const char *name),
                       void *context)
{
    char own[FOLDER_ROOM], folder[FOLDER_ROOM], name[NAME_MAX + 1];

    for (const char *list = folders(own); (list = next_folder(list, folder, sizeof folder)) != NULL;) {
        struct dirent **entries = NULL;
        int count = strcmp(folder, ".") == 0 ? -1 : scandir(folder, &entries, is_plugin, alphasort);

        if (on_folder)
            on_folder(context, folder);
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof name, "%.*s", (int)(strlen(entries[i]->d_name) - strlen(suffix)), entries[i]->d_name);
            on_plugin(context, name);
            free(entries[i]);
        }
        if (count >= 0)
            free(entries);
    }
}
