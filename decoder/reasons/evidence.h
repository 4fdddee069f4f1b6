/*
 * The parts of the evidence: what is collected (evidence.c), what hangs (hangs.c), what the tap changed (tapped.c), what
 * follows from what (causes.c), and the verdict (verdict.c), which is made of it.
 */
#ifndef VFU_DECODER_REASONS_EVIDENCE_H
#define VFU_DECODER_REASONS_EVIDENCE_H

#include "decoder/reasons/verdict.h"

/* What happened on a connection that explains what comes behind it. */
enum evidence_mark {
    MARK_UNFRAMED,  /* a stream is no longer understood */
    MARK_STALLED,   /* half a message came */
    MARK_DEAF,      /* a side reads no more */
    MARK_VERSION,   /* the two did not come to terms */
    MARK_BAD_REPLY, /* what came in the place of a reply */
    MARK_BAD_COMMAND, /* a command of the wrong size, so that its reader may be out of step */
    MARK_FDS,       /* descriptors were lost */
    MARK_MAP_REFUSED, /* a DMA_MAP */
    MARK_STATE_REFUSED, /* the migration's state */
    MARK_LOG_REFUSED, /* the log of dirty pages */
    MARKS
};

/* A connection. */
struct evidence_trail {
    uint32_t conn;
    bool from_start;
    struct {
        uint8_t finding; /* its number + 1; 0: none */
        uint64_t no;     /* of the message that left it; 0: an event did */
    } marks[MARKS];
    bool marked;          /* any of them */
    struct vfu_last_moved moved, before; /* the last two that did */
};

enum { EVIDENCE_TRAILS = 256, EVIDENCE_BROKEN = 32, EVIDENCE_REFUSED_MAPS = 8 };

struct vfu_evidence {
    struct vfu_finding findings[VFU_MAX_FINDINGS]; /* in the order of their first occurrence */
    unsigned finding_count;
    uint64_t findings_more;
    struct vfu_hang hangs[VFU_MAX_HANGS];
    unsigned hang_count, hangs_open;
    struct vfu_line_near line; /* the last one */
    uint64_t hangs_more;
    struct {
        uint64_t no; /* a command that broke a rule */
        unsigned finding;
    } broken[EVIDENCE_BROKEN];
    unsigned broken_at;
    struct {
        uint32_t conn;
        uint64_t address, size;
    } refused_maps[EVIDENCE_REFUSED_MAPS];
    unsigned refused_maps_at;
    struct evidence_trail trails[EVIDENCE_TRAILS]; /* by connection */
    struct vfu_peer_seen peers[VFU_MAX_PEERS];
    unsigned peer_count;
    struct vfu_left left[VFU_MAX_LEFT];
    unsigned left_count;
    struct vfu_migrations migrations;
    struct vfu_tapped tapped;
    struct vfu_unseen unseen;
    uint64_t messages, connections, first_ns, last_ns, last_no;
    uint64_t gap_no; /* messages are missing behind this one: the reply to what waited then may be among them */
    bool withheld; /* the tap kept descriptors of memory back (--expose dma) */
    uint64_t slow, slowest_ms, slowest_no;
};

/* causes.c */
/* The finding that a rule broken by this event follows from; -1: none. */
int evidence_cause(const struct vfu_evidence *e, const struct evidence_trail *t, const struct vfu_rule *rule,
                   const struct vfu_event *event);
/* What a finding of this rule explains of what comes; false: nothing. */
bool evidence_mark_rule(struct evidence_trail *t, const struct vfu_rule *rule, unsigned finding, uint64_t no);
void evidence_mark(struct evidence_trail *t, enum evidence_mark mark, unsigned finding, uint64_t no);
/* A good reply came: both sides are in step. */
void evidence_in_step(struct evidence_trail *t);
/* Is this rule about descriptors that are missing? */
bool evidence_lacks_fds(const struct vfu_rule *rule);
/* What a hang of this kind follows from; -1: nothing that is known. */
int evidence_hang_cause(const struct evidence_trail *t, const struct vfu_hang *hang);
/* The rules of the table, one by one; NULL: no more. */
const char *evidence_cause_rule(unsigned i);

/* tapped.c */
void evidence_tapped(struct vfu_evidence *e, const struct vfu_event *event);

/* hangs.c */
struct evidence_trail *evidence_trail(struct vfu_evidence *e, uint32_t conn);
/* A rule's finding is only what a hang says, too. */
bool evidence_is_hang(const struct vfu_evidence *e, const struct vfu_event *event, const struct vfu_rule *rule);
/* What an event that is no message tells of hangs. */
void evidence_hang_event(struct vfu_evidence *e, const struct vfu_event *event);
/* A line of another log, or a mark. */
void evidence_line(struct vfu_evidence *e, const struct vfu_event *event);
/* A message came: what waited for it waits no longer. */
void evidence_hang_moved(struct vfu_evidence *e, const struct vfu_event *event);
/* Does the connection end within a message, of which nothing was said? Then `half` is the event that would have told. */
bool evidence_cut_off(struct vfu_evidence *e, const struct vfu_event *event, struct vfu_event *half);
/* Both sides waited for the rest of it, perhaps. */
void evidence_hang_half(struct vfu_evidence *e, const struct vfu_event *half);

#endif
