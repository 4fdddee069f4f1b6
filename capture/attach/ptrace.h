/*
 * Inside the method ptrace: the threads, and what each is at.
 */
#ifndef VFU_CAPTURE_ATTACH_PTRACE_H
#define VFU_CAPTURE_ATTACH_PTRACE_H

#include "capture/attach/inside.h"

struct traced {
    pid_t tid;
    bool stopped_once; /* so that its calls are seen from now on */
    enum attach_call call; /* that it is in and that is looked at */
    uint64_t args[4];
};

struct tracer {
    struct attach *attach;
    struct traced *threads;
    size_t count, room;
    unsigned unstopped;
    int signals; /* a signalfd of SIGCHLD */
    bool detaching;
    uint8_t *bytes; /* ATTACH_CALL: what a call moved */
};

/* The thread stands at the begin or the end of a system call. */
void traced_call(struct tracer *t, struct traced *thread);

#endif
