/*
 * A connection's state inside the session, and what it learns from messages.
 */
#ifndef VFU_DECODER_LEARN_H
#define VFU_DECODER_LEARN_H

#include "pairing.h"
#include "session.h"

struct vfu_peers {
    struct vfu_connection known;
    struct vfu_pairing pairing[2][2]; /* [channel][who sent the command] */
    struct vfu_known_map *maps;       /* known.maps, with room to grow */
    size_t map_room;
};

void vfu_learn(struct vfu_peers *peers, const struct vfu_event *event);

#endif
