/*
 * Every flow that there is, one after the other.
 */
#include "capture/tap/inside.h"

struct tap_flow *tap_next_flow(const struct tap *tap, struct tap_flow *f)
{
    struct tap_connection *n = f ? f->channel->connection : NULL;

    if (f && f->from == VFU_CLIENT)
        return &f->channel->flows[VFU_SERVER];
    if (f && f->channel == &n->main && n->twin && n->twin->open)
        return n->twin->flows;
    for (n = f ? TAILQ_NEXT(n, next) : TAILQ_FIRST(&tap->connections.list); n; n = TAILQ_NEXT(n, next)) {
        if (n->main.open)
            return n->main.flows;
        if (n->twin && n->twin->open)
            return n->twin->flows;
    }
    return NULL;
}
