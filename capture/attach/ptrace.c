/*
 * The method ptrace: stops every thread at every system call, looks at those that carry messages, and lets it go on.
 * Slow, but needs nothing but the right to trace. When we die the kernel lets all threads go.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"
#include "decoder/wire/grow.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC,
    DETACH_MS = 2000, /* a thread that does not stop within this is let go by the kernel when we end */
    TICK_MS = 20,
};

struct thread {
    pid_t tid;
    bool stopped_once; /* so that its calls are seen from now on */
    struct attach_traced call;
};

struct tracer {
    struct attach *attach;
    struct thread *threads;
    size_t count, room;
    unsigned unstopped;
    int signals; /* a signalfd of SIGCHLD */
    bool detaching;
    uint8_t *bytes; /* ATTACH_CALL: what a call moved */
};

/* --- threads --- */

static struct thread *find_thread(struct tracer *t, pid_t tid)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->threads[i].tid == tid)
            return &t->threads[i];
    return NULL;
}

static struct thread *add_thread(struct tracer *t, pid_t tid)
{
    struct thread *n = find_thread(t, tid);

    if (n)
        return n;
    if (!VFU_GROW(t->threads, t->room, t->count + 1))
        return NULL;
    n = &t->threads[t->count++];
    *n = (struct thread){ .tid = tid };
    return n;
}

static void remove_thread(struct tracer *t, pid_t tid)
{
    struct thread *gone = find_thread(t, tid);

    if (!gone)
        return;
    if (!gone->stopped_once)
        t->unstopped--;
    *gone = t->threads[--t->count];
}

/* A thread of the process, not of one that it made by clone? */
static bool is_ours(const struct tracer *t, pid_t tid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/task/%d", (int)t->attach->pid, (int)tid);
    return access(path, F_OK) == 0;
}

/* --- stops --- */

static void go_on(const struct tracer *t, pid_t tid, int signal_number)
{
    /* It may have been killed in the meantime: then waitpid says so. */
    ptrace(t->detaching ? PTRACE_DETACH : PTRACE_SYSCALL, tid, 0L, (long)signal_number);
}

static bool is_stop_signal(int number)
{
    return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static void on_exec(struct tracer *t, pid_t tid)
{
    unsigned long former = 0;

    ptrace(PTRACE_GETEVENTMSG, tid, 0L, &former);
    if ((pid_t)former != tid)
        remove_thread(t, (pid_t)former);
    attach_exec(t->attach, vfu_mono_ns());
}

static void on_stop(struct tracer *t, struct thread *thread, int status)
{
    int number = WSTOPSIG(status), event = status >> 16;
    pid_t tid = thread->tid;

    if (!thread->stopped_once) {
        thread->stopped_once = true;
        t->unstopped--;
    }
    if (number == (SIGTRAP | 0x80)) {
        if (!t->detaching)
            attach_traced_stop(t->attach, tid, &thread->call, t->bytes);
        go_on(t, tid, 0);
    } else if (event == PTRACE_EVENT_STOP && is_stop_signal(number) && !t->detaching) {
        ptrace(PTRACE_LISTEN, tid, 0L, 0L); /* stopped by job control: it stays so */
    } else if (event) {
        if (event == PTRACE_EVENT_EXEC)
            on_exec(t, tid);
        go_on(t, tid, 0);
    } else {
        go_on(t, tid, number);
    }
    if (t->detaching)
        remove_thread(t, tid);
}

static void on_status(struct tracer *t, pid_t tid, int status)
{
    struct thread *thread;

    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        remove_thread(t, tid);
        return;
    }
    if (!WIFSTOPPED(status))
        return;
    thread = find_thread(t, tid);
    if (!thread && !is_ours(t, tid)) {
        ptrace(PTRACE_DETACH, tid, 0L, 0L);
        return;
    }
    if (!thread && (thread = add_thread(t, tid)))
        t->unstopped++;
    if (thread)
        on_stop(t, thread, status);
    else
        ptrace(PTRACE_DETACH, tid, 0L, 0L);
}

/* Deal with a stop, if there is one. False: there was none. */
static bool one_stop(struct tracer *t)
{
    int status;
    pid_t tid = waitpid(-1, &status, __WCLONE | WNOHANG); /* whom we trace; a child of ours is another's to wait for */

    if (tid < 0 && errno == ECHILD)
        t->count = 0;
    if (tid <= 0)
        return false;
    on_status(t, tid, status);
    return true;
}

/* Wait until something stops, at most so long (-1: for ever). */
static void wait_for_stops(struct tracer *t, int timeout_ms)
{
    const struct vfu_attach_options *options = t->detaching ? NULL : t->attach->options;
    struct pollfd fds[] = { { .fd = t->signals, .events = POLLIN },
                            { .fd = options ? options->stop_fd : -1, .events = POLLIN },
                            { .fd = options ? attach_logs_fd(t->attach) : -1, .events = POLLIN } };
    struct signalfd_siginfo info;

    poll(fds, 3, timeout_ms);
    while (fds[0].revents && read(t->signals, &info, sizeof info) == (ssize_t)sizeof info)
        ;
    if (fds[1].revents)
        attach_ask_stop(t->attach);
}

/* --- start and end --- */

static bool why_not(const struct tracer *t, struct vfu_error *error)
{
    pid_t pid = t->attach->pid;
    int why = errno, tracer = attach_status(pid, "TracerPid:");

    if (why == EPERM && tracer)
        return vfu_fail(error, why, "%d: process %d traces it already", (int)pid, tracer);
    return vfu_fail(error, why, "%d: can't be traced: %s%s", (int)pid, strerror(why),
                    why == EPERM ? " (run as root, or as its user where kernel.yama.ptrace_scope is 0)" : "");
}

/* Seize the threads that are not yet; how many there were. -1: error says why. */
static int seize_new(struct tracer *t, struct vfu_error *error)
{
    char path[48];
    struct dirent *e;
    int seized = 0;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/task", (int)t->attach->pid);
    dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        pid_t tid = (pid_t)atoi(e->d_name);

        if (tid <= 0 || find_thread(t, tid))
            continue;
        if (ptrace(PTRACE_SEIZE, tid, 0L, (long)OPTIONS) != 0) {
            if (errno == ESRCH || t->count)
                continue;
            why_not(t, error);
            closedir(dir);
            return -1;
        }
        if (!add_thread(t, tid))
            continue;
        t->unstopped++;
        ptrace(PTRACE_INTERRUPT, tid, 0L, 0L);
        seized++;
    }
    if (dir)
        closedir(dir);
    return seized;
}

/* Threads that a thread makes are traced with it; those made before it was need another look. */
static bool seize_all(struct tracer *t, struct vfu_error *error)
{
    int seized;

    do
        seized = seize_new(t, error);
    while (seized > 0);
    if (seized < 0)
        return false;
    return t->count > 0 || vfu_fail(error, ESRCH, "%d: no such process", (int)t->attach->pid);
}

static void let_all_go(struct tracer *t)
{
    uint64_t until = vfu_mono_ns() + DETACH_MS * 1000000ull;

    t->detaching = true;
    for (size_t i = 0; i < t->count; i++)
        ptrace(PTRACE_INTERRUPT, t->threads[i].tid, 0L, 0L);
    while (t->count && vfu_mono_ns() < until)
        if (!one_stop(t) && t->count)
            wait_for_stops(t, TICK_MS);
}

static void watch(struct tracer *t)
{
    struct attach *a = t->attach;
    bool said = false;

    while (!a->stopping && t->count) {
        if (!said && t->unstopped == 0) {
            said = true;
            a->options->attached(a->options->context);
        }
        if (!one_stop(t) && t->count) {
            wait_for_stops(t, a->waiting ? TICK_MS : attach_patience(a));
            attach_tell_logs(a, vfu_mono_ns());
            attach_tick(a);
        }
    }
}

static bool start(struct attach *a, struct vfu_error *error)
{
    struct tracer *t = calloc(1, sizeof *t);
    sigset_t chld;

    if (!t)
        return vfu_fail(error, ENOMEM, "out of memory");
    a->method = t;
    t->attach = a;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    signal(SIGCHLD, SIG_DFL);
    t->signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    t->bytes = malloc(ATTACH_CALL);
    if (!t->bytes || t->signals < 0)
        return vfu_fail(error, errno, "out of memory or file descriptors");
    return seize_all(t, error);
}

static bool run(struct attach *a, struct vfu_error *error)
{
    struct tracer *t = a->method;

    if (!attach_scan(a, error))
        return false;
    watch(t);
    if (!t->count)
        attach_ended(a);
    return true;
}

static void end(struct attach *a)
{
    struct tracer *t = a->method;

    if (!t)
        return;
    let_all_go(t);
    if (t->signals >= 0)
        close(t->signals);
    free(t->threads);
    free(t->bytes);
    free(t);
}

const struct attach_method attach_by_ptrace = { .start = start, .watch = run, .end = end };
