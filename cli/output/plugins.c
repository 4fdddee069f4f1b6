/*
 * Plugins look at each event before it goes on to the sinks. Where these have threads plugins are asked in one, too,
 * which then hands the events on.
 */
#include "capture/clock.h"
#include "capture/queue.h"
#include "cli/output/inside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Plugins read guest memory: soon, or it is another's by then. */
enum { NAP_NS = 50000 };
/* They are waited for so long where traffic depends on it, and not again before they have caught up. */
/* Of the patience with one call, and never longer: traffic waits. 200 ms, as a rule. */
enum { SETTLE_PART = 25, SETTLE_MOST_MS = 2000 };

struct cli_plugins {
    struct vfu_plugins *plugins;
    struct vfu_queue *queue; /* NULL: asked directly */
    bool said_left_out;
    atomic_bool give_up;
    /* How far they are: events counted by who pushes them, and by the queue's thread. */
    uint64_t pushed, late; /* late: they were waited for in vain up to here; 0: never */
    uint64_t asked;
    bool has_fds; /* they were given descriptors */
    uint64_t interrupts; /* that were pushed */
    _Atomic uint64_t looked; /* of these they have looked at so many */
    int moved_fd; /* likewise, once something moved that no message told of; -1: there is no clock */
    int looked_fd; /* an eventfd, signalled then; -1: nobody waits */
    void (*take)(void *context, const struct vfu_event *event);
    void *take_context;
    pthread_mutex_t lock;
    pthread_cond_t settled;
    uint64_t done; /* all that was asked up to here */
};

static void say(void *context, const char *text)
{
    (void)context;
    cli_error("%s", text);
}

/* Those of --plugin and --no-plugins. */
static bool start(const struct cli_args *args, struct vfu_plugins_how *how, struct vfu_plugins **plugins)
{
    const char *named[CLI_MAX_SET];

    /* cppcheck-suppress autoVariables ; it is looked at before this returns */
    how->named = named;
    how->named_count = 0;
    for (size_t i = 0; i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, "plugin") == 0)
            named[how->named_count++] = args->set[i].value;
    how->only_named = cli_has(args, "no-plugins");
    how->say = say;
    return vfu_plugins_open(how, plugins);
}

static bool ask(void *context, const struct vfu_event *event)
{
    struct cli_plugins *p = context;

    vfu_plugins_event(p->plugins, event);
    p->asked += event->kind != VFU_EVENT_DROPPED; /* the queue's own */
    return true;
}

/* The plugins have looked at it. */
static void looked(void *context, const struct vfu_event *event)
{
    struct cli_plugins *p = context;

    if (event->kind == VFU_EVENT_INTERRUPT && p->looked_fd >= 0) {
        atomic_fetch_add(&p->looked, 1);
        eventfd_write(p->looked_fd, 1); /* one that is full is readable, too */
    }
    p->take(p->take_context, event);
}

unsigned cli_plugins_look(struct cli_plugins *p, uint32_t conn) { return vfu_plugins_look(p->plugins, conn); }

uint64_t cli_plugins_mark(const struct cli_plugins *p) { return p->interrupts; }

uint64_t cli_plugins_looked(const struct cli_plugins *p) { return atomic_load(&p->looked); }

int cli_plugins_moved_fd(const struct cli_plugins *p) { return p->moved_fd; }

int cli_plugins_looked_fd(const struct cli_plugins *p) { return p->looked_fd; }

static bool hand_on(void *context)
{
    struct cli_plugins *p = context;

    vfu_plugins_idle(p->plugins);
    pthread_mutex_lock(&p->lock);
    p->done = p->asked;
    pthread_cond_signal(&p->settled);
    pthread_mutex_unlock(&p->lock);
    return true;
}

static void init_settled(struct cli_plugins *p)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->settled, &attributes);
    pthread_condattr_destroy(&attributes);
}

void cli_plugins_settle(struct cli_plugins *p)
{
    const int patience_ms = vfu_plugin_patience_ms() / SETTLE_PART;
    const uint64_t end = vfu_mono_ns() + (patience_ms < SETTLE_MOST_MS ? patience_ms : SETTLE_MOST_MS) * UINT64_C(1000000);
    const struct timespec until = { (time_t)(end / 1000000000), (long)(end % 1000000000) };
    int waited = 0;

    if (!p->queue || !p->has_fds)
        return;
    pthread_mutex_lock(&p->lock);
    if (p->done >= p->late) {
        while (p->done < p->pushed && waited == 0)
            waited = pthread_cond_timedwait(&p->settled, &p->lock, &until);
        p->late = waited ? p->pushed : 0;
    }
    pthread_mutex_unlock(&p->lock);
}

bool cli_plugins_start(struct cli_plugins *p, const struct cli_output_how *how)
{
    const struct vfu_sink asking = { .event = ask, .flush = hand_on, .context = p, .nap_ns = NAP_NS,
                                     .give_up = &p->give_up, .patient = true, .wakeful = how->waited_for };

    if (!how->queued)
        return true;
    p->queue = vfu_queue_new(&asking, 0, how->lossless, how->interrupted);
    if (!p->queue)
        cli_error("plugins: can't start their thread");
    return p->queue;
}

static void close_fds(const struct cli_plugins *p)
{
    if (p->looked_fd >= 0)
        close(p->looked_fd);
    if (p->moved_fd >= 0)
        close(p->moved_fd);
}

bool cli_plugins_open(const struct cli_args *args, const struct cli_output_how *how,
                      void (*take)(void *context, const struct vfu_event *event), void *context,
                      struct cli_plugins **opened)
{
    struct cli_plugins *p = calloc(1, sizeof *p);
    struct vfu_plugins_how plugins = { .live = how->live, .waited_for = how->waited_for, .take = looked, .context = p,
                                       .rules = how->session ? vfu_session_rules(how->session) : NULL };
    bool good;

    *opened = NULL;
    if (!p) {
        cli_error("out of memory");
        return false;
    }
    p->take = take;
    p->take_context = context;
    p->looked_fd = how->waited_for ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    p->moved_fd = how->clock_ns ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    plugins.clock_ns = p->moved_fd >= 0 ? how->clock_ns : 0;
    plugins.moved = p->moved_fd;
    plugins.give_up = how->queued ? &p->give_up : how->give_up;
    good = start(args, &plugins, &p->plugins);
    if (!p->plugins) {
        close_fds(p);
        free(p);
        return good;
    }
    init_settled(p);
    *opened = p;
    return true;
}

void cli_plugins_event(struct cli_plugins *p, const struct vfu_event *event)
{
    if (!p->queue) {
        ask(p, event);
    } else if (vfu_queue_push(p->queue, event)) {
        p->pushed++;
        p->interrupts += event->kind == VFU_EVENT_INTERRUPT;
    } else if (!p->said_left_out) {
        p->said_left_out = true;
        cli_error("plugins: too slow, messages are left out (--lossless holds the traffic instead)");
    }
}

void cli_plugins_fd(struct cli_plugins *p, uint64_t no, int fd)
{
    p->has_fds = true;
    vfu_plugins_fd(p->plugins, no, fd);
}

void cli_plugins_flush(struct cli_plugins *p)
{
    if (!p->queue)
        hand_on(p);
}

struct vfu_left_out cli_plugins_finish(struct cli_plugins *p)
{
    struct vfu_left_out left_out = { 0, 0 };

    if (p->queue)
        left_out = vfu_queue_close(p->queue);
    else
        hand_on(p);
    p->queue = NULL;
    cli_say_left_out("plugins", left_out);
    return left_out;
}

unsigned cli_plugins_cost(const struct cli_plugins *p, struct vfu_summary_plugin *list, unsigned room)
{
    return vfu_plugins_cost(p->plugins, list, room);
}

void cli_plugins_close(struct cli_plugins *p)
{
    vfu_plugins_close(p->plugins);
    pthread_cond_destroy(&p->settled);
    pthread_mutex_destroy(&p->lock);
    close_fds(p);
    free(p);
}
