/*
 * A connection's state inside the session: what is known of it, what waits, and what the rules remember.
 */
#ifndef VFU_DECODER_SESSION_PEERS_H
#define VFU_DECODER_SESSION_PEERS_H

#include "decoder/session/pairing.h"
#include "decoder/session/session.h"

/* What the rules remember of a connection. */
enum { VFU_RECENT = 32 };
enum vfu_recent_kind {
    VFU_ANSWERED,
    VFU_WITHOUT_REPLY, /* No_reply */
    VFU_NO_COMMAND,    /* of an unknown type, or a reply to nothing: an error reply is what it may get */
};
struct vfu_recent_command {
    uint16_t id, command;
    enum vfu_recent_kind kind;
};
struct vfu_recent {
    struct vfu_recent_command last[VFU_RECENT];
    unsigned at; /* how many there were */
};
/* The vectors of an IRQ index that have an eventfd. */
enum { VFU_MAX_ARMED = 2048 /* as many as MSI-X has */ };
struct vfu_armed {
    uint64_t vectors[VFU_MAX_ARMED / 64];
    uint64_t no;   /* of the last SET_IRQS that gave or took any; 0: none did */
    bool before;   /* some had one before that */
    bool unsure;   /* one was refused: it may have done a part */
};
/* A rule that a command broke, in case it is refused. */
enum { VFU_BROKEN = 8 };
struct vfu_broken {
    uint64_t no;
    const struct vfu_rule *rule;
    char text[160];
};
enum { VFU_MISFITS_ROOM = 48 };
struct vfu_rule_state {
    bool from_start; /* its begin was seen; else much may have happened before */
    bool cut;        /* of some message not all bytes are at hand */
    bool client_spoke, version_seen, twin, logging, crossed;
    bool settled;                   /* the client spoke, and no VERSION waits for its reply */
    bool device_known, migration_known;
    uint32_t device_flags;          /* of DEVICE_GET_INFO */
    uint64_t migration_flags;       /* of the feature MIGRATION */
    bool proposal_cut;              /* the client's capabilities are not all known */
    uint64_t regions_told;          /* accessed without asking for their info, and said so; bits by index */
    uint64_t misfits_told[VFU_MISFITS_ROOM]; /* by misfit: of which region, or IRQ index, it was said; bits */
    struct vfu_capabilities read;   /* out of the last VERSION, which is message read_no */
    uint64_t read_no;
    uint8_t unframed[2];            /* by channel, bits, 1 << enum vfu_side: whose stream is no longer understood */
    uint8_t stalled[2];             /* likewise: who sent a part of a message, and then nothing */
    struct vfu_armed armed[VFU_MAX_KNOWN_IRQS];
    bool unmapped_nothing;          /* what was not there, and it was said */
    bool client_fds;                /* the client passed a descriptor */
    bool fds_missed;                /* or none, where it should have */
    bool server_is_busy;            /* with another connection, which explains why VERSION is not answered */
    uint64_t served_from_ns;        /* it was busy until then, monotonic */
    uint64_t overdue[2][2];         /* the last command said to be overdue, by number; likewise, and who owes it named */
    uint64_t owed[2][2];
    uint8_t deaf[2];                /* by channel, bits: who reads no more */
    uint64_t excused_ns[2];         /* by side: what the source did may have kept it busy until then */
    struct vfu_recent recent[2][2]; /* [channel][who sent the command] */
    struct vfu_broken broken[VFU_BROKEN]; /* the last ones */
    unsigned broken_at;
};

/* Could a reply of this side be seen on that channel, and can it be held to send one? */
static inline bool vfu_rules_owes(const struct vfu_rule_state *s, enum vfu_channel channel, enum vfu_side side)
{
    return !s->unframed[channel] && !s->deaf[channel] && !(s->stalled[channel] & 1u << side) &&
           s->excused_ns[side] != UINT64_MAX;
}

/*
 * Who the sides look like. What is kept of a side are the rows of the table (decoder/reasons/peers.c) that its VERSION
 * fits, and what was seen of it since: some have the same VERSION, and differ in what follows.
 */
struct vfu_peer_kind;
struct vfu_look {
    const struct vfu_peer_kind *kind; /* what it looks like so far; NULL: like nothing that is known */
    const char *name;                 /* of the kind, for people */
    bool seen;                        /* its VERSION was, whole */
    uint32_t version_size;            /* of the client's, in bytes: QEMU has room for as long a reply */
    uint64_t fits;                    /* bits: rows */
    unsigned signs;                   /* bits: what it did */
};
struct vfu_looks {
    struct vfu_look sides[2];
    bool watching;   /* the next messages may tell more */
    uint64_t answer;  /* number of the reply to VERSION; 0: there is none yet, and nothing is told */
    uint8_t untold;  /* bits, 1 << enum vfu_side: it is certain, and is to be told */
    uint8_t told;    /* likewise: it was */
    struct vfu_time time; /* of the message that has shown it */
};

enum { VFU_UNMAPPED = 16 };

/* A command whose body may come where a message should begin: what is known of it (stray.c). */
struct vfu_stray {
    uint64_t no; /* 0: there is none */
    uint16_t command;
    uint8_t size;
    uint8_t request[VFU_REQUEST_HEAD];
};

struct vfu_unmapped {
    struct vfu_known_map map;
    uint64_t by; /* the DMA_UNMAP */
};

/* An area that the client could map. */
enum { VFU_MAX_OFFERED = 64 };
struct vfu_offered {
    uint32_t region, used; /* used: its entry in the tally, from 1; 0: it was not accessed by message */
    uint64_t offset, size, no;
};

/* How the client's memory came. */
struct vfu_memory {
    uint64_t by_message, most_by_message; /* bytes that are mapped without a descriptor: now, and at most */
    uint64_t by_fd, transfers; /* DMA_MAPs with one; DMA_READs and DMA_WRITEs */
    bool unsure;               /* the source does not see descriptors, or what came was changed */
};

struct vfu_peers {
    struct vfu_connection known;
    struct vfu_pairing pairing[2][2]; /* [channel][who sent the command] */
    struct vfu_unmapped unmapped[VFU_UNMAPPED]; /* the last ones, in case the server refuses */
    unsigned unmapped_at;
    struct vfu_stray refused[2];    /* by channel: the last command that was refused */
    struct vfu_stray cut_off[2][2]; /* [channel][who sent it]: the last one that was too short */
    struct vfu_rule_state rules;
    struct vfu_looks looks;
    struct vfu_memory memory;
    uint64_t offered_regions; /* bits: of which some can be mapped, and a descriptor came */
    struct vfu_offered offered[VFU_MAX_OFFERED]; /* offered_count of them */
    unsigned offered_count;
};

#endif
