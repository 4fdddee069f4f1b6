/*
 * The session: what a source's messages mean together. Pairs replies with their commands (per connection, channel,
 * direction, id and command number, oldest first) and keeps what the peers agreed on and told each other:
 * capabilities, regions, IRQs, the DMA map, the migration state. All tables are bounded.
 */
#ifndef VFU_DECODER_SESSION_SESSION_H
#define VFU_DECODER_SESSION_SESSION_H

#include "decoder/wire/capabilities.h"
#include "decoder/wire/event.h"
#include "decoder/wire/ranges.h"

enum {
    VFU_MAX_OUTSTANDING = 65536, /* commands a direction without a reply; then the oldest counts as never answered */
    VFU_MAX_CONNECTIONS = 4096, /* open at once; then the first one is forgotten */
    VFU_MAX_KNOWN_REGIONS = 64,
    VFU_MAX_KNOWN_IRQS = 16,
    VFU_MAX_KNOWN_MAPS = 65536,
};

enum { VFU_IGNORED_WORDS = 8 };
/* How the rules of the protocol are looked after. */
struct vfu_rule_settings {
    const struct vfu_checks *checks; /* NULL: nothing is checked */
    bool strict;         /* what real peers break and live with counts as a violation too */
    uint64_t ignored[VFU_IGNORED_WORDS]; /* bits, by rule; misfits behind them, then those of plugins */
    bool without_plugins; /* what a capture has of theirs is left out */
};

enum {
    VFU_MAX_PROBLEMS = 8,    /* of one event, by the session; more are left out */
    VFU_EVENT_PROBLEMS = 24, /* with those that a capture has, and plugins' */
};

/* What a session asks of rules and reasons, which lie above it: decoder/reasons/reasons.h has them. */
struct vfu_peers;
struct vfu_checks {
    /*
     * What an event breaks that was just made, a message's before the session learns from it: into `problems`, with room
     * for VFU_MAX_PROBLEMS. How many.
     */
    unsigned (*event)(struct vfu_peers *peers, const struct vfu_event *event, const struct vfu_rule_settings *settings,
                      struct vfu_problem *problems);
    /*
     * What else a message tells, which broke `count` rules: whether it fits what was known, who its sender looks like. Not asked
     * about accesses that can tell nothing new. How many problems there are now. May be NULL.
     */
    unsigned (*further)(struct vfu_peers *peers, const struct vfu_event *message, const struct vfu_rule_settings *settings,
                        struct vfu_problem *problems, unsigned count);
    /* What the settings make of a problem that was recorded: how severe it is; false: its rule is ignored. */
    bool (*judge)(const struct vfu_rule_settings *settings, struct vfu_problem *problem);
    /*
     * Why a command was refused: of an error reply to a command that was seen, before the session learns from it; into
     * `because`, with room for VFU_MAX_BECAUSE. How many reasons. May be NULL.
     */
    unsigned (*because)(const struct vfu_peers *peers, const struct vfu_event *reply, struct vfu_because *because);
    /*
     * Who a side looks like, which an event has shown (peers->looks.untold): into `told`, a PEER event but for its name.
     * May be NULL.
     */
    void (*peer)(struct vfu_peers *peers, struct vfu_event *told);
};

struct vfu_known_region {
    bool known;
    uint32_t flags;
    uint64_t size;
    uint64_t no; /* of the reply that says so; of an IRQ, too */
};

struct vfu_known_irq {
    bool known;
    uint32_t flags, count;
    uint64_t no;
};

struct vfu_known_map {
    uint64_t address, size;
    uint32_t flags;
    bool has_fd;
    bool fd_unsure; /* nobody saw whether it has one, or it was changed on its way */
    bool silent;    /* No_reply: nobody heard whether the server took it */
    uint64_t no; /* of the DMA_MAP that made it */
    uint32_t used; /* by message: its entry in the tally, from 1; 0: it was not */
};

/* Dirty page logging, by the numbers of the commands; 0: none was seen. */
struct vfu_known_log {
    uint64_t started; /* it runs since then */
    uint64_t stopped, refused; /* and not, since a STOP, or because a START was refused */
    uint64_t page_size; /* as it was asked for */
};

/* The last SET of the migration state: from where, as far as it was known then. */
struct vfu_known_arc {
    uint64_t no, from_no;
    uint32_t from;
    bool from_known;
};

/* One connection, as far as it was seen. */
struct vfu_connection {
    uint32_t conn;
    struct vfu_capabilities proposed, agreed;
    struct vfu_known_region regions[VFU_MAX_KNOWN_REGIONS];
    struct vfu_known_irq irqs[VFU_MAX_KNOWN_IRQS];
    uint64_t proposed_no, agreed_no; /* of VERSION and of its reply; 0: not seen, or cut by the capture */
    uint32_t num_regions, num_irqs; /* from DEVICE_GET_INFO; 0 if not seen */
    uint64_t info_no; /* of its reply */
    struct vfu_ranges maps;         /* of struct vfu_known_map */
    unsigned unmaps_pending; /* DMA_UNMAPs that wait for their reply: they have left `maps`, the device may still be there */
    bool maps_unsure;        /* what is in `maps` may be there or not, and other things too */
    uint64_t overlap_no;     /* only because this DMA_MAP lies over others, and waits for its refusal; 0: not so */
    uint32_t migration_state; /* enum vfu_device_state; RUNNING until told otherwise */
    bool migration_state_known;
    uint64_t migration_state_no; /* of the message that said so; 0: none */
    struct vfu_known_arc arc;
    uint64_t migration_no;         /* of the reply that has the feature MIGRATION's flags */
    uint64_t migration_refused_no; /* of an error reply to that question */
    struct vfu_known_log log;
};

struct vfu_session;

/* What it makes passes the checks, which may be NULL: see vfu_session_rules. NULL when out of memory. */
struct vfu_session *vfu_session_new(const struct vfu_checks *checks);
void vfu_session_free(struct vfu_session *s);

/*
 * Take a message: number it (if message->no is 0), pair it, learn from it, and fill in `event`, whose pointers are the
 * message's own. Call in the order in which messages were read.
 */
void vfu_session_message(struct vfu_session *s, const struct vfu_message *message, struct vfu_event *event);
/* The event's message was changed after that (`changed` says how): read it again. Who sent it keeps its problems. */
void vfu_event_changed(struct vfu_event *event);
/*
 * What is no message happened: `event` says what, of which connection and when, as its source saw or recorded it. The
 * session learns from it (twin sockets end with their connection; what is DROPPED is not held against anybody) and adds
 * its problems, and whether it knows all.
 */
void vfu_session_event(struct vfu_session *s, struct vfu_event *event);
/*
 * What the source itself does to messages, for which nobody is late or silent. A command, just made an event, is kept from
 * getting there, or not as it was sent: no reply is owed to it. One that was kept, or is going to be, is passed on as it is
 * at mono_ns: from then on a reply is, and that is the event's time too. And `sides` (bits, 1 << enum vfu_side) of a
 * connection may have waited for what was kept: none of them is late before until_ns (UINT64_MAX: ever).
 */
void vfu_session_keep(struct vfu_session *s, const struct vfu_event *command);
void vfu_session_passed(struct vfu_session *s, struct vfu_event *command, uint64_t mono_ns);
void vfu_session_excuse(struct vfu_session *s, uint32_t conn, unsigned sides, uint64_t until_ns);
/* A command, just made an event, goes on changed: what it says is not what gets there. Before vfu_event_changed. */
void vfu_session_changed(struct vfu_session *s, const struct vfu_event *command);

/*
 * Framing was lost, and these bytes have come since (again.c): where in them the stream is found again, that is, where a
 * whole header begins that answers a command of the other side which waits; SIZE_MAX: not here. The source then makes a
 * FRAMED event, and goes on with that message. Costs as much as there are bytes.
 */
size_t vfu_session_find_again(const struct vfu_session *s, uint32_t conn, enum vfu_channel channel, enum vfu_side from,
                              const uint8_t *bytes, size_t size);

/* What is known of a connection; NULL if it was never seen. Valid until the next call. */
const struct vfu_connection *vfu_session_connection(const struct vfu_session *s, uint32_t conn);

/*
 * Who a side looks like is certain enough since the last message, and was not told: fills in a PEER event, to be shown
 * behind that message. Once for each side of a connection, and again where it is seen to be something more exact. False:
 * nothing (more) is to tell.
 */
bool vfu_session_peer(struct vfu_session *s, struct vfu_event *event);
/* What a side of a connection looks like: a name for people, which lasts; NULL: it is not known. */
const char *vfu_session_peer_name(const struct vfu_session *s, uint32_t conn, enum vfu_side side);
/* Can the session tell itself, whatever a capture says, who that side looks like? It saw its VERSION. */
bool vfu_session_judges_peer(const struct vfu_session *s, uint32_t conn, enum vfu_side side);

/* After this long whoever owes a reply is named: QEMU's own patience. */
enum { VFU_PATIENCE_MS = 5000 };
/*
 * A command that has waited for its reply for longer than limit_ns by now, not told before, or told before and now for
 * longer than VFU_PATIENCE_MS: fills in `event`, an OVERDUE one, with problems after that time. False: there is none (any
 * more). Looks at the oldest 16 of each side of each connection.
 */
bool vfu_session_overdue(struct vfu_session *s, struct vfu_time now, uint64_t limit_ns, struct vfu_event *event);
/*
 * Add to an event, just made of what a capture holds, what that capture says about it. What a reply answers, where the
 * session does not know. Problems, where it can't know all (event->partial) because the capture lacks what whoever wrote it
 * had seen, of rules that are not ignored and did not speak up again; reasons likewise. And what plugins said, which the
 * session never knows: see vfu_rule_settings.
 */
void vfu_session_add_recorded(struct vfu_session *s, struct vfu_event *event, const struct vfu_event *recorded);
/* To be changed before the first message. */
struct vfu_rule_settings *vfu_session_rules(struct vfu_session *s);

/* The connection with the lowest number above `conn` (0: the first), or NULL. Valid until the next message. */
const struct vfu_connection *vfu_session_next(const struct vfu_session *s, uint32_t conn);

/* A command that waits for its reply. */
struct vfu_waiting {
    uint64_t no, mono_ns;
    uint32_t conn;
    enum vfu_channel channel;
    enum vfu_side from;
    uint16_t id, command;
    bool has_place; /* of an access to a region */
    uint32_t region;
    uint64_t offset;
};
/* Those of a connection, the oldest of each channel and side first, `room` at most; how many. */
size_t vfu_session_waiting(const struct vfu_session *s, uint32_t conn, struct vfu_waiting *list, size_t room);

/* The first commands that had no reply when their connection ended; how many are in the list. */
enum { VFU_NEVER_ANSWERED = 8 };
size_t vfu_session_never_answered(const struct vfu_session *s, const struct vfu_waiting **list);

/* What this side owes a reply to for longest, on either channel. False: nothing. */
bool vfu_session_owes(const struct vfu_session *s, uint32_t conn, enum vfu_side side, struct vfu_waiting *oldest);
/* "REGION_WRITE bar0+0x10": the command, and where, if it is about a place. */
void vfu_waiting_say(const struct vfu_waiting *w, char *text, size_t room);

/* What a connection as a whole says: for people, at its end; nobody is accused (hints.c). */
enum { VFU_MAX_HINTS = 16 /* of a session */ };
struct vfu_hint {
    uint32_t conn;
    const char *name; /* memory-by-message, no-client-descriptor */
    char text[160];
};
/* Of the connections that have ended, in that order, and of those that are open too, if they end now; how many. */
size_t vfu_session_hints(const struct vfu_session *s, bool open, struct vfu_hint list[VFU_MAX_HINTS]);

/*
 * Add what another session knows, of connections of other numbers, and free that: for what is asked at the end, the session
 * takes no messages any more.
 */
void vfu_session_join(struct vfu_session *into, struct vfu_session *from);

/* How many commands wait for their reply now, and how many never got one (pushed out, or the connection ended). */
uint64_t vfu_session_outstanding(const struct vfu_session *s);
uint64_t vfu_session_unanswered(const struct vfu_session *s);

#endif
