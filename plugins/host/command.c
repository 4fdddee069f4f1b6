/*
 * A command that a plugin adds to the shell, while it runs in a process of its own.
 */
#include "plugins/host/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { END_MS = 1000 };

/* The words one after the other; false: there is no room for them. */
static bool put_words(struct plugin_job *job, int argc, char **argv)
{
    size_t used = 0;

    for (int i = 0; i < argc; i++) {
        size_t size = strlen(argv[i]) + 1;

        if (size > sizeof job->words - used)
            return false;
        memcpy(job->words + used, argv[i], size);
        used += size;
    }
    job->argc = (unsigned)argc;
    return true;
}

bool vfu_plugin_run_start(struct vfu_plugin_run *r, const char *path, unsigned command, int argc, char **argv,
                          struct vfu_error *error)
{
    struct plugin_job *job = calloc(1, sizeof *job);
    bool good = false;

    r->child = (struct vfu_plugin_child)VFU_PLUGIN_NO_CHILD;
    if (!job)
        return vfu_fail(error, ENOMEM, "out of memory");
    job->kind = JOB_RUN;
    job->command = command;
    job->wanted.count = 1;
    job->wanted.by_file[0] = true;
    snprintf(job->wanted.path[0], sizeof job->wanted.path[0], "%s", path);
    if (!put_words(job, argc, argv))
        vfu_fail(error, E2BIG, "more than %d bytes of words", PLUGIN_WORDS);
    else
        good = plugin_start(job, -1, -1, &r->child, error);
    free(job);
    return good;
}

static bool ended(struct vfu_plugin_run *r, struct vfu_error *error)
{
    int status = 0;

    if (plugin_child_reap(&r->child, END_MS, &status) && WIFSIGNALED(status))
        return vfu_fail(error, 0, "the plugin crashed (%s)", strsignal(WTERMSIG(status)));
    return vfu_fail(error, 0, "the plugin ended its process");
}

bool vfu_plugin_run_next(struct vfu_plugin_run *r, struct vfu_plugin_call *call, size_t *size, struct vfu_error *error)
{
    const size_t head = offsetof(struct vfu_plugin_call, bytes);
    ssize_t n;

    do
        n = recv(r->child.socket, call, sizeof *call, 0);
    while (n < 0 && errno == EINTR);
    if (n < (ssize_t)head)
        return ended(r, error);
    *size = (size_t)n - head;
    return true;
}

void vfu_plugin_run_answer(const struct vfu_plugin_run *r, const struct vfu_plugin_called *answer)
{
    send(r->child.socket, answer, sizeof *answer, MSG_NOSIGNAL);
}

void vfu_plugin_run_end(struct vfu_plugin_run *r)
{
    plugin_child_reap(&r->child, 0, NULL);
}
