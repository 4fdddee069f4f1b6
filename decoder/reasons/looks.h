/*
 * Who the peers look like. peers.c has the table, looks.c looks for the signs, trouble.c knows what goes wrong between two.
 */
#ifndef VFU_DECODER_REASONS_LOOKS_H
#define VFU_DECODER_REASONS_LOOKS_H

#include "decoder/reasons/reasons.h"
#include "decoder/session/peers.h"

/* The peers, in the order of the table. */
enum vfu_peer_number {
    PEER_QEMU,
    PEER_RUST_VMM_CLIENT,
    PEER_SPDK_INITIATOR,
    PEER_LIBVFIO_USER_SAMPLE,
    PEER_LIBVFIO_USER_TESTS,
    PEER_VFUSCOPE_CLIENT,
    PEER_VFUSCOPE_CHECK,
    PEER_LIBVFIO_USER,
    PEER_LIBVFIO_USER_OLD,
    PEER_RUST_VMM_OLD,
    PEER_RUST_VMM,
    PEER_VFUSCOPE_SERVE,
    PEERS,
    PEER_ANY = PEERS /* whoever it is */
};

/* What shows after VERSION. */
enum vfu_sign {
    SIGN_REGION_INFO_4080, /* the client asks for region info with the room for the reply: 4,080 bytes, id 0 as VERSION had */
    SIGN_ERROR_TYPE_0,     /* the server's error reply has the type of a command */
};

enum { ANY = -1 /* of a version_id or minor */ };
extern const struct vfu_peer_kind vfu_peer_kinds[PEERS];

/* Of a message, before the session learns from it: of VERSION, and while peers->looks.watching of all. */
void vfu_look(struct vfu_peers *peers, const struct vfu_event *event);
/* Does it look like that one? */
static inline bool vfu_looks_like(const struct vfu_peers *peers, enum vfu_peer_number peer)
{
    return peers->looks.sides[vfu_peer_kinds[peer].side].kind == &vfu_peer_kinds[peer];
}
/* What is known to go wrong with the side of the event, which is to be told: into event->peer. */
void vfu_find_trouble(const struct vfu_peers *peers, struct vfu_event *event);

#endif
