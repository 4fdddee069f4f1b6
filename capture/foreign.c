/*
 * Descriptors that others gave us: see foreign.h.
 */
#include "capture/foreign.h"
#include "capture/clock.h"
#include "capture/poke.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GUARD_MS = 50 };

static bool start(pthread_t *thread, void *(*run)(void *))
{
    sigset_t all, before;
    bool ok;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok)
        pthread_detach(*thread);
    return ok;
}

/* --- eventfds --- */

/* The write at work: since when, and whose. One thread writes to eventfds; a guard interrupts it. */
static struct {
    atomic_bool started;
    _Atomic uint64_t since_ns; /* 0: none */
    pthread_t writer;
} writing;

static void *guard(void *unused)
{
    for (;;) {
        uint64_t since;

        poll(NULL, 0, GUARD_MS);
        since = atomic_load(&writing.since_ns);
        if (since && vfu_mono_ns() - since > GUARD_MS * UINT64_C(1000000))
            pthread_kill(writing.writer, VFU_POKE);
    }
    return unused;
}

static bool guarded(void)
{
    pthread_t thread;
    sigset_t set;

    if (atomic_load(&writing.started))
        return true;
    writing.writer = pthread_self();
    vfu_poke_ready();
    sigemptyset(&set);
    sigaddset(&set, VFU_POKE);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    atomic_store(&writing.started, start(&thread, guard));
    return atomic_load(&writing.started);
}

static bool add(int fd, uint64_t count, bool *blocked)
{
    ssize_t written;

    atomic_store(&writing.since_ns, vfu_mono_ns());
    written = write(fd, &count, sizeof count);
    *blocked = written < 0 && errno == EINTR;
    atomic_store(&writing.since_ns, 0);
    return written == (ssize_t)sizeof count;
}

/* How much more it takes; 0: nothing, or it can't be told. */
static uint64_t room_in(int fd)
{
    char path[40], text[512], *found;
    uint64_t full = UINT64_MAX - 1, now;
    ssize_t size;
    int info;

    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    info = open(path, O_RDONLY | O_CLOEXEC);
    size = info < 0 ? -1 : read(info, text, sizeof text - 1);
    if (info >= 0)
        close(info);
    text[size < 0 ? 0 : size] = '\0';
    found = strstr(text, "eventfd-count:");
    if (!found)
        return 0;
    now = strtoull(found + strlen("eventfd-count:"), NULL, 16);
    return now < full ? full - now : 0;
}

bool vfu_eventfd_add(int fd, uint64_t count, bool *blocked)
{
    struct pollfd room = { .fd = fd, .events = POLLOUT }; /* for 1 */
    int flags = fcntl(fd, F_GETFL);

    *blocked = false;
    if (flags < 0 || !guarded())
        return false;
    if (!(flags & O_NONBLOCK) && (count == 1 ? poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT) : room_in(fd) < count))
        return false;
    return add(fd, count, blocked);
}

/* --- closing --- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    int *fds;
    size_t count, room;
    bool started;
} closing = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void *close_them(void *unused)
{
    pthread_mutex_lock(&closing.lock);
    for (;;) {
        int fd;

        while (!closing.count)
            pthread_cond_wait(&closing.more, &closing.lock);
        fd = closing.fds[--closing.count];
        pthread_mutex_unlock(&closing.lock);
        close(fd);
        pthread_mutex_lock(&closing.lock);
    }
    return unused;
}

/* False: there is no thread, or no memory. */
static bool close_aside(int fd)
{
    pthread_t thread;
    bool ok;

    pthread_mutex_lock(&closing.lock);
    closing.started = closing.started || start(&thread, close_them);
    ok = closing.started && VFU_GROW(closing.fds, closing.room, closing.count + 1);
    if (ok) {
        closing.fds[closing.count++] = fd;
        pthread_cond_signal(&closing.more);
    }
    pthread_mutex_unlock(&closing.lock);
    return ok;
}

/* What its server is not asked for: what is known of the file here. Only memory has seals. */
static bool may_hang(int fd)
{
    struct statx st;

    if (fcntl(fd, F_GET_SEALS) >= 0)
        return false;
    return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) != 0 || S_ISREG(st.stx_mode) ||
           S_ISDIR(st.stx_mode) || S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode);
}

void vfu_close_fds(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!may_hang(fds[i]) || !close_aside(fds[i]))
            close(fds[i]);
}
