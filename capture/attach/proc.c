/*
 * What /proc and the kernel's socket diagnostics know of a process: its name, its fds, its UNIX sockets and their peers.
 */
#include "capture/attach/inside.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAM = 1, CONNECTED = 3 /* in /proc/net/unix: SS_CONNECTED */ };

/* --- the process --- */

/* The text of a small file in /proc, without its newline. */
static bool read_small(const char *path, char *text, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t size;

    if (!f)
        return false;
    size = fread(text, 1, room - 1, f);
    text[size] = '\0';
    text[strcspn(text, "\n")] = '\0';
    fclose(f);
    return size > 0;
}

bool attach_name_of(pid_t pid, char name[16])
{
    char path[48];

    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    return read_small(path, name, 16);
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
static bool find_unix(pid_t pid, uint64_t inode, unsigned *type, unsigned *state, char path[108])
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
        snprintf(path, 108, "%.107s", end > 0 ? line + end : "");
    }
    if (f)
        fclose(f);
    return found;
}

/* The inode of a socket's peer, as far as the kernel tells (in our network namespace); 0: it does not. */
static uint64_t peer_of(uint64_t inode)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req request;
    } ask = {
        .head = { .nlmsg_len = sizeof ask, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
        .request = { .sdiag_family = AF_UNIX, .udiag_states = (uint32_t)-1, .udiag_ino = (uint32_t)inode,
                     .udiag_show = UDIAG_SHOW_PEER, .udiag_cookie = { (uint32_t)-1, (uint32_t)-1 } },
    };
    _Alignas(struct nlmsghdr) char answer[4096];
    const struct nlmsghdr *head = (const struct nlmsghdr *)answer;
    const size_t before = NLMSG_LENGTH(sizeof(struct unix_diag_msg));
    uint32_t peer = 0;
    ssize_t size = -1;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd >= 0 && send(fd, &ask, sizeof ask, 0) == (ssize_t)sizeof ask)
        size = recv(fd, answer, sizeof answer, 0);
    if (fd >= 0)
        close(fd);
    if (size < (ssize_t)before || head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return 0;
    for (size_t at = before; at + sizeof(struct nlattr) <= (size_t)size;) {
        struct nlattr attr;

        memcpy(&attr, answer + at, sizeof attr);
        if (attr.nla_len < sizeof attr)
            break;
        if (attr.nla_type == UNIX_DIAG_PEER && at + sizeof attr + sizeof peer <= (size_t)size)
            memcpy(&peer, answer + at + sizeof attr, sizeof peer);
        at += NLA_ALIGN(attr.nla_len);
    }
    return peer;
}

bool attach_unix(pid_t pid, uint64_t inode, struct vfu_attach_socket *s)
{
    unsigned type, state;

    s->inode = inode;
    if (!find_unix(pid, inode, &type, &state, s->path) || type != STREAM || state != CONNECTED)
        return false;
    s->is_server = s->path[0] != '\0';
    s->peer = peer_of(inode);
    if (!s->is_server && s->peer)
        find_unix(pid, s->peer, &type, &state, s->path);
    return true;
}
