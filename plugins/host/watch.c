/*
 * The process that looks at events: started, given orders, watched, and started anew without the plugin that took it
 * down. It is waited for by a thread that carries no traffic.
 */
#include "capture/clock.h"
#include "capture/socket.h"
#include "plugins/host/inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { LEAVE_MS = 1000, LOOK_MS = 250, END_MS = 1000 };

static int64_t now_ms(void)
{
    return (int64_t)(vfu_mono_ns() / 1000000);
}

/* --- how it ends --- */

/* How a plugin ended, for people. */
static void how_ended(int how, char *text, size_t size)
{
    if (how == PLUGIN_HANGS)
        snprintf(text, size, "does not come back");
    else
        snprintf(text, size, "crashed (%s)", strsignal(how));
}

/* For good; it was not said yet. */
static void say_ended(struct plugin_process *p, unsigned plugin, int how, const char *why)
{
    p->ended[plugin] = how;
    plugin_say(p->how, "plugin %s: %s; there are no notes of it from here on", p->hello.names[plugin], why);
}

/* Those that ended without their process. */
static bool look_for_ended(struct plugin_process *p)
{
    char text[80];
    int how;

    for (unsigned i = 0; i < p->hello.count; i++) {
        if (!plugin_how_ended(p->shared, i, &how))
            return false;
        if (how == PLUGIN_RUNS || p->ended[i] != PLUGIN_RUNS)
            continue;
        how_ended(how, text, sizeof text);
        say_ended(p, i, how, text);
    }
    return true;
}

static bool any_left(const struct plugin_process *p)
{
    for (unsigned i = 0; i < p->hello.count; i++)
        if (p->ended[i] == PLUGIN_RUNS)
            return true;
    return false;
}

static bool begin(struct plugin_process *p);

/* It is gone, or hung and to go: say why, and start it again without the plugin at fault. */
static void end(struct plugin_process *p, bool hung)
{
    int status = 0, culprit = atomic_load(&p->shared->last), loading = atomic_load(&p->shared->loading);
    char why[80];

    plugin_child_reap(&p->child, hung ? 0 : END_MS, &status);
    look_for_ended(p); /* what it says beyond that does not matter any more */
    if (hung || WIFSIGNALED(status))
        how_ended(hung ? PLUGIN_HANGS : WTERMSIG(status), why, sizeof why);
    else
        snprintf(why, sizeof why, "ended its process with status %d", WEXITSTATUS(status));
    if (loading >= 0 && loading < (int)p->wanted->count) {
        plugin_say(p->how, "%s: loading it %s", p->wanted->path[loading], why);
        return;
    }
    if (culprit < 0 || culprit >= (int)p->hello.count) {
        plugin_say(p->how, "plugins: their process %s; there are no notes from here on",
                  hung || WIFSIGNALED(status) ? why : "has ended");
        return;
    }
    if (p->ended[culprit] == PLUGIN_RUNS)
        say_ended(p, (unsigned)culprit, WIFSIGNALED(status) ? WTERMSIG(status) : PLUGIN_HANGS, why);
    if (!any_left(p))
        return;
    plugin_say(p->how, "plugins: with their process the others lost what they knew; their notes begin again with the "
                       "next connection");
    begin(p);
}

/* The person does not want to wait for it. */
static void abandon(struct plugin_process *p)
{
    plugin_child_reap(&p->child, 0, NULL);
    plugin_say(p->how, "plugins: they are not waited for any more; there are no notes from here on");
}

void plugin_process_stop(struct plugin_process *p, const char *what)
{
    if (p->child.socket < 0)
        return;
    plugin_child_reap(&p->child, 0, NULL);
    plugin_say(p->how, "plugins: their process says what can't be true (%s); there are no notes from here on", what);
}

/* --- waiting for it --- */

/* Something that moves while plugins get on. */
static uint64_t progress(const struct plugin_process *p)
{
    return atomic_load(&p->shared->calls) + atomic_load(&p->shared->done);
}

static bool is_given_up(const struct plugin_process *p)
{
    return p->how->give_up && atomic_load(p->how->give_up);
}

/* Wait for its next packet, `ms` for a call; 0: it ended. leave: first ask it to leave the call. */
static size_t await(struct plugin_process *p, void *packet, size_t room, int ms, bool leave)
{
    struct pollfd poll_for = { .fd = p->child.socket, .events = POLLIN };
    uint64_t before = progress(p);
    int64_t since = now_ms();
    ssize_t n;

    while (!is_given_up(p) && poll(&poll_for, 1, ms < LOOK_MS ? ms : LOOK_MS) <= 0) {
        if (progress(p) != before) {
            before = progress(p);
            since = now_ms();
        } else if (now_ms() - since >= ms + (leave ? LEAVE_MS : 0)) {
            end(p, true);
            return 0;
        } else if (now_ms() - since >= ms) {
            atomic_store(&p->shared->overdue, atomic_load(&p->shared->calls));
            plugin_child_signal(&p->child, SIGALRM);
        }
    }
    if (is_given_up(p)) {
        abandon(p);
        return 0;
    }
    do
        n = recv(p->child.socket, packet, room, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        end(p, false);
    return n > 0 ? (size_t)n : 0;
}

bool plugin_process_wait(struct plugin_process *p, const struct plugin_order *order, struct plugin_done *done)
{
    char packet;
    bool ended = !await(p, &packet, sizeof packet, p->call_ms, true);

    if (!plugin_done_so_far(p->shared, order, ended, done, p->answers)) {
        plugin_process_stop(p, "how far it came");
    } else if (!ended && !look_for_ended(p)) {
        plugin_process_stop(p, "how a plugin ended");
    } else if (!ended && !any_left(p)) {
        plugin_child_reap(&p->child, END_MS, NULL);
    }
    return !ended;
}

/* --- starting --- */

static bool begin(struct plugin_process *p)
{
    struct plugin_job *job = calloc(1, sizeof *job);
    struct plugin_hello hello;
    struct vfu_error error;
    bool started;
    size_t size;

    if (!job)
        return plugin_say(p->how, "out of memory");
    job->kind = JOB_LOOK;
    job->wanted = *p->wanted;
    job->live = p->how->live;
    job->waited_for = p->how->waited_for;
    job->clock_ns = p->how->clock_ns;
    memcpy(job->ended, p->ended, sizeof job->ended);
    atomic_store(&p->shared->last, -1);
    atomic_store(&p->shared->loading, -1);
    atomic_store(&p->shared->idle, 1);
    for (unsigned i = 0; i < PLUGIN_MAX; i++)
        atomic_store(&p->shared->plugins[i].ended, p->ended[i]);
    started = plugin_start(job, p->memory, p->how->clock_ns ? p->how->moved : -1, &p->child, &error);
    free(job);
    if (!started)
        return plugin_say(p->how, "plugins: %s", error.text);
    size = await(p, &hello, sizeof hello, plugin_load_ms(), false);
    if (!size)
        return false;
    if (size != sizeof hello || !plugin_hello_holds(&hello, &p->hello, p->wanted)) {
        plugin_process_stop(p, "what it loaded");
        return false;
    }
    if (!p->hello.ok && hello.ok && !plugin_rows_take(&p->findings, &p->shared->rows, hello.count, hello.names)) {
        plugin_process_stop(p, "what its plugins may say");
        return false;
    }
    if (!p->hello.ok && hello.ok && !plugin_names_take(&p->names, &p->shared->registers, &hello)) {
        plugin_process_stop(p, "what registers there are");
        return false;
    }
    if (!p->hello.ok) /* a later process says the same, and other threads look at it by then */
        p->hello = hello;
    if (hello.ok && hello.open && !p->said_open)
        plugin_say(p->how, "plugins: their process can open files: the kernel has no filter of system calls (%s)",
                   strerror((int)hello.open));
    p->said_open |= hello.open;
    if (hello.ok)
        return true;
    plugin_child_reap(&p->child, END_MS, NULL);
    return plugin_say(p->how, "%s", hello.error);
}

bool plugin_process_start(struct plugin_process *p, struct plugin_wanted *wanted, const struct vfu_plugins_how *how)
{
    *p = (struct plugin_process){ .child = VFU_PLUGIN_NO_CHILD, .how = how, .wanted = wanted, .call_ms = vfu_plugin_patience_ms() };
    p->answers = malloc(PLUGIN_ANSWERS);
    p->shared = plugin_memory(sizeof *p->shared, &p->memory);
    if (p->shared && p->answers)
        return begin(p);
    return plugin_say(p->how, "plugins: %s", strerror(errno));
}

bool plugin_process_order(struct plugin_process *p, struct plugin_order *order, const int *fds, unsigned count)
{
    const struct iovec iov = { order, sizeof *order };
    enum vfu_io io;
    size_t sent;

    order->first_conn = p->first_conn;
    atomic_store(&p->shared->done, order->from);
    atomic_store(&p->shared->answered, 0);
    atomic_store(&p->shared->idle, 0);
    io = vfu_send(p->child.socket, &iov, 1, fds, count, &sent);
    if (io == VFU_IO_AGAIN)
        plugin_process_stop(p, "that it took its orders"); /* else there would be room */
    else if (io != VFU_IO_OK)
        end(p, false);
    return io == VFU_IO_OK;
}

void plugin_process_free(struct plugin_process *p)
{
    plugin_child_reap(&p->child, END_MS, NULL);
    plugin_memory_free(p->shared, sizeof *p->shared, p->memory);
    free(p->answers);
    free(p->wanted);
}
