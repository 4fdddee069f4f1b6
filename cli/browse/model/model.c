/*
 * The model: the thread that reads, and what is asked of what it has read.
 */
#include "cli/browse/model/inside.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/grow.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct browse_events {
    struct vfu_event *command, *reply;
};

void browse_model_tell(struct browse_model *m)
{
    pthread_cond_broadcast(&m->more);
    if (!m->told)
        eventfd_write(m->changed, 1);
    m->told = true;
}

/* --- taking events --- */

static struct vfu_event *copy_of(const struct vfu_event *event)
{
    void *room = malloc(vfu_event_size(event));

    return room ? vfu_event_copy(event, room) : NULL;
}

static void take(void *context, const struct vfu_event *event)
{
    struct browse_model *m = context;
    struct vfu_event *copy;

    pthread_mutex_lock(&m->lock);
    vfu_evidence_event(m->evidence, event);
    vfu_summary_event(m->summary, event);
    if (browse_index_takes(event) && !m->failed) {
        copy = VFU_GROW(m->events, m->event_room, m->index.events + 1) ? copy_of(event) : NULL;
        if (copy)
            m->events[m->index.events] = copy;
        if (!copy || !browse_index_add(&m->index, event)) {
            m->failed = true;
            snprintf(m->said, sizeof m->said, "out of memory");
        }
        browse_model_tell(m);
    }
    pthread_mutex_unlock(&m->lock);
}

/* --- reading --- */

static bool is_stopped(void *context)
{
    return atomic_load(&((struct browse_model *)context)->stop) || cli_signals_counted() > 0;
}

static struct vfu_session *session_of(struct browse_model *m, size_t which)
{
    if (!m->sessions)
        return m->session;
    if (!m->sessions[which] && (m->sessions[which] = vfu_session_new(&vfu_all_checks)) != NULL)
        *vfu_session_rules(m->sessions[which]) = m->rules;
    return m->sessions[which];
}

static void *read_all(void *context)
{
    struct browse_model *m = context;
    struct vfu_event event;
    enum vfu_captured got;
    size_t which;

    while ((got = cli_inputs_next(m->inputs, &event, &which)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT) {
        struct vfu_session *session;

        pthread_mutex_lock(&m->session_lock);
        session = session_of(m, which);
        if (session)
            cli_output_recorded(m->output, session, got == VFU_CAPTURED_MESSAGE, &event, m->notes);
        pthread_mutex_unlock(&m->session_lock);
        if (!session || m->failed)
            break;
    }
    cli_output_flush(m->output);
    m->status = cli_inputs_end(m->inputs);
    pthread_mutex_lock(&m->lock);
    m->reading = false;
    m->damaged = m->status != CLI_OK;
    browse_model_tell(m);
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* --- opening --- */

static struct browse_model *new_model(const struct cli_args *args)
{
    struct browse_model *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->notes = !cli_has(args, "no-plugins");
    m->reading = true;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->session_lock, NULL);
    pthread_cond_init(&m->more, NULL);
    m->changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->session = vfu_session_new(&vfu_all_checks);
    m->evidence = vfu_evidence_new();
    m->summary = vfu_summary_new();
    if (m->changed >= 0 && m->session && m->evidence && m->summary && browse_index_init(&m->index)) {
        cli_rules_apply(args, m->session);
        m->rules = *vfu_session_rules(m->session);
        return m;
    }
    browse_model_close(m);
    return NULL;
}

/* Signals are for who has the screen. */
static bool start_thread(struct browse_model *m)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    m->has_reader = pthread_create(&m->reader, NULL, read_all, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return m->has_reader;
}

static bool open_files(struct browse_model *m, const struct cli_args *args, char *const *paths, size_t count,
                       enum cli_status *status)
{
    const struct vfu_capwait wait = { .stopped = is_stopped, .context = m };
    const struct cli_output_how how = { .session = m->session, .take = take, .take_context = m };

    m->inputs = cli_inputs_open(paths, count, &wait, status);
    if (!m->inputs)
        return false;
    *status = CLI_USAGE;
    m->output = cli_output_open(args, &how);
    if (!m->output)
        return false;
    m->rules = *vfu_session_rules(m->session);
    *status = CLI_FAILED;
    if (cli_inputs_count(m->inputs) > 1)
        m->sessions = calloc(cli_inputs_count(m->inputs), sizeof *m->sessions);
    if ((m->sessions || cli_inputs_count(m->inputs) <= 1) && start_thread(m))
        return true;
    cli_error("out of memory");
    return false;
}

struct browse_model *browse_model_open(const struct cli_args *args, char *const *paths, size_t count, enum cli_status *status)
{
    struct browse_model *m = new_model(args);

    *status = CLI_FAILED;
    if (!m)
        cli_error("out of memory");
    else if (open_files(m, args, paths, count, status))
        return m;
    if (m)
        browse_model_close(m);
    return NULL;
}

struct browse_model *browse_model_live(const struct cli_args *args)
{
    struct browse_model *m = new_model(args);

    if (!m)
        cli_error("out of memory");
    return m;
}

void browse_model_event(struct browse_model *m, const struct vfu_event *event)
{
    take(m, event);
}

void browse_model_end(struct browse_model *m)
{
    pthread_mutex_lock(&m->lock);
    m->reading = false;
    browse_model_tell(m);
    pthread_mutex_unlock(&m->lock);
}

enum cli_status browse_model_close(struct browse_model *m)
{
    enum cli_status status;

    atomic_store(&m->stop, true);
    if (m->has_reader)
        pthread_join(m->reader, NULL);
    status = m->status;
    if (m->output)
        cli_output_close(m->output);
    for (size_t i = 0; m->sessions && i < cli_inputs_count(m->inputs); i++)
        vfu_session_free(m->sessions[i]);
    free(m->sessions);
    vfu_session_free(m->session);
    for (size_t i = 0; i < m->index.events; i++)
        free(m->events[i]);
    free(m->events);
    browse_index_free(&m->index);
    cli_inputs_free(m->inputs);
    vfu_evidence_free(m->evidence);
    vfu_summary_free(m->summary);
    if (m->changed >= 0)
        close(m->changed);
    pthread_cond_destroy(&m->more);
    pthread_mutex_destroy(&m->session_lock);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return status;
}

/* --- what is asked --- */

int browse_model_fd(const struct browse_model *m)
{
    return m->changed;
}

void browse_model_state(struct browse_model *m, struct browse_state *state)
{
    eventfd_t count;

    pthread_mutex_lock(&m->lock);
    if (m->told)
        eventfd_read(m->changed, &count);
    m->told = false;
    *state = (struct browse_state){ .items = (uint32_t)m->index.items.count, .messages = m->index.messages,
                                    .reading = m->reading, .damaged = m->damaged, .failed = m->failed,
                                    .first_ns = m->index.first_ns, .last_ns = m->index.last_ns,
                                    .percent = m->reading ? 0 : 100, .slow_ns = m->index.slow_ns };
    memcpy(state->said, m->said, sizeof state->said);
    pthread_mutex_unlock(&m->lock);
}

bool browse_model_item(struct browse_model *m, uint32_t item, struct browse_item *out)
{
    bool there;

    pthread_mutex_lock(&m->lock);
    there = item < m->index.items.count;
    if (there) {
        const struct index_item *i = browse_index_item(&m->index, item);

        *out = (struct browse_item){ .no = i->no, .reply_no = i->reply_no, .wall_ns = i->wall_ns, .mono_ns = i->mono_ns,
                                     .latency_ns = i->latency_ns, .conn = i->conn, .place = i->place,
                                     .file = m->index.files[i->file].name, .marks = i->marks };
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

void browse_model_why(struct browse_model *m, struct vfu_writer *w)
{
    struct vfu_why *verdict = malloc(sizeof *verdict);

    if (!verdict)
        return;
    pthread_mutex_lock(&m->session_lock);
    pthread_mutex_lock(&m->lock);
    vfu_why_of(m->evidence, m->session, 0, verdict);
    verdict->file = NULL;
    vfu_why_text(verdict, w);
    pthread_mutex_unlock(&m->lock);
    pthread_mutex_unlock(&m->session_lock);
    free(verdict);
}

void browse_model_summary(struct browse_model *m, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    pthread_mutex_lock(&m->session_lock);
    pthread_mutex_lock(&m->lock);
    vfu_summary_text(m->summary, m->session, (struct vfu_left_out){ 0, 0 }, look, w);
    pthread_mutex_unlock(&m->lock);
    pthread_mutex_unlock(&m->session_lock);
}

/* --- events --- */

struct vfu_event *browse_model_event_copy(struct browse_model *m, uint64_t number)
{
    struct vfu_event *copy = NULL;

    pthread_mutex_lock(&m->lock);
    if (number < m->index.events)
        copy = copy_of(m->events[number]);
    pthread_mutex_unlock(&m->lock);
    return copy;
}

/* The numbers of an item's events. */
static bool events_of(struct browse_model *m, uint32_t item, uint64_t *begin, uint64_t *reply)
{
    bool there;

    pthread_mutex_lock(&m->lock);
    there = item < m->index.items.count;
    *begin = there ? browse_index_item(&m->index, item)->begin : 0;
    *reply = there ? browse_index_item(&m->index, item)->reply : BROWSE_NO_EVENT;
    pthread_mutex_unlock(&m->lock);
    return there;
}

struct browse_events *browse_model_load(struct browse_model *m, uint32_t item)
{
    struct browse_events *e = calloc(1, sizeof *e);
    uint64_t begin, reply;

    if (!e || !events_of(m, item, &begin, &reply)) {
        free(e);
        return NULL;
    }
    e->command = browse_model_event_copy(m, begin);
    if (reply != BROWSE_NO_EVENT)
        e->reply = browse_model_event_copy(m, reply);
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

/* --- the session as it was --- */

static void feed(struct vfu_session *s, const struct vfu_event *e)
{
    struct vfu_event made = *e;

    if (e->kind == VFU_EVENT_MESSAGE)
        vfu_session_message(s, &e->message, &made);
    else if (e->kind != VFU_EVENT_PEER)
        vfu_session_event(s, &made);
    while (vfu_session_peer(s, &made))
        ;
}

bool browse_model_session(struct browse_model *m, uint32_t item,
                          void (*look)(void *context, const struct vfu_session *session, const struct vfu_connection *connection),
                          void *context)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_event *last, *e;
    uint64_t begin, reply;

    if (!s || !events_of(m, item, &begin, &reply)) {
        vfu_session_free(s);
        return false;
    }
    *vfu_session_rules(s) = m->rules;
    last = browse_model_event_copy(m, reply != BROWSE_NO_EVENT ? reply : begin);
    for (uint64_t i = 0; last && i <= (reply != BROWSE_NO_EVENT ? reply : begin); i++) {
        e = browse_model_event_copy(m, i);
        if (e && e->file == last->file)
            feed(s, e);
        free(e);
    }
    if (last)
        look(context, s, vfu_session_connection(s, last->conn));
    vfu_session_free(s);
    free(last);
    return last;
}
