/*
 * The session's connections, by number.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

struct vfu_session *vfu_session_new(const struct vfu_checks *checks)
{
    struct vfu_session *s = calloc(1, sizeof *s);

    if (s) {
        s->rules.checks = checks;
        s->key = vfu_hash_secret();
    }
    return s;
}

static void free_peers(struct vfu_peers *p)
{
    for (int i = 0; i < 4; i++)
        vfu_pairing_free(&p->pairing[i / 2][i % 2]);
    vfu_ranges_clear(&p->known.maps);
    free(p);
}

void vfu_session_free(struct vfu_session *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        free_peers(s->conns[i]);
    if (s)
        vfu_tally_free(&s->tally);
    free(s ? s->conns : NULL);
    free(s);
}

static bool conn_is_before(const void *conns, size_t at, uint64_t conn)
{
    return ((struct vfu_peers *const *)conns)[at]->known.conn < conn;
}

/* Where a connection is, or where it would stand. */
static size_t place_of(const struct vfu_session *s, uint32_t conn)
{
    return vfu_lower_bound(s->conns, s->count, conn, conn_is_before);
}

struct vfu_peers *vfu_peers_find(const struct vfu_session *s, uint32_t conn)
{
    size_t at = place_of(s, conn);

    return at < s->count && s->conns[at]->known.conn == conn ? s->conns[at] : NULL;
}

/* What it still waits for was never answered. */
static void drop(struct vfu_session *s, size_t at)
{
    for (int i = 0; i < 4; i++) {
        uint32_t left = s->conns[at]->pairing[i / 2][i % 2].count;

        s->outstanding -= left;
        s->unanswered += left;
    }
    s->last = NULL;
    free_peers(s->conns[at]);
    s->count--;
    memmove(s->conns + at, s->conns + at + 1, (s->count - at) * sizeof *s->conns);
}

void vfu_peers_drop(struct vfu_session *s, uint32_t conn)
{
    size_t at = place_of(s, conn);

    if (at < s->count && s->conns[at]->known.conn == conn)
        drop(s, at);
}

/* One that was not asked for just now. */
static struct vfu_peers *get(struct vfu_session *s, uint32_t conn)
{
    size_t at = place_of(s, conn);
    struct vfu_peers *p;

    if (at < s->count && s->conns[at]->known.conn == conn)
        return s->conns[at];
    if (!VFU_GROW(s->conns, s->room, s->count + 1))
        return NULL;
    if (s->count == VFU_MAX_CONNECTIONS) { /* a capture that never says "disconnect": let the first one go */
        drop(s, 0);
        at -= at > 0;
    }
    p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->known.conn = conn;
    for (int i = 0; i < 4; i++)
        p->pairing[i / 2][i % 2].key = s->key;
    p->known.migration_state = VFU_STATE_RUNNING;
    p->known.maps = (struct vfu_ranges)VFU_RANGES_OF(struct vfu_known_map);
    memmove(s->conns + at + 1, s->conns + at, (s->count - at) * sizeof *s->conns);
    s->conns[at] = p;
    s->count++;
    return p;
}

struct vfu_peers *vfu_peers_get(struct vfu_session *s, uint32_t conn)
{
    if (!s->last || s->last->known.conn != conn)
        s->last = get(s, conn);
    return s->last;
}

const struct vfu_connection *vfu_session_connection(const struct vfu_session *s, uint32_t conn)
{
    const struct vfu_peers *p = vfu_peers_find(s, conn);

    return p ? &p->known : NULL;
}

const struct vfu_connection *vfu_session_next(const struct vfu_session *s, uint32_t conn)
{
    size_t at = conn == UINT32_MAX ? s->count : place_of(s, conn + 1);

    return at < s->count ? &s->conns[at]->known : NULL;
}
