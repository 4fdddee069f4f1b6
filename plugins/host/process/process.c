/*
 * The plugins' process, from its first step: what it leaves, and then its job.
 */
#include "plugins/host/process/inside.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Nothing of vfuscope's is this process's business: not its files, not its terminal's signals. The socket's new number.
 */
static int leave(int own)
{
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGXFSZ };
    static const int defaults[] = { SIGCHLD, SIGUSR1, SIGUSR2 };
    const struct rlimit no_core = { 0, 0 };
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "vfuscope-plugin");
    setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        signal(defaults[i], SIG_DFL);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    own = fcntl(own, F_DUPFD_CLOEXEC, 4);
    if (own < 0 || dup2(own, 3) < 0)
        _exit(1);
    syscall(SYS_close_range, 4u, ~0u, 0u);
    return 3;
}

void plugin_process(const struct plugin_job *job, int socket)
{
    socket = leave(socket);
    switch (job->kind) {
    case JOB_LOOK:
        plugin_look(socket, job);
        break;
    case JOB_TELL:
        plugin_tell(job);
        break;
    case JOB_RUN:
        plugin_run(socket, job);
        break;
    }
    _exit(0);
}
