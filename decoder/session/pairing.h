/*
 * Commands that wait for their reply, of one direction of one channel: found by id and command number, oldest first.
 */
#ifndef VFU_DECODER_SESSION_PAIRING_H
#define VFU_DECODER_SESSION_PAIRING_H

#include "decoder/wire/decode.h"
#include "decoder/wire/event.h"
#include "decoder/wire/hash.h"

struct vfu_pending {
    uint64_t no;
    uint64_t mono_ns;
    uint16_t id, command;
    bool kept;             /* it did not get there, or not as it was sent: no reply is owed */
    bool swapped;          /* its byte order is not this machine's */
    bool changed;          /* it did not get there as it was sent */
    uint8_t fds;           /* that came with it, or VFU_FDS_UNKNOWN */
    uint8_t request_size;
    uint8_t request[VFU_REQUEST_HEAD];
    uint32_t next;         /* of the same id and command, younger */
    uint32_t last, other;  /* of the oldest of those: the youngest, and the oldest of another id or command with this hash */
    uint32_t older, newer; /* of all */
    uint32_t bucket;       /* that it is in */
    uint32_t payload;      /* bytes of it, as its header says */
};

/* Starts zeroed, but for the key. */
struct vfu_pairing {
    struct vfu_hash_key key;     /* which peers must not know: both numbers are theirs to choose */
    struct vfu_pending *entries; /* room of them, grown on demand, at most VFU_MAX_OUTSTANDING */
    uint32_t *buckets;           /* as many */
    uint32_t room, count, free, oldest, newest;
};

/*
 * Remember a command. True: the oldest of all was pushed out, or this one could not be kept (out of memory), and will
 * never be paired.
 */
bool vfu_pairing_add(struct vfu_pairing *p, const struct vfu_event *command);
/* Take the oldest command with this id and number out: valid until the next is added; NULL if there is none. */
const struct vfu_pending *vfu_pairing_take(struct vfu_pairing *p, uint16_t id, uint16_t command);
/* The oldest command with this id and number, or NULL. */
const struct vfu_pending *vfu_pairing_find(const struct vfu_pairing *p, uint16_t id, uint16_t command);
/* A command with this id, whatever its number, among the oldest `limit`; NULL if there is none. */
const struct vfu_pending *vfu_pairing_find_id(const struct vfu_pairing *p, uint16_t id, unsigned limit);
/* The command that is message `no`, one of the last; NULL if it is not there. */
struct vfu_pending *vfu_pairing_find_no(struct vfu_pairing *p, uint64_t no);
/* The oldest to which a reply is owed, or NULL. */
const struct vfu_pending *vfu_pairing_owed(const struct vfu_pairing *p);
/* No reply is owed to any of them. */
void vfu_pairing_keep_all(struct vfu_pairing *p);
/* The oldest of all, or NULL; and the one that came after another. */
const struct vfu_pending *vfu_pairing_oldest(const struct vfu_pairing *p);
const struct vfu_pending *vfu_pairing_newer(const struct vfu_pairing *p, const struct vfu_pending *pending);
/* The oldest of those to which a reply is owed that came after message `no`, if it came before mono_ns; looks at `limit` of them. */
const struct vfu_pending *vfu_pairing_since(const struct vfu_pairing *p, uint64_t no, uint64_t mono_ns, unsigned limit);
/* The command's fields, as far as its first bytes are kept. False: it is unknown. */
bool vfu_pending_decode(const struct vfu_pending *pending, struct vfu_decoded *out);
/* The command of these that a header answers: it could be the reply to it, and nothing else. NULL: none (again.c). */
const struct vfu_pending *vfu_pairing_answered(const struct vfu_pairing *waiting, const uint8_t *bytes, bool swapped);
/* Where in the bytes the first such header begins, which must be whole; SIZE_MAX: nowhere. */
size_t vfu_pairing_find_again(const struct vfu_pairing *waiting, const uint8_t *bytes, size_t size, bool swapped);
void vfu_pairing_free(struct vfu_pairing *p);

#endif
