/*
 * Loading plugins: which files, and whether they are what they say. Loading runs their code, so it happens in their own
 * process.
 */
#include "plugins/host/process/inside.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool plugin_is_word(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(text);
}

bool plugin_is_name(const char *name)
{
    return name && plugin_is_word(name) && strlen(name) < sizeof((struct vfu_note *)NULL)->plugin;
}

/* What is wrong with it, or NULL. `why` is room for the words. */
static const char *check(const struct vfp_plugin *p, struct plugin_loaded *loaded, char *why, size_t size)
{
    static const size_t least[VFP_ABI + 1] = { [1] = offsetof(struct vfp_plugin, sent),
                                               [2] = offsetof(struct vfp_plugin, misfits),
                                               [3] = offsetof(struct vfp_plugin, place),
                                               [4] = offsetof(struct vfp_plugin, describe),
                                               [5] = offsetof(struct vfp_plugin, moved),
                                               [6] = offsetof(struct vfp_plugin, moved),
                                               [7] = sizeof(struct vfp_plugin) };

    if (!p)
        return "no vfuscope plugin: it does not export vfuscope_plugin";
    if (p->abi < PLUGIN_OLDEST || p->abi > VFP_ABI) {
        snprintf(why, size, "made for version %u of the plugin interface, this vfuscope has version %d", p->abi,
                 VFP_ABI);
        return why;
    }
    if (p->size < least[p->abi])
        return "its struct vfp_plugin is too small: no plugin of this version";
    if (!plugin_is_name(p->name))
        return "its name must be 1 to 23 of a-z, 0-9, - and _";
    return p->open ? plugin_rows_check(p, loaded) : "has no open function";
}

bool plugin_claims(const struct vfp_claim *claims, size_t count, uint16_t vendor, uint16_t device, uint32_t class_code)
{
    for (const struct vfp_claim *c = claims; c < claims + count; c++)
        if ((c->vendor == VFP_ANY || c->vendor == vendor) && (c->device == VFP_ANY || c->device == device) &&
            ((c->class_code ^ class_code) & c->class_mask) == 0)
            return true;
    return count == 0;
}

static bool is_loaded(const struct plugin_loaded *loaded, unsigned count, const struct vfp_plugin *p)
{
    for (unsigned i = 0; i < count; i++)
        if (loaded[i].plugin == p || strcmp(loaded[i].plugin->name, p->name) == 0)
            return true;
    return false;
}

/* To open a FIFO waits for who writes to it. */
static bool is_waiting(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

bool plugin_load(const struct plugin_wanted *wanted, struct plugin_loaded *loaded, unsigned *count, char *error,
                 atomic_int *loading)
{
    *count = 0;
    for (unsigned i = 0; i < wanted->count; i++) {
        const struct vfp_plugin *p;
        struct plugin_loaded one = { .file = i, .by_name = wanted->by_name[i], .by_file = wanted->by_file[i] };
        const char *wrong;
        char why[128];
        void *object;

        if (loading)
            atomic_store(loading, (int)i);
        object = is_waiting(wanted->path[i]) ? NULL : dlopen(wanted->path[i], RTLD_NOW | RTLD_LOCAL);
        one.plugin = p = object ? dlsym(object, "vfuscope_plugin") : NULL;
        wrong = object ? check(p, &one, why, sizeof why) : is_waiting(wanted->path[i]) ? "not a regular file" : dlerror();
        if (!object && !wrong)
            wrong = "can't be loaded";
        if (loading)
            atomic_store(loading, -1);
        if (wrong) {
            bool named = wanted->by_name[i] || wanted->by_file[i];
            const char *hint = named ? "" : "; --no-plugins does without it";
            size_t size = strlen(wanted->path[i]);

            /* dlopen's reasons begin with the path */
            if (!object && strncmp(wrong, wanted->path[i], size) == 0 && wrong[size] == ':')
                snprintf(error, PLUGIN_ERROR, "%.900s%s", wrong, hint);
            else
                snprintf(error, PLUGIN_ERROR, "%.600s: %.300s%s", wanted->path[i], wrong, hint);
            return false;
        }
        if (!is_loaded(loaded, *count, p)) /* of two with the same name the first one counts */
            loaded[(*count)++] = one;
    }
    return true;
}
