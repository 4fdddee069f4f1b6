/*
 * Where what a command prints goes in place of standard output: a file, or a program's standard input. Of a pipe only as much is
 * written as it takes at once, and the rest while the connection is served: a slow reader delays no answer to the device.
 */
#ifndef VFU_CLI_SHELL_OUT_H
#define VFU_CLI_SHELL_OUT_H

#include "cli/shell/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct shell_out {
    /* The writer's: write, or keep for later. False: it can't be written any more. */
    bool (*put)(struct shell_out *out, const char *bytes, size_t size);
    /* A pipe takes more. False: the descriptor is none of these. */
    bool (*ready)(struct shell_out *out, int fd);
    struct shell_out *outer; /* NULL: standard output */
    bool outer_failed;
    int fd;       /* -1: none */
    int watch_fd; /* the epoll that says when a pipe takes more */
    bool waits;   /* it does */
    char *queue;  /* what a pipe has not taken yet */
    size_t size, capacity, taken;
    int error;    /* why a write failed; 0: none did */
    bool left;    /* nobody reads any more */
    pid_t pid;    /* the program; 0: a file */
    const char *name; /* of the file, or the program's command */
};

struct shell;

/* What the commands print goes into the file from now on (append: to its end), or to the program. SHELL_OK, or the
   outcome's error says why not. The name stays the caller's. */
enum shell_result shell_out_to_file(struct shell *sh, struct shell_out *out, const char *name, bool append);
enum shell_result shell_out_to_program(struct shell *sh, struct shell_out *out, const char *command);
/* No longer: it has all that was printed, and a program has ended. SHELL_FAILED: the outcome's error says what failed; *status
   is the program's, as of a shell. */
enum shell_result shell_out_end(struct shell *sh, struct shell_out *out, int *status);

/* Between commands: wait while too much is kept. */
void shell_out_settle(struct shell *sh);

#endif
