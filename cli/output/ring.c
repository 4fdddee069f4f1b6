/*
 * Ring captures and the trigger: see ring.h.
 */
#include "cli/output/ring.h"
#include "decoder/filter/filter.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 2, BEFORE = 1000, MOST_BEFORE = 1 << 20, MOST_FILES = 1 << 20, KEPT_BYTES = 64 << 20 };

struct cli_ring {
    struct vfu_capwriter *writer;
    const char *path;
    uint32_t snaplen;
    atomic_bool *give_up;
    uint64_t size, files; /* size 0: one file without end */
    uint64_t number;      /* of the file that is written to, from 1 */

    struct vfu_filter *trigger; /* NULL: everything is written */
    struct vfu_event **kept;      /* copies of the last `before` events, kept[at] the oldest */
    size_t before, at, count, bytes;
};

/* FILE.1, FILE.2, ...: the newest has the highest number, however long the tap runs. */
static void name_of(const struct cli_ring *r, uint64_t number, char *name, size_t size)
{
    snprintf(name, size, "%s.%llu", r->path, (unsigned long long)number);
}

static bool open_next(struct cli_ring *r, struct vfu_error *error)
{
    char name[4096];

    r->number++;
    name_of(r, r->number, name, sizeof name);
    r->writer = vfu_capwriter_open(r->size ? name : r->path, r->snaplen, r->give_up, error);
    if (!r->writer || r->number <= r->files || !r->size)
        return r->writer;
    name_of(r, r->number - r->files, name, sizeof name);
    unlink(name); /* one that was written by us; that it is gone already is as well */
    return true;
}

/* To the next file once this one is full. */
static bool rotate(struct cli_ring *r, struct vfu_error *error)
{
    bool good;

    if (!r->size || !r->writer || vfu_capwriter_size(r->writer) < r->size)
        return true;
    good = vfu_capwriter_close(r->writer, error);
    r->writer = NULL;
    return good && open_next(r, error);
}

static bool put(struct cli_ring *r, const struct vfu_event *event, struct vfu_error *error)
{
    return rotate(r, error) && r->writer && vfu_capwriter_event(r->writer, event, error);
}

/* --- the trigger --- */

static void forget_oldest(struct cli_ring *r)
{
    r->bytes -= vfu_event_size(r->kept[r->at]);
    free(r->kept[r->at]);
    r->at = (r->at + 1) % r->before;
    r->count--;
}

static void keep(struct cli_ring *r, const struct vfu_event *event)
{
    void *room = malloc(vfu_event_size(event));

    if (!room)
        return;
    while (r->count && (r->count == r->before || r->bytes + vfu_event_size(event) > KEPT_BYTES))
        forget_oldest(r);
    r->kept[(r->at + r->count++) % r->before] = vfu_event_copy(event, room);
    r->bytes += vfu_event_size(event);
}

/* The command that a reply answers, if it is among those kept. */
static const struct vfu_event *command_of(const struct cli_ring *r, const struct vfu_event *event)
{
    bool is_reply = event->kind == VFU_EVENT_MESSAGE && event->paired;

    for (size_t i = r->count; is_reply && i-- > 0;) {
        const struct vfu_event *e = r->kept[(r->at + i) % r->before];

        if (e->kind == VFU_EVENT_MESSAGE && e->message.no == event->reply_to)
            return e;
    }
    return NULL;
}

bool cli_ring_event(struct cli_ring *r, const struct vfu_event *event, struct vfu_error *error)
{
    bool good = true;

    if (!r->trigger)
        return put(r, event, error);
    if (vfu_filter_match(r->trigger, event, command_of(r, event), false) != VFU_YES) {
        keep(r, event);
        return true;
    }
    while (r->count) {
        good = good && put(r, r->kept[r->at], error);
        forget_oldest(r);
    }
    return good && put(r, event, error) && cli_ring_flush(r, error);
}

/* --- start and end --- */

bool cli_ring_flush(struct cli_ring *r, struct vfu_error *error)
{
    return !r->writer || vfu_capwriter_flush(r->writer, error);
}

bool cli_ring_close(struct cli_ring *r, struct vfu_error *error)
{
    bool good = !r->writer || vfu_capwriter_close(r->writer, error);

    while (r->count)
        forget_oldest(r);
    vfu_filter_free(r->trigger);
    free(r->kept);
    free(r);
    return good;
}

static bool parse_trigger(struct cli_ring *r, const char *text)
{
    struct vfu_filter_error error;

    if (!text)
        return true;
    r->trigger = vfu_filter_parse(text, &error);
    if (!r->trigger) {
        cli_error("--trigger: column %u: %s\n    %s\n    %*s^", error.column, error.text, text, (int)error.column - 1, "");
        return false;
    }
    r->kept = calloc(r->before, sizeof *r->kept);
    if (!r->kept)
        cli_error("out of memory");
    return r->kept;
}

static bool parse(struct cli_ring *r, const struct cli_args *args)
{
    uint64_t before;

    if (!cli_number(args, "ring-size", 0, &r->size) || !cli_number(args, "ring-files", FILES, &r->files) ||
        !cli_number(args, "before", BEFORE, &before))
        return false;
    if (r->files == 0 || r->files > MOST_FILES || before == 0 || before > MOST_BEFORE) {
        cli_error("--ring-files and --before: a number from 1 to %d", MOST_BEFORE);
        return false;
    }
    if (cli_has(args, "ring-files") && !r->size) {
        cli_error("--ring-files: of which size? (--ring-size)");
        return false;
    }
    if (r->size && strcmp(r->path, "-") == 0) {
        cli_error("--ring-size: standard output is one file");
        return false;
    }
    r->before = (size_t)before;
    return parse_trigger(r, cli_value(args, "trigger"));
}

bool cli_ring_has_file(const struct cli_args *args, const char *path)
{
    static const char *const needy[] = { "ring-size", "ring-files", "trigger", "before" };

    for (size_t i = 0; i < sizeof needy / sizeof *needy && !path; i++) {
        if (cli_has(args, needy[i])) {
            cli_error("--%s: of which file? (-w FILE)", needy[i]);
            return false;
        }
    }
    return true;
}

struct cli_ring *cli_ring_open(const struct cli_args *args, const char *path, uint32_t snaplen, atomic_bool *give_up)
{
    struct cli_ring *r = calloc(1, sizeof *r);
    struct vfu_error error;

    if (!r) {
        cli_error("out of memory");
        return NULL;
    }
    r->path = path;
    r->snaplen = snaplen;
    r->give_up = give_up;
    if (parse(r, args)) {
        if (open_next(r, &error))
            return r;
        cli_error("%s", error.text);
    }
    cli_ring_close(r, &error);
    return NULL;
}

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

bool cli_ring_has(const char *path, const struct stat *file)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int length = slash ? (int)(slash - path) + 1 : 0;
    char folder[PATH_MAX];
    struct dirent *entry;
    struct stat st;
    bool found = false;
    DIR *dir;

    if (snprintf(folder, sizeof folder, "%.*s.", length, path) >= (int)sizeof folder)
        return false; /* nor can it be written to */
    dir = opendir(folder);
    while (dir && !found && (entry = readdir(dir)) != NULL)
        found = is_ring_name(entry->d_name, name) && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
                st.st_dev == file->st_dev && st.st_ino == file->st_ino;
    if (dir)
        closedir(dir);
    return found;
}
