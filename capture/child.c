/*
 * Running a command beside us: see child.h.
 */
#include "capture/child.h"
#include "capture/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 2000, STEP_MS = 2 };

void child_remember_limits(struct child *c)
{
    getrlimit(RLIMIT_NOFILE, &c->files);
}

void child_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
}

/* Whoever reads a terminal that is another's is stopped. */
static void read_nothing(void)
{
    int null = open("/dev/null", O_RDONLY);

    if (null > STDIN_FILENO) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
}

/* In the child. What we changed for ourselves is changed back; why exec failed goes through the pipe. */
static void become(const struct child *c, char **command, int report)
{
    int why;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0);
    if (c->no_input || isatty(STDIN_FILENO))
        read_nothing();
    child_signals();
    signal(SIGTTOU, SIG_IGN); /* what it writes goes to the terminal all the same, also after `stty tostop` */
    setrlimit(RLIMIT_NOFILE, &c->files);
    if (c->output)
        dup2(c->output, STDERR_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO); /* ours is for messages, or a capture */
    execvp(command[0], command);
    why = errno;
    if (write(report, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

bool child_start(struct child *c, char **command, struct vfu_error *error)
{
    int report[2], why = 0;
    ssize_t got;

    c->name = command[0];
    if (pipe2(report, O_CLOEXEC) != 0)
        return vfu_fail(error, errno, "%s: %s", c->name, strerror(errno));
    c->pid = fork();
    if (c->pid == 0)
        become(c, command, report[1]);
    why = c->pid < 0 ? errno : 0;
    close(report[1]);
    do
        got = c->pid < 0 ? 0 : read(report[0], &why, sizeof why);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (!why)
        return true;
    if (c->pid > 0)
        waitpid(c->pid, NULL, 0);
    c->pid = 0;
    return vfu_fail(error, why, "%s: can't start it: %s", c->name, strerror(why));
}

bool child_ended(struct child *c, struct vfu_error *how)
{
    int status;

    if (c->pid <= 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
        return false;
    c->pid = 0;
    c->status = status;
    c->failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (WIFSIGNALED(status))
        vfu_fail(how, 0, "%s: killed by signal %d (%s)", c->name, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        vfu_fail(how, 0, "%s: exited with status %d", c->name, WEXITSTATUS(status));
    return true;
}

static void kill_it(pid_t pid)
{
    kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

bool child_stop(struct child *c, struct vfu_error *error)
{
    bool ended;

    if (c->pid <= 0)
        return true;
    kill(-c->pid, SIGTERM);
    kill(-c->pid, SIGCONT); /* one that was stopped hears it then */
    ended = child_wait(c->pid, PATIENCE_MS, NULL);
    if (!ended)
        kill_it(c->pid);
    c->pid = 0;
    return ended || vfu_fail(error, 0, "%s: does not end; killed", c->name);
}

/* Until its end, or so many ms from now. */
static void wait_by(int pidfd, int ms)
{
    const uint64_t until = vfu_mono_ns() + (uint64_t)ms * 1000000;
    struct pollfd ended = { .fd = pidfd, .events = POLLIN };
    uint64_t now;

    while ((now = vfu_mono_ns()) < until && poll(&ended, 1, (int)((until - now) / 1000000) + 1) < 0 && errno == EINTR)
        ;
}

bool child_wait(pid_t pid, int ms, int *status)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd >= 0) {
        wait_by(pidfd, ms);
        close(pidfd);
        return waitpid(pid, status, WNOHANG) != 0;
    }
    for (int waited = 0; waited < ms; waited += STEP_MS) {
        if (waitpid(pid, status, WNOHANG) != 0)
            return true;
        poll(NULL, 0, STEP_MS);
    }
    return false;
}

bool child_status_is_crash(int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128;

    return number == SIGSEGV || number == SIGBUS || number == SIGABRT || number == SIGFPE || number == SIGILL ||
           number == SIGSYS || number == SIGTRAP;
}
