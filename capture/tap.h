/*
 * The tap: sits between clients and a server, passes on what each side sends, and tells of every message.
 */
#ifndef VFU_CAPTURE_TAP_H
#define VFU_CAPTURE_TAP_H

#include "decoder/error.h"
#include "decoder/session.h"
#include "inject.h"
#include "socket.h"

enum vfu_tap_stop {
    VFU_TAP_GO_ON,
    VFU_TAP_DRAIN, /* the server is gone: end when the connections have, or after a second */
    VFU_TAP_STOP,
};

/* What --expose makes visible by changing what the peers offer each other. */
enum {
    VFU_EXPOSE_MMIO = 1 << 0,      /* no region can be mapped: every access is a message */
    VFU_EXPOSE_DMA = 1 << 1,       /* no memory can be mapped: every transfer is a message */
    VFU_EXPOSE_IRQ = 1 << 2,       /* interrupts go through eventfds of the tap's own */
    VFU_EXPOSE_IOEVENTFD = 1 << 3, /* so do doorbells */
};

struct vfu_tap_options {
    struct vfu_listener *listener;
    struct vfu_listener *control; /* where probes come from; NULL: nowhere */
    const char *server; /* path; a folder means its cntrl */
    struct vfu_session *session;
    bool once;      /* end with the first connection */
    uint64_t count; /* end after so many messages; 0: never */
    int stop_fd;    /* when it becomes readable, `stop` is asked (which must empty it); -1: none */
    enum vfu_tap_stop (*stop)(void *context);
    struct vfu_injection *injections; /* injection_count of them; the caller's */
    size_t injection_count;
    unsigned expose;     /* VFU_EXPOSE_* */
    uint64_t seed;       /* for their probabilities; not 0 */
    uint64_t overdue_ns; /* tell of commands that wait longer than this; 0: never */
    /* Every event, in order; its pointers are good during the call. */
    void (*event)(void *context, const struct vfu_event *event);
    /*
     * A copy of the descriptor that came with the DMA_MAP message `no`, just before its event; the callee's to close.
     * NULL: not wanted.
     */
    void (*map_fd)(void *context, uint64_t no, int fd);
    /* A line for the person. */
    void (*say)(void *context, const char *text);
    void *context;
};

/*
 * Run until told to stop. False: it could not start or go on (error says why), or the one connection of `once` never
 * reached a server (error is empty, `say` has said it).
 */
bool vfu_tap_run(const struct vfu_tap_options *options, struct vfu_error *error);

#endif
