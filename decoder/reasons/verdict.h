/*
 * What `why` says, as data: what hangs, what was broken and by whom first, why commands were refused, who the peers look
 * like, what could not be seen. Evidence is collected event by event, in a fixed size, whatever the traffic; the verdict is
 * made of it at any time. decoder/sinks writes it down.
 */
#ifndef VFU_DECODER_REASONS_VERDICT_H
#define VFU_DECODER_REASONS_VERDICT_H

#include "decoder/reasons/migration.h"
#include "decoder/session/session.h"
#include "decoder/wire/event.h"

enum {
    VFU_MAX_FINDINGS = 128, /* different ones; what comes when they are full is counted only */
    VFU_MAX_HANGS = 32,
    VFU_MAX_PEERS = 16,
    VFU_MAX_LEFT = 8,
    VFU_MAX_MUTED = 8,
    VFU_FINDING_MESSAGES = 4,
};

/* How bad it is: the worst there is. */
enum vfu_why_status { VFU_FINE, VFU_HINTS, VFU_MISFITS, VFU_VIOLATIONS, VFU_HANGS };
/* "fine", "hints", "misfits", "violations", "hangs" */
const char *vfu_why_status_name(enum vfu_why_status status);

enum vfu_finding_kind {
    VFU_FOUND_RULE, /* broken; a misfit is one, too */
    VFU_FOUND_REFUSAL, /* an error reply, with the reason where it is known */
    VFU_FOUND_WARNING, /* a plugin's */
};

/* A kind of thing that was found, with the first of its occurrences. */
struct vfu_finding {
    enum vfu_finding_kind kind;
    const struct vfu_rule *rule; /* of a RULE */
    enum vfu_severity severity;
    bool quiet; /* what everybody lives with: nothing to worry about */
    bool explains; /* what comes behind it */
    bool nobody; /* is at fault, as far as it is known */
    enum vfu_side at_fault;
    uint32_t conn;
    uint64_t count;
    uint64_t messages[VFU_FINDING_MESSAGES];
    unsigned message_count;
    int cause; /* the finding that it follows from, by number; -1: none */
    /* Of a REFUSAL, and of a RULE whose message was refused: */
    const struct vfu_command *command;
    bool refused;
    uint64_t refused_no; /* of a RULE: which of its commands was, the first of those; another than its first one, perhaps */
    uint32_t error;
    char name[28];     /* the reason's id (empty: not known), or the plugin */
    bool certain;      /* else the reason is a guess */
    char because[160];
    char text[232];    /* of a RULE, a WARNING */
};

/* Something that moved last. */
struct vfu_last_moved {
    uint64_t no; /* 0: nothing did */
    uint64_t mono_ns;
    uint16_t id, command;
    enum vfu_side from;
    bool reply;
};

enum vfu_hang_kind {
    VFU_HANG_REPLY, /* a command waits for its reply */
    VFU_HANG_REST,  /* a part of a message came, and then nothing */
    VFU_HANG_DEAF,  /* a side reads no more */
    VFU_HANG_UNREAD, /* a side has not read what lies in its socket since attach came */
    VFU_HANG_DIED,  /* the process of a side has ended, amid what the other waits for, or by a fault */
};

/* A line of another log, or a mark. */
struct vfu_line_near {
    uint64_t mono_ns;        /* 0: there is none */
    char name[VFU_LOG_NAME]; /* of the log; empty: a mark */
    char text[128];          /* as much of it as there is room for */
};
enum { VFU_HANG_LINES = 3 };

struct vfu_hang {
    enum vfu_hang_kind kind;
    uint32_t conn;
    enum vfu_channel channel;
    enum vfu_side waits; /* for the other one */
    uint64_t no, count;  /* the command, and how many wait with it; of DEAF the last message that was passed on */
    uint16_t id, command;
    uint64_t got, size;           /* of REST: bytes, of how many (0: less than a header came) */
    uint64_t since_ns, until_ns;  /* monotonic; until: the end of the connection, or of what was seen */
    bool over;                    /* it went on after all */
    unsigned closed_by;           /* who ended the connection then: bits, 1 << enum vfu_side; 0: nobody yet */
    bool both;                    /* the other side waits, too */
    bool perhaps;                 /* since when is a guess */
    bool blamed;                  /* the other side owes it */
    bool read, unread;            /* of REPLY: it has read the command, or has not; neither: that is not known */
    bool reply;                   /* of UNREAD: what lies there first is one */
    int cause;                    /* the finding that it follows from, by number; -1: none */
    struct vfu_last_moved moved;       /* the last thing that did, before it */
    struct vfu_ended ended;       /* of DIED */
    char note[VFU_EVENT_TEXT];    /* what else is known: may be empty */
    char text[400];               /* all that in a sentence; of a verdict's */
    unsigned line_count;
    struct vfu_line_near lines[VFU_HANG_LINES]; /* the last one before it was told, and the first ones behind that */
    unsigned doing_count;
    struct vfu_doing doing[VFU_EVENT_DOING]; /* what both sides' processes did when it was told last */
};

struct vfu_peer_seen {
    uint32_t conn; /* the first one */
    enum vfu_side side;
    struct vfu_peer_told told;
};

/* A side that left without having read everything. */
struct vfu_left {
    uint32_t conn;
    enum vfu_side side;
    uint64_t unread; /* the last message that was passed on to it */
};

/* A message that the tap changed, so that a reply may not come. */
struct vfu_muted {
    uint32_t conn;
    enum vfu_side from;
    uint64_t no;
    uint16_t id, command;
    bool reply;    /* it is one, and was dropped itself */
    bool no_reply; /* nobody waits for one */
    bool dropped;  /* else it was changed, delayed or the like */
    bool over;     /* the reply came after all */
    uint64_t since_ns, until_ns; /* monotonic; until: as of a hang */
};

/* What the tap itself changed on its way. */
struct vfu_tapped {
    uint64_t count, first; /* messages, and the first one's number */
    char spec[96];         /* the injection that struck the first one, as much as there is room for; empty: it was intercepted */
    struct vfu_muted muted[VFU_MAX_MUTED];
    unsigned muted_count;
    uint64_t muted_more;
    struct vfu_muted last; /* the last one that was changed, perhaps by an injection that is told next */
    uint64_t counted_no;
};

/* What passed beside the socket, or is missing. */
struct vfu_unseen {
    uint64_t regions;     /* bits, by index: came with a descriptor, and can be mapped */
    bool which_region;    /* another one, whose index was cut off */
    uint64_t maps_by_fd, maps, bytes_by_fd, bytes, dma_messages;
    uint64_t eventfds, interrupts, io_fds, ioeventfds;
    uint64_t dropped, cut, gaps;
    uint64_t left_out;    /* messages that were recorded without their guest memory */
    bool middle; /* a connection whose beginning was not seen */
    bool migration; /* a client that does not ask a device for its state: whether the VM migrated */
};

struct vfu_evidence;

struct vfu_evidence *vfu_evidence_new(void); /* NULL when out of memory */
struct vfu_evidence *vfu_evidence_copy(const struct vfu_evidence *e); /* likewise */
void vfu_evidence_free(struct vfu_evidence *e);
void vfu_evidence_event(struct vfu_evidence *e, const struct vfu_event *event);

struct vfu_why {
    enum vfu_why_status status;
    const char *file;   /* of several captures, each of which has a page: which one; NULL: there is one. Whoever asks sets it */
    char sentence[400]; /* all of it, in one */
    struct vfu_hang hangs[VFU_MAX_HANGS];
    unsigned hang_count;
    uint64_t hangs_more;
    /* The worst first, then the first; those that follow from another one are found by their cause. */
    const struct vfu_finding *findings[VFU_MAX_FINDINGS];
    unsigned finding_count;
    const struct vfu_finding *all; /* by number */
    unsigned all_count;
    uint64_t findings_more;
    uint64_t slow, slowest_ms, slowest_no; /* replies that came after all, late */
    uint64_t waiting, waiting_no;   /* commands without a reply, not for long; the oldest */
    struct vfu_hint hints[VFU_MAX_HINTS];
    unsigned hint_count;
    const struct vfu_peer_seen *peers;
    unsigned peer_count;
    const struct vfu_left *left;
    unsigned left_count;
    const struct vfu_migrations *migrations;
    const struct vfu_tapped *tapped;
    struct vfu_unseen unseen;
    uint64_t messages, connections, lasted_ns, until_ns; /* monotonic: this moment */
};

/*
 * The verdict at this moment (monotonic; 0: that of the last event). session may be NULL: it knows what waits. Points into
 * the evidence, until its next event.
 */
void vfu_why_of(const struct vfu_evidence *e, const struct vfu_session *session, uint64_t now_ns,
                    struct vfu_why *verdict);
/* The hint that this finding bears out, and belongs to; NULL: none. */
const struct vfu_hint *vfu_why_hint(const struct vfu_why *v, const struct vfu_finding *f);
/* "3 messages, first #39 (id == 20:error=EIO)" */
enum { VFU_TAPPED_TEXT = 192 };
void vfu_tapped_say(const struct vfu_tapped *tapped, char text[VFU_TAPPED_TEXT]);
/* How long one has been without its reply, until the end of its connection. */
static inline uint64_t vfu_muted_ns(const struct vfu_why *v, const struct vfu_muted *m)
{
    uint64_t until = m->until_ns ? m->until_ns : v->until_ns;

    return until > m->since_ns ? until - m->since_ns : 0;
}

/* Does a finding count in itself, and is it more than what everybody lives with? */
static inline bool vfu_finding_counts(const struct vfu_finding *f)
{
    return f->cause < 0 && !f->quiet && f->kind != VFU_FOUND_WARNING;
}

#endif
