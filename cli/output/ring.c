/*
 * Where a capture goes: one file, or a ring of them, FILE.1, FILE.2, ... The newest has the highest number, however
 * long the tap runs.
 */
#include "capture/file/capfile.h"
#include "cli/output/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli_ring {
    struct vfu_capwriter *writer; /* NULL: the last one failed */
    struct cli_ring_how how;
    uint64_t number; /* of the file that is written to, from 1 */
    uint64_t oldest; /* of those that are still there */
    bool full;       /* the disk was, and it was said */
    struct vfu_event *begin; /* a copy of the CAPTURE event, with which each file begins; NULL: none came */
    char name[PATH_MAX]; /* its: the writer keeps it, and opens a FIFO only with the first write */
};

/* --- the files by their names --- */

/* Is it FILE.N? */
static bool is_ring_name(const char *name, const char *file)
{
    size_t length = strlen(file);

    if (strncmp(name, file, length) != 0 || name[length] != '.' || name[length + 1] < '1' || name[length + 1] > '9')
        return false;
    name += length + 1;
    return name[strspn(name, "0123456789")] == '\0';
}

/* The folder of the ring's files, *name the part of their names before the dot; NULL: it can't be read. */
static DIR *folder_of(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) + 1 : 0;
    char folder[PATH_MAX];

    *name = slash ? slash + 1 : path;
    if (snprintf(folder, sizeof folder, "%.*s.", length, path) >= (int)sizeof folder)
        return NULL; /* nor can it be written to */
    return opendir(folder);
}

bool cli_ring_has(const char *path, const struct stat *file)
{
    const char *name;
    struct dirent *entry;
    struct stat st;
    bool found = false;
    DIR *dir = folder_of(path, &name);

    while (dir && !found && (entry = readdir(dir)) != NULL)
        found = is_ring_name(entry->d_name, name) && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
                cli_is_same_file(&st, file);
    if (dir)
        closedir(dir);
    return found;
}

/* Is it a capture, and of ours? */
static bool is_own_capture(int folder, const char *name)
{
    struct stat st;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool own = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && vfu_capfile_is_ours(fd);

    if (fd >= 0)
        close(fd);
    return own;
}

/* The files of an earlier ring of this name: among those of the new one they would be taken for its end. */
static void remove_older(const char *path)
{
    const char *name;
    struct dirent *entry;
    DIR *dir = folder_of(path, &name);

    while (dir && (entry = readdir(dir)) != NULL)
        if (is_ring_name(entry->d_name, name) && is_own_capture(dirfd(dir), entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

/* --- the ring --- */

/* False: such a long name no file can have. */
static bool name_of(const struct cli_ring *r, uint64_t number, char name[PATH_MAX], struct vfu_error *error)
{
    int size = r->how.size ? snprintf(name, PATH_MAX, "%s.%llu", r->how.path, (unsigned long long)number)
                           : snprintf(name, PATH_MAX, "%s", r->how.path);

    return size < PATH_MAX || vfu_fail(error, ENAMETOOLONG, "%.80s...: %s", r->how.path, strerror(ENAMETOOLONG));
}

/* The oldest file, which was written by us, goes; that it is gone already is as well. */
static bool remove_oldest(struct cli_ring *r)
{
    char name[PATH_MAX];

    return name_of(r, r->oldest++, name, NULL) && unlink(name) == 0;
}

/* The disk is full: what comes counts for more than what is old. */
static bool make_room(void *context)
{
    struct cli_ring *r = context;

    while (r->oldest < r->number) {
        if (!remove_oldest(r))
            continue;
        if (!r->full)
            cli_error("%s.%llu: the disk is full: older files of the ring go", r->how.path, (unsigned long long)r->number);
        r->full = true;
        return true;
    }
    return false;
}

static bool open_next(struct cli_ring *r, struct vfu_error *error)
{
    r->number++;
    r->writer = name_of(r, r->number, r->name, error) ? vfu_capwriter_open(r->name, r->how.snaplen, r->how.give_up, error) : NULL;
    if (!r->writer || !r->how.size)
        return r->writer;
    vfu_capwriter_make_room(r->writer, make_room, r);
    if (r->number - r->oldest >= r->how.files)
        remove_oldest(r);
    return true;
}

/* The file ends, and the next one begins, as the first one did. */
static bool go_on(struct cli_ring *r, struct vfu_time now, struct vfu_error *error)
{
    const struct vfu_event end = { .kind = VFU_EVENT_END, .time = now, .end.goes_on = true };
    bool good = !r->begin || vfu_capwriter_event(r->writer, &end, error);

    good = vfu_capwriter_close(r->writer, good ? error : NULL) && good;
    r->writer = NULL;
    if (!good || !open_next(r, error))
        return false;
    if (!r->begin)
        return true;
    r->begin->time = now;
    return vfu_capwriter_event(r->writer, r->begin, error);
}

/*
 * To the next file once this one is full. An end still goes into the one that it ends, and who a peer looks like to the message
 * that shows it: whoever reads them finds it out anew there.
 */
static bool rotate(struct cli_ring *r, const struct vfu_event *event, struct vfu_error *error)
{
    if (!r->how.size || !r->writer || event->kind == VFU_EVENT_END || event->kind == VFU_EVENT_PEER ||
        !vfu_capwriter_reaches(r->writer, r->how.size))
        return true;
    return go_on(r, event->message.time, error);
}

static void keep_begin(struct cli_ring *r, const struct vfu_event *event)
{
    void *room = malloc(vfu_event_size(event));

    free(r->begin);
    r->begin = room ? vfu_event_copy(event, room) : NULL;
}

struct cli_ring *cli_ring_open(const struct cli_ring_how *how, struct vfu_error *error)
{
    struct cli_ring *r = calloc(1, sizeof *r);

    if (!r) {
        vfu_fail(error, 0, "out of memory");
        return NULL;
    }
    r->how = *how;
    r->oldest = 1;
    if (how->size)
        remove_older(how->path);
    if (open_next(r, error))
        return r;
    free(r);
    return NULL;
}

bool cli_ring_event(struct cli_ring *r, const struct vfu_event *event, struct vfu_error *error)
{
    if (event->kind == VFU_EVENT_CAPTURE && r->how.size)
        keep_begin(r, event);
    return rotate(r, event, error) && r->writer && vfu_capwriter_event(r->writer, event, error);
}

bool cli_ring_flush(struct cli_ring *r, struct vfu_error *error)
{
    return !r->writer || vfu_capwriter_flush(r->writer, error);
}

bool cli_ring_close(struct cli_ring *r, struct vfu_error *error)
{
    bool good = !r->writer || vfu_capwriter_close(r->writer, error);

    free(r->begin);
    free(r);
    return good;
}
