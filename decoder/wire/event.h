/*
 * An event: what the session makes of a message (or of what is no message), and what every sink takes. It holds all
 * that a sink needs beside the message's bytes, so that it can be queued and formatted later, and by anybody.
 */
#ifndef VFU_DECODER_WIRE_EVENT_H
#define VFU_DECODER_WIRE_EVENT_H

#include "decoder/wire/message.h"
#include "decoder/wire/table.h"

enum vfu_event_kind {
    VFU_EVENT_MESSAGE = 0,
    VFU_EVENT_CONNECT,
    VFU_EVENT_DISCONNECT,
    VFU_EVENT_UNFRAMED,  /* from `offset` of that side's stream the bytes are no longer understood */
    VFU_EVENT_DROPPED,   /* a sink left out `count` messages */
    VFU_EVENT_INTERRUPT, /* index, vector, count */
    VFU_EVENT_IOEVENTFD, /* region, offset, count */
    VFU_EVENT_INJECTED,  /* spec, about message `about` */
    VFU_EVENT_OVERDUE,   /* command `about` waits too long for its reply, as `count` of that side do; vector: both sides */
    VFU_EVENT_MEMORY,    /* guest memory at `offset` that plugins read for message `about`: the message's bytes; of
                            captures only, just before the message */
    VFU_EVENT_KINDS
};

/* The word in the JSON member `event`: "connect", ... */
const char *vfu_event_name(enum vfu_event_kind kind);

/* How much of a request's payload its reply's event keeps: enough for every fixed part. */
enum { VFU_REQUEST_HEAD = 40, VFU_EVENT_TEXT = 128 };
/* Of a VFU_EVENT_MEMORY: bytes at most. */
enum { VFU_EVENT_MEMORY_MAX = 1536 };

enum vfu_severity { VFU_VIOLATION = 0, VFU_SUSPICIOUS = 1 }; /* the numbers stand in capture files */
const char *vfu_severity_name(enum vfu_severity severity); /* "violation", "suspicious" */

/* A rule of the protocol: decoder/rules/table.c has them. */
struct vfu_rule {
    const char *id; /* stable: scripts and filters know it */
    enum vfu_severity severity;
    const char *section; /* of the specification */
    const char *help;    /* what it demands, in one line */
    const char *dialect; /* of a rule that real peers break: who does, and that everyone lives with it; else NULL */
};

/* A rule that a message breaks. */
struct vfu_problem {
    const struct vfu_rule *rule;
    enum vfu_severity severity; /* the rule's, or a violation when nothing is let pass (strict) */
    enum vfu_side at_fault;
    char text[160]; /* with the numbers in it */
};

/* What a plugin says about a message. */
struct vfu_note {
    char plugin[24];
    bool warning;
    char text[231]; /* may hold what a guest or a peer wrote: to be escaped */
};

struct vfu_decoded;

struct vfu_event {
    enum vfu_event_kind kind;
    /*
     * For VFU_EVENT_MESSAGE, the message. For the others only no (0), the times, conn, channel and from count, and
     * bytes is NULL.
     */
    struct vfu_message message;

    /* The header, of a message */
    uint16_t id, command_number;
    uint32_t size, flags, error;
    const struct vfu_command *command; /* NULL: unknown */

    /* Of a reply: the command it answers, if one was found */
    bool paired;
    uint64_t reply_to;   /* its no */
    uint64_t latency_ns; /* from the command to this reply, monotonic */
    uint8_t request[VFU_REQUEST_HEAD]; /* the first bytes of its payload */
    uint8_t request_size;              /* how many of them there are */

    /* What the session made of the payload; valid until its next call. NULL: vfu_decode it. See vfu_decoded_of. */
    const struct vfu_decoded *decoded;
    const struct vfu_problem *problems; /* problem_count of them; the session's, valid until its next call */
    unsigned problem_count;
    const struct vfu_note *notes; /* note_count of them; whose event it is says for how long */
    unsigned note_count;
    bool partial; /* the session lacks a part of this connection, or what was changed: more may be wrong than it can say */

    /* Of the other kinds */
    uint64_t offset; /* UNFRAMED, IOEVENTFD; MEMORY: the address */
    uint64_t count;  /* DROPPED, INTERRUPT, IOEVENTFD */
    uint32_t index;  /* INTERRUPT: IRQ index; IOEVENTFD: region */
    uint32_t vector; /* INTERRUPT */
    uint64_t about;  /* INJECTED, OVERDUE, MEMORY: the message's no */
    char text[VFU_EVENT_TEXT]; /* UNFRAMED: why; INJECTED: the spec; DISCONNECT: why, may be empty; OVERDUE: which, since when */
};

/* How much room a copy takes with all that it points to: a multiple of 16 bytes. */
size_t vfu_event_size(const struct vfu_event *e);
/* The copy at the start of `room`, aligned as malloc does; it points into the room, and its payload is to be decoded. */
struct vfu_event *vfu_event_copy(const struct vfu_event *e, void *room);

static inline bool vfu_event_is_reply(const struct vfu_event *e)
{
    return (e->flags & VFU_TYPE_MASK) == VFU_TYPE_REPLY;
}

static inline bool vfu_event_is_command(const struct vfu_event *e)
{
    return (e->flags & VFU_TYPE_MASK) == VFU_TYPE_COMMAND;
}

#endif
