/*
 * Running lspci on bytes: see lspci.h. It takes a dump in the form of its own -x output, from a file.
 */
#include "capture/child.h"
#include "cli/shell/lspci.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TEXT = 1 << 20, ROW = 16 };

/* A memfd with the dump, which the child inherits; -1: none. */
static int write_dump(const uint8_t *config, size_t size)
{
    int fd = memfd_create("vfuscope-lspci", 0);
    FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");

    if (!f) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    fprintf(f, "00:00.0 vfio-user device\n");
    for (size_t at = 0; at < size; at += ROW) {
        fprintf(f, "%03zx:", at);
        for (size_t i = at; i < at + ROW && i < size; i++)
            fprintf(f, " %02x", config[i]);
        fputc('\n', f);
    }
    if (fclose(f) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* In the child. */
static void become(int dump, int output)
{
    static const char *const paths[] = { "lspci", "/usr/bin/lspci", "/usr/sbin/lspci", "/sbin/lspci" };
    int nowhere = open("/dev/null", O_RDWR);
    char path[32];

    if (nowhere < 0)
        _exit(127);
    snprintf(path, sizeof path, "/proc/self/fd/%d", dump);
    child_signals();
    dup2(nowhere, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        execlp(paths[i], "lspci", "-vvv", "-nn", "-F", path, (char *)NULL);
    _exit(127);
}

static char *read_all(int fd)
{
    char *text = malloc(MAX_TEXT + 1);
    size_t size = 0;
    ssize_t got = 1;

    while (text && got != 0 && size < MAX_TEXT) {
        got = read(fd, text + size, MAX_TEXT - size);
        if (got < 0 && errno != EINTR)
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    if (text)
        text[size] = '\0';
    return text;
}

/* The device may put anything into its strings. */
static void tame(char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t') || (unsigned char)*text >= 0x7f)
            *text = '?';
}

char *lspci_decode(const uint8_t *config, size_t size)
{
    int dump = write_dump(config, size), output[2], status = -1;
    char *text = NULL;
    pid_t pid;

    if (dump < 0)
        return NULL;
    if (pipe2(output, O_CLOEXEC) != 0) {
        close(dump);
        return NULL;
    }
    pid = fork();
    if (pid == 0)
        become(dump, output[1]);
    close(output[1]);
    close(dump);
    if (pid > 0) {
        text = read_all(output[0]);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(output[0]);
    if (status != 0 || !text || !text[0]) {
        free(text);
        return NULL;
    }
    tame(text);
    return text;
}
