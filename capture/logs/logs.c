/*
 * All logs that are followed: see logs.h.
 */
#include "capture/clock.h"
#include "capture/logs/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000, STACK = 256 << 10 };

struct vfu_logs *vfu_logs_new(vfu_logs_say *say, void *context)
{
    struct vfu_logs *logs = calloc(1, sizeof *logs);
    pthread_condattr_t attributes;

    if (!logs)
        return NULL;
    STAILQ_INIT(&logs->list);
    logs->say = say;
    logs->context = context;
    pthread_mutex_init(&logs->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&logs->one_ended, &attributes);
    pthread_condattr_destroy(&attributes);
    logs->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (logs_queue_init(&logs->queue) && logs->end_fd >= 0)
        return logs;
    vfu_logs_free(logs);
    return NULL;
}

static struct logs_log *add(struct vfu_logs *logs, const char *name, struct vfu_error *error)
{
    struct logs_log *l = calloc(1, sizeof *l);

    if (!l) {
        vfu_fail(error, ENOMEM, "log %s: out of memory", name);
        return NULL;
    }
    l->logs = logs;
    l->name = name;
    l->input = (struct logs_input){ .fd = -1, .notes = -1, .file_watch = -1, .folder_watch = -1 };
    STAILQ_INSERT_TAIL(&logs->list, l, next);
    return l;
}

static bool is_socket(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

bool vfu_logs_add(struct vfu_logs *logs, const char *name, const char *path, struct vfu_error *error)
{
    struct logs_log *l = add(logs, name, error);
    int why;

    if (!l)
        return false;
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0)
        l->input.fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    else
        l->input.path = path;
    if (logs_input_open(&l->input, true))
        return true;
    why = errno;
    if (why == EINVAL || (why == ENXIO && is_socket(path)))
        return vfu_fail(error, why, "log %s: %s: no file, FIFO or device that could be read line by line", name, path);
    if (why != ENOENT || !l->input.path || !*path)
        return vfu_fail(error, why, "log %s: %s: %s", name, path, strerror(why));
    logs_say(l, "%s is not there yet: it is followed once it is", path);
    return true;
}

bool vfu_logs_add_pipe(struct vfu_logs *logs, const char *name, int fd, void (*pass_on)(const char *bytes, size_t size),
                       struct vfu_error *error)
{
    struct logs_log *l = add(logs, name, error);

    if (!l) {
        close(fd);
        return false;
    }
    l->input.fd = fd;
    l->pass_on = pass_on;
    return logs_input_open(&l->input, true) || vfu_fail(error, errno, "log %s: %s", name, strerror(errno));
}

bool vfu_logs_start(struct vfu_logs *logs, struct vfu_error *error)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    struct logs_log *l;
    int why = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED); /* one that hangs is not waited for */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    STAILQ_FOREACH(l, &logs->list, next) {
        pthread_mutex_lock(&logs->lock);
        l->running = !why && (why = pthread_create(&l->thread, &attributes, logs_follow, l)) == 0;
        logs->running += l->running;
        pthread_mutex_unlock(&logs->lock);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return !why || vfu_fail(error, why, "logs: can't start a thread: %s", strerror(why));
}

int vfu_logs_fd(const struct vfu_logs *logs)
{
    return logs->queue.fd;
}

bool vfu_logs_waiting(const struct vfu_logs *logs)
{
    return atomic_load_explicit(&logs->queue.count, memory_order_relaxed);
}

bool vfu_logs_next(struct vfu_logs *logs, uint64_t until_ns, struct vfu_event *event)
{
    return vfu_logs_waiting(logs) && logs_queue_take(&logs->queue, until_ns, event);
}

void vfu_logs_end(struct vfu_logs *logs)
{
    const uint64_t end = vfu_mono_ns() + PATIENCE_MS * UINT64_C(1000000);
    const struct timespec until = { (time_t)(end / 1000000000), (long)(end % 1000000000) };
    uint64_t one = 1;
    ssize_t n;

    atomic_store(&logs->ending, true);
    n = write(logs->end_fd, &one, sizeof one);
    (void)n;
    pthread_mutex_lock(&logs->lock);
    while (logs->running && pthread_cond_timedwait(&logs->one_ended, &logs->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&logs->lock);
}

void vfu_logs_say_left_out(struct vfu_logs *logs)
{
    const struct logs_log *l;

    STAILQ_FOREACH(l, &logs->list, next)
        if (!l->running && l->left_out_all)
            logs_say(l, "%llu line%s left out: they came too fast", (unsigned long long)l->left_out_all,
                     l->left_out_all == 1 ? " was" : "s were");
}

void vfu_logs_free(struct vfu_logs *logs)
{
    struct logs_log *l;

    if (!logs || logs->running) /* a thread that hangs has all of it */
        return;
    while ((l = STAILQ_FIRST(&logs->list)) != NULL) {
        STAILQ_REMOVE_HEAD(&logs->list, next);
        logs_input_close(&l->input);
        if (l->input.notes >= 0)
            close(l->input.notes);
        free(l);
    }
    logs_queue_free(&logs->queue);
    if (logs->end_fd >= 0)
        close(logs->end_fd);
    pthread_cond_destroy(&logs->one_ended);
    pthread_mutex_destroy(&logs->lock);
    free(logs);
}
