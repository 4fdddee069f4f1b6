/*
 * vfuscope check: the server's process. It may be ours to start (-- COMMAND), again whenever it ends. It may end with
 * its client, as libvfio-user's samples do, and be started anew by whoever: then its end is waited for, since until
 * then a connection is taken by one that will not serve it.
 */
#include "capture/clock.h"
#include "cli/check/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_MS = 5, END_MS = 2000, CRASH_MS = 200, BARREN = 3 };

/* --- the command --- */

/* A socket that nobody serves would be in the command's way. */
static bool clear_path(const struct check *c, struct vfu_error *error)
{
    struct vfu_path path;
    struct stat there;
    int fd;

    if (!vfu_socket_path(c->path, &path, error))
        return false;
    fd = vfu_connect(c->path, 0, false, error);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 || error->number == EAGAIN)
        return vfu_fail(error, EADDRINUSE, "%s: somebody serves there already", path.text);
    if (error->number == ECONNREFUSED && lstat(path.text, &there) == 0 && S_ISSOCK(there.st_mode))
        unlink(path.text);
    return true;
}

bool check_server_start(struct check *c, struct vfu_error *error)
{
    return !c->server.command || (clear_path(c, error) && child_start(&c->server.child, c->server.command, error));
}

/* Has the command ended? A crash fails what is asked of it, or (it took its time) what was asked before. */
static bool has_ended(struct check *c)
{
    struct check_server *s = &c->server;

    if (s->child.pid <= 0 || child_ended(&s->child, &s->how)) {
        s->crashed |= s->child.status && child_status_is_crash(s->child.status);
        s->late |= s->crashed && !c->connected;
        s->child.status = 0;
        return true;
    }
    return false;
}

/* Started again, if it has ended; not for ever, if nobody ever gets to connect. */
static bool revive(struct check *c, struct vfu_error *error)
{
    if (!c->server.command || !has_ended(c))
        return true;
    if (!c->server.met || ++c->server.barren > BARREN)
        return vfu_fail(error, 0, "%s", c->server.how.text);
    return check_server_start(c, error);
}

/* --- connecting --- */

static pid_t listener_of(int fd)
{
    struct ucred who;
    socklen_t size = sizeof who;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

static bool may_come(int error)
{
    return error == EAGAIN || error == EINTR || error == ENOENT || error == ECONNREFUSED;
}

bool check_server_connect(struct check *c, int ms, struct vfu_error *error)
{
    const uint64_t end = vfu_mono_ns() + (uint64_t)ms * 1000000;
    pid_t peer;

    while (vfu_client_connect(&c->client, c->path, false, error) != VFU_CLIENT_OK) {
        if (!may_come(error->number) || vfu_mono_ns() >= end || c->stopped() || !revive(c, error))
            return false;
        poll(NULL, 0, STEP_MS);
    }
    peer = listener_of(c->client.sockets[VFU_MAIN]);
    c->server.ends |= c->server.peer && peer != c->server.peer;
    c->server.peer = peer;
    c->server.barren = 0;
    c->server.met = true;
    return true;
}

void check_server_name(const struct check *c, char *name, size_t size)
{
    char path[40];
    FILE *comm;

    snprintf(path, sizeof path, "/proc/%d/comm", (int)c->server.peer);
    comm = fopen(path, "re");
    if (!comm || !fgets(name, (int)size, comm))
        snprintf(name, size, "?");
    name[strcspn(name, "\n")] = '\0';
    if (comm)
        fclose(comm);
}

/* --- its end --- */

static void await_end(pid_t pid, int ms)
{
    struct pollfd p = { .fd = pid > 0 ? pidfd_open(pid, 0) : -1, .events = POLLIN };

    if (p.fd < 0)
        return; /* it is gone, or can't be seen from here */
    poll(&p, 1, ms);
    close(p.fd);
}

void check_server_left(struct check *c)
{
    if (c->server.ends)
        await_end(c->server.peer, END_MS);
}

const char *check_server_crash(struct check *c)
{
    bool crashed;

    if (c->server.command) {
        if (c->was_closed && c->server.child.pid > 0)
            await_end(c->server.child.pid, CRASH_MS);
        has_ended(c);
    }
    crashed = c->server.crashed;
    c->server.crashed = false;
    return crashed ? c->server.how.text : NULL;
}

void check_server_stop(struct check *c)
{
    struct vfu_error error;

    if (!child_stop(&c->server.child, &error))
        cli_error("%s", error.text);
}
