/*
 * Reading again: events in whole blocks, of which the last ones are kept, and the session as it was.
 */
#include "cli/browse/model/inside.h"
#include "decoder/reasons/reasons.h"

#include <stdlib.h>

struct loaded {
    struct vfu_event **events; /* count of them; NULL: free */
    uint64_t first, count, used;
    bool outgrown; /* it has more events by now: not for whoever asks now */
};

struct browse_loader {
    struct browse_model *m;
    struct vfu_capreader *file; /* NULL: all is spooled */
    struct vfu_session *going;  /* as it is where the file was read up to, which is event going_at; NULL: not known */
    uint64_t going_at;
    uint64_t clock;
    unsigned kept;
    struct loaded blocks[];     /* kept of them */
};

struct browse_loader *browse_loader_new(struct browse_model *m, unsigned kept)
{
    struct browse_loader *l = calloc(1, sizeof *l + kept * sizeof *l->blocks);
    struct vfu_error error;

    if (!l)
        return NULL;
    l->m = m;
    l->kept = kept;
    if (m->again)
        l->file = vfu_capreader_again(m->file, &error);
    if (l->file || !m->again)
        return l;
    free(l);
    return NULL;
}

static void forget(struct loaded *b)
{
    for (uint64_t i = 0; b->events && i < b->count; i++)
        free(b->events[i]);
    free(b->events);
    *b = (struct loaded){ .events = NULL };
}

void browse_loader_free(struct browse_loader *l)
{
    if (!l)
        return;
    for (unsigned i = 0; i < l->kept; i++)
        forget(&l->blocks[i]);
    if (l->file)
        vfu_capreader_close(l->file);
    vfu_session_free(l->going);
    free(l);
}

/* --- the session goes on --- */

void browse_feed(struct vfu_session *s, const struct vfu_event *event)
{
    struct vfu_event made = *event;

    if (event->kind == VFU_EVENT_MESSAGE)
        vfu_session_message(s, &event->message, &made);
    else if (event->kind != VFU_EVENT_PEER || !vfu_session_judges_peer(s, event->conn, event->from))
        vfu_session_event(s, &made);
    while (vfu_session_peer(s, &made))
        ;
}

static struct vfu_session *new_session(const struct browse_model *m)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    if (s)
        *vfu_session_rules(s) = m->rules;
    return s;
}

/* A checkpoint's, to go on with, and its block. Live it may be gone meanwhile: whoever frees it has the session's lock. */
static struct vfu_session *session_from(struct browse_model *m, size_t block, uint16_t file, struct browse_block *from)
{
    struct vfu_session *s = NULL;

    if (!m->inputs)
        pthread_mutex_lock(&m->session_lock);
    *from = browse_block_get(m, block);
    if (from->sessions)
        s = from->sessions[file < m->session_count ? file : 0];
    if (from->sessions)
        s = s ? vfu_session_copy(s) : new_session(m);
    if (!m->inputs)
        pthread_mutex_unlock(&m->session_lock);
    return s;
}

/* --- from the capture --- */

struct replay {
    struct vfu_event **events; /* of those that are wanted, copies; NULL: of none */
    uint64_t at, first, end;
    bool no_memory;
};

static struct vfu_event *copy_of(const struct vfu_event *event)
{
    void *room = malloc(vfu_event_size(event));

    return room ? vfu_event_copy(event, room) : NULL;
}

static void take(void *context, const struct vfu_event *event)
{
    struct replay *r = context;

    if (!browse_index_takes(event))
        return;
    if (r->events && r->at >= r->first && r->at < r->end)
        r->no_memory |= (r->events[r->at - r->first] = copy_of(event)) == NULL;
    r->at++;
}

/* Read on, from r->at, until all that is wanted has come. */
static bool read_on(struct browse_loader *l, struct vfu_session *s, struct replay *r)
{
    struct vfu_error error;
    struct vfu_event event;
    enum vfu_captured got;

    while (r->at < r->end && !r->no_memory) {
        got = vfu_capreader_next(l->file, &event, &error);
        if (got != VFU_CAPTURED_MESSAGE && got != VFU_CAPTURED_EVENT)
            return false;
        cli_recorded(s, got == VFU_CAPTURED_MESSAGE, &event, l->m->notes, take, r);
    }
    return !r->no_memory;
}

static bool replay(struct browse_loader *l, const struct browse_block *from, struct vfu_session *s, struct replay *r)
{
    r->at = from->first;
    return vfu_capreader_seek(l->file, &from->place) && read_on(l, s, r);
}

/* The session that has come to this event, out of the loader's hands; NULL: none has. */
static struct vfu_session *take_going(struct browse_loader *l, uint64_t event)
{
    struct vfu_session *s = l->going_at == event ? l->going : NULL;

    if (!s)
        vfu_session_free(l->going);
    l->going = NULL;
    return s;
}

/* --- what is spooled --- */

/* Plugins said nothing of it but for what the spool has. */
static void clear(struct vfu_event **events, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        events[i]->note_count = events[i]->register_count = events[i]->because_count = events[i]->problem_count = 0;
}

/* What stands there, in place of what is in `events`, the first of which is number `first`. */
static bool unspool(struct browse_model *m, uint64_t from, uint64_t to, struct vfu_event **events, uint64_t first, uint64_t count)
{
    uint8_t *bytes = browse_spool_read(&m->spool, from, to);
    uint64_t number;
    size_t at = 0;

    for (struct vfu_event *e; bytes && (e = browse_spool_next(bytes, (size_t)(to - from), &at, &number)) != NULL;) {
        if (number - first < count) {
            free(events[number - first]);
            events[number - first] = e;
        } else {
            free(e);
        }
    }
    free(bytes);
    return bytes;
}

/* --- blocks --- */

static bool load_again(struct browse_loader *l, const struct browse_block *at, const struct browse_block *next, size_t from,
                       struct loaded *b)
{
    struct browse_block start;
    struct replay r = { .events = b->events, .first = b->first, .end = b->first + b->count };
    struct vfu_session *s = take_going(l, b->first);
    bool good;

    r.at = b->first;
    if (s) {
        good = read_on(l, s, &r); /* one block after the other */
    } else {
        s = session_from(l->m, from, 0, &start);
        good = s && replay(l, &start, s, &r);
    }
    if (good) {
        l->going = s;
        l->going_at = r.at;
    } else {
        vfu_session_free(s);
    }
    if (!good || !l->m->plugins)
        return good;
    clear(b->events, b->count);
    return unspool(l->m, at->said, next->said, b->events, b->first, b->count);
}

static bool load(struct browse_loader *l, const struct browse_block *at, const struct browse_block *next, size_t from,
                 struct loaded *b)
{
    bool good;

    b->first = at->first;
    b->count = next->first - at->first;
    b->events = calloc(b->count, sizeof *b->events);
    good = b->events && (l->m->again ? load_again(l, at, next, from, b)
                                     : unspool(l->m, at->place.at, next->place.at, b->events, b->first, b->count));
    for (uint64_t i = 0; good && i < b->count; i++)
        good = b->events[i];
    if (!good)
        forget(b);
    return good;
}

/* Kept already? */
static struct loaded *find(struct browse_loader *l, uint64_t number)
{
    for (unsigned i = 0; i < l->kept; i++)
        if (l->blocks[i].events && !l->blocks[i].outgrown && number - l->blocks[i].first < l->blocks[i].count)
            return &l->blocks[i];
    return NULL;
}

/*
 * Where a block that begins there can go: in place of the one that was not used for longest. What there was of it, before more
 * came, is asked no more, but stays as long as another: somebody holds an event of it.
 */
static struct loaded *place_for(struct browse_loader *l, uint64_t first)
{
    struct loaded *place = &l->blocks[0];

    for (unsigned i = 0; i < l->kept; i++) {
        if (l->blocks[i].events && l->blocks[i].first == first)
            l->blocks[i].outgrown = true;
        if (l->blocks[i].used < place->used)
            place = &l->blocks[i];
    }
    return place;
}

const struct vfu_event *browse_loader_event(struct browse_loader *l, uint64_t number)
{
    struct loaded *b = find(l, number);
    struct browse_block at, next;
    size_t block, from;

    if (!b) {
        if (!browse_block_find(l->m, number, &block, &at, &next, &from))
            return NULL;
        b = place_for(l, at.first);
        forget(b);
        if (!load(l, &at, &next, from, b))
            return NULL;
    }
    b->used = ++l->clock;
    return b->events[number - b->first];
}

/* Of what is spooled: from the checkpoint on block by block. */
static bool feed_spooled(struct browse_loader *l, struct vfu_session *s, const struct browse_block *from, uint64_t number)
{
    const struct vfu_event *last = browse_loader_event(l, number), *e;
    const char *file = last ? last->file : NULL;

    for (uint64_t i = from->first; last && i <= number; i++) {
        e = browse_loader_event(l, i);
        if (!e)
            return false;
        if (e->file == file)
            browse_feed(s, e);
    }
    return last;
}

struct vfu_session *browse_loader_session(struct browse_loader *l, uint64_t number, uint16_t file)
{
    struct browse_block at, next, start;
    struct replay r = { .end = number + 1 };
    struct vfu_session *s;
    size_t block, from;

    if (!browse_block_find(l->m, number, &block, &at, &next, &from))
        return NULL;
    vfu_session_free(take_going(l, UINT64_MAX)); /* the file is read elsewhere then */
    s = session_from(l->m, from, file, &start);
    if (s && (l->m->again ? replay(l, &start, s, &r) : feed_spooled(l, s, &start, number)))
        return s;
    vfu_session_free(s);
    return NULL;
}
