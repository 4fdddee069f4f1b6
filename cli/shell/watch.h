/*
 * What the shell waits for besides the server: signals, and the interrupts that it armed.
 */
#ifndef VFU_CLI_SHELL_WATCH_H
#define VFU_CLI_SHELL_WATCH_H

#include <stdbool.h>

struct shell_watch {
    int fd; /* epoll: all of it */
    int signal_fd;
    bool interrupted; /* SIGINT came */
    bool terminated;  /* SIGTERM came */
};

/* Take pending signals and interrupts, and: should the work at hand stop? The client's hooks: their context is the shell. */
void shell_watched(void *context);
bool shell_stopped(void *context);

#endif
