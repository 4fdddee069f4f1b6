/*
 * Exchanges: a command and its reply as one value, and what a connection said as a run of them, a run for each side's
 * commands. Polls are folded: reads of one place that follow each other are one exchange, the last, and what the ones
 * before it brought. All of it is kept in memory: some 300 bytes an exchange, and its payloads.
 */
#ifndef VFU_DECODER_SESSION_EXCHANGE_H
#define VFU_DECODER_SESSION_EXCHANGE_H

#include "decoder/session/session.h"

enum { VFU_EXCHANGE_IRQS = 16 };

/* Its messages have bytes and descriptors of their own. */
struct vfu_exchange {
    struct vfu_message command; /* or what stands alone: a reply to nothing, a message of unknown type */
    struct vfu_message reply;   /* its bytes are NULL: none came */
    uint64_t latency_ns;     /* with what the tap kept it for */
    uint64_t times;          /* how many it stands for: of a poll as many as there were, else 1 */
    uint64_t *before;        /* of a poll: the values that came before the last one, each once in a row: before_count */
    size_t before_count, before_room;
    uint64_t *earlier_ns;    /* and what each of those took that came before, times - 1 of them */
    size_t earlier_room;
    struct vfu_register_at *registers; /* register_count of them, whose names live on as the event's did */
    unsigned register_count;
};

struct vfu_run {
    struct vfu_exchange *list; /* count of them, in the order of the commands */
    size_t count, room;
};

struct vfu_span {
    uint64_t first, last; /* both included */
};

/* One connection. */
struct vfu_conversation {
    uint32_t conn;
    struct vfu_run runs[2];     /* by enum vfu_side: who sent the commands */
    struct vfu_span *mapped;    /* guest memory that DMA_MAP gave at some time: mapped_count, in order, none touches another */
    size_t mapped_count, mapped_room;
    uint64_t messages;
    uint64_t interrupts[VFU_EXCHANGE_IRQS]; /* by index: how many times one came, as far as that was seen */
    bool ended;                 /* its end was seen */
    unsigned closed_by;         /* bits, 1 << enum vfu_side, of that */
    int status;                 /* waitpid's, of a process that ended with it; 0: none did, or well */
    char peers[2][VFU_EVENT_TEXT]; /* who the sides look like; may be empty */
};

/* What a capture has: its connections in the order of their first messages. */
struct vfu_conversations {
    struct vfu_conversation *list;
    size_t count, room;
    char version[16]; /* of whoever wrote it; may be empty */
    bool lacking;         /* messages are missing: they were dropped */
    bool sees_interrupts; /* it was written with --expose irq */
};

/* Take an event as the session made it, in order; begin with one that is zero. False: out of memory. */
bool vfu_conversations_event(struct vfu_conversations *c, const struct vfu_event *event);
/* All have come. */
void vfu_conversations_end(struct vfu_conversations *c);
void vfu_conversations_free(struct vfu_conversations *c);

/* Keep one exchange by itself, of a command and its reply, which may be NULL. False: out of memory. */
bool vfu_exchange_keep(struct vfu_exchange *x, const struct vfu_event *command, const struct vfu_event *reply);
void vfu_exchange_free(struct vfu_exchange *x);

/* The event that the command was, or the reply, to be decoded: good as long as the exchange. False: there is none. */
bool vfu_exchange_command(const struct vfu_exchange *x, struct vfu_event *event);
bool vfu_exchange_reply(const struct vfu_exchange *x, struct vfu_event *event);

#endif
