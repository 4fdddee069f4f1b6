/*
 * What /proc knows of a process: its name, its fds, and its UNIX sockets, with the kernel's socket diagnostics.
 */
#include "capture/attach/inside.h"
#include "capture/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STREAM = 1, CONNECTED = 3 /* in /proc/net/unix: SS_CONNECTED */ };

/* --- the process --- */

bool attach_name_of(pid_t pid, char name[ATTACH_COMM])
{
    return vfu_process_read(pid, "comm", name, ATTACH_COMM);
}

int attach_status(pid_t pid, const char *name)
{
    char path[48], line[128];
    int number = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    while (f && !number && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            number = atoi(line + strlen(name));
    if (f)
        fclose(f);
    return number;
}

void attach_each_process(void (*each)(void *context, pid_t pid), void *context)
{
    DIR *dir = opendir("/proc");
    struct dirent *e;

    while (dir && (e = readdir(dir)))
        if (isdigit((unsigned char)e->d_name[0]))
            each(context, (pid_t)atoi(e->d_name));
    if (dir)
        closedir(dir);
}

bool attach_each_fd(pid_t pid, void (*each)(void *context, int fd), void *context)
{
    char path[48];
    struct dirent *e;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    if (!dir)
        return false;
    while ((e = readdir(dir)))
        if (isdigit((unsigned char)e->d_name[0]))
            each(context, atoi(e->d_name));
    closedir(dir);
    return true;
}

/* --- fds and sockets --- */

static bool link_of(pid_t pid, int fd, char *target, size_t room)
{
    char path[48];
    ssize_t size;

    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
    size = readlink(path, target, room - 1);
    target[size < 0 ? 0 : size] = '\0';
    return size >= 0;
}

uint64_t attach_fd_inode(pid_t pid, int fd)
{
    uint64_t inode = 0;
    char target[64];

    errno = 0;
    if (link_of(pid, fd, target, sizeof target) && sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1)
        inode = 0;
    return inode;
}

bool attach_is_ring(pid_t pid, int fd)
{
    char target[64];

    return link_of(pid, fd, target, sizeof target) && strcmp(target, "anon_inode:[io_uring]") == 0;
}

/* A line of /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path. */
static bool find_unix(pid_t pid, uint64_t inode, unsigned *type, unsigned *state, char path[ATTACH_NAME])
{
    char name[48], line[512];
    bool found = false;
    FILE *f;

    snprintf(name, sizeof name, "/proc/%d/net/unix", (int)pid); /* of its network namespace */
    f = fopen(name, "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        uint64_t at;
        int end = 0;

        if (sscanf(line, "%*s %*s %*s %*s %x %x %" SCNu64 " %n", type, state, &at, &end) < 3 || at != inode)
            continue;
        found = true;
        line[strcspn(line, "\n")] = '\0';
        snprintf(path, ATTACH_NAME, "%.*s", ATTACH_NAME - 1, end > 0 ? line + end : "");
    }
    if (f)
        fclose(f);
    return found;
}

/* Where our socket diagnostics do not reach: another network namespace. */
static enum attach_found unix_by_proc(pid_t pid, uint64_t inode, struct vfu_attach_socket *s)
{
    unsigned type, state;

    if (!find_unix(pid, inode, &type, &state, s->path) || type != STREAM)
        return ATTACH_OTHER;
    s->is_server = s->path[0] != '\0';
    return state == CONNECTED ? ATTACH_CONNECTED : ATTACH_UNCONNECTED;
}

enum attach_found attach_unix(pid_t pid, uint64_t inode, struct vfu_attach_socket *s)
{
    enum attach_found found = ATTACH_CONNECTED;
    struct attach_end own, other = { 0 };

    s->inode = inode;
    if (!attach_diag(inode, &own)) {
        found = unix_by_proc(pid, inode, s);
    } else if (!own.is_connected) {
        return own.is_stream ? ATTACH_UNCONNECTED : ATTACH_OTHER;
    } else {
        s->peer = own.peer;
        s->is_server = own.name[0] != '\0';
        /* Before the server has accepted it, its other end has no number yet. */
        if (!s->is_server && !(own.peer ? attach_diag(own.peer, &other) : attach_diag_listener(inode, &other)))
            other = (struct attach_end){ 0 };
        s->file = s->is_server ? own.file : other.file;
        memcpy(s->path, s->is_server ? own.name : other.name, sizeof s->path);
    }
    attach_name_as_renamed(s->path, &s->file);
    return found;
}
