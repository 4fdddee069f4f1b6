/*
 * The person's pager: see pager.h.
 */
#include "cli/pager.h"
#include "capture/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

static struct {
    pid_t pid; /* 0: none */
    unsigned columns; /* of the terminal behind it */
    bool has_errors;  /* standard error goes there as well */
    int before[2];    /* what those were: from standard output on */
} pager;

static bool is_program(const char *folder, size_t folder_size, const char *name, size_t size)
{
    char path[PATH_ROOM];
    int length = snprintf(path, sizeof path, "%.*s/%.*s", (int)folder_size, folder, (int)size, name);

    return length > 0 && length < (int)sizeof path && access(path, X_OK) == 0;
}

/* Could the shell start it? What is more than a program's name and its arguments is the shell's to know. */
static bool can_start(const char *command)
{
    const char *path = getenv("PATH");
    size_t size;

    command += strspn(command, " \t");
    size = strcspn(command, " \t");
    if (command[strcspn(command, "=|&;<>()$`\\\"'*?[#~%{\n")])
        return true;
    if (memchr(command, '/', size))
        return is_program(command[0] == '/' ? "" : ".", command[0] != '/', command, size);
    for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; *path; path += *path == ':') {
        size_t length = strcspn(path, ":");

        if (length && is_program(path, length, command, size))
            return true;
        path += length;
    }
    return false;
}

const char *cli_pager(void)
{
    const char *command = getenv("VFUSCOPE_PAGER");

    if (!command)
        command = getenv("PAGER");
    if (!command)
        command = "less";
    return command[strspn(command, " \t")] && strcmp(command, "cat") != 0 && can_start(command) ? command : NULL;
}

/* Should we be killed, it leaves the terminal to the shell. */
static void become(const char *command, int input)
{
    child_signals();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(input, STDIN_FILENO);
    setenv("LESS", "FRX", 0);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* In the place of a standard file, which is kept. */
static void use(int fd, int standard)
{
    pager.before[standard - STDOUT_FILENO] = fcntl(standard, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    dup2(fd, standard);
}

static void put_back(int standard)
{
    dup2(pager.before[standard - STDOUT_FILENO], standard);
    close(pager.before[standard - STDOUT_FILENO]);
}

void cli_pager_start(void)
{
    const char *command = cli_pager(), *term = getenv("TERM");
    int input[2];

    if (!command || !isatty(STDOUT_FILENO) || !term || strcmp(term, "dumb") == 0 || pipe2(input, O_CLOEXEC) != 0)
        return;
    pager.columns = cli_columns(STDOUT_FILENO);
    pager.has_errors = isatty(STDERR_FILENO);
    fflush(stdout);
    pager.pid = fork();
    if (pager.pid == 0)
        become(command, input[0]);
    close(input[0]);
    if (pager.pid > 0) {
        use(input[1], STDOUT_FILENO);
        if (pager.has_errors)
            use(input[1], STDERR_FILENO);
        signal(SIGPIPE, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGQUIT, SIG_IGN);
    } else {
        pager.pid = 0;
    }
    close(input[1]);
}

bool cli_pager_end(void)
{
    if (!pager.pid)
        return false;
    fflush(stdout);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    put_back(STDOUT_FILENO);
    if (pager.has_errors)
        put_back(STDERR_FILENO);
    while (waitpid(pager.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    pager.pid = 0;
    return true;
}

bool cli_is_terminal(int fd)
{
    return (pager.pid && (fd == STDOUT_FILENO || (fd == STDERR_FILENO && pager.has_errors))) || isatty(fd);
}

unsigned cli_columns(int fd)
{
    struct winsize size;

    if (pager.pid && cli_is_terminal(fd) && !isatty(fd))
        return pager.columns;
    return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
