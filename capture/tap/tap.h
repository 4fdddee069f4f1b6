/*
 * The tap: sits between clients and a server, passes on what each side sends, and tells of every message.
 */
#ifndef VFU_CAPTURE_TAP_TAP_H
#define VFU_CAPTURE_TAP_TAP_H

#include "capture/listen.h"
#include "capture/logs/logs.h"
#include "capture/tap/inject.h"
#include "decoder/session/session.h"
#include "decoder/wire/error.h"
#include "decoder/wire/writer.h"

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

struct tap;

/* Interception: messages are stopped, looked at, changed, and go on or not. Called in the tap's thread. */
struct vfu_tap_intercept {
    int input_fd; /* when it is readable, `input` is called */
    void (*input)(void *context, struct tap *tap);
    /* Is this message to be stopped? request: of a reply, as far as it is at hand, or NULL. */
    bool (*stops)(void *context, const struct vfu_event *event, const struct vfu_event *request);
    /* Could it be, of a message of which only the header has come? */
    bool (*may_stop)(void *context, const struct vfu_event *event);
    void (*stopped)(void *context, const struct vfu_event *event);
    /* The reply to a command of vfu_tap_probe came; NULL: it will not, the connection is gone. */
    void (*probed)(void *context, const struct vfu_event *reply);
    void *context;
};

/*
 * Somebody looks at guest memory. Interrupts that --expose irq shows go on once what they are about was looked at: the guest may
 * use that memory again then. Called in the tap's thread.
 */
struct vfu_tap_look {
    uint64_t hold_ns; /* so long an interrupt waits at most; 0: none does */
    int fd;           /* an eventfd: signalled whenever `looked` is more; -1: nobody is waited for */
    int moved_fd;     /* likewise when something moved that no message tells of: an event VFU_EVENT_LOOK is due; -1: none ever is */
    uint64_t every_ns; /* of which there are no more than one in half of this */
    /* Does somebody look at what this connection's interrupts are about; and at what no message tells of? */
    bool (*looks)(void *context, uint32_t conn);
    bool (*clocks)(void *context, uint32_t conn);
    /* What `looked` will be once the last interrupt that was told of is looked at. */
    uint64_t (*mark)(void *context);
    uint64_t (*looked)(void *context);
    void *context;
};

struct vfu_tap_options {
    struct vfu_listener *listener;
    struct vfu_listener *control; /* where probes come from; NULL: nowhere */
    const char *server; /* path; a folder means its cntrl */
    struct vfu_session *session;
    bool once;      /* end with the first connection */
    uint64_t count; /* end after so many messages; 0: never */
    int stop_fd;    /* when it becomes readable, `stop` is asked (which must empty it); -1: none */
    enum vfu_tap_stop (*stop)(void *context, struct tap *tap);
    struct vfu_injection *injections; /* injection_count of them; the caller's */
    size_t injection_count;
    const struct vfu_tap_intercept *intercept; /* NULL: none */
    unsigned expose;     /* VFU_EXPOSE_* */
    const struct vfu_tap_look *look; /* NULL: nobody does */
    uint64_t seed;       /* for their probabilities; not 0 */
    struct vfu_logs *logs; /* whose lines are told of, between the messages; NULL: none */
    uint64_t overdue_ns; /* tell of commands that wait longer than this; 0: never */
    /* Every event, in order; its pointers are good during the call. */
    void (*event)(void *context, const struct vfu_event *event);
    /*
     * A copy of the descriptor that came with the DMA_MAP message `no`, just before its event; the callee's to close.
     * NULL: not wanted.
     */
    void (*map_fd)(void *context, uint64_t no, int fd);
    /*
     * With the last event mappings have ended: the reply to DMA_UNMAP, or to the VERSION of a client that comes after
     * another one, tells a client that its memory is no longer held. It goes on when this returns: what map_fd gave is to
     * be closed by then. NULL: not wanted.
     */
    void (*unmapped)(void *context);
    /* Write what is wrong so far, for a client of the control socket. May be NULL. */
    void (*why)(void *context, bool as_json, struct vfu_writer *w);
    /* A line for the person. */
    void (*say)(void *context, const char *text);
    void *context;
};

/*
 * Run until told to stop. False: it could not start or go on (error says why), or the one connection of `once` never
 * reached a server (error is empty, `say` has said it).
 */
bool vfu_tap_run(const struct vfu_tap_options *options, struct vfu_error *error);

/* What the processes at the ends of connections do now: `room` threads at most; how many. */
unsigned vfu_tap_doing(const struct tap *tap, struct vfu_doing *list, unsigned room);
/* A client that is connected now. */
struct vfu_tap_client {
    uint32_t conn;    /* 0: it waits for a server */
    pid_t pid;        /* 0: not known */
    const char *name; /* of its process, as it chose it; may be empty; good as long as the connection is */
};
/* Those there are, oldest first, `room` at most; how many there are in all. */
unsigned vfu_tap_clients(const struct tap *tap, struct vfu_tap_client *list, unsigned room);
/* The messages that are stopped now, oldest first, `room` at most; how many. Valid until something is done to one. */
size_t vfu_tap_stopped(const struct tap *tap, const struct vfu_event **list, size_t room);
/* What becomes of stopped message `no`. False: there is none (any more). */
bool vfu_tap_forward(struct tap *tap, uint64_t no);
bool vfu_tap_drop(struct tap *tap, uint64_t no);
/* Answer a command with an error (0: with success and no payload) in the place of whom it is for. */
bool vfu_tap_answer(struct tap *tap, uint64_t no, uint32_t error);
/* Set a field (see vfu_build_set), or with a name of the form @OFFSET bytes, in hex. False: error says why. */
bool vfu_tap_edit(struct tap *tap, uint64_t no, const char *field, const char *value, struct vfu_error *error);
/*
 * Send a command of the person's to the device of the client that is there longest, with an id of the tap's; its
 * number. `probed` is called with the reply, if it has one, which the client does not get. 0: not sent, error says why;
 * what the client would have to know of is refused.
 */
uint64_t vfu_tap_probe(struct tap *tap, const void *bytes, size_t size, struct vfu_error *error);
/* A line of the person's, of any bytes, as the event mark. False: it has none, or more than VFU_LINE_MAX. */
bool vfu_tap_mark(struct tap *tap, const char *text, size_t size);
/* Nothing is stopped any more, and everything goes on. */
void vfu_tap_let_go(struct tap *tap);

#endif
