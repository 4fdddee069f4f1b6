/*
 * Which path a socket is at. A path has many spellings, and a socket may have been renamed since it was bound: what is
 * compared is the file.
 */
#include "capture/attach/inside.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A device as the kernel counts them inside. */
static uint32_t device(unsigned major, unsigned minor)
{
    return (uint32_t)major << 20 | minor;
}

/* The device of a mounted file system: btrfs and others tell another one of their files. */
static bool is_mounted(uint64_t mount, uint32_t dev)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    unsigned long long id;
    unsigned major, minor;
    bool found = false;
    char line[4096];

    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, "%llu %*u %u:%u", &id, &major, &minor) == 3 && id == mount && device(major, minor) == dev;
    if (f)
        fclose(f);
    return found;
}

/* Is this file at the path, through links or not? */
static bool is_at(const struct vfu_attach_file *file, const char *path, int flags)
{
    struct statx st;

    if (statx(AT_FDCWD, path, flags, STATX_TYPE | STATX_INO | STATX_MNT_ID, &st) != 0 || !S_ISSOCK(st.stx_mode) ||
        (uint32_t)st.stx_ino != file->ino)
        return false;
    return device(st.stx_dev_major, st.stx_dev_minor) == file->dev ||
           (st.stx_mask & STATX_MNT_ID && is_mounted(st.stx_mnt_id, file->dev));
}

void attach_name_as_renamed(char name[ATTACH_NAME], const struct vfu_attach_file *file)
{
    static const char mark[] = ".vfuscope-";
    char *base = strrchr(name, '/'), *end, *number, there[ATTACH_NAME];

    base = base ? base + 1 : name;
    end = strstr(base, mark);
    for (char *next = end; next; next = strstr(next + 1, mark))
        end = next;
    if (*base != '.' || !end || end <= base + 1)
        return;
    number = end + strlen(mark);
    if (!*number || number[strspn(number, "0123456789")])
        return;
    snprintf(there, sizeof there, "%.*s%.*s", (int)(base - name), name, (int)(end - base - 1), base + 1);
    if (!file->known || is_at(file, there, AT_SYMLINK_NOFOLLOW))
        memcpy(name, there, sizeof there);
}

bool vfu_attach_is_at(const struct vfu_attach_socket *s, const char *path)
{
    char in_folder[PATH_MAX];
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) { /* SPDK's */
        snprintf(in_folder, sizeof in_folder, "%s/cntrl", path);
        path = in_folder;
    }
    if (s->file.known && stat(path, &st) == 0)
        return is_at(&s->file, path, 0);
    return strcmp(s->path, path) == 0; /* it is no more, or is somewhere that we can't look */
}
