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

/* Take pending signals and interrupts; false: the work at hand should stop. The client's hook: its context is the
   shell. */
bool shell_watched(void *context);

#endif
