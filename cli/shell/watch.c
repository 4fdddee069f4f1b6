/*
 * What the shell waits for besides the server: signals, and the interrupts that it armed.
 */
#include "cli/shell/inside.h"
#include "cli/shell/out.h"
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Of a command: what is said next does not stand behind the terminal's ^C. */
static void interrupt(struct shell *sh)
{
    if (sh->screen.interactive && !sh->screen.typing && !sh->watch.interrupted) {
        vfu_write_text(&sh->screen.w, "\n");
        vfu_writer_flush(&sh->screen.w);
    }
    sh->watch.interrupted = true;
}

static void take_signal(struct shell *sh)
{
    int number;

    while ((number = cli_signals_next(sh->watch.signal_fd))) {
        if (number == SIGINT)
            interrupt(sh);
        else if (number == SIGTERM)
            sh->watch.terminated = true;
        else if (number == SIGWINCH && sh->screen.typing)
            cli_line_resize(sh->screen.typing);
        else if (number == SIGCONT && sh->screen.typing)
            cli_line_resume(sh->screen.typing);
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

void shell_watched(void *context)
{
    struct shell *sh = context;
    struct epoll_event events[32];
    int count = epoll_wait(sh->watch.fd, events, 32, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == sh->watch.signal_fd)
            take_signal(sh);
        else if (!sh->screen.out || !sh->screen.out->ready(sh->screen.out, events[i].data.fd))
            take_interrupt(sh, events[i].data.fd);
    }
}

bool shell_stopped(void *context)
{
    const struct shell *sh = context;

    return sh->watch.interrupted || sh->watch.terminated;
}

bool shell_watch_open(struct shell_watch *watch)
{
    struct epoll_event event = { .events = EPOLLIN };

    watch->fd = epoll_create1(EPOLL_CLOEXEC);
    watch->signal_fd = cli_signals_open((const int[]){ SIGWINCH, SIGCONT, 0 });
    event.data.fd = watch->signal_fd;
    if (watch->fd >= 0 && watch->signal_fd >= 0 &&
        epoll_ctl(watch->fd, EPOLL_CTL_ADD, watch->signal_fd, &event) == 0)
        return true;
    cli_error("can't wait for signals: %s", strerror(errno));
    return false;
}

void shell_watch_close(struct shell_watch *watch)
{
    close(watch->signal_fd);
    close(watch->fd);
}
