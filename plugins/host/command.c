/*
 * A command that a plugin adds to the shell, while it runs in a process of its own.
 */
#include "capture/child.h"
#include "plugins/host/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_MS = 1000 };

bool vfu_plugin_run_start(struct vfu_plugin_run *r, const char *path, unsigned command, int argc, char **argv,
                          struct vfu_error *error)
{
    const struct plugin_job job = { .kind = JOB_RUN, .path = path, .command = command, .argc = argc, .argv = argv };
    struct vfu_error why;

    r->socket = -1;
    r->pid = plugin_start(&job, &r->socket, &why);
    return r->pid || vfu_fail(error, why.number, "%s", strerror(why.number));
}

static bool ended(struct vfu_plugin_run *r, struct vfu_error *error)
{
    int status = 0;

    if (child_wait(r->pid, END_MS, &status))
        r->pid = 0;
    if (WIFSIGNALED(status))
        return vfu_fail(error, 0, "the plugin crashed (%s)", strsignal(WTERMSIG(status)));
    return vfu_fail(error, 0, "the plugin ended its process");
}

bool vfu_plugin_run_next(struct vfu_plugin_run *r, struct vfu_plugin_call *call, size_t *size, struct vfu_error *error)
{
    const size_t head = offsetof(struct vfu_plugin_call, bytes);
    ssize_t n;

    do
        n = recv(r->socket, call, sizeof *call, 0);
    while (n < 0 && errno == EINTR);
    if (n < (ssize_t)head)
        return ended(r, error);
    *size = (size_t)n - head;
    return true;
}

void vfu_plugin_run_answer(const struct vfu_plugin_run *r, const struct vfu_plugin_called *answer)
{
    send(r->socket, answer, sizeof *answer, MSG_NOSIGNAL);
}

void vfu_plugin_run_end(struct vfu_plugin_run *r)
{
    if (r->socket >= 0)
        close(r->socket);
    if (r->pid > 0)
        child_kill(r->pid);
}
