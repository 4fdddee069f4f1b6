/*
 * Programs that a line asks for, through /bin/sh: `| COMMAND` and `!COMMAND`. The connection is served while they run.
 */
#include "capture/child.h"
#include "cli/shell/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAVE_MS = 1000, PLAIN_MS = 20 };

/* What the line's own $NAME would be is in its environment: as values, which nothing there takes for commands. */
static void hand_over(struct shell *sh)
{
    char *value = shell_field_text(sh, "value");

    if (value)
        setenv("value", value, 1);
    for (size_t i = 0; i < sh->vars.count; i++)
        setenv(sh->vars.var[i].name, sh->vars.var[i].value, 1);
}

static void become(struct shell *sh, const char *command, int input, int output)
{
    hand_over(sh);
    child_signals();
    if (input >= 0)
        dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

pid_t shell_program_start(struct shell *sh, const char *command, int input, int output)
{
    int none = input < 0 && sh->run.reads_stdin ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        become(sh, command, none >= 0 ? none : input, output);
    if (none >= 0)
        close(none);
    return pid;
}

/* At the prompt ^C is the program's, which got it too. In a script it ends that, and the program with it. */
static bool goes_on(struct shell *sh)
{
    if (sh->screen.interactive)
        sh->watch.interrupted = false;
    return !shell_stopped(sh);
}

/* Until it has ended, or we are to. */
static void serve_until_ended(struct shell *sh, pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = { .fd = fd, .events = POLLIN };
    siginfo_t info = { 0 };

    while (goes_on(sh) && !ended.revents && (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || !info.si_pid))
        vfu_client_turn(&sh->link.client, &ended, fd >= 0 ? -1 : PLAIN_MS, &sh->outcome.error);
    if (fd >= 0)
        close(fd);
}

int shell_program_end(struct shell *sh, pid_t pid)
{
    int status = 0;

    serve_until_ended(sh, pid);
    if (shell_stopped(sh) && !child_wait(pid, 0, &status)) {
        kill(pid, SIGTERM);
        if (!child_wait(pid, LEAVE_MS, &status))
            kill(pid, SIGKILL);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
