/*
 * Inside passive attach: what a method hands over, the process's fds as far as they matter, and the streams that are
 * taken apart into messages. One thread. From the ground up:
 *
 *   diag, where < proc < list, machine; tell, proc, calls < state < fds < message < stream, unread < order < close < traced < ptrace < run
 *                                                                                     bpfload < bpf < run
 */
#ifndef VFU_CAPTURE_ATTACH_INSIDE_H
#define VFU_CAPTURE_ATTACH_INSIDE_H

#include "capture/attach/attach.h"
#include "capture/attach/calls.h"

#include <sys/queue.h>

enum {
    ATTACH_WHOLE = 256 << 10,     /* so much of a message is kept */
    ATTACH_SEARCH = 4 << 20,      /* bytes in which a message must be found, else it is no vfio-user socket */
    ATTACH_UNSURE_SIZE = 2 << 20, /* no message is believed to be larger before anything else was seen */
    ATTACH_HELD = 256,            /* messages held until it is sure that they are some */
    ATTACH_WAIT_MS = 100,         /* what was received waits no longer for a call that is still sending */
    ATTACH_STALLED_MS = 1000,     /* so long after a part of a message nothing came: it has stalled */
};

/* An fd that was passed: its number in the process, and of what is a socket the inode (0: it is gone). */
struct attach_passed {
    int fd;
    uint64_t inode;
};

/* What one system call moved over one socket. */
struct attach_piece {
    int fd;
    uint64_t inode;   /* of the socket, where the method knows it; 0: what /proc says now */
    bool sent;        /* by the process; else it received it */
    uint64_t mono_ns; /* when the call returned */
    const uint8_t *bytes;
    size_t size;   /* bytes at hand */
    uint64_t lost; /* that the call moved after them, and that are not at hand */
    bool end;      /* the peer sends nothing more */
    const struct attach_passed *fds; /* nfds of them */
    const struct vfu_fd *seen; /* and what they are */
    unsigned nfds;
    bool fds_cut;
    /*
     * Calls that send over this fd, since it was opened: how many had begun when this one returned (received), how
     * many had returned with this one (sent). What was received may answer what a call in another thread still sends.
     */
    uint32_t begun, ended;
};

/* A message that waits until it is sure that it is one. */
struct attach_held {
    STAILQ_ENTRY(attach_held) next;
    struct vfu_message message;
    struct attach_passed fds[VFU_MAX_FDS];
    struct vfu_fd seen[VFU_MAX_FDS];
    bool sent;
    uint8_t bytes[];
};

/* What was received, and waits for a call that is still sending. */
struct attach_waiting {
    STAILQ_ENTRY(attach_waiting) next;
    uint64_t since_ns;
    struct attach_piece piece;
    struct attach_passed fds[VFU_MAX_FDS];
    struct vfu_fd seen[VFU_MAX_FDS];
    uint8_t bytes[];
};

/* One direction of a socket. */
struct attach_stream {
    bool framed;   /* the buffer begins where a message does; else that is being looked for */
    bool unframed; /* it did, and no longer does: the last bytes are in the buffer, fewer than a header's */
    uint64_t lost_at; /* since this offset */
    bool fds_unsure;  /* some may have come before the message's first byte */
    bool slid;     /* bytes were passed over in the search for a message */
    uint8_t *buffer;
    size_t capacity, got;
    uint64_t total;  /* bytes of the message so far */
    uint64_t offset; /* where in the stream it starts, from where it was joined */
    uint32_t size;   /* from the header, once got >= 16 */
    uint64_t searched;
    bool hole; /* bytes are missing after the first `got` */
    uint64_t last_ns;  /* when the last of them came; monotonic */
    bool told_stalled; /* of this message */
    struct attach_passed fds[VFU_MAX_FDS];
    struct vfu_fd seen[VFU_MAX_FDS];
    unsigned nfds;
    bool fds_cut;
};

enum { ATTACH_IN = 0, ATTACH_OUT = 1 };

struct attach_socket {
    LIST_ENTRY(attach_socket) next;
    uint64_t inode, peer; /* 0: not known */
    char path[ATTACH_NAME];
    unsigned fds;   /* of the process that are this socket, as far as known */
    bool ignored;   /* no vfio-user, or not asked for */
    uint32_t conn;  /* 0: not sure yet that it is vfio-user */
    enum vfu_channel channel;
    bool own_known; /* which side the process is */
    enum vfu_side own;
    unsigned score; /* what speaks for it, until it is sure */
    unsigned closed_by; /* for the disconnect event: bits, 1 << enum vfu_side */
    char note[96];      /* likewise: why */
    uint64_t twin; /* of a main socket: the inode of its twin, if that is known */
    bool wants_twin;
    struct attach_stream streams[2];
    STAILQ_HEAD(, attach_held) held;
    unsigned held_count;
    STAILQ_HEAD(, attach_waiting) waiting;
};

enum attach_fd_state { ATTACH_UNKNOWN, ATTACH_IGNORED, ATTACH_WATCHED };

struct attach_fd {
    enum attach_fd_state state;
    struct attach_socket *socket;
    uint32_t begun, ended; /* calls that send, for a method that counts here */
    uint32_t returned;     /* and those whose bytes went on */
};

struct attach {
    pid_t pid;
    const struct vfu_attach_options *options; /* NULL until it runs */
    struct attach_fd *fds; /* ATTACH_FDS */
    LIST_HEAD(, attach_socket) sockets; /* the newest first */
    uint32_t conns;
    uint64_t messages;
    int64_t realtime_ns; /* the real time when the monotonic clock was 0 */
    bool stopping;
    bool said_ring, said_gone, said_lost;
    unsigned waiting; /* pieces that wait for a call that sends */
    uint64_t started_ns; /* when it began to watch; monotonic */
    bool unlooked;    /* what lay unread at the start is not looked at yet */
    struct vfu_time told; /* of the last event; of none before the first */
    bool amid;        /* a stream may be amid a message, and it is not told of */
    void *method; /* what it has of its own */
    /* One that filters by itself learns of decisions so; may be NULL. */
    void (*decided)(void *method, int fd, bool watch);
};

/* tell.c */
__attribute__((format(printf, 2, 3))) void attach_say(struct attach *a, const char *format, ...);
/* Compare the clocks anew. */
void attach_set_clocks(struct attach *a);
/* The stop_fd is readable. */
void attach_ask_stop(struct attach *a);
void attach_event(struct attach *a, const struct vfu_event *event);
/* Tell of the lines of logs that came by then (monotonic), some at a time. */
void attach_tell_logs(struct attach *a, uint64_t until_ns);
static inline int attach_logs_fd(const struct attach *a)
{
    return a->options->logs ? vfu_logs_fd(a->options->logs) : -1;
}
void attach_show_connect(struct attach *a, struct attach_socket *s, uint64_t mono_ns);
void attach_show_disconnect(struct attach *a, struct attach_socket *s, uint64_t mono_ns);
/* Something was lost, `count` times. */
void attach_lost(struct attach *a, uint64_t count, uint64_t mono_ns);

/* Were as many messages shown as were asked for? */
static inline bool attach_is_enough(const struct attach *a)
{
    return a->options->count && a->messages >= a->options->count;
}

/* For how long nothing need be looked after, in ms; -1: until something happens. */
static inline int attach_patience(const struct attach *a)
{
    return a->waiting || a->amid || a->unlooked ? ATTACH_WAIT_MS : -1;
}

/* When the monotonic clock was at `mono_ns`. */
static inline struct vfu_time attach_time(const struct attach *a, uint64_t mono_ns)
{
    return (struct vfu_time){ .wall_ns = mono_ns + (uint64_t)a->realtime_ns, .mono_ns = mono_ns };
}

/* diag.c: one end of a UNIX socket. */
struct attach_end {
    bool is_stream, is_connected;
    uint64_t peer;     /* 0: none that has a number */
    bool unread_known;
    uint32_t unread;   /* bytes that have come and were not read yet */
    char name[ATTACH_NAME];
    struct vfu_attach_file file;
};
/* False: nothing is known of this inode. */
bool attach_diag(uint64_t inode, struct attach_end *end);
/* Every connected one. */
void attach_diag_each(void (*each)(void *context, uint64_t inode, const struct attach_end *end), void *context);
/* The listening socket that this one has connected to, and that has not accepted it yet. False: there is none. */
bool attach_diag_listener(uint64_t inode, struct attach_end *listener);

/* where.c: a listener of ours is bound beside its path and renamed (capture/listen.h): the path, if it is that. */
void attach_name_as_renamed(char name[ATTACH_NAME], const struct vfu_attach_file *file);

/* proc.c */

bool attach_name_of(pid_t pid, char name[ATTACH_COMM]);
/* The number behind `name` (with its colon) in /proc/PID/status; 0: there is none. */
int attach_status(pid_t pid, const char *name);
void attach_each_process(void (*each)(void *context, pid_t pid), void *context);
/* The inode of a socket behind an fd; 0: it is none, or (errno ENOENT) not open. */
uint64_t attach_fd_inode(pid_t pid, int fd);
/* What is known of a UNIX socket; OTHER: it is no stream socket, or gone. */
enum attach_found { ATTACH_OTHER, ATTACH_UNCONNECTED, ATTACH_CONNECTED };
enum attach_found attach_unix(pid_t pid, uint64_t inode, struct vfu_attach_socket *socket);
/* Call `each` for every open fd. False: errno says why. */
bool attach_each_fd(pid_t pid, void (*each)(void *context, int fd), void *context);
bool attach_is_ring(pid_t pid, int fd);

/* calls.c */
enum attach_call attach_call_of(long number);
/* The i-th call that is looked at; NULL: there are no more. */
const char *attach_call_name(unsigned i, enum attach_call *call, long *number);
bool attach_call_sends(enum attach_call call);

/* state.c: sockets. NULL: there is none, or out of memory. */
struct attach_socket *attach_by_inode(const struct attach *a, uint64_t inode);
struct attach_socket *attach_socket_new(struct attach *a, const struct vfu_attach_socket *found);
void attach_socket_free(struct attach_socket *s);
/* Everything held is forgotten; a message's begin is looked for anew. */
void attach_search(struct attach_socket *s);

static inline enum vfu_side attach_sender(const struct attach_socket *s, bool sent)
{
    return sent ? s->own : !s->own;
}

/* fds.c */

/*
 * Is this fd, on which the process makes a call, one to watch? Looks at it the first time; inode: of its socket if that
 * is known, and 0 if not.
 */
bool attach_wants(struct attach *a, int fd, uint64_t inode);
/* It is this socket (NULL: nothing to watch). */
void attach_decide(struct attach *a, int fd, struct attach_socket *s);
/* It is no vfio-user. */
void attach_ignore(struct attach *a, struct attach_socket *s);
/* Look at all fds there are. False: error says why. */
bool attach_scan(struct attach *a, struct vfu_error *error);
/* What the fds are, by what the process's table says now; sets their inodes. */
void attach_look_at_fds(struct attach *a, struct attach_passed *fds, unsigned nfds, struct vfu_fd *seen);

/* message.c: a message is whole */
void attach_message(struct attach *a, struct attach_socket *s, bool sent, struct vfu_message *m,
                    const struct attach_passed *fds);
/* No more comes: what was held is shown, if nothing speaks against it being vfio-user. */
void attach_show_held(struct attach *a, struct attach_socket *s);
/* Could this be a message's header? `sure`: where it stands says so. */
bool attach_plausible(const struct attach_socket *s, bool sent, const uint8_t *header, bool sure);

/* unread.c */
/* Once it has watched for a while: tell what lies unread where nothing has moved since. */
void attach_look_for_unread(struct attach *a, uint64_t now);

/* stream.c */
/* Tell of messages that have stalled by now. */
void attach_tell_stalled(struct attach *a, uint64_t now);
void attach_stream_take(struct attach *a, struct attach_socket *s, const struct attach_piece *piece);
/* One direction has ended: what there is of a message is shown. */
void attach_stream_end(struct attach *a, struct attach_socket *s, bool sent, uint64_t mono_ns);

/* order.c */
void attach_take(struct attach *a, const struct attach_piece *piece);
/* What waits too long goes on; now and then, when a.waiting. */
void attach_tick(struct attach *a);
/* All that waits goes on. */
void attach_wait_no_longer(struct attach *a, struct attach_socket *s);

/* close.c */

/* The process has closed an fd. */
void attach_closed(struct attach *a, int fd, uint64_t mono_ns);
/* It runs another program: fds may be gone. */
void attach_exec(struct attach *a, uint64_t mono_ns);
/* The process has ended. */
void attach_ended(struct attach *a);

/* traced.c: the system call that a thread is in, and that is looked at. */
struct attach_traced {
    enum attach_call call;
    uint64_t args[4];
};
/* The thread stands at the begin or the end of a system call; `bytes` is room for ATTACH_CALL. */
void attach_traced_stop(struct attach *a, pid_t tid, struct attach_traced *in, uint8_t *bytes);

/* bpfload.c: the program in the kernel, and the memory that it shares with us. */
struct attach_program {
    struct bpf_object *object;
    struct bpf_link *links[2];
    struct ring_buffer *ring;
    struct record_fd *fds; /* ATTACH_FDS */
    struct record_shared *shared;
};
/* `take` is called with each record of the ring when that is emptied, and returns 0. False: error says what is missing. */
bool attach_program_load(struct attach_program *p, pid_t pid, int (*take)(void *context, void *record, size_t size),
                         void *context, struct vfu_error *error);
void attach_program_unload(struct attach_program *p);

/* The methods. */
struct attach_method {
    /* Take hold of the process, and set a->method. False: error says why; `end` is called all the same. */
    bool (*start)(struct attach *a, struct vfu_error *error);
    /* Call options->attached once it watches; return when a->stopping or the process has ended. */
    bool (*watch)(struct attach *a, struct vfu_error *error);
    void (*end)(struct attach *a); /* and free a->method, which may be NULL */
};
extern const struct attach_method attach_by_ptrace, attach_by_bpf;

#endif
