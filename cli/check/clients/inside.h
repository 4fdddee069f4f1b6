/*
 * Inside the cases for clients. A case is a row: at which reply of the server (or command of the client) what is done
 * instead, as a small script of steps, and what is due then. From the ground up: the rows, a file a theme < watch (what the
 * client does) < message, ask < play (the steps) < judge < run.
 */
#ifndef VFU_CLI_CHECK_CLIENTS_INSIDE_H
#define VFU_CLI_CHECK_CLIENTS_INSIDE_H

#include "capture/server/server.h"
#include "cli/check/check.h"
#include "cli/check/clients/clients.h"
#include "decoder/session/session.h"

#include <sys/queue.h>

/* --- rows --- */

/* A step: what is done with the reply at hand, or beside it. In the order in which they are listed. */
enum client_op {
    STEP_END,
    STEP_SET,      /* `field` of the reply becomes `number` */
    STEP_TEXT,     /* `field` becomes `text` */
    STEP_CUT,      /* its payload is cut to `number` bytes, and its header says so */
    STEP_LONGER,   /* its payload gets `number` zeros more, likewise */
    STEP_REFUSE,   /* it becomes an error reply with errno `number`, a header alone */
    STEP_ROOM,     /* its argsz is `number`; it is as long if the command's argsz has that room */
    STEP_CHAIN,    /* likewise its capabilities become `text`, as hex; descriptors only where all has room */
    STEP_FDS,      /* `number` descriptors come with it, beside its own */
    STEP_NO_FDS,   /* none does */
    STEP_WAIT,     /* `number` hundredths of --timeout pass */
    STEP_SEND,     /* it goes out */
    STEP_PIECES,   /* likewise, its first `number` bytes a moment before the rest */
    STEP_PART,     /* only its first `number` bytes do */
    STEP_BEHIND,   /* it goes out behind the next one, or after a while */
    STEP_STRAY,    /* a reply to a command that nobody sent */
    STEP_ASK,      /* a command of the server's own: enum client_asked */
    STEP_GLUED,    /* the reply and such a command, in one piece */
    STEP_AWAIT,    /* the answer to it comes, or does not for so long as --timeout */
    STEP_CLOSE,    /* the connection is closed */
};

/* What the server asks for: DMA_READ, or (the odd ones) DMA_WRITE */
enum client_asked {
    ASK_READ,     /* in a mapping that can be read */
    ASK_FEW,      /* likewise, of 4 bytes */
    ASK_WRITE,    /* of what was read there: nothing changes */
    ASK_ACROSS,   /* a read over the end of a mapping that another one goes on behind */
    ASK_OUTSIDE,  /* a read where nothing is mapped */
    ASK_FORBIDDEN, /* a write to what is only readable */
    ASK_GONE,     /* a read of what was unmapped */
    ASK_LARGE,    /* a read of as much as was agreed on, 1 MiB at most */
};

struct client_step {
    enum client_op op;
    uint64_t number;
    const char *field, *text;
};

enum client_due {
    DUE_GO_ON,    /* the server is right: go on */
    DUE_SURVIVE,  /* it is not: go on, or give up in good order */
    DUE_AGAIN,    /* ask the same command again, with more room */
    DUE_ANSWER,   /* answer what was asked: with the data */
    DUE_REFUSAL,  /* likewise, with an error */
};

enum { CLIENT_STEPS = 8, CLIENT_RULES = 3, CLIENT_ANY = -1, CLIENT_REGION_INFO = sizeof(struct vfio_region_info) /* capabilities follow */ };

struct client_case {
    const char *id; /* NULL ends a list */
    const char *section;
    const char *text; /* what the server does */
    unsigned command; /* at the replies to it; 0: to all */
    int index;        /* only of this region, IRQ index or feature; CLIENT_ANY */
    unsigned nth;     /* only the n-th such; 0: each */
    bool posted;      /* at the client's commands that get no reply */
    bool ends;        /* what becomes of the client is only seen of a command's process */
    bool twin;        /* only for a client that offers a twin socket */
    bool no_twin;     /* there is no twin socket, though the client offers it */
    bool ready;       /* at the first that is sent when what is to be asked for is there */
    struct client_step steps[CLIENT_STEPS];
    enum client_due due;
    enum vfu_severity severity;
    const char *rules[CLIENT_RULES]; /* of the client's, that are not to be broken */
};

extern const struct client_case client_plain[], client_version[], client_info[], client_replies[], client_errors[],
    client_dma[], client_ends[], client_states[];

#define SET(name, value) { STEP_SET, (value), (name), NULL }
#define TEXT(name, value) { STEP_TEXT, 0, (name), (value) }
#define STEP(op, number) { STEP_##op, (number), NULL, NULL }
#define HEX(op, hex) { STEP_##op, 0, NULL, (hex) }
#define SEND STEP(SEND, 0)

/* explain.c: what is due in it. */
const struct vfu_explanation *client_explanation(const struct client_case *c);

/* --- watch.c: what the client does --- */

enum { CLIENT_MAPS = 64, CLIENT_ASKS = 8, CLIENT_LOG = 4096 };

struct client_seen {
    unsigned commands;
    unsigned after;          /* commands since the server did what the case is about, but for unmapping */
    bool garbage;            /* what it sent is no message */
    /* The last command */
    unsigned command;
    int64_t index; /* its region, IRQ index, feature; -1: none */
    uint64_t argsz;
    bool again;        /* the command of the case came again, with the room that was wanted */
    uint64_t wanted;   /* that room; 0: none yet */
    unsigned wanted_of;
    int64_t wanted_index;
    bool offers_twin;
    bool master, was_master; /* a PCI device may do DMA now, could at some time: the command register says so */
    uint64_t max_xfer; /* its max_data_xfer_size */
    char last[96];     /* what it sent last, in words */
    char broken[160];  /* the first of the rules that it broke, which the case is about */
    /* Its memory */
    struct client_map {
        uint64_t address, size;
        bool readable, writeable, there;
    } maps[CLIENT_MAPS];
    unsigned map_count;
    /* What the server asked */
    struct client_question {
        uint16_t id;
        uint64_t size;
        bool write, answered, refused, whole;
        bool late; /* not while it was waited for */
    } asked[CLIENT_ASKS];
    unsigned asked_count;
    uint8_t data[16]; /* that the last read got */
    /* Its commands, in order, as many as there is room for */
    struct client_logged {
        uint16_t command;
        int16_t index;
        bool posted;
    } log[CLIENT_LOG];
    unsigned log_count;
};

struct client_play;
/* Every event of the server's. */
void client_saw(struct client_play *p, const struct vfu_event *event);

enum { CLIENT_FDS = 8 };

/* Something to be done, one after the other. */
enum client_doing { ACT_SEND, ACT_ASK, ACT_WAIT, ACT_AWAIT, ACT_CLOSE };
struct client_act {
    STAILQ_ENTRY(client_act) next;
    enum client_doing what;
    unsigned ms;       /* to wait */
    uint64_t until_ns; /* monotonic; 0: it has not begun to wait */
    enum client_asked asks;
    bool writes;       /* the second half of a question that writes */
    /* What goes out */
    enum vfu_channel channel;
    uint8_t *bytes; /* owned */
    size_t size, first, sent; /* first: goes out a moment before the rest; 0: all at once */
    bool cut;                 /* the rest never does */
    bool glued;               /* goes out together with what is asked behind it */
    bool told;                /* the session knows it */
    int fds[CLIENT_FDS];      /* owned */
    unsigned nfds;
};

struct client_play {
    const struct client_case *now; /* NULL: nothing is done */
    struct vfu_server *server;
    unsigned timeout_ms;
    struct client_seen seen;
    STAILQ_HEAD(, client_act) acts;
    struct client_act *behind; /* what the next one overtakes; NULL: nothing is */
    uint64_t behind_until_ns, active_ns; /* monotonic; active: of the last thing that either side did */
    unsigned met;     /* how often the case's moment came */
    unsigned matched; /* replies that it is about, to find the n-th */
    unsigned kept;    /* how often one was, for the next to overtake it */
    bool twin;        /* the server's commands go there */
    bool waits_for_master; /* nothing is asked before the client lets the device do DMA */
    bool closed;      /* by the server */
    const char *lacks; /* why the case could not be played, though its moment came; NULL: it was */
};

/* --- message.c: the message at hand --- */

struct client_message {
    enum vfu_channel channel;
    uint8_t *bytes; /* owned */
    size_t size;
    int fds[CLIENT_FDS]; /* owned */
    unsigned nfds;
};

/* A copy of it, with descriptors of its own. False: out of memory. */
bool client_take(struct client_message *m, const struct vfu_server_out *out);
void client_no_fds(struct client_message *m);
/* So many more, each with 64 KiB behind it, as far as there is room. */
void client_add_fds(struct client_message *m, uint64_t count);
/* A field by its name becomes the text, or (NULL) the number, as the message is by now; one that it lacks does not. */
void client_set(struct client_message *m, const char *field, uint64_t number, const char *text);
/* So many bytes of payload, zeros behind what there is, and its header says so. */
void client_resize(struct client_message *m, size_t payload);
void client_refuse(struct client_message *m, uint64_t error);

/* --- ask.c: what the server asks for --- */

/* Where, and how much. False: there is no such place yet. */
bool client_place(const struct client_seen *s, enum client_asked what, uint64_t *address, uint64_t *size);
/* The message that asks, which is remembered. False: it can't be made, p->lacks says why. */
bool client_ask(struct client_play *p, enum client_asked what, bool writes, struct client_message *m);

/* --- play.c: the steps, and when they are done --- */

/* Is the case about this command of the client's? */
bool client_is_about(const struct client_case *c, unsigned command, int64_t index, bool posted);
/* For a connection that begins. The server is set afterwards. */
void client_play_begin(struct client_play *p, const struct client_case *now, unsigned timeout_ms);
void client_play_end(struct client_play *p);
/* For vfu_server_options */
bool client_sends(void *context, const struct vfu_server_out *out);
void client_event(void *context, const struct vfu_event *event);
/* Do what is to be done by now. False: the connection is to be closed. */
bool client_play_turn(struct client_play *p);
/* How many ms until there is something to do; -1: nothing is. */
int client_play_due(const struct client_play *p);

/* --- judge.c --- */

enum client_end { CLIENT_LEFT, CLIENT_HUNG, CLIENT_CRASHED, CLIENT_ABSENT };

/* What came of it, beside what the client did. */
struct client_outcome {
    enum client_end end;
    char how[128]; /* it crashed */
    bool is_command;
    enum client_end plain; /* how the plain run ended */
    unsigned back; /* how often it connected again */
};
/* The verdict, into c->verdict; plain: how it behaves otherwise. */
void client_judge(const struct client_play *p, const struct client_outcome *o, const struct client_seen *plain, struct check *c);

#endif
