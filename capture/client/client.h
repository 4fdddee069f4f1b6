/*
 * The client end of a vfio-user connection: connects, negotiates, sends commands and waits for their replies, while
 * the server's own commands (DMA_READ and DMA_WRITE, on the main or the twin socket, at any moment) go to a handler.
 * Every message of both directions passes a vfu_session, so that its owner sees the same events as the tap's sinks.
 */
#ifndef VFU_CAPTURE_CLIENT_CLIENT_H
#define VFU_CAPTURE_CLIENT_CLIENT_H

#include "capture/socket.h"
#include "decoder/session/session.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/event.h"

#include <poll.h>

enum vfu_client_result {
    VFU_CLIENT_OK,
    VFU_CLIENT_TIMEOUT, /* the connection stays usable; a late reply goes to `unexpected` */
    VFU_CLIENT_STOPPED, /* the owner's `stopped` said so; likewise */
    VFU_CLIENT_CLOSED,  /* there is no connection, any more or at all */
    VFU_CLIENT_FAILED,  /* the message could not be sent; the connection stays */
};

/* Why a message from the server is not what anybody waits for. */
enum vfu_unexpected {
    VFU_UNEXPECTED_LATE,     /* the reply to a command that timed out */
    VFU_UNEXPECTED_UNWAITED, /* the reply to a command sent without waiting */
    VFU_UNEXPECTED_STRAY,    /* a reply to nothing that was sent */
    VFU_UNEXPECTED_TYPE,     /* neither command nor reply */
};

struct vfu_client;

/* All may be NULL. Events are valid during the call. */
struct vfu_client_hooks {
    void *context;
    void (*event)(void *context, const struct vfu_event *event);
    /* A command of the server's: answer it with vfu_client_answer or vfu_client_refuse (the default: ENOTSUP). */
    void (*command)(void *context, struct vfu_client *client, const struct vfu_event *event);
    void (*unexpected)(void *context, const struct vfu_event *event, enum vfu_unexpected why);
    /* The connection ended, by whatever but vfu_client_close. Called once. */
    void (*closed)(void *context, const char *why);
    /* Called when watch_fd is readable while the client waits for anything. */
    int watch_fd; /* -1: none */
    void (*watched)(void *context);
    /* Is the work at hand to stop? Asked before each wait, too: a signal may come together with the reply that was waited for. */
    bool (*stopped)(void *context);
};

/* A reply that was waited for: the event and all it points to, kept until the next one. */
struct vfu_reply {
    const struct vfu_event *event; /* with all it points to, in `memory`; NULL: there is none */
    uint8_t *memory;
    size_t room; /* of it, in bytes */
    int fds[VFU_MAX_FDS]; /* closed with the reply (-1: taken); take one over with vfu_reply_take_fd */
    unsigned nfds;
};

/* How a command stands that was sent and not yet answered. */
enum vfu_sent_state {
    VFU_SENT_FREE,
    VFU_SENT_WAITED,
    VFU_SENT_LATE,
    VFU_SENT_UNWAITED,
    VFU_SENT_FORGOTTEN, /* what it is answered with, however late, is nobody's news */
};
struct vfu_sent {
    enum vfu_sent_state state;
    uint16_t id, command;
    uint64_t order;
};

enum { VFU_CLIENT_SENT = 1024, VFU_CLIENT_TIMEOUT_MS = 5000, VFU_CLIENT_CONNECT_MS = 3000, VFU_CLIENT_RETRY_MS = 20 };

struct vfu_client {
    struct vfu_client_hooks hooks;
    struct vfu_path path;
    int sockets[2]; /* by enum vfu_channel; -1: closed */
    struct vfu_reader readers[2];
    uint64_t received[2]; /* bytes of whole messages, before the reader's */
    struct vfu_session *session;
    uint32_t conn;
    int timeout_ms, connect_ms;
    bool by_hand; /* an end that is found does not close the connection: see below */
    bool swallows; /* what gets no answer in time is forgotten */
    uint16_t next_id;
    struct vfu_sent sent[VFU_CLIENT_SENT];
    uint64_t order;
    struct vfu_sent *waiting; /* the one that vfu_client_wait waits for */
    struct vfu_reply reply;
    char why[160]; /* how the last connection ended */
};

/* False: out of memory. Give hooks before connecting; timeout_ms is 5 s until set, connect_ms 3 s. */
bool vfu_client_init(struct vfu_client *c, const struct vfu_client_hooks *hooks);
void vfu_client_free(struct vfu_client *c);

/*
 * Connect to a socket path (a folder means its cntrl); a busy server, with `absent_too` also one that is not there, is
 * tried for connect_ms. An open connection is closed. OK, STOPPED by `stopped`, or FAILED.
 */
enum vfu_client_result vfu_client_connect(struct vfu_client *c, const char *path, bool absent_too,
                                          struct vfu_error *error);
void vfu_client_close(struct vfu_client *c);
static inline bool vfu_client_is_open(const struct vfu_client *c) { return c->sockets[VFU_MAIN] >= 0; }

/*
 * VERSION with this JSON text (NULL: all we can, the twin socket included). An error reply and a version that we can't
 * speak are VFU_CLIENT_FAILED.
 */
enum vfu_client_result vfu_client_negotiate(struct vfu_client *c, const char *json, struct vfu_error *error);
/*
 * What a VMM asks before it uses a device: DEVICE_GET_INFO, each region with its capabilities, each IRQ index, config space.
 * The session learns from the answers, and error replies are answers. Each has VFU_CLIENT_ASK_MS to come; behind the first
 * that does not nothing more is asked (TIMEOUT), and when it comes nobody is told. No reply is left in c->reply.
 */
enum { VFU_CLIENT_ASK_MS = 1000, VFU_CLIENT_CONFIG = 4096 };
struct vfu_client_device {
    bool known, is_pci; /* DEVICE_GET_INFO was answered, and what it said */
    uint32_t num_regions, num_irqs;
    uint8_t config[VFU_CLIENT_CONFIG]; /* config_size bytes of it, from the begin */
    size_t config_size;
};
enum vfu_client_result vfu_client_ask(struct vfu_client *c, struct vfu_client_device *device, struct vfu_error *error);
/* The same of a tap, which answers with what it knows: the device is asked nothing. */
enum vfu_client_result vfu_client_ask_tap(struct vfu_client *c, struct vfu_client_device *device, struct vfu_error *error);
/* Likewise, only what comes before an access to one region: DEVICE_GET_INFO, and the info of that. */
enum vfu_client_result vfu_client_ask_region(struct vfu_client *c, uint32_t region, struct vfu_error *error);
/*
 * Not of the protocol: a command that a tap's control socket answers, and nobody else, with what `why` says of its traffic.
 * The payload is a byte, 1 for JSON and 0 for text; the reply's is that. And one with a text of the person's, for the event mark:
 * the payload; the reply has none, and comes when it stands there. And one for what the tap knows of the device: the reply's
 * payload are the replies that said so, as far as the tap keeps it.
 */
enum { VFU_CONTROL_WHY = 0xff01, VFU_CONTROL_MARK = 0xff02, VFU_CONTROL_KNOWN = 0xff03 };
/* The reason that a tap gives with an error reply of its own stands in its payload, behind this word. */
#define VFU_REFUSAL "vfuscope: "
enum { VFU_REASON = 120 };
/* That reason, fit for a terminal; empty: there is none. */
void vfu_client_reason(const struct vfu_event *reply, char *text, size_t size);
/* What the server said that it takes, or the defaults. Never NULL. */
const struct vfu_capabilities *vfu_client_agreed(const struct vfu_client *c);
/* What we proposed: how much the server may put into a DMA message, and how many fds into a reply. */
const struct vfu_capabilities *vfu_client_proposed(const struct vfu_client *c);

/* The id for the next command; they count up. */
uint16_t vfu_client_next_id(struct vfu_client *c);
/*
 * Send a message as it is, in one sendmsg, with fds (which stay the caller's). `wait`: a reply is going to be waited
 * for by vfu_client_wait.
 */
enum vfu_client_result vfu_client_send(struct vfu_client *c, const void *bytes, size_t size, const int *fds,
                                       unsigned nfds, bool wait, struct vfu_error *error);
/* The same in pieces of so many bytes, each sent once the server has read the one before (or for 20 ms has not). */
enum vfu_client_result vfu_client_send_pieces(struct vfu_client *c, const void *bytes, size_t size, size_t piece,
                                              const int *fds, unsigned nfds, bool wait, struct vfu_error *error);
/* Wait for the reply to the message just sent; it is then in c->reply. */
enum vfu_client_result vfu_client_wait(struct vfu_client *c, int timeout_ms, struct vfu_error *error);
/* Finish the message, number it, send it and wait for its reply. With No_reply: only send. */
enum vfu_client_result vfu_client_call(struct vfu_client *c, struct vfu_build *b, const int *fds, unsigned nfds,
                                       struct vfu_error *error);

/*
 * Poll once, for at most timeout_ms (-1: for ever): take what the server sends, call the hooks. `also` (may be NULL)
 * is polled too, its revents filled in. OK: something happened.
 */
enum vfu_client_result vfu_client_turn(struct vfu_client *c, struct pollfd *also, int timeout_ms,
                                       struct vfu_error *error);

/* Reply to a server's command on the socket it came from: a reply being built; its id is filled in, then finished. */
bool vfu_client_answer(struct vfu_client *c, const struct vfu_event *command, struct vfu_build *b);
/* An error reply: the header alone. */
bool vfu_client_refuse(struct vfu_client *c, const struct vfu_event *command, uint32_t error);

/*
 * By hand: for an owner that wants to see what a server makes of anything, and sets `by_hand`. Messages and bytes go
 * out apart from each other; what comes is taken one by one, whatever it answers. The end of the connection is told by
 * CLOSED, and the connection stays until its owner closes it: what the server said before is still to be heard.
 */
/* A message of ours, for the session, which makes `event` of it. Its bytes are put after it, in pieces or with others'. */
void vfu_client_note(struct vfu_client *c, const void *bytes, size_t size, const int *fds, unsigned nfds,
                     struct vfu_event *event);
/* Bytes as they are, with fds (which stay the caller's, VFU_MAX_FDS at most). TIMEOUT: not all were taken in time. */
enum vfu_client_result vfu_client_put(struct vfu_client *c, const void *bytes, size_t size, const int *fds,
                                      unsigned nfds, struct vfu_error *error);
/*
 * Poll the main socket once, for at most timeout_ms, and take one message. A command is dealt with as ever; anything
 * else is then c->reply, if only the header where its size can't be true. OK: something happened.
 */
enum vfu_client_result vfu_client_hear(struct vfu_client *c, int timeout_ms, struct vfu_error *error);

/* Take an fd of the reply over, or -1. */
int vfu_reply_take_fd(struct vfu_reply *reply, unsigned which);
void vfu_reply_clear(struct vfu_reply *reply);

#endif
