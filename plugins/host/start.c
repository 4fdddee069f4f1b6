/*
 * Starting the plugins' process, for whichever job.
 */
#include "plugins/host/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

pid_t plugin_start(const struct plugin_job *job, int *socket, struct vfu_error *error)
{
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        vfu_fail(error, errno, "%s", strerror(errno));
        return 0;
    }
    pid = fork();
    if (pid == 0)
        plugin_process(job, pair[1]);
    if (pid < 0)
        vfu_fail(error, errno, "can't start their process: %s", strerror(errno));
    close(pair[1]);
    *socket = pair[0];
    if (pid > 0)
        return pid;
    close(*socket);
    *socket = -1;
    return 0;
}
