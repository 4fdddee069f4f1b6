/*
 * Blocks of events, and the checkpoints of the session: so many that what comes behind one is soon read again, so few that their
 * memory stays small.
 */
#include "cli/browse/model/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>

static void free_checkpoint(struct vfu_session **list, size_t count)
{
    for (size_t i = 0; list && i < count; i++)
        vfu_session_free(list[i]);
    free(list);
}

static struct vfu_session *session_at(const struct browse_model *m, size_t i)
{
    return m->sessions ? m->sessions[i] : m->session;
}

/* Of all sessions as they are now; NULL: out of memory. Those that have not begun are NULL. */
static struct vfu_session **copy_sessions(const struct browse_model *m)
{
    struct vfu_session **list = calloc(m->session_count, sizeof *list);
    bool good = list;

    for (size_t i = 0; good && i < m->session_count; i++) {
        list[i] = session_at(m, i) ? vfu_session_copy(session_at(m, i)) : NULL;
        good = list[i] || !session_at(m, i);
    }
    if (good)
        return list;
    free_checkpoint(list, m->session_count);
    return NULL;
}

/* What a copy of all of them costs. */
static uint64_t cost(const struct browse_model *m)
{
    uint64_t bytes = m->session_count * sizeof(struct vfu_session *);

    for (size_t i = 0; i < m->session_count; i++)
        bytes += session_at(m, i) ? vfu_session_size(session_at(m, i)) : 0;
    return bytes;
}

void browse_block_begin(struct browse_model *m, const struct vfu_capplace *place)
{
    uint64_t end = m->has_spool ? browse_spool_end(&m->spool) : 0, bytes;
    struct browse_block block = { .said = end };

    block.place = place ? *place : (struct vfu_capplace){ .at = end };
    pthread_mutex_lock(&m->session_lock);
    bytes = cost(m);
    if (!m->block_count || m->credit >= bytes) { /* only this thread changes these */
        block.sessions = copy_sessions(m);
        m->credit -= m->credit < bytes ? m->credit : bytes;
    }
    pthread_mutex_unlock(&m->session_lock);
    m->records = 0;
    pthread_mutex_lock(&m->lock);
    block.first = m->index.events;
    m->checkpoints += block.sessions ? bytes : 0;
    if ((m->block_count || block.sessions) && VFU_GROW(m->blocks, m->block_room, m->block_count + 1)) {
        m->blocks[m->block_count++] = block;
    } else {
        browse_model_fail(m, "out of memory");
        free_checkpoint(block.sessions, m->session_count);
    }
    pthread_mutex_unlock(&m->lock);
}

bool browse_block_is_full(struct browse_model *m)
{
    uint64_t begin = m->again ? m->blocks[m->block_count - 1].said : m->blocks[m->block_count - 1].place.at;

    return m->records >= BLOCK_RECORDS || (m->has_spool && browse_spool_end(&m->spool) - begin >= BLOCK_BYTES);
}

static bool is_before(const void *items, size_t i, uint64_t event)
{
    return ((const struct browse_block *)items)[i].first <= event;
}

/* The lock is held; there is a block. */
static size_t block_of(const struct browse_model *m, uint64_t event)
{
    return vfu_lower_bound(m->blocks, m->block_count, event, is_before) - 1;
}

bool browse_block_find(struct browse_model *m, uint64_t event, size_t *block, struct browse_block *at, struct browse_block *next,
                       size_t *from)
{
    uint64_t end;
    bool there;

    pthread_mutex_lock(&m->lock);
    end = m->has_spool ? browse_spool_end(&m->spool) : 0; /* all that is in the index is in there */
    there = event < m->index.events && event >= browse_first_event(m);
    if (there) {
        *block = *from = block_of(m, event);
        *at = m->blocks[*block];
        *next = *block + 1 < m->block_count ? m->blocks[*block + 1]
                                            : (struct browse_block){ .first = m->index.events, .said = end, .place.at = end };
        while (*from && !m->blocks[*from].sessions)
            --*from;
    }
    pthread_mutex_unlock(&m->lock);
    return there;
}

struct browse_block browse_block_get(struct browse_model *m, size_t block)
{
    struct browse_block b;

    pthread_mutex_lock(&m->lock);
    b = m->blocks[block];
    pthread_mutex_unlock(&m->lock);
    return b;
}

uint64_t browse_first_event(struct browse_model *m)
{
    uint64_t begin = m->has_spool && !m->again ? browse_spool_begin(&m->spool) : 0;
    size_t low = 0, high = m->block_count;

    while (begin && low < high) {
        size_t middle = low + (high - low) / 2;

        if (m->blocks[middle].place.at < begin)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->block_count ? m->blocks[low].first : m->index.events;
}

void browse_blocks_forget(struct browse_model *m)
{
    uint64_t first;

    pthread_mutex_lock(&m->session_lock);
    pthread_mutex_lock(&m->lock);
    first = browse_first_event(m);
    for (; m->kept_from < m->block_count && m->blocks[m->kept_from].first < first; m->kept_from++) {
        struct browse_block *b = &m->blocks[m->kept_from];

        for (size_t i = 0; b->sessions && i < m->session_count; i++)
            m->checkpoints -= b->sessions[i] ? vfu_session_size(b->sessions[i]) : 0;
        free_checkpoint(b->sessions, m->session_count);
        b->sessions = NULL;
    }
    if (m->index.items.count - m->index.items.first > m->most_items)
        browse_index_forget(&m->index, browse_items_before(&m->index, first));
    pthread_mutex_unlock(&m->lock);
    pthread_mutex_unlock(&m->session_lock);
}

void browse_blocks_free(struct browse_model *m)
{
    for (size_t i = 0; i < m->block_count; i++)
        free_checkpoint(m->blocks[i].sessions, m->session_count);
    free(m->blocks);
}
