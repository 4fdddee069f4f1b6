/*
 * Signals as the subcommands take them.
 */
#include "cli/signals.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void ignore_failed_writes(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static bool is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

int cli_signals_open(const int *more)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    for (; *more; more++)
        if (*more != SIGHUP || !is_ignored(SIGHUP))
            sigaddset(&set, *more);
    sigprocmask(SIG_BLOCK, &set, NULL);
    ignore_failed_writes();
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cli_signals_next(int fd)
{
    struct signalfd_siginfo info;

    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void cli_signals_end(void)
{
    kill(getpid(), SIGTERM);
}

bool cli_signals_pending(void)
{
    sigset_t set;

    return sigpending(&set) == 0 &&
           (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP));
}

static volatile sig_atomic_t counted;
static void (*second_call)(void);

static void on_signal(int number)
{
    (void)number;
    counted++;
    if (counted > 1 && second_call)
        second_call();
}

void cli_signals_count(void (*second)(void))
{
    struct sigaction end = { .sa_handler = on_signal }; /* no SA_RESTART: a read that waits ends */

    second_call = second;
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    ignore_failed_writes();
}

int cli_signals_counted(void)
{
    return counted;
}

bool cli_reader_left(void)
{
    struct pollfd p = { .fd = STDOUT_FILENO };

    return poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLHUP);
}

void cli_end_by_sigpipe(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}
