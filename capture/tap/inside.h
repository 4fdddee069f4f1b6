/*
 * Inside the tap: connections, their channels (main and perhaps twin), the two ends of each and the two flows between
 * them. One thread, one epoll set, no call that blocks. File by file, from the ground up: each calls those before it.
 */
#ifndef VFU_CAPTURE_TAP_INSIDE_H
#define VFU_CAPTURE_TAP_INSIDE_H

#include "capture/process.h"
#include "capture/tap/tap.h"
#include "capture/tap/wait.h"

#include "decoder/wire/encode.h"

#include <sys/queue.h>

enum {
    TAP_WHOLE = 256 << 10, /* up to here a message is passed on whole, and kept for the sinks */
    TAP_PIECE = 64 << 10,  /* what is passed on as it comes, at a time */
    TAP_TAIL = 16,
};

struct tap_flow;
struct tap_channel;
struct tap_connection;

/* Milliseconds in the clocks' nanoseconds. */
static inline uint64_t tap_ms(uint64_t n)
{
    return n * 1000000u;
}

/* --- watched.c: what epoll watches --- */

/* What epoll's pointers point to is this, or begins with it. */
enum tap_watched {
    TAP_END,     /* struct tap_end */
    TAP_WAKE,    /* struct tap_wake */
    TAP_PROBE,   /* struct tap_probe */
    TAP_CLIENTS, /* the socket that they connect to; of this and the others there is one */
    TAP_CONTROL, /* likewise the probes */
    TAP_INPUT,   /* the person's */
    TAP_STOP,
    TAP_OVERDUE,
    TAP_HOLDS,
    TAP_LOGS,
    TAP_LOOKED,
    TAP_WAITED,
    TAP_MOVED,
};

struct tap_timer {
    enum tap_watched what;
    int fd; /* a timerfd; -1: none */
};

/* epoll_ctl. False: errno says why. */
bool tap_epoll(struct tap *tap, int op, int fd, uint32_t events, const enum tap_watched *what);
bool tap_timer_open(struct tap *tap, struct tap_timer *t, enum tap_watched what);
void tap_timer_close(struct tap_timer *t);
/* Once, then (monotonic). */
void tap_timer_at(const struct tap_timer *t, uint64_t at_ns);
/* Again and again; 0: no more. */
bool tap_timer_every(const struct tap_timer *t, uint64_t ns);
/* It went off: so that it is no longer readable. */
void tap_timer_empty(const struct tap_timer *t);

/* --- flows.c --- */

/* Every flow of an open channel, one a call; NULL begins and ends. */
struct tap_flow *tap_next_flow(const struct tap *tap, struct tap_flow *f);
#define TAP_EACH_FLOW(f, tap) for (struct tap_flow *f = tap_next_flow(tap, NULL); f; f = tap_next_flow(tap, f))

/* --- tell.c: what is told --- */

/* For replies that are overdue. */
struct tap_watch {
    struct tap_timer timer;
    bool set;
};

__attribute__((format(printf, 2, 3))) void tap_say(struct tap *tap, const char *format, ...);
void tap_event(struct tap *tap, const struct vfu_event *event);
/* Lines of logs wait: tell of those that came by then (monotonic), some at a time. */
void tap_tell_logs(struct tap *tap, uint64_t until_ns);
/* What the session is to be told of the message at hand. */
void tap_flow_message(const struct tap_flow *f, struct vfu_message *m);
/* Message `no` is about to be shown: its DMA_MAP's descriptor goes to who asked for it. */
void tap_hand_over_map_fd(struct tap_flow *f, uint64_t no);
/* The side that it comes from has left: say so, if what is held or stopped keeps that from being seen. */
void tap_say_left(struct tap_flow *f);
/* Nothing more can be passed on: tell of it if that is for a peer that is still there. */
void tap_tell_broken(struct tap_flow *f);
/* The message was passed on, or as much of it as the other side takes now: show it, unless it was. */
void tap_flow_show(struct tap_flow *f, struct vfu_time time);
/* A message is about to be shown: if it answers one that still comes from the other side, that one is shown before it. */
void tap_flow_show_answered(struct tap_flow *reply);
/* The message that was just shown counts. */
void tap_counted(struct tap *tap);
bool tap_watch_open(struct tap *tap);
/* Replies may be overdue by now: tell of those. */
void tap_watch_happened(struct tap *tap);

/* --- listen.c: where clients and probes connect --- */

enum { TAP_PAUSE_MS = 100 /* no fds left: clients wait this long at a time */ };

struct tap_listeners {
    bool paused; /* for want of fds */
    uint64_t resume_ns;
};

/* False: errno says why. */
bool tap_listen(struct tap *tap);
/* Nobody was accepted, errno `why`. For want of fds or memory: those there are go on, it waits for a moment; true. */
bool tap_listen_pauses(struct tap *tap, int why);
/* If it was paused for long enough: listen again, and take those who came. */
bool tap_listen_again(struct tap *tap, uint64_t now);

/* --- queue.c: messages that were decided about, on their way --- */

/* The tap's copy of a message, which may differ. */
struct tap_out {
    STAILQ_ENTRY(tap_out) next;
    uint8_t *bytes;
    size_t size, sent;
    int fds[VFU_MAX_FDS];
    unsigned nfds;
    uint64_t due_ns; /* monotonic: it is held until then, and what stands behind it too; 0: not */
    uint64_t split;  /* its first bytes, which go out a moment before the rest; 0: all at once */
    uint64_t after;  /* set aside: how many messages of its direction go first */
    bool glue;       /* set aside: the next one goes out with it */
};
struct tap_queue {
    STAILQ_HEAD(, tap_out) list;
    unsigned count;
};

/* A message of these bytes (malloc'ed) and fds, which become its own. NULL: out of memory, and all is let go of. */
struct tap_out *tap_out_new(uint8_t *bytes, size_t size, const int *fds, unsigned nfds);
void tap_out_free(struct tap_out *out);
void tap_queue_add(struct tap_queue *q, struct tap_out *out);
/* Take it out, wherever it stands. */
void tap_queue_take(struct tap_queue *q, struct tap_out *out);
/* Is the first of them held back? */
bool tap_queue_held(const struct tap_queue *q);
/* When the last of those that are held back is due; 0: none is. */
uint64_t tap_queue_due(const struct tap_queue *q);
/* Pass on what can be. OK: nothing waits any more; AGAIN: something does; ERROR: the other side takes nothing more. */
enum vfu_io tap_queue_push(struct tap_queue *q, int socket);
void tap_queue_clear(struct tap_queue *q);

/* --- pump.c: what was read goes out to the other side --- */

/* Bytes of the message at hand; they are its. */
struct tap_span {
    const uint8_t *bytes;
    size_t ready, sent; /* may go out, went out */
};

struct tap_pump {
    int socket;                  /* the other side's */
    struct tap_queue queue;      /* decided about, and not yet passed on: goes first */
    struct tap_span head, piece; /* the message's first bytes; what follows, when it comes in pieces */
    int fds[VFU_MAX_FDS];        /* read with it and not yet passed on */
    unsigned nfds;
    struct vfu_fd seen[VFU_MAX_FDS]; /* those of the message that were passed on, described */
    unsigned nseen;
    bool amid;   /* part of a message went out: what is in the queue waits for its end */
    bool large;  /* the last message was: it went out beyond what the socket's buffer holds */
    bool full;   /* and the other side has not taken it: nothing more is read until it has */
    bool broken; /* the other side takes nothing more */
};

/* The message at hand, as far as it was read. */
struct tap_message {
    uint64_t offset; /* where in the stream it starts */
    uint64_t total;  /* bytes read of it; more than `got` when it is large */
    uint8_t *bytes;  /* its first ones, TAP_WHOLE at most unless it is decided about */
    size_t room, got;
    uint8_t *piece;                /* where those that follow are read to */
    uint32_t size, command, flags; /* from its header, once got >= 16 */
    bool fds_cut;
    bool fds_unsure; /* some may have come before its first byte */
    bool has_map_fd;
    int map_fd; /* has_map_fd: a copy of a DMA_MAP's descriptor, for who asked for it */
    uint64_t waiting_ns; /* when the last bytes of a cut message came; 0: not waiting */
    uint64_t quiet_ns;   /* likewise, until it was told that none come any more; or the other side was full until then */
    bool told_stalled;
    bool streaming;      /* pass it on as it comes */
    bool said;           /* that it is held */
    bool shown;          /* the event went out; the rest is waiting for room on the other side */
    bool answered;       /* it went out before the message was whole, since the other side has answered it */
};

/* Framing was lost. */
struct tap_lost {
    bool due; /* that is not told yet */
    enum vfu_framing why;
    uint32_t claimed; /* the size of the header that was judged so */
    uint64_t offset;  /* of the first byte that is of no message */
    size_t tail_size; /* the last bytes that went on: those of what was taken for a header, then always fewer */
    uint8_t tail[TAP_TAIL];
    uint8_t *window;  /* the tail, and what was looked at behind it */
};

/* What one side sends: read message by message, passed on to the other. */
struct tap_flow {
    struct tap_channel *channel;
    enum vfu_side from;
    struct tap_message message;
    struct tap_pump pump;
    struct tap_queue aside; /* messages that later ones overtake, or go out with */
    struct tap_stop *stop; /* the message at hand is stopped; NULL: it is not */
    uint64_t stopped_no;   /* its number then */
    uint16_t last_id;      /* of the last command that was decided about */
    uint64_t passed_no;    /* the last message that was passed on whole, or given to the queue */
    bool unframed;         /* no messages any more, just bytes */
    struct tap_lost lost;
    bool eof;              /* nothing more will come */
    bool eof_passed;       /* and the other side knows */
};

/* Describe the fds that wait, behind those that were passed on. */
void tap_pump_describe(struct tap_pump *p);
/* Behind what waits already. Nothing goes out before tap_flow_push. */
void tap_pump_add(struct tap_pump *p, struct tap_out *out);
/* Pass on what waits; what the other side doesn't take waits on. */
void tap_flow_push(struct tap_flow *f);
bool tap_flow_pending(const struct tap_flow *f);
/* Is what waits held back, so that it is not for the other side to become writable? */
bool tap_flow_held(const struct tap_flow *f);
/* May the next message be read? */
bool tap_flow_takes(const struct tap_flow *f);
/* Likewise, and where what went before must be taken first, look whether it was. */
bool tap_flow_may_read(struct tap_flow *f);
/* The current message was dealt with: on to the next one. */
void tap_flow_next(struct tap_flow *f);
/* All else of it is 0; what is read goes to the socket `to`. */
void tap_flow_init(struct tap_flow *f, struct tap_channel *channel, enum vfu_side from, int to);
void tap_flow_free(struct tap_flow *f);

/* --- hold.c: messages that go on later --- */

struct tap_holds {
    struct tap_timer timer;
    uint64_t until_ns; /* what it is set for; 0: nothing */
};

bool tap_hold_open(struct tap *tap);
/* Hold it, which is about to be queued, until then (monotonic). */
void tap_hold(struct tap *tap, struct tap_out *out, uint64_t until_ns);
/* Let held messages go that are due; at the end (`all`), every one. */
void tap_hold_release(struct tap *tap, bool all);
void tap_hold_happened(struct tap *tap);

/* --- aside.c: messages that others overtake, or go out with --- */

/* Behind what waits already, in its two pieces if it is to be split. */
void tap_aside_queue(struct tap_flow *f, struct tap_out *out);
/* Is there a message that waits for the next one? Then that is not set aside itself. */
bool tap_aside_waits_for_next(const struct tap_flow *f);
/* Set it aside, as its `after` or `glue` says. */
void tap_aside_keep(struct tap_flow *f, struct tap_out *out);
/* This one goes on, NULL: is set aside; and those that it ends the wait of. Nothing goes out before tap_flow_push. */
void tap_aside_pass(struct tap_flow *f, struct tap_out *out);
/* Nothing more will come: what was set aside goes on. True: there was something. */
bool tap_aside_let_go(struct tap_flow *f);

/* --- carry.c: what was decided is carried out --- */

enum { TAP_STRUCK = 8 /* injections of one message that are told of */ };

/* What becomes of a message that was decided about. */
struct tap_verdict {
    struct tap_out *out; /* what goes on, if it does */
    unsigned changed;    /* VFU_CHANGED_* */
    bool drop, twice, close, answer;
    bool was_stopped;
    bool glue;
    uint64_t split, hold; /* as the injections'; 0: not */
    uint32_t error; /* to answer with */
    uint64_t delay_ns, due_ns; /* due: when it goes on (monotonic), if that is not at once */
    const struct vfu_injection *struck[TAP_STRUCK];
    size_t struck_count;
};

/* The command that a reply answers, as far as it is at hand; bytes: room for it. False: there is none. */
bool tap_request_of(const struct vfu_event *reply, struct vfu_event *request, uint8_t *bytes);
/* Show the message as it is after what was decided. */
void tap_show(struct tap_flow *f, struct vfu_event *event, const struct tap_verdict *v);
/* A message that the tap makes or repeats is shown, and known to the session; its number. */
uint64_t tap_show_made(struct tap_flow *f, const struct tap_out *out, unsigned changed);
/* Show the message, and carry the verdict out. The flow's next message may come. */
void tap_carry_on(struct tap_flow *f, struct vfu_event *event, struct tap_verdict *v);

/* --- wake.c: eventfds between the one who signals and the one who waits --- */

/* An eventfd that the tap made, and the one whose place it took. */
struct tap_wake {
    enum tap_watched what; /* TAP_WAKE */
    TAILQ_ENTRY(tap_wake) next;
    struct tap_connection *connection;
    bool late; /* it is no longer of use to anybody, and the server knows */
    int own, other; /* who waits has `other`, who signals has `own` */
    enum vfu_event_kind kind; /* VFU_EVENT_INTERRUPT or VFU_EVENT_IOEVENTFD */
    uint32_t index, vector;   /* IRQ index; region */
    uint64_t offset;
    uint64_t no; /* of the message that brought it */
};
TAILQ_HEAD(tap_wake_list, tap_wake);

/* Those of a connection. */
struct tap_wakes {
    struct tap_wake_list list, old; /* old: replaced or taken away, and yet the server may hold ours; the oldest first */
    unsigned count, old_count;
    bool said_full;
    unsigned blocked; /* how often an eventfd was filled as it was written to */
};

/* Put an eventfd of the tap's own in the place of *fd; `as` says what it is for. */
bool tap_wake_add(struct tap_connection *n, int *fd, const struct tap_wake *as);
/* Before any is added. */
void tap_wakes_init(struct tap_wakes *all);
enum tap_settled {
    TAP_DONE,    /* the server says so */
    TAP_PASSED,  /* there is no reply */
    TAP_REFUSED,
};
/*
 * SET_IRQS was answered: what it set is dropped when it was refused. What it replaced still goes on, when a faulty server
 * signals it: that is too late once the server has said that it is done.
 */
void tap_wake_settle(struct tap_connection *n, uint64_t no, enum tap_settled how, uint32_t index, uint32_t first,
                     uint32_t count, bool all);
void tap_wake_happened(struct tap_wake *w);
void tap_wake_drop_all(struct tap_connection *n);
void tap_wake_free_dead(struct tap *tap);

/* --- expose.c: what --expose changes --- */

/* What it remembers of a connection. */
struct tap_exposed {
    uint64_t kept_memory; /* DMA_MAPs that went on without their descriptor */
    bool dma_by_message;  /* the server sent a DMA_READ or DMA_WRITE */
    bool said_map;
    uint64_t unmappable, said_region; /* regions, by bit, that would have been mappable */
};

/* Change the message that is about to go on as --expose wants it. True: it was changed. */
bool tap_expose(struct tap_flow *f, const struct vfu_event *event, struct tap_out *out);
/* Could it change, or learn from, a message of this command? */
bool tap_expose_may(const struct tap *tap, uint32_t command);
/* A message of this command goes on without being decided about. */
void tap_expose_passed(struct tap_connection *n, uint32_t command);
/* The connection ends: say what --expose may have to do with that. */
void tap_expose_explain(struct tap_connection *n);

/* --- intercept.c: messages that are stopped --- */

struct tap_stop;

/* Stop the message if that is wanted. False: it goes on. */
bool tap_intercept(struct tap_flow *f, const struct vfu_event *event, const struct tap_verdict *v);
void tap_stop_free(struct tap_flow *f);
/*
 * Change a field of the message, as far as it goes on: the event's bytes are the new ones then. Its name and value as
 * vfu_tap_edit takes them. False: the error says why.
 */
bool tap_edit_message(struct tap_out *out, struct vfu_event *event, const char *field, const char *value,
                      struct vfu_error *error);

/* --- control.c: clients of the control socket, whose commands go to the device amid the VM's --- */

struct tap_probe;
LIST_HEAD(tap_probes, tap_probe);

void tap_control_accept(struct tap *tap);
void tap_probe_happened(struct tap_probe *p, uint32_t events);
/* Is this the reply to a probe's command, whoever still waits for it? */
struct tap_probe *tap_probe_of(struct tap *tap, const struct vfu_event *reply);
/* Does one wait for a reply? */
bool tap_probe_waits(const struct tap *tap);
/* The reply goes to the probe, which may be gone; shown: as it was shown. */
void tap_probe_answer(struct tap_probe *p, const struct vfu_event *shown, const struct tap_out *reply);
/* The connection is gone, or (NULL) all are. */
void tap_probe_drop(struct tap *tap, const struct tap_connection *n);
void tap_probe_free_dead(struct tap *tap);

/* --- known.c: what is known of a device, for probes --- */

struct tap_config {
    uint8_t bytes[256]; /* size of them, from the begin on */
    size_t size;
};
/* From a message that passed. */
void tap_known_learn(struct tap_connection *n, const struct vfu_event *event);
/* Append what is known, as the replies that said so; nothing where nothing is. False: out of memory. */
bool tap_known_put(const struct tap_connection *n, struct vfu_build *to);

/* --- channel.c: two sockets and the flows between them --- */

/* A socket and which events are asked of it. */
struct tap_end {
    enum tap_watched what; /* TAP_END */
    int fd;
    enum vfu_side side;
    uint32_t mask; /* EPOLLIN, EPOLLOUT */
    bool added;    /* in the epoll set */
    bool hung_up;  /* the peer closed it altogether */
    bool told;     /* the other end was told so */
    struct tap_channel *channel;
};

struct tap_channel {
    struct tap_connection *connection;
    enum vfu_channel number;
    bool open;
    struct tap_end ends[2];   /* by side: the client's socket, the server's */
    struct tap_flow flows[2]; /* by side: from the client, from the server */
};

/* False: it can't be watched; the channel is to be closed. */
bool tap_channel_open(struct tap_channel *c, struct tap_connection *connection, enum vfu_channel number, int client,
                      int server);
/* After anything happened: pass the end of a stream on, ask epoll for what is wanted now, close what is done. */
void tap_channel_settle(struct tap_channel *c);
void tap_channel_close(struct tap_channel *c);

/* --- twin.c: between the ends of the twin socket --- */

/* If this VERSION reply, whole and not yet passed on, agrees on a twin socket: get in between. */
void tap_twin_interpose(struct tap_flow *f);

/* --- decide.c: where something may change traffic --- */

/* The flow's message is whole: decide about it, show it, pass on what is left of it. */
void tap_decide(struct tap_flow *f);
/* Could anything be decided about the message, of which not all has come? */
bool tap_may_decide(const struct tap_flow *f);

/* --- lost.c: where framing was lost --- */

/* The header at hand, which goes on, begins nothing that can be followed. */
void tap_lose_framing(struct tap_flow *f, enum vfu_framing why);
/* If it is due: tell of it, with what has come by now. */
void tap_tell_lost(struct tap_flow *f);
/*
 * Nothing waits to go on: is the stream found again? Then the message at hand has begun, and 0. Else so many bytes are to
 * be read and passed on, and then asked again.
 */
size_t tap_find_framing(struct tap_flow *f);
/* Bytes of no message went on. */
void tap_lost_passed(struct tap_lost *lost, const uint8_t *bytes, size_t size);

/* --- left.c --- */

/* The side whose flow this is has closed it, for which reading failed with errno `why` (0: it did not): add why to the note. */
void tap_note_left(struct tap_flow *f, int why);

/* --- flow.c: messages are read --- */

/* Read what there is, at most one message, pass it on and show it. */
void tap_flow_read(struct tap_flow *f);
/* A cut message has waited long enough: pass on what there is of it, unless something may yet be decided about it. */
void tap_flow_release(struct tap_flow *f);
/* Was a part of a message read, and then nothing for so long? Then tell of it, once. */
void tap_flow_tell_stalled(struct tap_flow *f, uint64_t now);
/* The tap ends: pass it on in any case. */
void tap_flow_let_go(struct tap_flow *f);
/* Its message tells the client that memory of its own is no longer held, and somebody wants to know before that. */
bool tap_flow_ends_mappings(const struct tap_flow *f);

/* --- moved.c: what no message tells of --- */

bool tap_moved_open(struct tap *tap);
/* Something moved: whoever looks is to look. */
void tap_moved(struct tap *tap);

/* --- connection.c: a client and its server --- */

enum { TAP_NOTE = VFU_DISCONNECT_TEXT };

/* Of who closed it: see the event's members of these names. */
struct tap_gone {
    uint64_t unread, on;
    struct vfu_ended ended;
};

struct tap_connection {
    struct tap *tap;
    TAILQ_ENTRY(tap_connection) next;
    STAILQ_ENTRY(tap_connection) touched_next;
    bool touched;         /* and in the list of those */
    uint32_t conn;        /* 0 while it waits for the server */
    uint64_t accepted_ns; /* monotonic */
    int spare;            /* while it waits: a descriptor that is kept for the server's side; -1: none */
    uint64_t absent_ns;   /* since when the server is not there; 0: it is, or was not asked */
    struct vfu_process processes[2]; /* at the ends, by side */
    bool said;
    bool dead;
    bool condemned; /* to be closed at once */
    unsigned closed_by;  /* for the disconnect event: bits, 1 << enum vfu_side */
    char note[TAP_NOTE]; /* likewise: why */
    struct tap_gone gone; /* likewise */
    struct tap_channel main;
    struct tap_channel *twin;
    struct tap_wakes wakes;
    struct tap_exposed exposed;
    bool said_moved; /* that something moves which no message tells of */
    struct tap_config config;
};

struct tap_connections {
    TAILQ_HEAD(, tap_connection) list;     /* oldest first */
    STAILQ_HEAD(, tap_connection) touched; /* something happened to them: the loop settles them before it goes on */
    uint32_t count;                        /* how many there were */
    unsigned waiting;                      /* how many have no server yet */
    uint64_t tried_ns;                     /* when the server was asked last; monotonic */
    bool any_dead;
};

/* Take the next client, and get those that wait their servers. */
void tap_accept_clients(struct tap *tap);
/* Try to get the clients that wait for one their server. */
void tap_try_servers(struct tap *tap);
/* A client that has no server yet goes away, or is sent away. */
void tap_connection_drop(struct tap_connection *n);
void tap_connection_end(struct tap_connection *n);
/* Settle the connections that were touched, in that order: pass ends on, end what has ended. */
void tap_settle(struct tap *tap);
void tap_connection_free_dead(struct tap *tap);

/* --- tap.c: the loop --- */

struct tap {
    const struct vfu_tap_options *options;
    int epoll;
    struct tap_watch watch;
    struct tap_listeners listeners;
    struct tap_holds holds;
    struct tap_waits waits;
    struct tap_timer wait_timer;
    uint64_t moved_ns; /* when something had moved last; monotonic */
    struct tap_wake_list dead_wakes; /* to be freed once nothing of this round of events can point at them */
    struct tap_probes probes;
    struct tap_connections connections;
    uint64_t messages;
    uint64_t random;  /* behind the injections' probabilities */
    struct vfu_time told; /* of the last event; of none before the first */
    uint64_t looked_ns; /* when it was looked what the peers do; monotonic */
    unsigned stalled; /* flows with waiting_ns */
    unsigned quiet;   /* flows with quiet_ns */
    bool decides;     /* something may change traffic: each message is decided about before it goes on */
    bool let_go;      /* nothing is stopped any more */
    bool busy;        /* several sockets had something at the same time */
    bool stopping, failed;
    uint64_t drain_until_ns; /* 0: not draining */
};

static inline struct tap *tap_of(const struct tap_flow *f)
{
    return f->channel->connection->tap;
}

/* No message is held back any more for being cut. */
static inline void tap_flow_not_waiting(struct tap_flow *f)
{
    if (f->message.waiting_ns)
        tap_of(f)->stalled--;
    f->message.waiting_ns = 0;
}

/* Bytes of the message came, or none will. */
static inline void tap_flow_not_quiet(struct tap_flow *f)
{
    if (f->message.quiet_ns)
        tap_of(f)->quiet--;
    f->message.quiet_ns = 0;
}

/* Something happened to the connection: the loop settles it. */
static inline void tap_touch(struct tap_connection *n)
{
    if (n->touched)
        return;
    n->touched = true;
    STAILQ_INSERT_TAIL(&n->tap->connections.touched, n, touched_next);
}

#endif
