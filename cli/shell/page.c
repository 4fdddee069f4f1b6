/*
 * Long output at the prompt goes through a pager: what a command says is gathered, and if the screen can't hold it,
 * given to the pager. The connection is served meanwhile.
 */
#include "capture/child.h"
#include "cli/pager.h"
#include "cli/shell/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* More rows than the screen has, less one for the prompt? */
static bool is_long(const char *text)
{
    struct winsize w;
    unsigned rows = 0, columns = 0;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_row < 2 || w.ws_col == 0)
        return false;
    for (; *text && rows < w.ws_row; text++) {
        columns = *text == '\n' ? 0 : columns + 1;
        if (*text == '\n' || columns > w.ws_col) {
            rows++;
            columns = *text != '\n';
        }
    }
    return rows >= w.ws_row;
}

static void become(const char *pager, int input)
{
    child_signals();
    dup2(input, STDIN_FILENO);
    setenv("LESS", "FRX", 0);
    execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
    _exit(127);
}

/* Wait for it; ^C is the pager's. */
static void serve_until(struct shell *sh, int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    while (!p.revents && !sh->watch.terminated) {
        sh->watch.interrupted = false;
        vfu_client_turn(&sh->link.client, &p, -1, &sh->outcome.error);
    }
}

/* False: there is no pager. */
static bool run_pager(struct shell *sh, const char *text, size_t size)
{
    const char *pager = cli_pager();
    int input[2], status = 0, ended;
    pid_t pid;

    if (!pager || pipe2(input, O_CLOEXEC) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        become(pager, input[0]);
    close(input[0]);
    fcntl(input[1], F_SETFL, O_NONBLOCK);
    while (pid > 0 && size > 0 && !sh->watch.terminated) {
        ssize_t n = write(input[1], text, size);

        if (n < 0 && errno == EAGAIN)
            serve_until(sh, input[1], POLLOUT);
        else if (n < 0 && errno != EINTR)
            break; /* it was quit before the end */
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    close(input[1]);
    if (pid < 0)
        return false;
    ended = (int)syscall(SYS_pidfd_open, pid, 0);
    if (ended >= 0) {
        serve_until(sh, ended, POLLIN);
        close(ended);
    }
    if (sh->watch.terminated)
        kill(pid, SIGTERM);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    sh->watch.interrupted = false;
    return !WIFEXITED(status) || WEXITSTATUS(status) != 127;
}

void shell_page_begin(struct shell *sh)
{
    vfu_writer_flush(&sh->screen.w);
    shell_buffer_init(&sh->screen.page);
    sh->screen.paging = true;
}

void shell_page_end(struct shell *sh)
{
    const struct vfu_error error = sh->outcome.error; /* the command's */
    const char *text;

    if (!sh->screen.paging)
        return;
    vfu_writer_flush(&sh->screen.w);
    sh->screen.paging = false;
    text = shell_buffer_text(&sh->screen.page);
    if (!is_long(text) || !run_pager(sh, text, sh->screen.page.size)) {
        vfu_write(&sh->screen.w, text, sh->screen.page.size);
        vfu_writer_flush(&sh->screen.w);
    }
    shell_buffer_free(&sh->screen.page);
    sh->outcome.error = error;
}
