/*
 * A connection of a capture that is played back (serve --from): the tape, and how a client's behaviour differs from the one that
 * was recorded.
 */
#ifndef VFU_CLI_RECORDED_H
#define VFU_CLI_RECORDED_H

#include "capture/server/recorded.h"
#include "decoder/session/exchange.h"

/* A client's commands. */
struct cli_recorded_talk {
    struct vfu_conversations all;
    bool reads; /* the last one was a read of this: */
    uint64_t region, offset, count;
};
struct cli_recorded {
    const char *path;
    struct tape tape;
    unsigned told_irqs;             /* by bit: indices that the capture tells of */
    uint32_t used_irqs[DEV_MAX_IRQS];  /* so many vectors of each were set */
    struct cli_recorded_talk was, now;
};

/* Read the capture's first connection. False: a message was printed. To be freed either way. */
bool cli_recorded_load(struct cli_recorded *r, const char *path);
void cli_recorded_free(struct cli_recorded *r);
/* Of the server that plays it: all that passes. */
void cli_recorded_event(struct cli_recorded *r, const struct vfu_event *event);
/* The connection ended: tell what the client did otherwise, on standard error; how much. */
uint64_t cli_recorded_differs(struct cli_recorded *r);

#endif
