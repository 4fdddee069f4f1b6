/*
 * Messages out of bytes that others recorded: what went over UNIX sockets, in pieces that are no messages, with no word
 * on who sent them or with less than we would like. Pieces go in, messages and `unframed` events come out.
 */
#ifndef VFU_CAPTURE_FILE_RAWSTREAM_H
#define VFU_CAPTURE_FILE_RAWSTREAM_H

#include "decoder/wire/event.h"

enum { VFU_RAW_CONNECTIONS = 256 }; /* numbers from 1; a piece of a later one belongs to the last */

/* Bytes of one direction, as one call sent or received them. */
struct vfu_rawpiece {
    uint32_t conn;   /* from 1 */
    int end;         /* 0 or 1: which end of the connection sent it; -1: unknown, the bytes have to say */
    int side;        /* that end's enum vfu_side, if it is known; -1: the bytes have to say */
    const uint8_t *bytes; /* the caller's, until vfu_rawstream_take says that there is nothing more */
    size_t size;
    uint64_t missing; /* so many more were sent behind them and are not at hand */
    uint64_t time_ns;
    const struct vfu_fd *fds; /* passed with the first byte */
    unsigned nfds;
    bool fds_unknown; /* whoever recorded this saw no fds */
};

struct vfu_rawstream;

/* NULL when out of memory. */
struct vfu_rawstream *vfu_rawstream_new(void);
void vfu_rawstream_free(struct vfu_rawstream *r);

void vfu_rawstream_put(struct vfu_rawstream *r, const struct vfu_rawpiece *piece);

enum vfu_rawtaken { VFU_RAW_NOTHING, VFU_RAW_MESSAGE, VFU_RAW_EVENT };
/* What the last piece completes, one after the other; the event's pointers are good until the next call. */
enum vfu_rawtaken vfu_rawstream_take(struct vfu_rawstream *r, struct vfu_event *event);

/* Could a message begin with these bytes? Then *from is who would send it, *swapped its byte order. */
bool vfu_raw_header(const uint8_t *bytes, size_t size, enum vfu_side *from, bool *swapped);

#endif
