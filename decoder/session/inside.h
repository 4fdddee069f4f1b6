/*
 * Inside the session. From the ground up: pairing < again, peers < maps, stray, hints, tally < learn, excuse, join < session, waiting.
 */
#ifndef VFU_DECODER_SESSION_INSIDE_H
#define VFU_DECODER_SESSION_INSIDE_H

#include "decoder/session/peers.h"
#include "decoder/session/tally.h"
#include "decoder/wire/decode.h"

struct vfu_session {
    struct vfu_peers **conns; /* count of them, sorted by number; those that ended are kept out */
    size_t count, room;
    struct vfu_peers *last; /* the one that was asked for last: the next message's, as a rule; NULL: see conns */
    struct vfu_hash_key key; /* of all pairings */
    uint64_t last_no;
    bool no_memory; /* the capture that is read has none: see VFU_EVENT_CAPTURE */
    uint32_t looked; /* the connection that the last message said something about who its peers are; 0: none */
    uint64_t outstanding, unanswered;
    struct vfu_waiting never[VFU_NEVER_ANSWERED]; /* the first of those that were never answered: never_count of them */
    size_t never_count;
    struct vfu_rule_settings rules;
    struct vfu_decoded decoded; /* of the last message */
    struct vfu_problem problems[VFU_EVENT_PROBLEMS];
    struct vfu_because because[VFU_MAX_BECAUSE];
    struct vfu_hint hints[VFU_MAX_HINTS]; /* of connections that have ended */
    size_t hint_count;
    struct vfu_tally tally;
};

/* A connection's state; NULL: it was not seen. */
struct vfu_peers *vfu_peers_find(const struct vfu_session *s, uint32_t conn);
/* The same, made if it is new; NULL: out of memory. */
struct vfu_peers *vfu_peers_get(struct vfu_session *s, uint32_t conn);
/* Forget it, if it was seen. */
void vfu_peers_drop(struct vfu_session *s, uint32_t conn);

/* What happened to the DMA map is not known. */
void vfu_maps_unsure(struct vfu_connection *c);
/* Learn from a DMA_MAP, a DMA_UNMAP, and from an error reply to either (maps.c). */
void vfu_learn_map(struct vfu_peers *peers, const struct vfu_event *command);
void vfu_learn_unmap(struct vfu_peers *peers, const struct vfu_event *command);
void vfu_learn_map_refusal(struct vfu_peers *peers, const struct vfu_event *reply);
/* A DMA_MAP goes on changed: what is remembered of it is as it was sent. */
void vfu_learn_map_changed(struct vfu_peers *peers, const struct vfu_event *command, const struct vfu_pending *sent);
/* Learn from a message, whose fields are in event->decoded. */
void vfu_learn(struct vfu_peers *peers, const struct vfu_event *event);

/* For guesses at bytes that are no message: an error reply; a command that is too short for its fields (stray.c). */
void vfu_stray_refused(struct vfu_peers *peers, const struct vfu_event *reply);
void vfu_stray_short(struct vfu_peers *peers, const struct vfu_event *command);
/* Fill in the guess of an UNFRAMED event, before the session learns from that. */
void vfu_stray_guess(const struct vfu_peers *peers, struct vfu_event *event);

/*
 * Count what a message does (tally.c): DMA by message; SET_IRQS; a region info reply, what of it can be mapped, unless that
 * was changed on its way; the command of an access, where there is such a region. And an interrupt.
 */
void vfu_tally_dma(struct vfu_tally *t, struct vfu_peers *peers, const struct vfu_event *event);
void vfu_tally_irqs(struct vfu_tally *t, const struct vfu_event *event);
void vfu_tally_region(struct vfu_peers *peers, const struct vfu_event *reply, bool changed);
void vfu_tally_access(struct vfu_tally *t, struct vfu_peers *peers, const struct vfu_event *event);
void vfu_tally_interrupt(struct vfu_tally *t, const struct vfu_event *interrupt);
void vfu_tally_free(struct vfu_tally *t);

/* The connection ends: keep its hint, if it gives one (hints.c). */
void vfu_hints_end(struct vfu_session *s, const struct vfu_peers *peers);

/*
 * Does a connection's VERSION wait while the server goes on with another one? The other's number, or 0. Many servers have
 * one client at a time, and nobody is at fault.
 */
uint32_t vfu_session_busy_with(const struct vfu_session *s, const struct vfu_peers *p);

/* Let the rules look at an event; p may be NULL. */
void vfu_session_check(struct vfu_session *s, struct vfu_peers *p, struct vfu_event *e);

#endif
