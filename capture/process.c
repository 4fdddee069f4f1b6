/*
 * What the kernel and /proc tell of a process: see process.h.
 */
#include "capture/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STATE = 3, FLAGS = 9, STARTED = 22, STATUS = 52 /* in /proc/PID/stat, from 1 */ };
enum { EXITING = 4 /* PF_EXITING */, STAT_LINE = 1024 };

bool vfu_process_read(pid_t pid, const char *file, char *text, size_t room)
{
    char path[64];
    ssize_t size;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size = read(fd, text, room - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    if (size > 0 && text[size - 1] == '\n')
        text[size - 1] = '\0';
    return size > 0;
}

int vfu_process_take_fd(pid_t pid, int fd)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), copy, why;

    if (pidfd < 0)
        return -1;
    copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    why = errno;
    close(pidfd);
    errno = why;
    return copy;
}

/* A field of the line in /proc/PID/stat. Its second one is the name in parentheses, which may hold what it likes. */
static const char *stat_field(const char *line, int field)
{
    const char *at = strrchr(line, ')');

    for (int i = 2; at && i < field; i++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at;
}

static uint64_t started(pid_t pid)
{
    char line[STAT_LINE];
    const char *at = vfu_process_read(pid, "stat", line, sizeof line) ? stat_field(line, STARTED) : NULL;

    return at ? strtoull(at, NULL, 10) : 0;
}

/* Of a thread: the kernel's PF_EXITING stands in its flags from the begin of its end on. */
static bool is_exiting(const char *line)
{
    const char *state = stat_field(line, STATE), *flags = stat_field(line, FLAGS);

    return !state || *state == 'Z' || *state == 'X' || (flags && strtoul(flags, NULL, 10) & EXITING);
}

/* A main thread may leave before the others: all of them must. */
static bool all_exit(pid_t pid)
{
    char path[64], line[STAT_LINE];
    struct dirent *e;
    bool all = true;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    dir = opendir(path);
    while (dir && all && (e = readdir(dir)))
        if (isdigit((unsigned char)e->d_name[0])) {
            snprintf(path, sizeof path, "task/%d/stat", atoi(e->d_name));
            all = !vfu_process_read(pid, path, line, sizeof line) || is_exiting(line);
        }
    if (dir)
        closedir(dir);
    return all;
}

bool vfu_process_ended(const struct vfu_process *p, struct vfu_ended *ended)
{
    char line[STAT_LINE];
    const char *began, *status;

    *ended = (struct vfu_ended){ 0 };
    if (!p->pid || !p->started)
        return false;
    line[0] = '\0';
    vfu_process_read(p->pid, "stat", line, sizeof line);
    began = stat_field(line, STARTED);
    if (began && strtoull(began, NULL, 10) == p->started) {
        if (!all_exit(p->pid))
            return false;
        status = stat_field(line, STATUS);
        ended->status = status ? atoi(status) : 0; /* of others' processes it is 0 */
    }
    ended->pid = (uint32_t)p->pid;
    memcpy(ended->name, p->name, sizeof ended->name);
    return true;
}

bool vfu_process_of(pid_t pid, struct vfu_process *p)
{
    char name[VFU_PROCESS_ROOM + 1]; /* with its newline */

    *p = (struct vfu_process){ 0 };
    if (!vfu_process_read(pid, "comm", name, sizeof name))
        return false;
    p->pid = pid;
    p->started = started(pid);
    snprintf(p->name, sizeof p->name, "%.*s", VFU_PROCESS_ROOM - 1, name);
    return true;
}

bool vfu_process_of_peer(int socket, struct vfu_process *p)
{
    struct ucred who;
    socklen_t size = sizeof who;

    *p = (struct vfu_process){ 0 };
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid <= 0)
        return false;
    if (!vfu_process_of(who.pid, p)) /* hidden from us, or gone */
        p->pid = who.pid;
    return true;
}
