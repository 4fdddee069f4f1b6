/*
 * A framed message: what every source makes and the session takes. Bytes, the fds beside them, when and who.
 */
#ifndef VFU_DECODER_WIRE_MESSAGE_H
#define VFU_DECODER_WIRE_MESSAGE_H

#include "decoder/wire/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vfu_side { VFU_CLIENT = 0, VFU_SERVER = 1 };
enum { VFU_BOTH_SIDES = 1 << VFU_CLIENT | 1 << VFU_SERVER }; /* as bits */
enum vfu_channel { VFU_MAIN = 0, VFU_TWIN = 1 };

/* What a file descriptor is. The numbers stand in capture files: never change them. */
enum vfu_fd_type {
    VFU_FD_OTHER = 0,
    VFU_FD_MEMFD = 1,
    VFU_FD_FILE = 2,
    VFU_FD_EVENTFD = 3,
    VFU_FD_SOCKET = 4,
    VFU_FD_PIPE = 5,
    VFU_FD_DEVICE = 6,
    VFU_FD_TYPES
};

struct vfu_fd {
    enum vfu_fd_type type;
    bool has_size; /* memory and files have one */
    uint64_t size; /* in bytes */
};

/* "client", "server" */
static inline const char *vfu_side_name(enum vfu_side side) { return side == VFU_SERVER ? "server" : "client"; }
/* The fd type's word in text, JSON and `send fd=`: "memfd", ... */
const char *vfu_fd_type_name(enum vfu_fd_type type);

/* What changed a message on its way (bits) */
enum { VFU_CHANGED_INJECT = 1, VFU_CHANGED_INTERCEPT = 2, VFU_CHANGED_EXPOSE = 4 };

/* A moment, by the clock on the wall and by the one that latencies come from. */
struct vfu_time {
    uint64_t wall_ns; /* CLOCK_REALTIME */
    uint64_t mono_ns; /* CLOCK_MONOTONIC */
};

/* A part of a message, from its first byte on: the header's. */
struct vfu_part {
    uint32_t at, size; /* in bytes */
};

struct vfu_message {
    /* An event has these too, whatever its kind: they stand first, in this order. */
    struct vfu_time time; /* when it was whole */
    uint32_t conn;        /* from 1 */
    enum vfu_channel channel;
    enum vfu_side from;

    uint64_t no;          /* from 1, over all connections; 0: the session numbers it */
    bool swapped;         /* the sender's byte order is not this machine's (a capture from elsewhere) */
    uint8_t changed;      /* VFU_CHANGED_* */
    bool fds_cut;         /* the kernel cut the fds off (MSG_CTRUNC): there were more than nfds */
    bool fds_unknown;     /* the source does not see fds: none here means nothing */
    const uint8_t *bytes; /* the header and the payload; the source's, valid during the call */
    size_t captured;      /* how many bytes are at hand; at least the 16 of the header */
    uint64_t size;        /* how many there were on the wire; the header's size if the message was whole */
    const struct vfu_fd *fds; /* nfds of them; the source's */
    unsigned nfds;
    /*
     * Of a capture that is to be handed on: parts without guest memory, of what was captured. They are 0, which says nothing of
     * what was there. left_out_count of them, rising and apart; the source's.
     */
    const struct vfu_part *left_out;
    unsigned left_out_count;
};

/*
 * How many bytes of a message can be read, from its first one: what was captured, up to where all the rest was left out. Parts
 * that were left out before that are none that a field's value stands in.
 */
static inline size_t vfu_message_at_hand(const struct vfu_message *m)
{
    const struct vfu_part *last = m->left_out_count ? &m->left_out[m->left_out_count - 1] : NULL;

    return last && (size_t)last->at + last->size >= m->captured && last->at < m->captured ? last->at : m->captured;
}

#endif
