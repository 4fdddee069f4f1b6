/*
 * What FILEs name is looked at before anything is read: that all of it is there, what is first, and what is one ring.
 */
#include "capture/socket.h"
#include "cli/input/inside.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK = 4096 /* records: so far a message is looked for, whose number says where the file belongs */ };

struct files {
    struct input_part *list;
    size_t count, room;
};

static bool add(struct files *f, const char *path, size_t given)
{
    struct input_part *p;

    if (!VFU_GROW(f->list, f->room, f->count + 1))
        return false;
    p = &f->list[f->count++];
    *p = (struct input_part){ .path = strdup(path), .given = given };
    if (!p->path)
        return false;
    if (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &p->st) != 0 : stat(path, &p->st) != 0)
        p->st = (struct stat){ 0 }; /* to open it will say why */
    p->again = S_ISREG(p->st.st_mode) && strcmp(path, "-") != 0;
    p->base = p->again ? input_ring_base(path, &p->number) : 0;
    return true;
}

/* A file, or, where there is none, the files of the ring of this name. */
static bool add_argument(struct files *f, const char *path, size_t given)
{
    char **ring = access(path, F_OK) != 0 && errno == ENOENT && strcmp(path, "-") != 0 ? input_ring_files(path) : NULL;
    bool good = ring || add(f, path, given);

    for (size_t i = 0; ring && ring[i]; i++) {
        good = good && add(f, ring[i], given);
        free(ring[i]);
    }
    free(ring);
    return good;
}

static bool are_same(const struct input_part *a, const struct input_part *b)
{
    return (strcmp(a->path, "-") == 0 && strcmp(b->path, "-") == 0) ||
           (S_ISREG(a->st.st_mode) && a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino);
}

static int compare_inodes(const void *left, const void *right)
{
    const struct input_part *const *a = left, *const *b = right;

    if ((*a)->st.st_dev != (*b)->st.st_dev)
        return (*a)->st.st_dev < (*b)->st.st_dev ? -1 : 1;
    return (*a)->st.st_ino < (*b)->st.st_ino ? -1 : (*a)->st.st_ino > (*b)->st.st_ino;
}

/* What is read twice would be told twice. */
static bool are_different(const struct files *f)
{
    const struct input_part **list = calloc(f->count, sizeof *list);
    bool good = list;

    for (size_t i = 0; list && i < f->count; i++)
        list[i] = &f->list[i];
    if (list)
        qsort(list, f->count, sizeof *list, compare_inodes);
    for (size_t i = 1; list && good && i < f->count; i++) {
        if (!are_same(list[i - 1], list[i]))
            continue;
        cli_error("%s: given twice%s%s", list[i]->path, strcmp(list[i]->path, list[i - 1]->path) ? ", as " : "",
                  strcmp(list[i]->path, list[i - 1]->path) ? list[i - 1]->path : "");
        good = false;
    }
    free(list);
    return good;
}

/* --- a first look at each --- */

/* Its first record, and of what can be a ring's file the first message's number. */
static enum vfu_captured look_at_records(struct input_part *p, struct vfu_event *event, struct vfu_error *error)
{
    enum vfu_captured got = vfu_capreader_next(p->reader, event, error), more = got;
    struct vfu_event next = *event;

    if (got > VFU_CAPTURED_EVENT)
        return got;
    p->first_ns = event->time.wall_ns;
    if (got == VFU_CAPTURED_EVENT && event->kind == VFU_EVENT_CAPTURE)
        p->start_ns = event->capture.start_ns;
    for (unsigned i = 0; p->base && i < LOOK && more == VFU_CAPTURED_EVENT; i++)
        more = vfu_capreader_next(p->reader, &next, error);
    if (p->base && more == VFU_CAPTURED_MESSAGE) {
        p->first_no = next.message.no;
        p->base = p->first_no ? p->base : 0; /* of somebody else, who numbers nothing: strace -ff calls its logs so */
    }
    return got;
}

/* Could it not be opened, or only not be read? */
static enum cli_status tell_refusal(struct cli_inputs *in, const struct vfu_error *error)
{
    if (in->wait.stopped && in->wait.stopped(in->wait.context))
        return CLI_INTERRUPTED;
    cli_error("%s", error->text);
    return error->number ? CLI_USAGE : CLI_FAILED;
}

/* OK: it has a record, or is empty. FAILED: it can't be read, which was said. Any other: nothing is to be read at all. */
static enum cli_status look(struct cli_inputs *in, struct input_part *p)
{
    struct vfu_error error;
    struct vfu_event event;

    p->reader = vfu_capreader_open(p->path, &in->wait, &error);
    if (!p->reader)
        return tell_refusal(in, &error);
    p->got = look_at_records(p, &event, &error);
    if (p->got == VFU_CAPTURED_STOPPED)
        return CLI_INTERRUPTED;
    if (p->got == VFU_CAPTURED_BAD)
        cli_error("%s", error.text);
    if (p->got <= VFU_CAPTURED_EVENT && !p->again) {
        p->ahead = malloc(sizeof *p->ahead);
        if (!p->ahead)
            return CLI_FAILED;
        *p->ahead = event;
        return CLI_OK;
    }
    vfu_capreader_close(p->reader);
    p->reader = NULL;
    return p->got == VFU_CAPTURED_BAD ? CLI_FAILED : CLI_OK;
}

static void free_part(struct input_part *p)
{
    input_part_close(p);
    free(p->ahead);
    free(p->path);
    *p = (struct input_part){ 0 };
}

/* Look at all; those that can't be read are left out. OK: the others can. */
static enum cli_status look_at_all(struct cli_inputs *in, struct files *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->count; i++) {
        struct input_part *p = &f->list[i];
        enum cli_status status = look(in, p);

        if (status != CLI_OK && status != CLI_FAILED)
            return status;
        in->damaged |= status == CLI_FAILED;
        if (status == CLI_FAILED) {
            free_part(p);
            continue;
        }
        if (kept < i) {
            f->list[kept] = *p;
            *p = (struct input_part){ 0 };
        }
        kept++;
    }
    f->count = kept;
    return CLI_OK;
}

/* --- what is one --- */

static int compare_starts(const void *left, const void *right)
{
    const struct input_source *a = left, *b = right;

    if (a->parts[0].first_ns != b->parts[0].first_ns)
        return a->parts[0].first_ns < b->parts[0].first_ns ? -1 : 1;
    return a->parts[0].given < b->parts[0].given ? -1 : 1;
}

static bool name_arguments(struct cli_inputs *in, size_t arguments)
{
    in->of = calloc(arguments, sizeof *in->of);
    in->of_count = arguments;
    for (size_t i = 0; in->of && i < arguments; i++)
        in->of[i] = in->count;
    for (size_t i = 0; in->of && i < in->count; i++)
        for (size_t part = 0; part < in->sources[i].count; part++)
            in->of[in->sources[i].parts[part].given] = i;
    return in->of;
}

/* Make sources of the files, which become theirs. */
static bool gather(struct cli_inputs *in, struct files *f, size_t arguments)
{
    in->sources = calloc(f->count ? f->count : 1, sizeof *in->sources);
    in->active = calloc(f->count ? f->count : 1, sizeof *in->active);
    if (!in->sources || !in->active)
        return false;
    input_rings_sort(f->list, f->count);
    for (size_t at = 0; at < f->count;) {
        struct input_source *s = &in->sources[in->count];

        s->count = input_ring_size(f->list + at, f->count - at);
        s->parts = calloc(s->count, sizeof *s->parts);
        if (!s->parts)
            return false;
        memcpy(s->parts, f->list + at, s->count * sizeof *s->parts);
        for (size_t i = 0; i < s->count; i++)
            f->list[at + i] = (struct input_part){ 0 };
        at += s->count;
        in->count++;
    }
    qsort(in->sources, in->count, sizeof *in->sources, compare_starts);
    in->current = in->count;
    return name_arguments(in, arguments);
}

/* Is what is left of several all there was, a ring? */
static bool is_alone(const struct cli_inputs *in, size_t given)
{
    return in->count == 0 || (in->count == 1 && (given == 1 || in->sources[0].parts[0].base));
}

static enum cli_status open_several(struct cli_inputs *in, struct files *f, size_t arguments)
{
    size_t given = f->count;
    enum cli_status status;

    if (!are_different(f))
        return CLI_USAGE;
    vfu_raise_fd_limit();
    status = look_at_all(in, f);
    if (status != CLI_OK)
        return status;
    if (gather(in, f, arguments) && (is_alone(in, given) || input_names(in)))
        return CLI_OK;
    cli_error("out of memory");
    return CLI_FAILED;
}

/* The only one is opened at once, and nothing of it is read ahead: it may be a pipe on which little comes. */
static enum cli_status open_one(struct cli_inputs *in, struct files *f, size_t arguments)
{
    struct vfu_error error;

    f->list[0].reader = vfu_capreader_open(f->list[0].path, &in->wait, &error);
    if (!f->list[0].reader)
        return tell_refusal(in, &error);
    if (gather(in, f, arguments))
        return CLI_OK;
    cli_error("out of memory");
    return CLI_FAILED;
}

struct cli_inputs *cli_inputs_open(char *const *paths, size_t count, const struct vfu_capwait *wait,
                                   enum cli_status *status)
{
    struct cli_inputs *in = calloc(1, sizeof *in);
    struct files f = { 0 };
    bool good = in;

    for (size_t i = 0; good && i < count; i++)
        good = add_argument(&f, paths[i], i);
    *status = CLI_FAILED;
    if (!good) {
        cli_error("out of memory");
    } else {
        in->wait = *wait;
        *status = f.count == 1 ? open_one(in, &f, count) : open_several(in, &f, count);
    }
    for (size_t i = 0; i < f.count; i++)
        free_part(&f.list[i]);
    free(f.list);
    if (*status == CLI_OK)
        return in;
    cli_inputs_free(in);
    return NULL;
}

enum cli_status cli_inputs_end(struct cli_inputs *in)
{
    for (size_t i = 0; i < in->count; i++)
        for (size_t part = 0; part < in->sources[i].count; part++)
            input_part_close(&in->sources[i].parts[part]);
    return in->damaged ? CLI_FAILED : CLI_OK;
}

void cli_inputs_free(struct cli_inputs *in)
{
    for (size_t i = 0; in && i < in->count; i++) {
        struct input_source *s = &in->sources[i];

        for (size_t part = 0; part < s->count; part++)
            free_part(&s->parts[part]);
        free(s->parts);
        free(s->name);
        free(s->conns);
    }
    if (in) {
        free(in->sources);
        free(in->active);
        free(in->of);
    }
    free(in);
}

const char *cli_inputs_path(const struct cli_inputs *in, size_t i)
{
    for (size_t at = 0; at < in->count; i -= in->sources[at++].count)
        if (i < in->sources[at].count)
            return in->sources[at].parts[i].path;
    return NULL;
}

size_t cli_inputs_count(const struct cli_inputs *in)
{
    return in->count;
}

size_t cli_inputs_of(const struct cli_inputs *in, size_t i)
{
    return i < in->of_count ? in->of[i] : in->count;
}

const char *cli_inputs_name(const struct cli_inputs *in, size_t which)
{
    return in->sources[which].name;
}

struct vfu_capreader *cli_inputs_only(const struct cli_inputs *in)
{
    return in->count == 1 && in->sources[0].count == 1 && !in->sources[0].parts[0].ahead ? in->sources[0].parts[0].reader : NULL;
}

const char *cli_inputs_damage(const struct cli_inputs *in)
{
    return in->damage;
}

void cli_inputs_progress(const struct cli_inputs *in, uint64_t *read, uint64_t *size)
{
    uint64_t at, of;

    *read = *size = 0;
    for (size_t i = 0; i < in->count; i++)
        for (size_t n = 0; n < in->sources[i].count; n++) {
            const struct input_part *p = &in->sources[i].parts[n];

            at = of = (uint64_t)p->st.st_size;
            if (p->reader)
                vfu_capreader_progress(p->reader, &at, &of);
            else if (n >= in->sources[i].at)
                at = 0;
            *read += at;
            *size += of;
        }
}
