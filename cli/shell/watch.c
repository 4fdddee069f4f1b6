/*
 * What the shell waits for besides the server: signals, and the interrupts that it armed.
 */
#include "cli/shell/shell.h"
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

static void take_signal(struct shell *sh)
{
    int number;

    while ((number = cli_signals_next(sh->signal_fd))) {
        if (number == SIGINT)
            sh->interrupted = true;
        else if (number == SIGTERM)
            sh->terminated = true;
        else if (number == SIGWINCH && sh->screen.typing)
            sh->screen.typing->resize(sh->screen.typing);
    }
}

static void take_interrupt(struct shell *sh, int fd)
{
    struct shell_vector *v;
    uint64_t fired = shell_irqs_take(&sh->device.irqs, fd, &v);
    char name[SHELL_NAME];

    if (!fired || !sh->screen.interactive)
        return;
    shell_name(name, vfu_irq_names, v->index);
    if (fired > 1)
        shell_notice(sh, "interrupt: %s %u, %llu times", name, v->vector, (unsigned long long)fired);
    else
        shell_notice(sh, "interrupt: %s %u", name, v->vector);
}

bool shell_watched(void *context)
{
    struct shell *sh = context;
    struct epoll_event events[32];
    int count = epoll_wait(sh->watch_fd, events, 32, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == sh->signal_fd)
            take_signal(sh);
        else
            take_interrupt(sh, events[i].data.fd);
    }
    return !sh->interrupted && !sh->terminated;
}

bool shell_watch_signals(struct shell *sh)
{
    struct epoll_event watch = { .events = EPOLLIN };

    sh->watch_fd = epoll_create1(EPOLL_CLOEXEC);
    sh->signal_fd = cli_signals_open((const int[]){ SIGWINCH, 0 });
    watch.data.fd = sh->signal_fd;
    if (sh->watch_fd >= 0 && sh->signal_fd >= 0 &&
        epoll_ctl(sh->watch_fd, EPOLL_CTL_ADD, sh->signal_fd, &watch) == 0)
        return true;
    cli_error("can't wait for signals: %s", strerror(errno));
    return false;
}
