/*
 * An event: what the session makes of a message (or of what is no message), and what every sink takes. It holds all
 * that a sink needs beside the message's bytes, so that it can be queued and formatted later, and by anybody.
 */
#ifndef VFU_DECODER_WIRE_EVENT_H
#define VFU_DECODER_WIRE_EVENT_H

#include "decoder/wire/header.h"
#include "decoder/wire/message.h"
#include "decoder/wire/table.h"

enum vfu_event_kind {
    VFU_EVENT_MESSAGE = 0,
    VFU_EVENT_CONNECT,
    VFU_EVENT_DISCONNECT,
    VFU_EVENT_UNFRAMED,  /* from `offset` of that side's stream the bytes are no longer understood */
    VFU_EVENT_FRAMED,    /* and from this one on they are again */
    VFU_EVENT_DROPPED,   /* a sink left out messages, and events that are none */
    VFU_EVENT_INTERRUPT, /* an IRQ's eventfd was signalled `count` times */
    VFU_EVENT_IOEVENTFD, /* likewise a region's */
    VFU_EVENT_INJECTED,  /* what the tap did to a message, as it was asked to */
    VFU_EVENT_OVERDUE,   /* a command waits too long for its reply, as `count` of that side do */
    VFU_EVENT_STALLED,   /* of a message a part came, and then nothing */
    VFU_EVENT_READS_NO_MORE, /* a side takes nothing any more, and goes on sending, perhaps */
    VFU_EVENT_PEER,      /* who a side looks like, by what it says and does; made anew on reading */
    VFU_EVENT_UNREAD,    /* messages lay unread when attach came; they are none yet */
    VFU_EVENT_CAPTURE,   /* a capture begins here: who wrote it, and how */
    VFU_EVENT_END,       /* and ends here, as it should */
    VFU_EVENT_MEMORY,    /* guest memory that plugins read for a message; of captures only, just before it */
    VFU_EVENT_LOG,       /* a line of another log, that came between the messages */
    VFU_EVENT_MARK,      /* a line of the person's: what comes now */
    VFU_EVENT_LOOK,      /* the clock: plugins looked at guest memory, and saw something there */
    VFU_EVENT_KINDS
};

/* The word in the JSON member `event`: "connect", ... */
const char *vfu_event_name(enum vfu_event_kind kind);

/* How much of a request's payload its reply's event keeps: enough for every fixed part. */
enum { VFU_REQUEST_HEAD = 40, VFU_FDS_UNKNOWN = 255, VFU_EVENT_TEXT = 128, VFU_PEER_KNOWN = 3 };
/* Room for a process's name, which the kernel keeps 15 bytes of. */
enum { VFU_PROCESS_ROOM = 16, VFU_DISCONNECT_TEXT = 192 };
/* Of a VFU_EVENT_MEMORY, and of a VFU_EVENT_UNFRAMED: bytes at most. */
enum { VFU_EVENT_MEMORY_MAX = 1536, VFU_UNFRAMED_MAX = 1024 };
/* Room for what the bytes of a VFU_EVENT_UNFRAMED may be. */
enum { VFU_GUESS = 96 };
/* Of a VFU_EVENT_LOG and a VFU_EVENT_MARK: bytes of the text at most, and room for the log's name. */
enum { VFU_LINE_MAX = 1024, VFU_LOG_NAME = 32 };

/* Of a VFU_EVENT_OVERDUE: longer than anybody has patience. */
#define VFU_WAITING_UNKNOWN UINT64_MAX

enum vfu_severity { /* the numbers stand in capture files */
    VFU_VIOLATION = 0,
    VFU_SUSPICIOUS = 1,
    VFU_MISFIT = 2, /* no message is wrong, but what they tell of the device does not fit together */
    VFU_SEVERITIES
};
const char *vfu_severity_name(enum vfu_severity severity); /* "violation", "suspicious", "misfit" */
/* The one with this name; VFU_SEVERITIES: there is none. */
enum vfu_severity vfu_severity_by_name(const char *name);
/* How bad: a violation more than a misfit, that more than what is suspicious. */
unsigned vfu_severity_rank(enum vfu_severity severity);

/*
 * What `explain NAME` says at length of a rule, a misfit, a reason, a requirement: plain sentences, which are wrapped where
 * they are shown. No facts that are not known: what is missing is NULL.
 */
struct vfu_explanation {
    const char *means;   /* what it demands or says, and why that matters: two to four sentences; never NULL */
    const char *who;     /* breaks it in practice, and what follows */
    const char *example; /* lines as the tap prints them, from a conversation of the tests, without time and connection */
    const char *todo;    /* what its author does about it: one or two sentences; never NULL */
};

/* In a list of texts that stand beside their table, which NULL ends: whose it is. */
struct vfu_explained {
    const char *id;
    struct vfu_explanation explanation;
};

/* A rule of the protocol, or what has to fit together in a device: decoder/rules/table.c and decoder/reasons/misfits.c. */
struct vfu_rule {
    const char *id; /* stable: scripts and filters know it */
    enum vfu_severity severity;
    const char *section; /* of the specification */
    const char *help;    /* what it demands, in one line */
    const char *dialect; /* of a rule that real peers break: who does, and that everyone lives with it; else NULL */
    struct vfu_explanation explains; /* of a misfit; a rule's stands elsewhere: see vfu_rule_explanation */
    const char *plugin; /* of a plugin's misfit: its name, "" where that is not known; NULL: it is the program's own */
};

/* A rule that a message breaks. */
struct vfu_problem {
    const struct vfu_rule *rule;
    enum vfu_severity severity; /* the rule's, or a violation when nothing is let pass (strict) */
    enum vfu_side at_fault;
    bool nobody;    /* is at fault, as far as it is known */
    bool repeated;  /* as the one before it on this connection, which was shown: to be counted */
    char text[160]; /* with the numbers in it */
};

/* What is known to go wrong between two peers, or with one of them: decoder/reasons/trouble.c has all of it. */
struct vfu_trouble {
    const char *id;   /* stable */
    const char *text; /* in one line */
    struct vfu_explanation explains;
};

/* Of a VFU_EVENT_PEER. */
struct vfu_peer_told {
    char name[VFU_EVENT_TEXT]; /* "QEMU 11", "libvfio-user": what it looks like */
    unsigned known_count;      /* of what is known to go wrong with it, here */
    const struct vfu_trouble *known[VFU_PEER_KNOWN]; /* of the table */
};

/* A reason for an error reply. */
enum { VFU_MAX_BECAUSE = 4 /* of one reply */, VFU_BECAUSE_MESSAGES = 4 };
struct vfu_because {
    char reason[28];  /* its id: decoder/reasons/table.c, or a plugin's */
    bool certain;     /* else a guess, and said so */
    bool of_plugin;   /* that says it */
    unsigned count;   /* of the messages that say so */
    uint64_t messages[VFU_BECAUSE_MESSAGES];
    char text[160];   /* with the numbers in it */
};

/* What a plugin says about a message. */
struct vfu_note {
    char plugin[24];
    bool warning;
    char text[231]; /* may hold what a guest or a peer wrote: to be escaped */
};

/*
 * A request that a device has done, in a queue of its own: an NVMe command, a virtio chain. A plugin saw its completion. Or
 * how many of a queue went by that nobody saw (went_by is not 0, and of the rest only the queue is known).
 */
enum vfu_request_known {
    VFU_REQUEST_OPCODE = 1, VFU_REQUEST_LBA = 2, VFU_REQUEST_STATUS = 4, VFU_REQUEST_LATENCY = 8, VFU_REQUEST_FAILED = 16,
    VFU_REQUEST_ALL = 31,
};
struct vfu_request {
    char plugin[24];
    char name[40]; /* the opcode's; may be empty */
    uint32_t known; /* bits of enum vfu_request_known; FAILED: the device says so */
    uint32_t queue, id, opcode, status, blocks;
    uint32_t depth; /* so many of the queue were under way, with it */
    uint64_t lba;
    uint64_t bytes; /* that it moves; 0: none, or it is not known */
    uint64_t latency_ns; /* between the looks that found it given and done: at most that */
    uint64_t went_by;
};

/* What a sink did not get. */
struct vfu_left_out {
    uint64_t messages, events; /* events: what is no message */
};

/* A process that is no more. */
struct vfu_ended {
    uint32_t pid; /* 0: there is none */
    int status;   /* waitpid's; 0: how it ended is not known, or all was well */
    char name[VFU_PROCESS_ROOM]; /* as it chose it; may be empty */
};

/* What threads of a process do at the moment of an event: those that do the same are one. */
enum { VFU_DOING_ROOM = 32, VFU_EVENT_DOING = 8 /* of an event at most */ };
struct vfu_doing {
    enum vfu_side side;
    uint32_t conn, pid, tid, threads; /* tid: the first one's */
    char process[VFU_PROCESS_ROOM], name[VFU_PROCESS_ROOM]; /* the thread's; both as they chose it */
    char state;                  /* as in ps(1) */
    char call[VFU_DOING_ROOM];   /* the system call, "recvmsg(5)" with the descriptor that it is about; may be empty */
    char where[VFU_DOING_ROOM];  /* the function of the kernel in which it waits; may be empty */
};

struct vfu_decoded;
struct vfu_register; /* decoder/registers */

/* How many registers of one access are named, at most. */
enum { VFU_REGISTERS_NAMED = 4 };

/*
 * A register that an access is about, whole or in part; an event has as many as it touches. `at` says where the access begins,
 * seen from the register: 4 for the upper half of 8 bytes; -2 where it is the second of two that are read at once.
 */
struct vfu_register_at {
    const struct vfu_register *reg;
    uint32_t index; /* of an array's */
    int32_t at;     /* bytes */
    bool indexed;
};

struct vfu_event {
    enum vfu_event_kind kind;
    bool partial; /* the session lacks a part of this connection, or what was changed: more may be wrong than it can say */
    unsigned problem_count, note_count;
    const struct vfu_problem *problems; /* the session's, valid until its next call */
    const struct vfu_note *notes;       /* whose event it is says for how long */
    unsigned register_count;            /* of commands that access a region, and of their replies */
    const struct vfu_register_at *registers; /* that it is about, whose names and fields live on; good as long as notes are */
    unsigned because_count;             /* of error replies only */
    const struct vfu_because *because;  /* as problems */
    unsigned request_count;
    const struct vfu_request *requests; /* as notes */
    const char *file; /* of several that are read as one: the one that has it, by a name that lives on; NULL: there are no several */
    union {
        struct { /* VFU_EVENT_MESSAGE */
            struct vfu_message message;

            /* The header */
            uint16_t id, command_number;
            uint32_t size, flags, error;
            const struct vfu_command *command; /* NULL: unknown */
            /* Of type 0, but an answer all the same: an error to what only the other side asks (rust-vmm up to 0.1.3). */
            bool meant_as_reply;

            /* Of a reply: the command it answers, if one was found */
            bool paired;
            uint8_t request_size;              /* how much of `request` there is */
            uint8_t request[VFU_REQUEST_HEAD]; /* the first bytes of the command's payload */
            uint64_t reply_to;                 /* its no */
            uint64_t latency_ns;               /* from the command to this reply, monotonic */
            uint32_t request_payload;          /* how many bytes it had, as its header says */
            uint8_t request_fds;               /* how many came with it, or VFU_FDS_UNKNOWN */
            bool request_changed;              /* it did not get there as it was sent */

            /* What the session made of the payload; valid until its next call. NULL: see vfu_decoded_of. */
            const struct vfu_decoded *decoded;
        };
        struct { /* of every kind: the message's first members are these */
            struct vfu_time time;
            uint32_t conn; /* 0: of none, or of whatever */
            enum vfu_channel channel;
            enum vfu_side from;
            unsigned doing_count;
            const struct vfu_doing *doing; /* what both sides' processes do; whose event it is says for how long */
            union { /* of the other kinds; `no` is the message's that it is about */
                struct {
                    uint32_t pid;                /* of the client's process; 0: not known */
                    char name[VFU_PROCESS_ROOM]; /* as it chose it: to be escaped; may be empty */
                    bool late; /* it is told later than it was: what followed it may have been left out */
                } connect;
                struct {
                    unsigned closed_by;       /* bits, 1 << enum vfu_side, as far as it is known; both: neither, but us */
                    char why[VFU_DISCONNECT_TEXT]; /* may be empty */
                    uint64_t unread; /* what was passed on last to who closed it, and that it has not read; 0: it may have */
                    uint64_t on;     /* where its process has ended: the command that it owed a reply to for longest; 0: none */
                    struct vfu_ended ended;
                } disconnect;
                struct {
                    uint64_t offset;
                    const uint8_t *bytes; /* what came from there on, the first of it: size of them; the source's */
                    size_t size;
                    bool missing; /* the source lacks bytes: nobody is at fault */
                    char why[VFU_EVENT_TEXT];
                    char guess[VFU_GUESS]; /* the session's: what they may be, empty: unlike anything; to be escaped */
                    size_t left_out; /* so many there were, and were left out: see decoder/wire/memory.h */
                } unframed;
                struct {
                    uint64_t offset, skipped; /* bytes, those that the source lacks too */
                } framed;
                struct vfu_left_out dropped;
                struct {
                    uint64_t count;
                    uint32_t index, vector;
                    bool lost; /* it could not be passed on */
                    bool late; /* of a vector that was disabled, or has another eventfd now, as the server had said */
                } interrupt;
                struct {
                    uint64_t count, offset;
                    uint32_t region;
                    bool lost;
                } ioeventfd;
                struct {
                    uint64_t no;
                    const char *spec; /* as long as the user wrote it: size bytes with its NUL; the source's */
                    size_t size;
                } injected;
                struct {
                    uint64_t no, count;
                    uint64_t waiting_ms; /* VFU_WAITING_UNKNOWN: a capture that does not say so */
                    bool both;           /* the other side waits too */
                    bool excused;        /* nobody owes it yet: the session knows why */
                    char what[VFU_EVENT_TEXT]; /* the command, and since when */
                    bool read, unread; /* who owes the reply has read the command, or has not; neither: it is not known */
                } overdue;
                struct {
                    uint64_t got, waiting_ms; /* bytes that came, and for how long none has */
                    uint32_t size;            /* as its header claims; of less than a header (got) nothing is known */
                    uint16_t id, command;
                    char what[VFU_EVENT_TEXT];
                } stalled;
                struct vfu_peer_told peer;
                struct {
                    uint64_t bytes;    /* all of them */
                    unsigned messages; /* that begin in them, as far as could be looked; the first one: */
                    uint32_t size;
                    uint16_t id, command;
                    bool reply;
                    uint32_t pid; /* whose process is to read them; 0: not known */
                    char name[VFU_PROCESS_ROOM];
                    char what[VFU_EVENT_TEXT];
                } unread;
                struct {
                    uint64_t last; /* the last message that was passed on to it, and that it may not have read; 0: none */
                } reads_no_more;
                struct {
                    uint64_t start_ns; /* realtime: of a ring's files, when the first one was begun */
                    char version[16], kernel[VFU_EVENT_TEXT];
                    const char *options; /* the command line, without the program: size bytes with its NUL; the source's */
                    size_t size;
                    bool no_memory; /* guest memory was left out, of all of it: what plugins read as well */
                } capture;
                struct {
                    bool goes_on; /* in the next file of a ring */
                    bool cut;     /* it was not written: whoever reads the capture has come to the end of the file */
                } end;
                struct {
                    uint64_t no, address;
                    const uint8_t *bytes; /* size of them; the source's */
                    size_t size;
                } memory;
                struct { /* of a LOG, and (text and size) of a MARK */
                    const char *text; /* size bytes, without a newline or a NUL behind them; any bytes; the source's */
                    size_t size;
                    uint64_t left_out;       /* so many lines are missing here, as the text says; 0: it is a line */
                    char name[VFU_LOG_NAME]; /* of the log, as the person calls it */
                } line;
            };
        };
    };
};

_Static_assert(offsetof(struct vfu_event, message.time) == offsetof(struct vfu_event, time) &&
                   offsetof(struct vfu_event, message.conn) == offsetof(struct vfu_event, conn) &&
                   offsetof(struct vfu_event, message.channel) == offsetof(struct vfu_event, channel) &&
                   offsetof(struct vfu_event, message.from) == offsetof(struct vfu_event, from),
               "a message begins with what every event has");

/* Of an UNFRAMED one: why, of a header that was judged so (VFU_MISSIZED or VFU_NO_HEADER), with this size. */
void vfu_event_unframed(struct vfu_event *e, enum vfu_framing framing, uint32_t size);

/*
 * Its bytes, into `room`, which it points to from now on: what was kept of what was taken for a header, and what has come
 * behind it, as far as there is room.
 */
void vfu_event_unframed_bytes(struct vfu_event *e, uint8_t room[VFU_UNFRAMED_MAX], const uint8_t *kept, size_t kept_size,
                              const uint8_t *more, size_t more_size);

/* Of a STALLED one: what it says in words, of its other members. */
void vfu_event_say_stalled(struct vfu_event *e);

/* Of an UNREAD one, likewise. */
void vfu_event_say_unread(struct vfu_event *e);

/* What an event of another kind says in words: why, the spec, ...; may be empty. */
const char *vfu_event_text(const struct vfu_event *e);

/* How much room a copy takes with all that it points to: a multiple of 16 bytes. */
size_t vfu_event_size(const struct vfu_event *e);
/* The copy at the start of `room`, aligned as malloc does; it points into the room, and its payload is to be decoded. */
struct vfu_event *vfu_event_copy(const struct vfu_event *e, void *room);

/* Is it about the capture that it stands in, and so in no other? */
static inline bool vfu_event_frames(const struct vfu_event *e)
{
    return e->kind == VFU_EVENT_CAPTURE || e->kind == VFU_EVENT_END;
}

/* Is it of no connection: what else happened then? */
static inline bool vfu_event_is_beside(const struct vfu_event *e)
{
    return e->kind == VFU_EVENT_LOG || e->kind == VFU_EVENT_MARK;
}

/* The message's number; 0 of what is none. */
static inline uint64_t vfu_event_no(const struct vfu_event *e)
{
    return e->kind == VFU_EVENT_MESSAGE ? e->message.no : 0;
}

/* Of messages only */
static inline bool vfu_event_is_reply(const struct vfu_event *e)
{
    return (e->flags & VFU_TYPE_MASK) == VFU_TYPE_REPLY || e->meant_as_reply;
}

static inline bool vfu_event_is_command(const struct vfu_event *e)
{
    return (e->flags & VFU_TYPE_MASK) == VFU_TYPE_COMMAND && !e->meant_as_reply;
}

#endif
