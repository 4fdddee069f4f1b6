/*
 * Lines that wait for whoever carries the traffic: bounded, from several threads; and how fast those of a log may come.
 */
#include "capture/logs/inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LINES = 16384, /* that wait at most, */
    BYTES = 4 << 20,
    LINES_A_SECOND = 10000, /* of a log */
    BYTES_A_SECOND = 2 << 20,
};

bool logs_queue_init(struct logs_queue *q)
{
    STAILQ_INIT(&q->list);
    pthread_mutex_init(&q->lock, NULL);
    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return q->fd >= 0;
}

void logs_queue_free(struct logs_queue *q)
{
    struct logs_waiting *w;

    while ((w = STAILQ_FIRST(&q->list)) != NULL) {
        STAILQ_REMOVE_HEAD(&q->list, next);
        free(w);
    }
    free(q->given);
    if (q->fd >= 0)
        close(q->fd);
    pthread_mutex_destroy(&q->lock);
}

static void mark_readable(const struct logs_queue *q, bool readable)
{
    uint64_t count = 1;
    ssize_t n = readable ? write(q->fd, &count, sizeof count) : read(q->fd, &count, sizeof count);

    (void)n; /* it is as wanted by now */
}

bool logs_queue_put(struct logs_queue *q, const char *name, struct vfu_time time, const char *text, size_t size,
                    uint64_t left_out)
{
    struct logs_waiting *w = NULL;

    pthread_mutex_lock(&q->lock);
    if (q->count < LINES && q->bytes + size <= BYTES)
        w = malloc(sizeof *w + size);
    if (w) {
        *w = (struct logs_waiting){ .name = name, .time = time, .left_out = left_out, .size = size };
        memcpy(w->text, text, size);
        STAILQ_INSERT_TAIL(&q->list, w, next);
        q->bytes += size;
        if (q->count++ == 0)
            mark_readable(q, true);
    }
    pthread_mutex_unlock(&q->lock);
    return w;
}

bool logs_queue_take(struct logs_queue *q, uint64_t until_ns, struct vfu_event *event)
{
    struct logs_waiting *w;

    pthread_mutex_lock(&q->lock);
    w = STAILQ_FIRST(&q->list);
    if (w && w->time.mono_ns > until_ns)
        w = NULL;
    if (w) {
        STAILQ_REMOVE_HEAD(&q->list, next);
        q->bytes -= w->size;
        if (--q->count == 0)
            mark_readable(q, false);
    }
    pthread_mutex_unlock(&q->lock);
    if (!w)
        return false;
    free(q->given);
    q->given = w;
    *event = (struct vfu_event){ .kind = VFU_EVENT_LOG, .time = w->time,
                                 .line = { .text = w->text, .size = w->size, .left_out = w->left_out } };
    memcpy(event->line.name, w->name, strnlen(w->name, VFU_LOG_NAME - 1));
    return true;
}

/* What a time since the last look adds, up to a second's worth. */
static uint64_t refill(uint64_t left, uint64_t a_second, uint64_t since_ns)
{
    uint64_t more = since_ns >= 1000000000u ? a_second : a_second * since_ns / 1000000000u;

    return left + more < a_second ? left + more : a_second;
}

bool logs_rate_admits(struct logs_rate *r, uint64_t now_ns, size_t size)
{
    uint64_t since = now_ns - r->at_ns;

    if (!r->at_ns || since > 1000000) { /* less adds nothing to speak of */
        r->lines = refill(r->lines, LINES_A_SECOND, r->at_ns ? since : UINT64_MAX);
        r->bytes = refill(r->bytes, BYTES_A_SECOND, r->at_ns ? since : UINT64_MAX);
        r->at_ns = now_ns;
    }
    if (r->shut && (r->lines < LINES_A_SECOND / 4 || r->bytes < BYTES_A_SECOND / 4))
        return false;
    r->shut = !r->lines || r->bytes < size;
    if (r->shut)
        return false;
    r->lines--;
    r->bytes -= size;
    return true;
}
