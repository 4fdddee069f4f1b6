/*
 * A log that is read afterwards: a line at a time, in constant memory. See timed.h.
 */
#include "capture/logs/inside.h"
#include "capture/logs/timed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 64 << 10 };

struct vfu_timed_log {
    const char *name, *path;
    int fd;
    bool own;     /* the descriptor */
    bool regular;
    enum vfu_log_clock clock;
    int64_t offset;
    uint64_t now; /* the time of the line at hand, as it stands there */
    struct logs_lines lines;
    bool there;   /* a line is at hand */
    bool over, went_back;
    char text[VFU_LINE_MAX];
    size_t size;
    size_t at, got; /* of the buffer: taken, and there */
    char buffer[BUFFER];
};

static void on_line(void *context, const char *text, size_t size)
{
    struct vfu_timed_log *l = context;

    memcpy(l->text, text, size);
    l->size = size;
    l->there = true;
}

/* More of the file, behind what is there. False: there is none. */
static bool fill(struct vfu_timed_log *l)
{
    ssize_t n;

    if (l->at == l->got)
        l->at = l->got = 0;
    if (l->got == BUFFER)
        return false;
    do
        n = read(l->fd, l->buffer + l->got, BUFFER - l->got);
    while (n < 0 && errno == EINTR);
    l->over |= n <= 0;
    l->got += n > 0 ? (size_t)n : 0;
    return n > 0;
}

void vfu_timed_next(struct vfu_timed_log *l)
{
    uint64_t ns;

    l->there = false;
    while (!l->there && (l->at < l->got || (!l->over && fill(l)))) {
        const char *from = l->buffer + l->at, *end = memchr(from, '\n', l->got - l->at);
        size_t part = end ? (size_t)(end + 1 - from) : l->got - l->at;

        logs_lines_take(&l->lines, from, part);
        l->at += part;
    }
    if (!l->there)
        logs_lines_end(&l->lines);
    if (!l->there || vfu_log_time(l->text, l->size, &ns) != l->clock)
        return;
    l->went_back |= ns < l->now;
    l->now = ns > l->now ? ns : l->now;
}

/* The first time in the buffer. */
static bool find_first(struct vfu_timed_log *l)
{
    const char *at = l->buffer, *end;

    for (; at < l->buffer + l->got && l->clock == VFU_LOG_NO_TIME; at = end + 1) {
        size_t left = (size_t)(l->buffer + l->got - at);

        end = memchr(at, '\n', left);
        l->clock = vfu_log_time(at, end ? (size_t)(end - at) : left, &l->now);
        if (!end)
            break;
    }
    return l->clock != VFU_LOG_NO_TIME;
}

static bool open_file(struct vfu_timed_log *l, struct vfu_error *error)
{
    struct stat st;

    l->own = strcmp(l->path, "-") != 0;
    l->fd = l->own ? open(l->path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    if (l->fd < 0 || fstat(l->fd, &st) != 0)
        return vfu_fail(error, errno, "log %s: %s: %s", l->name, l->path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return vfu_fail(error, EISDIR, "log %s: %s: %s", l->name, l->path, strerror(EISDIR));
    l->regular = S_ISREG(st.st_mode);
    return true;
}

struct vfu_timed_log *vfu_timed_open(const char *name, const char *path, struct vfu_error *error)
{
    struct vfu_timed_log *l = calloc(1, sizeof *l);

    if (!l) {
        vfu_fail(error, ENOMEM, "log %s: out of memory", name);
        return NULL;
    }
    *l = (struct vfu_timed_log){ .name = name, .path = path, .fd = -1, .lines = { .line = on_line, .context = l } };
    if (open_file(l, error)) {
        while (fill(l))
            ;
        if (find_first(l)) {
            vfu_timed_next(l);
            return l;
        }
        vfu_fail(error, EINVAL, l->got ? "log %s: %s: no line%s begins with a time: seconds since 1970, a date such as "
                                         "2026-01-31T13:05:00Z, or the kernel's [12.345678]"
                                       : "log %s: %s: it is empty%s",
                 name, path, l->got == BUFFER ? " of its first 64 KiB" : "");
    }
    vfu_timed_close(l);
    return NULL;
}

enum vfu_log_clock vfu_timed_clock(const struct vfu_timed_log *l)
{
    return l->clock;
}

void vfu_timed_offset(struct vfu_timed_log *l, int64_t ns)
{
    l->offset = ns;
}

bool vfu_timed_find(const struct vfu_timed_log *l, const char *text, uint64_t *ns)
{
    struct vfu_error error;
    struct vfu_timed_log *again = l->regular ? vfu_timed_open(l->name, l->path, &error) : NULL;
    bool found = false;

    for (; again && again->there && !found; vfu_timed_next(again))
        found = memmem(again->text, again->size, text, strlen(text)) != NULL &&
                vfu_log_time(again->text, again->size, ns) == again->clock;
    vfu_timed_close(again);
    return found;
}

bool vfu_timed_line(struct vfu_timed_log *l, struct vfu_event *event)
{
    if (!l->there)
        return false;
    *event = (struct vfu_event){ .kind = VFU_EVENT_LOG, .line = { .text = l->text, .size = l->size } };
    memcpy(event->line.name, l->name, strnlen(l->name, VFU_LOG_NAME - 1));
    if (l->offset >= 0 || l->now >= (uint64_t)-l->offset)
        event->time.wall_ns = l->now + (uint64_t)l->offset;
    return true;
}

bool vfu_timed_went_back(const struct vfu_timed_log *l)
{
    return l->went_back;
}

void vfu_timed_close(struct vfu_timed_log *l)
{
    if (l && l->own && l->fd >= 0)
        close(l->fd);
    free(l);
}
