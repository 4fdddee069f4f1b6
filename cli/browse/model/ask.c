/*
 * What is asked of the model.
 */
#include "cli/browse/model/inside.h"
#include "capture/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

struct browse_events {
    struct vfu_event *command, *reply;
};

int browse_model_fd(const struct browse_model *m)
{
    return m->changed;
}

void browse_model_state(struct browse_model *m, struct browse_state *state)
{
    uint64_t first;
    eventfd_t count;

    pthread_mutex_lock(&m->lock);
    if (m->told)
        eventfd_read(m->changed, &count);
    m->told = false;
    first = browse_first_event(m);
    *state = (struct browse_state){ .items = (uint32_t)m->index.items.count, .messages = m->index.messages,
                                    .gone = first ? browse_items_before(&m->index, first) : 0, .left_out = m->left_out,
                                    .reading = m->reading, .damaged = m->damaged, .failed = m->failed,
                                    .first_ns = m->index.first_ns, .last_ns = m->index.last_ns,
                                    .percent = m->percent, .slow_ns = m->index.slow_ns,
                                    .bytes = browse_index_bytes(&m->index) + m->block_room * sizeof *m->blocks + m->checkpoints };
    memcpy(state->said, m->said, sizeof state->said);
    pthread_mutex_unlock(&m->lock);
}

bool browse_model_item(struct browse_model *m, uint32_t item, struct browse_item *out)
{
    bool there;

    pthread_mutex_lock(&m->lock);
    there = item < m->index.items.count;
    if (there && item < m->index.items.first) {
        *out = (struct browse_item){ .marks = BROWSE_GONE };
    } else if (there) {
        const struct index_item *i = browse_index_item(&m->index, item);

        *out = (struct browse_item){ .no = i->no, .reply_no = i->reply_no, .wall_ns = i->wall_ns, .mono_ns = i->mono_ns,
                                     .latency_ns = i->latency_ns, .conn = i->conn, .place = i->place,
                                     .file = m->index.files[i->file].name, .marks = i->marks };
        if (!m->inputs && i->begin < browse_first_event(m))
            out->marks |= BROWSE_GONE;
    }
    pthread_mutex_unlock(&m->lock);
    return there;
}

uint32_t browse_model_by_no(struct browse_model *m, const char *file, uint64_t no)
{
    uint32_t item;

    pthread_mutex_lock(&m->lock);
    item = browse_index_by_no(&m->index, file, no);
    pthread_mutex_unlock(&m->lock);
    return item;
}

uint32_t browse_model_by_time(struct browse_model *m, uint64_t wall_ns)
{
    uint32_t item;

    pthread_mutex_lock(&m->lock);
    item = browse_index_by_time(&m->index, wall_ns);
    pthread_mutex_unlock(&m->lock);
    return item;
}

void browse_model_fired(struct browse_model *m, uint32_t before, struct browse_fired *list, size_t count)
{
    uint32_t *places = calloc(2 * count + 1, sizeof *places), *items;

    for (size_t i = 0; i < count; i++) {
        list[i].item = BROWSE_NONE;
        if (places)
            places[i] = browse_place_of_vector(list[i].index, list[i].vector);
    }
    if (!places)
        return;
    items = places + count;
    pthread_mutex_lock(&m->lock);
    browse_index_last_of(&m->index, before < m->index.items.count ? before : (uint32_t)m->index.items.count, places, items, count);
    pthread_mutex_unlock(&m->lock);
    for (size_t i = 0; i < count; i++)
        list[i].item = items[i];
    free(places);
}

/* --- events --- */

bool browse_model_events(struct browse_model *m, uint32_t item, uint32_t *begin, uint32_t *reply, uint16_t *file)
{
    const struct index_item *i;
    bool there;

    pthread_mutex_lock(&m->lock);
    there = item < m->index.items.count && item >= m->index.items.first;
    if (there) {
        i = browse_index_item(&m->index, item);
        *begin = i->begin;
        *reply = i->reply;
        *file = i->file;
    }
    pthread_mutex_unlock(&m->lock);
    return there;
}

static struct vfu_event *copy_of(struct browse_loader *l, uint64_t number)
{
    const struct vfu_event *e = browse_loader_event(l, number);
    void *room = e ? malloc(vfu_event_size(e)) : NULL;

    return room ? vfu_event_copy(e, room) : NULL;
}

struct browse_events *browse_model_load(struct browse_model *m, uint32_t item)
{
    struct browse_events *e = calloc(1, sizeof *e);
    uint32_t begin, reply;
    uint16_t file;

    if (!e || !browse_model_events(m, item, &begin, &reply, &file)) {
        free(e);
        return NULL;
    }
    e->command = copy_of(m->loader, begin);
    if (reply != BROWSE_NO_EVENT)
        e->reply = copy_of(m->loader, reply);
    if (e->command && (e->reply || reply == BROWSE_NO_EVENT))
        return e;
    browse_events_free(e);
    return NULL;
}

const struct vfu_event *browse_events_command(const struct browse_events *e)
{
    return e->command;
}

const struct vfu_event *browse_events_reply(const struct browse_events *e)
{
    return e->reply;
}

void browse_events_free(struct browse_events *e)
{
    free(e ? e->command : NULL);
    free(e ? e->reply : NULL);
    free(e);
}

/* --- what all of it means --- */

bool browse_model_session(struct browse_model *m, uint32_t item,
                          void (*look)(void *context, const struct vfu_session *session, const struct vfu_connection *connection),
                          void *context)
{
    struct browse_item what;
    struct vfu_session *s;
    uint32_t begin, reply;
    uint16_t file;

    if (!browse_model_item(m, item, &what) || !browse_model_events(m, item, &begin, &reply, &file))
        return false;
    s = browse_loader_session(m->loader, reply != BROWSE_NO_EVENT ? reply : begin, file);
    if (!s)
        return false;
    look(context, s, vfu_session_connection(s, what.conn));
    vfu_session_free(s);
    return true;
}

void browse_model_lock_session(struct browse_model *m)
{
    atomic_fetch_add(&m->session_wanted, 1);
    pthread_mutex_lock(&m->session_lock);
    atomic_fetch_sub(&m->session_wanted, 1);
    pthread_mutex_lock(&m->lock);
}

void browse_model_unlock_session(struct browse_model *m)
{
    pthread_mutex_unlock(&m->lock);
    pthread_mutex_unlock(&m->session_lock);
}

const char *browse_model_file(struct browse_model *m, size_t which)
{
    return m->sessions && which < m->session_count ? cli_inputs_name(m->inputs, which) : NULL;
}

void browse_model_why(struct browse_model *m, size_t which, struct vfu_writer *w)
{
    struct vfu_why *verdict = malloc(sizeof *verdict);

    if (!verdict)
        return;
    browse_model_lock_session(m);
    *verdict = (struct vfu_why){ .file = NULL };
    vfu_why_of(m->evidence[which], m->sessions ? m->sessions[which] : m->session, m->queue ? vfu_mono_ns() : 0, verdict);
    verdict->file = browse_model_file(m, which);
    vfu_why_text(verdict, w);
    browse_model_unlock_session(m);
    free(verdict);
}

void browse_model_summary(struct browse_model *m, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    browse_model_lock_session(m);
    vfu_summary_text(m->summary, m->sessions ? NULL : m->session, m->left_out, look, w);
    browse_model_unlock_session(m);
}
