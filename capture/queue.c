/*
 * The queue between the thread that carries traffic and a sink's thread: one producer, one consumer, a chain of chunks
 * that are used again. The producer makes no system call unless the consumer sleeps, and a consumer that has just been
 * busy naps a little before it goes to sleep, so a busy producer hardly ever has to wake it.
 */
#include "capture/clock.h"
#include "capture/poke.h"
#include "capture/queue.h"
#include "capture/socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CHUNK = 1 << 20, /* holds three of the largest entries: 256 KiB of message and 253 fds */
    CHUNKS = VFU_QUEUE_BYTES / CHUNK,
    NAP_NS = 1000000,
    NAPS = 20,           /* without anything to do, before sleeping in earnest */
    PATIENCE_MS = 2000,  /* for a sink that takes nothing, at the end */
};

struct chunk {
    struct chunk *_Atomic next;
    _Atomic size_t used; /* the producer's; the consumer reads up to here */
    _Alignas(16) uint8_t data[CHUNK];
};

struct entry {
    size_t size;      /* with what follows, a multiple of 16 */
    struct vfu_left_out dropped; /* just before it */
    struct vfu_event event; /* then what it points to */
};

struct vfu_queue {
    struct vfu_sink sink;
    size_t keep;
    bool lossless;
    bool (*interrupted)(void);
    pthread_t thread;

    /* The producer's */
    struct chunk *write;
    struct vfu_left_out dropped; /* in all */

    /* The consumer's */
    struct chunk *read;
    size_t read_at;
    uint64_t flushed_ns; /* monotonic time of the event after which the last flush came */
    bool dirty;          /* something was handed on since the last flush */

    _Atomic uint64_t missing, missing_events; /* dropped, and the sink was not told yet */
    _Atomic uint64_t taken;   /* events: the sink gets on */
    atomic_bool asleep, closing, failed, ended, starved /* the producer waits for a chunk */;

    pthread_mutex_t lock; /* for what follows, and for sleeping */
    pthread_cond_t wake, room, end;
    struct chunk *spare;
    unsigned spares, chunks;
};

/* --- the producer --- */

static void wake_consumer(struct vfu_queue *q)
{
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->asleep, false);
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}

static bool must_wait(struct vfu_queue *q)
{
    return q->lossless && !atomic_load(&q->failed) && !(q->interrupted && q->interrupted());
}

static void wait_for(struct vfu_queue *q, pthread_cond_t *what, long ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(what, &q->lock, &until);
}

/* An empty chunk: a used one, or a new one while there may be more. NULL: the queue is full. */
static struct chunk *take_chunk(struct vfu_queue *q)
{
    struct chunk *c;

    pthread_mutex_lock(&q->lock);
    while (!q->spare && q->chunks == CHUNKS && must_wait(q)) {
        atomic_store(&q->asleep, false);
        pthread_cond_signal(&q->wake);
        atomic_store(&q->starved, true);
        wait_for(q, &q->room, 100);
    }
    c = q->spare;
    if (c) {
        q->spare = atomic_load_explicit(&c->next, memory_order_relaxed);
        q->spares--;
    } else if (q->chunks < CHUNKS && (c = malloc(sizeof *c))) {
        q->chunks++;
    }
    pthread_mutex_unlock(&q->lock);
    if (c) {
        atomic_init(&c->next, NULL);
        atomic_init(&c->used, 0);
    }
    return c;
}

/* Room for an entry in the chunk being written, or in a new one. */
static uint8_t *make_room(struct vfu_queue *q, size_t size)
{
    size_t used = atomic_load_explicit(&q->write->used, memory_order_relaxed);
    struct chunk *c;

    if (used + size <= CHUNK)
        return q->write->data + used;
    if (size > CHUNK || !(c = take_chunk(q)))
        return NULL;
    atomic_store_explicit(&q->write->next, c, memory_order_release);
    q->write = c;
    return c->data;
}

static void count_lost(struct vfu_queue *q, struct vfu_left_out lost)
{
    q->dropped.messages += lost.messages;
    q->dropped.events += lost.events;
    atomic_fetch_add_explicit(&q->missing, lost.messages, memory_order_relaxed);
    atomic_fetch_add_explicit(&q->missing_events, lost.events, memory_order_relaxed);
}

/* What is to be told, which then is. Mostly there is none, and looking costs nothing. */
static inline struct vfu_left_out take_missing(struct vfu_queue *q)
{
    struct vfu_left_out lost = { atomic_load_explicit(&q->missing, memory_order_relaxed),
                                 atomic_load_explicit(&q->missing_events, memory_order_relaxed) };

    if (lost.messages)
        lost.messages = atomic_exchange(&q->missing, 0);
    if (lost.events)
        lost.events = atomic_exchange(&q->missing_events, 0);
    return lost;
}

bool vfu_queue_push(struct vfu_queue *q, const struct vfu_event *event)
{
    bool is_message = event->kind == VFU_EVENT_MESSAGE;
    struct vfu_event cut;
    struct entry *e;
    size_t size;

    if (atomic_load_explicit(&q->failed, memory_order_relaxed))
        return true;
    if (is_message && q->keep && event->message.captured > q->keep) {
        cut = *event;
        cut.message.captured = q->keep;
        event = &cut;
    }
    size = offsetof(struct entry, event) + vfu_event_size(event);
    e = (struct entry *)(void *)make_room(q, size);
    if (!e) {
        count_lost(q, event->kind == VFU_EVENT_DROPPED ? event->dropped : (struct vfu_left_out){ is_message, !is_message });
        return false;
    }
    e->size = size;
    e->dropped = take_missing(q);
    vfu_event_copy(event, &e->event);
    /* Both ordered against the consumer's `asleep = true; look again`. */
    atomic_fetch_add(&q->write->used, size);
    if (atomic_load(&q->asleep))
        wake_consumer(q);
    return true;
}

/* --- the consumer --- */

static bool hand_on(struct vfu_queue *q, const struct vfu_event *event)
{
    if (atomic_load_explicit(&q->failed, memory_order_relaxed))
        return false;
    q->dirty = true;
    if (!q->sink.event(q->sink.context, event))
        atomic_store(&q->failed, true);
    return !atomic_load(&q->failed);
}

static void tell_dropped(struct vfu_queue *q, struct vfu_left_out lost)
{
    struct vfu_event e = { .kind = VFU_EVENT_DROPPED, .time = vfu_now(), .dropped = lost };

    if (lost.messages || lost.events)
        hand_on(q, &e);
}

static void flush(struct vfu_queue *q)
{
    if (q->dirty && !atomic_load(&q->failed) && !q->sink.flush(q->sink.context))
        atomic_store(&q->failed, true);
    q->dirty = false;
}

/* The next entry, or NULL if the queue is empty now. */
static struct entry *peek(struct vfu_queue *q)
{
    for (;;) {
        struct chunk *c = q->read, *next = atomic_load_explicit(&c->next, memory_order_acquire);

        if (q->read_at < atomic_load(&c->used))
            return (struct entry *)(void *)(c->data + q->read_at);
        if (!next)
            return NULL;
        if (q->read_at < atomic_load(&c->used)) /* filled between the two looks */
            continue;
        q->read = next;
        q->read_at = 0;
        pthread_mutex_lock(&q->lock);
        atomic_store_explicit(&c->next, q->spare, memory_order_relaxed);
        q->spare = c;
        q->spares++;
        if (atomic_exchange(&q->starved, false))
            pthread_cond_signal(&q->room);
        pthread_mutex_unlock(&q->lock);
    }
}

static void take(struct vfu_queue *q, struct entry *e)
{
    uint64_t now = e->event.time.mono_ns;

    tell_dropped(q, e->dropped);
    hand_on(q, &e->event);
    if (now - q->flushed_ns >= 1000000000u) {
        flush(q);
        q->flushed_ns = now;
    }
    q->read_at += e->size;
    atomic_fetch_add_explicit(&q->taken, 1, memory_order_relaxed);
}

/* Tell what was dropped since, and bring the output up to date. */
static void catch_up(struct vfu_queue *q)
{
    tell_dropped(q, take_missing(q));
    flush(q);
}

static void finish(struct vfu_queue *q)
{
    catch_up(q);
    if (!q->sink.end || atomic_load(&q->failed))
        return;
    q->dirty = true;
    if (!q->sink.end(q->sink.context))
        atomic_store(&q->failed, true);
    flush(q);
}

/* Nothing is queued: catch up, and wait for more. */
static void rest(struct vfu_queue *q, unsigned *naps)
{
    const struct timespec nap = { .tv_nsec = q->sink.nap_ns ? q->sink.nap_ns : NAP_NS };

    catch_up(q);
    if (atomic_load(&q->closing))
        return;
    if (!q->sink.wakeful && (*naps)++ < NAPS) {
        nanosleep(&nap, NULL);
        return;
    }
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->asleep, true);
    while (atomic_load(&q->asleep) && !atomic_load(&q->closing) && q->read_at >= atomic_load(&q->read->used) &&
           !atomic_load(&q->read->next))
        pthread_cond_wait(&q->wake, &q->lock);
    atomic_store(&q->asleep, false);
    pthread_mutex_unlock(&q->lock);
    *naps = 0;
}

static void *consume(void *context)
{
    struct vfu_queue *q = context;
    unsigned naps = 0;

    q->dirty = true; /* a file's header goes out at once */
    for (;;) {
        struct entry *e = peek(q);

        if (e) {
            take(q, e);
            naps = 0;
        } else if (atomic_load(&q->closing) && !peek(q)) {
            break;
        } else {
            rest(q, &naps);
        }
    }
    finish(q);
    pthread_mutex_lock(&q->lock);
    atomic_store(&q->ended, true);
    pthread_cond_signal(&q->end);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* --- start and end --- */

static void free_chunks(struct chunk *c)
{
    while (c) {
        struct chunk *next = atomic_load(&c->next);

        free(c);
        c = next;
    }
}

static void free_queue(struct vfu_queue *q)
{
    free_chunks(q->read);
    free_chunks(q->spare);
    pthread_cond_destroy(&q->wake);
    pthread_cond_destroy(&q->room);
    pthread_cond_destroy(&q->end);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

struct vfu_queue *vfu_queue_new(const struct vfu_sink *sink, size_t keep, bool lossless, bool (*interrupted)(void))
{
    struct vfu_queue *q = calloc(1, sizeof *q);
    pthread_condattr_t monotonic;

    if (!q)
        return NULL;
    q->sink = *sink;
    q->keep = keep;
    q->lossless = lossless;
    q->interrupted = interrupted;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->wake, NULL);
    pthread_cond_init(&q->room, &monotonic);
    pthread_cond_init(&q->end, &monotonic);
    pthread_condattr_destroy(&monotonic);
    q->write = q->read = take_chunk(q);
    if (q->write && vfu_poke_start(&q->thread, consume, q))
        return q;
    free_queue(q);
    return NULL;
}

bool vfu_queue_failed(const struct vfu_queue *q)
{
    return atomic_load(&q->failed);
}

/* Wait for the thread's end, as long as the sink gets on. */
static void await_end(struct vfu_queue *q)
{
    uint64_t taken = atomic_load(&q->taken);
    int waited = 0;

    pthread_mutex_lock(&q->lock);
    while (!atomic_load(&q->ended)) {
        wait_for(q, &q->end, 20);
        waited = taken == atomic_load(&q->taken) ? waited + 20 : 0;
        taken = atomic_load(&q->taken);
        if (q->sink.give_up &&
            ((!q->sink.patient && waited >= PATIENCE_MS) || (q->interrupted && q->interrupted()))) {
            atomic_store(q->sink.give_up, true);
            pthread_kill(q->thread, VFU_POKE);
        }
    }
    pthread_mutex_unlock(&q->lock);
}

struct vfu_left_out vfu_queue_close(struct vfu_queue *q)
{
    struct vfu_left_out lost;

    atomic_store(&q->closing, true);
    wake_consumer(q);
    await_end(q);
    pthread_join(q->thread, NULL);
    lost = q->dropped;
    free_queue(q);
    return lost;
}
