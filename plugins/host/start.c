/*
 * The plugins' process, whichever its job: this program started anew, with a few descriptors and none of our memory;
 * signalled, waited for, ended.
 */
#include "capture/child.h"
#include "plugins/host/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILL_MS = 1000 };
extern char **environ;

/* --- memory --- */

static int sealed_memory(const char *name, const void *bytes, size_t size, int seals)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool good = fd >= 0 && ftruncate(fd, (off_t)size) == 0 && (!bytes || pwrite(fd, bytes, size, 0) == (ssize_t)size) &&
                fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;

    if (good || fd < 0)
        return fd;
    close(fd);
    return -1;
}

void *plugin_memory(size_t size, int *fd)
{
    void *at = MAP_FAILED;

    *fd = sealed_memory("vfuscope-plugins", NULL, size, 0); /* or it would be cut under our hands */
    if (*fd >= 0)
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (at != MAP_FAILED)
        return at;
    plugin_memory_free(NULL, 0, *fd);
    *fd = -1;
    return NULL;
}

void plugin_memory_free(void *at, size_t size, int fd)
{
    if (at)
        munmap(at, size);
    if (fd >= 0)
        close(fd);
}

/* --- starting --- */

enum { SOCKET, LEASH_WRITE, THEIRS, LEASH_READ, MOVED, JOB, MEMORY, FDS };

static void close_all(int fds[FDS])
{
    for (int i = 0; i < FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* What it gets stands above the numbers that it will have there, or one would take another's place. */
static bool above(int fds[FDS])
{
    for (int i = THEIRS; i <= MEMORY; i++) {
        int high = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, PLUGIN_FD_END);

        if (fds[i] >= 0 && high < 0)
            return false;
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = high;
    }
    return true;
}

static bool open_all(const struct plugin_job *job, int memory, int moved, int fds[FDS])
{
    int pair[2], leash[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    fds[SOCKET] = pair[0];
    fds[THEIRS] = pair[1];
    if (fcntl(fds[SOCKET], F_SETFL, O_NONBLOCK) != 0 || pipe2(leash, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    fds[LEASH_READ] = leash[0];
    fds[LEASH_WRITE] = leash[1];
    fds[JOB] = sealed_memory("vfuscope-job", job, sizeof *job, F_SEAL_WRITE);
    fds[MOVED] = moved < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : fcntl(moved, F_DUPFD_CLOEXEC, 0);
    fds[MEMORY] = memory < 0 ? -1 : fcntl(memory, F_DUPFD_CLOEXEC, 0);
    return fds[JOB] >= 0 && fds[MOVED] >= 0 && (memory < 0 || fds[MEMORY] >= 0) && above(fds);
}

/* The program as it runs, whatever has become of its file since. 0, or an errno. */
static int spawn(const int fds[FDS], pid_t *pid)
{
    char *argv[] = { "vfuscope", VFU_PLUGINS_PROCESS, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all;
    int failed;

    sigfillset(&all); /* until it has seen to its signals */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&files);
    failed = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&files, fds[THEIRS], PLUGIN_FD_SOCKET);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&files, fds[LEASH_READ], PLUGIN_FD_LEASH);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&files, fds[MOVED], PLUGIN_FD_MOVED);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&files, fds[JOB], PLUGIN_FD_JOB);
    if (!failed && fds[MEMORY] >= 0)
        failed = posix_spawn_file_actions_adddup2(&files, fds[MEMORY], PLUGIN_FD_MEMORY);
    failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&files, fds[MEMORY] < 0 ? PLUGIN_FD_MEMORY : PLUGIN_FD_END);
    failed = failed ? failed : posix_spawn(pid, "/proc/self/exe", &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

bool plugin_start(struct plugin_job *job, int memory, int moved, struct vfu_plugin_child *child, struct vfu_error *error)
{
    int fds[FDS] = { -1, -1, -1, -1, -1, -1, -1 }, why;

    *child = (struct vfu_plugin_child)VFU_PLUGIN_NO_CHILD;
    job->parent = getpid();
    why = open_all(job, memory, moved, fds) ? spawn(fds, &child->pid) : errno;
    if (why) {
        close_all(fds);
        child->pid = 0;
        return vfu_fail(error, why, "can't start their process: %s", strerror(why));
    }
    fcntl(fds[LEASH_READ], F_SETOWN, child->pid);
    fcntl(fds[LEASH_READ], F_SETSIG, SIGKILL);
    fcntl(fds[LEASH_READ], F_SETFL, O_ASYNC | O_NONBLOCK);
    child->socket = fds[SOCKET];
    child->leash[0] = fds[LEASH_READ];
    child->leash[1] = fds[LEASH_WRITE];
    close(fds[THEIRS]);
    close(fds[MOVED]);
    close(fds[JOB]);
    if (fds[MEMORY] >= 0)
        close(fds[MEMORY]);
    return true;
}

void vfu_plugins_process(void)
{
    plugin_process();
}

/* --- while it runs --- */

/*
 * Root's process becomes another user's, and attach gives up the right to signal those; PR_SET_PDEATHSIG needs it too.
 * But whoever was root when a descriptor's owner was set has the kernel send that owner the signal that says that the
 * descriptor is ready: a pipe's, when there is a byte in it, and when its other end is gone with us.
 */
void plugin_child_signal(const struct vfu_plugin_child *c, int signal)
{
    if (kill(c->pid, signal) == 0)
        return;
    fcntl(c->leash[0], F_SETSIG, signal);
    if (write(c->leash[1], "", 1) < 0)
        return; /* full of signals: it is not hung for want of one */
    fcntl(c->leash[0], F_SETSIG, SIGKILL);
}

static void hang_up(struct vfu_plugin_child *c)
{
    int *const fds[] = { &c->socket, &c->leash[0], &c->leash[1] };

    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

bool plugin_child_reap(struct vfu_plugin_child *c, int ms, int *status)
{
    bool ended = true;

    if (c->socket >= 0)
        close(c->socket);
    c->socket = -1;
    if (c->pid > 0) {
        ended = child_wait(c->pid, ms, status);
        if (!ended)
            plugin_child_signal(c, SIGKILL);
        if (!ended)
            child_wait(c->pid, KILL_MS, NULL);
    }
    c->pid = 0;
    hang_up(c);
    return ended;
}
