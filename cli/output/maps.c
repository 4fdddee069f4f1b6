/*
 * Register maps: which files, and what is said of them: see maps.h.
 */
#include "cli/output/maps.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/parse.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 256 /* maps */ };

/* Those of this run; events point to their registers until the program ends. */
static struct {
    struct vfu_devmap **list;
    size_t room;
    struct cli_maps maps;
    bool asked, failed;
} all;

/* --- what stands behind a file's name --- */

static bool wrong(const char *option, const char *text, const char *what)
{
    cli_error("%s%.200s: %s", option, text, what);
    return false;
}

static bool take_device(const char *value, struct vfu_devmap_claim *c)
{
    char *end;

    *c = (struct vfu_devmap_claim){ UINT32_MAX, UINT32_MAX, 0, 0 };
    if (strcmp(value, "any") == 0)
        return true;
    if (strlen(value) != 9 || value[4] != ':' || !isxdigit((unsigned char)value[0]) || !isxdigit((unsigned char)value[5]))
        return false;
    c->vendor = (uint32_t)strtoul(value, &end, 16);
    if (end != value + 4)
        return false;
    c->device = (uint32_t)strtoul(value + 5, &end, 16);
    return !*end;
}

/* One ,NAME=VALUE. False: it is none, *why says if that is a mistake. */
static bool take_part(const char *part, struct cli_map_spec *s, const char **why)
{
    uint64_t n;

    *why = NULL;
    if (strncmp(part, "device=", 7) == 0) {
        if (!take_device(part + 7, &s->claim))
            *why = "device=: vendor and device are expected as four hex digits each, 1234:11e8, or any";
        s->how.claim = &s->claim;
    } else if (strncmp(part, "region=", 7) == 0) {
        if (!vfu_parse_named(vfu_region_names, part + 7, &n) || n >= UINT32_MAX)
            *why = "region=: no region (bar0 to bar5, rom, config, vga or a number)";
        else
            s->how.region = (uint32_t)n;
        s->how.has_region = true;
    } else if (strncmp(part, "offset=", 7) == 0) {
        if (!vfu_parse_number(part + 7, &s->how.offset))
            *why = "offset=: a number is expected";
    } else {
        return false;
    }
    return true;
}

bool cli_map_spec(const char *option, const char *text, struct cli_map_spec *s)
{
    const char *why;
    char *comma;

    memset(s, 0, sizeof *s);
    if (strlen(text) >= sizeof s->path)
        return wrong(option, text, strerror(ENAMETOOLONG));
    snprintf(s->path, sizeof s->path, "%s", text);
    if (access(s->path, F_OK) == 0) /* a comma may be part of the name */
        return true;
    while ((comma = strrchr(s->path, ',')) != NULL && take_part(comma + 1, s, &why)) {
        if (why)
            return wrong(option, text, why);
        *comma = '\0';
    }
    if (comma && access(s->path, F_OK) != 0)
        return wrong(option, text, "there is no such file, and behind a comma device=, region= and offset= are known");
    return true;
}

/* --- files and folders --- */

static bool add(struct vfu_devmap *map, const char *path)
{
    if (all.maps.count == MOST || !VFU_GROW(all.list, all.room, all.maps.count + 1)) {
        cli_error("%s: more than %d maps of registers, or out of memory", path, MOST);
        vfu_devmap_free(map);
        return false;
    }
    all.list[all.maps.count++] = map;
    return true;
}

static bool read_one(const char *option, const char *path, const struct vfu_maps_how *how)
{
    struct vfu_error error;
    struct vfu_devmap *map = vfu_maps_read(path, how, &error);

    if (!map) {
        cli_error("%s%s: %s", option, path, error.text);
        return false;
    }
    return add(map, path);
}

static int is_map(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && vfu_maps_is_named(entry->d_name);
}

/* All in a folder, by name. must: a bad one, or that there is no folder, is a mistake; else it is said and left out. */
static bool read_folder(const char *option, const char *folder, const struct vfu_maps_how *how, bool must)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_map, alphasort);
    bool good = true;

    if (count < 0) {
        if (must || (errno != ENOENT && errno != ENOTDIR))
            cli_error("%s%s: %s", option, folder, strerror(errno));
        return !must;
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];

        if (good && snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path)
            good = read_one(option, path, how) || !must;
        free(entries[i]);
    }
    free(entries);
    if (must && !count) {
        cli_error("%s%s: there is no map in this folder (FILE.json, FILE.svd, FILE.xml)", option, folder);
        good = false;
    }
    return good;
}

static bool read_named(const char *text)
{
    static const char option[] = "--registers: ";
    struct cli_map_spec s;
    struct stat st;

    if (!cli_map_spec(option, text, &s))
        return false;
    s.how.first = true;
    if (stat(s.path, &st) == 0 && S_ISDIR(st.st_mode))
        return read_folder(option, s.path, &s.how, true);
    return read_one(option, s.path, &s.how);
}

/* The folder of the person's configuration. */
static bool own_folder(char path[PATH_MAX])
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int size = -1;

    if (folder && folder[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/vfuscope/registers", folder);
    else if (home && home[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/.config/vfuscope/registers", home);
    return size > 0 && size < PATH_MAX;
}

/* PREFIX/share/vfuscope/registers of a program in PREFIX/bin, or where it was built for. */
static bool installed_folder(char path[PATH_MAX])
{
    static const char bin[] = "/bin", maps[] = "/share/vfuscope/registers";
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof maps);
    char *end;

    path[length > 0 ? length : 0] = '\0';
    end = strrchr(path, '/');
    if (end)
        *end = '\0';
    if (end && (end = strrchr(path, '/')) != NULL && strcmp(end, bin) == 0) {
        memcpy(end, maps, sizeof maps);
        if (access(path, X_OK) == 0)
            return true;
    }
    snprintf(path, PATH_MAX, "%s", VFUSCOPE_REGISTERS_DIR);
    return true;
}

/* Folders that nobody named: what is bad in them is said, and is no reason to end. */
static void read_folders(void)
{
    const struct vfu_maps_how how = { 0 }, own = { .first = true };
    bool privileged = getauxval(AT_SECURE) != 0;
    const char *instead = privileged ? NULL : getenv("VFUSCOPE_REGISTERS_PATH");
    char path[PATH_MAX];

    if (instead) {
        if (instead[0])
            read_folder("", instead, &how, false);
        return;
    }
    if (!privileged && own_folder(path))
        read_folder("", path, &own, false);
    if (installed_folder(path))
        read_folder("", path, &how, false);
}

const struct cli_maps *cli_maps(const struct cli_args *args)
{
    bool good = true;

    if (all.asked)
        return all.failed ? NULL : &all.maps;
    all.asked = true;
    for (size_t i = 0; args && i < args->set_count && good; i++)
        if (strcmp(args->set[i].option->name, "registers") == 0)
            good = read_named(args->set[i].value);
    if (good && !(args && cli_has(args, "no-registers")))
        read_folders();
    all.maps.list = all.list;
    all.failed = !good;
    return good ? &all.maps : NULL;
}
