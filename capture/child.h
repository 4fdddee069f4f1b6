/*
 * The command that stands after `--`: started, watched and ended with us. It is in a process group of its own, so that what is
 * typed at our terminal (^C) is for us alone; it ends with all of that group. How long to wait for any process.
 */
#ifndef VFU_CAPTURE_CHILD_H
#define VFU_CAPTURE_CHILD_H

#include "decoder/wire/error.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: none, or ended */
    const char *name;
    bool no_input;       /* our standard input is not for it; nor is one that is a terminal */
    int output;          /* where its standard output and error go; 0: both to our standard error */
    struct rlimit files; /* as they were before we raised ours */
    bool failed;         /* it ended by itself, and not well */
    int status;          /* waitpid's, once it has ended by itself */
};

void child_remember_limits(struct child *c);
/* Start it, its standard output going to our standard error, or where `output` says. False: error says why not. */
bool child_start(struct child *c, char **command, struct vfu_error *error);
/* After SIGCHLD: has it ended? Then `how` says how. */
bool child_ended(struct child *c, struct vfu_error *how);
/* End it, and what it started, if it still runs. False: SIGTERM was not enough, it was killed, and error says so. */
bool child_stop(struct child *c, struct vfu_error *error);

/* waitpid's status: ended by a signal that nobody sends to end a process? A shell says so by its exit status. */
bool child_status_is_crash(int status);
/* Any process of ours. Has it ended within so many ms? *status (may be NULL) is waitpid's, and is only set then. */
bool child_wait(pid_t pid, int ms, int *status);
/* In a child before exec: no signal blocked, those we ignore as they were. */
void child_signals(void);

#endif
