/*
 * What threads do: see doing.h. Their state anybody may see, where they wait and in which system call only who could trace them.
 */
#include "capture/doing.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

enum { THREADS = 64 /* looked at */, GROUPS = 16 };

/* Calls in which processes wait; of those with `fd` the first argument is a descriptor. */
static const struct {
    long number;
    const char *name;
    bool fd;
} calls[] = {
    { SYS_read, "read", true },
    { SYS_write, "write", true },
    { SYS_readv, "readv", true },
    { SYS_writev, "writev", true },
    { SYS_pread64, "pread64", true },
    { SYS_pwrite64, "pwrite64", true },
    { SYS_recvfrom, "recvfrom", true },
    { SYS_recvmsg, "recvmsg", true },
    { SYS_recvmmsg, "recvmmsg", true },
    { SYS_sendto, "sendto", true },
    { SYS_sendmsg, "sendmsg", true },
    { SYS_sendmmsg, "sendmmsg", true },
    { SYS_accept, "accept", true },
    { SYS_accept4, "accept4", true },
    { SYS_connect, "connect", true },
    { SYS_ioctl, "ioctl", true },
    { SYS_fcntl, "fcntl", true },
    { SYS_flock, "flock", true },
    { SYS_fsync, "fsync", true },
    { SYS_fdatasync, "fdatasync", true },
    { SYS_epoll_pwait, "epoll_pwait", true },
#ifdef SYS_epoll_wait
    { SYS_epoll_wait, "epoll_wait", true },
#endif
#ifdef SYS_epoll_pwait2
    { SYS_epoll_pwait2, "epoll_pwait2", true },
#endif
    { SYS_io_uring_enter, "io_uring_enter", true },
#ifdef SYS_poll
    { SYS_poll, "poll", false },
    { SYS_select, "select", false },
    { SYS_pause, "pause", false },
#endif
    { SYS_ppoll, "ppoll", false },
    { SYS_pselect6, "pselect6", false },
    { SYS_futex, "futex", false },
    { SYS_nanosleep, "nanosleep", false },
    { SYS_clock_nanosleep, "clock_nanosleep", false },
    { SYS_wait4, "wait4", false },
    { SYS_waitid, "waitid", false },
    { SYS_io_getevents, "io_getevents", false },
    { SYS_rt_sigtimedwait, "rt_sigtimedwait", false },
    { SYS_rt_sigsuspend, "rt_sigsuspend", false },
    { SYS_restart_syscall, "restart_syscall", false },
    { SYS_openat, "openat", false },
    { SYS_close, "close", true },
    { SYS_mmap, "mmap", false },
    { SYS_munmap, "munmap", false },
    { SYS_madvise, "madvise", false },
};

/* A line of /proc/PID/task/TID/syscall: "running", or the call's number and its arguments; -1 outside of one. */
static void read_call(pid_t pid, int tid, char call[VFU_DOING_ROOM])
{
    char file[48], line[128];
    unsigned long first = 0;
    long number;

    snprintf(file, sizeof file, "task/%d/syscall", tid);
    if (!vfu_process_read(pid, file, line, sizeof line) || sscanf(line, "%ld %lx", &number, &first) < 1 || number < 0)
        return;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].number != number)
            continue;
        if (calls[i].fd)
            snprintf(call, VFU_DOING_ROOM, "%s(%d)", calls[i].name, (int)first);
        else
            snprintf(call, VFU_DOING_ROOM, "%s", calls[i].name);
        return;
    }
    snprintf(call, VFU_DOING_ROOM, "system call %ld", number);
}

/* False: it is gone. */
static bool look(const struct vfu_process *p, int tid, struct vfu_doing *d)
{
    char file[48], line[512];
    const char *name, *end;

    snprintf(file, sizeof file, "task/%d/stat", tid);
    if (!vfu_process_read(p->pid, file, line, sizeof line) || !(name = strchr(line, '(')) || !(end = strrchr(line, ')')) ||
        end[1] != ' ')
        return false;
    d->tid = (uint32_t)tid;
    d->threads = 1;
    d->state = end[2];
    snprintf(d->name, sizeof d->name, "%.*s", (int)(end - name - 1), name + 1);
    snprintf(file, sizeof file, "task/%d/wchan", tid);
    if (d->state != 'R' && vfu_process_read(p->pid, file, line, sizeof line) && strcmp(line, "0") != 0)
        snprintf(d->where, sizeof d->where, "%.*s", (int)sizeof d->where - 1, line);
    if (d->state != 'R')
        read_call(p->pid, tid, d->call);
    return true;
}

static bool is_same(const struct vfu_doing *a, const struct vfu_doing *b)
{
    return a->state == b->state && strcmp(a->call, b->call) == 0 && strcmp(a->where, b->where) == 0;
}

static void add(struct vfu_doing *groups, unsigned *count, const struct vfu_doing *d)
{
    for (unsigned i = 0; i < *count; i++) {
        if (!is_same(&groups[i], d))
            continue;
        groups[i].threads++;
        return;
    }
    if (*count < GROUPS)
        groups[(*count)++] = *d;
}

/* How much it may have to do with a hang: the main thread, what does not just sleep, who is about a descriptor. */
static int weight(const struct vfu_doing *d)
{
    return d->tid == d->pid ? 3 : d->state != 'S' ? 2 : strchr(d->call, '(') ? 1 : 0;
}

static int by_weight(const void *a, const void *b)
{
    const struct vfu_doing *x = a, *y = b;

    return weight(x) != weight(y) ? weight(y) - weight(x) : (x->tid > y->tid) - (x->tid < y->tid);
}

unsigned vfu_process_doing(const struct vfu_process *p, enum vfu_side side, struct vfu_doing *list)
{
    struct vfu_doing groups[GROUPS];
    unsigned count = 0, looked = 0;
    char path[48];
    struct dirent *e;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
    dir = p->pid ? opendir(path) : NULL;
    while (dir && looked < THREADS && (e = readdir(dir))) {
        struct vfu_doing d = { .side = side, .pid = (uint32_t)p->pid };

        if (!isdigit((unsigned char)e->d_name[0]) || !look(p, atoi(e->d_name), &d))
            continue;
        memcpy(d.process, p->name, sizeof d.process);
        add(groups, &count, &d);
        looked++;
    }
    if (dir)
        closedir(dir);
    qsort(groups, count, sizeof *groups, by_weight);
    count = count < VFU_DOING_MAX ? count : VFU_DOING_MAX;
    memcpy(list, groups, count * sizeof *groups);
    return count;
}
