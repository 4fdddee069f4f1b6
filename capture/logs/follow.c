/*
 * The thread of a log: reads what has come, hands lines on, and waits; only it may wait for a file that does not answer.
 */
#include "capture/clock.h"
#include "capture/logs/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK = 64 << 10,
    LAST = 128,      /* chunks that are read at the end, at most */
    LOOK_MS = 250,   /* is another file there? and what inotify does not tell of, on a file system of others */
    BLIND_MS = 50,   /* likewise, without inotify */
    QUIET_MS = 100,  /* then a line without an end is told */
    DEVICE_MS = 20,  /* the pause of a device that always has more: /dev/zero */
};

void logs_say(const struct logs_log *l, const char *format, ...)
{
    char text[300];
    int used = snprintf(text, sizeof text, "log %s: ", l->name);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, args);
    va_end(args);
    l->logs->say(l->logs->context, text);
}

/* --- lines --- */

static void leave_out(struct logs_log *l)
{
    l->left_out++;
    l->left_out_all++;
    if (!l->said_fast)
        logs_say(l, "lines come too fast: some are left out, and counted");
    l->said_fast = true;
}

/* A line of ours: what is missing here. False: there is no room for it yet. */
static bool tell_left_out(struct logs_log *l)
{
    char text[80];
    int size = snprintf(text, sizeof text, "%llu line%s left out here: they came too fast", (unsigned long long)l->left_out,
                        l->left_out == 1 ? " is" : "s are");

    if (l->left_out && !logs_queue_put(&l->logs->queue, l->name, vfu_now(), text, (size_t)size, l->left_out))
        return false;
    l->left_out = 0;
    return true;
}

static void on_line(void *context, const char *text, size_t size)
{
    struct logs_log *l = context;

    if (!logs_rate_admits(&l->rate, l->time.mono_ns, size) || !tell_left_out(l) ||
        !logs_queue_put(&l->logs->queue, l->name, l->time, text, size, 0))
        leave_out(l);
}

/* --- reading --- */

/* A line or less at a time, so that what has no room for all of it loses lines. */
static void pass_on(const struct logs_log *l, const char *bytes, size_t size)
{
    while (size) {
        const char *end = memchr(bytes, '\n', size);
        size_t part = end ? (size_t)(end + 1 - bytes) : size;

        l->pass_on(bytes, part);
        bytes += part;
        size -= part;
    }
}

static void pause_for(const struct logs_log *l, int ms)
{
    struct pollfd end = { .fd = l->logs->end_fd, .events = POLLIN };

    poll(&end, 1, ms);
}

/* It can't be read any more; perhaps another time. */
static void lose(struct logs_log *l)
{
    if (!l->said_why)
        logs_say(l, "%s", strerror(errno));
    l->said_why = true;
    l->ended = !l->input.path;
    logs_input_close(&l->input);
}

/* Who wrote has left, or there is nothing more. */
static void come_to_end(struct logs_log *l)
{
    if (l->input.kind == LOGS_FIFO) /* opened anew before the old one is closed: who writes always has a reader */
        logs_input_open(&l->input, false);
    else if (l->input.kind == LOGS_PIPE)
        l->ended = true;
    else if (l->input.kind == LOGS_DEVICE)
        logs_input_close(&l->input);
}

/* Read a chunk. Was there anything? */
static bool read_chunk(struct logs_log *l)
{
    char bytes[CHUNK];
    ssize_t n = l->input.fd < 0 ? 0 : logs_input_read(&l->input, bytes, sizeof bytes);

    if (n > 0) {
        l->time = vfu_now();
        l->said_why = false;
        if (l->pass_on)
            pass_on(l, bytes, (size_t)n);
        logs_lines_take(&l->lines, bytes, (size_t)n);
        if (n == CHUNK && l->input.kind == LOGS_DEVICE)
            pause_for(l, DEVICE_MS);
        return true;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE /* /dev/kmsg: overwritten meanwhile */)
        lose(l);
    else if (n == 0 && l->input.fd >= 0)
        come_to_end(l);
    return n < 0 && errno == EPIPE;
}

/* --- where it is read from --- */

/* What stands at its path now, if that is not read already. */
static void look(struct logs_log *l)
{
    struct logs_input *in = &l->input;

    if (in->fd >= 0 && !logs_input_is_replaced(in))
        return;
    if (in->fd >= 0)
        logs_lines_end(&l->lines);
    if (logs_input_open(in, false)) {
        l->lines.half = false;
    } else if (errno != ENOENT && !l->said_why) {
        logs_say(l, "%s: %s", in->path, strerror(errno));
        l->said_why = true;
    }
}

/* How long to wait at most, in ms. */
static int patience(const struct logs_log *l)
{
    const struct logs_input *in = &l->input;
    bool file = in->fd < 0 || in->kind == LOGS_FILE, told = in->fd < 0 ? in->folder_watch >= 0 : in->file_watch >= 0;

    if (file && !told)
        return BLIND_MS;
    return l->lines.open ? QUIET_MS : in->path || l->left_out ? LOOK_MS : -1;
}

static void wait_for_more(struct logs_log *l)
{
    struct logs_input *in = &l->input;
    struct pollfd fds[] = { { .fd = l->logs->end_fd, .events = POLLIN },
                            { .fd = in->kind == LOGS_FILE ? -1 : in->fd, .events = POLLIN },
                            { .fd = -1, .events = POLLIN } };
    char notes[4096];

    if (in->fd < 0 || in->kind == LOGS_FILE)
        logs_input_watch(in);
    fds[2].fd = in->notes;
    if (!read_chunk(l) && !l->ended && poll(fds, 3, patience(l)) > 0 && fds[2].revents) /* what came before it was watched */
        while (read(in->notes, notes, sizeof notes) > 0)
            ;
}

/* Nothing came: what waits for that. */
static void be_quiet(struct logs_log *l)
{
    uint64_t now = vfu_mono_ns();

    if (l->lines.open && now - l->time.mono_ns >= QUIET_MS * UINT64_C(1000000))
        logs_lines_end(&l->lines);
    if (l->left_out && logs_rate_admits(&l->rate, now, 0))
        tell_left_out(l);
}

void *logs_follow(void *context)
{
    struct logs_log *l = context;
    struct vfu_logs *logs = l->logs;

    l->lines.line = on_line;
    l->lines.context = l;
    while (!l->ended && !atomic_load(&logs->ending)) {
        if (read_chunk(l))
            continue;
        look(l);
        be_quiet(l);
        wait_for_more(l);
    }
    for (int i = 0; i < LAST && !l->ended && read_chunk(l); i++)
        ;
    logs_lines_end(&l->lines);
    tell_left_out(l);
    pthread_mutex_lock(&logs->lock);
    l->running = false;
    logs->running--;
    pthread_cond_signal(&logs->one_ended);
    pthread_mutex_unlock(&logs->lock);
    return NULL;
}
