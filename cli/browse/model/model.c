/*
 * The model as it is opened and closed: the thread that reads a capture, or the queue that live traffic comes through.
 */
#include "cli/browse/model/inside.h"
#include "capture/queue.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    FIRST_TELL = 64, TELL_AFTER = 4096, /* events, if there is no time to tell before; sooner at the begin */
    KEPT_BLOCKS = 8,
};
#define LIVE_BYTES (UINT64_C(1) << 30)
enum { LIVE_ITEM = 256 }; /* of these bytes: for so many the index has an item, at most, beside those that are not gone */
#define OVERDUE_NS UINT64_C(1000000000) /* as why has it */

static void fail(struct browse_model *m, const char *why)
{
    pthread_mutex_lock(&m->lock);
    browse_model_fail(m, why);
    pthread_mutex_unlock(&m->lock);
}

/* --- taking events --- */

/* What the verdict of its file is made of. */
static struct vfu_evidence *evidence_of(struct browse_model *m, const struct vfu_event *e)
{
    size_t i = 0;

    while (i + 1 < m->session_count && cli_inputs_name(m->inputs, i) != e->file)
        i++;
    return m->evidence[i];
}

/* Is it to be spooled: all, or only what plugins said? */
static bool is_spooled(const struct browse_model *m, const struct vfu_event *e)
{
    return m->has_spool &&
           (!m->again || (m->plugins && (e->note_count || e->register_count || e->because_count || e->problem_count)));
}

static void spool(struct browse_model *m, const struct vfu_event *event)
{
    char why[256];

    if (!is_spooled(m, event) || browse_spool_add(&m->spool, event, m->index.events)) /* only this thread changes that */
        return;
    snprintf(why, sizeof why, "%s: %s", getenv("TMPDIR") && *getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
             strerror(m->spool.failed));
    fail(m, why);
}

/* As the session made it, and plugins have seen it. */
static void take(void *context, const struct vfu_event *event)
{
    struct browse_model *m = context;
    bool counted = browse_index_takes(event);

    if (counted && !m->failed)
        spool(m, event);
    pthread_mutex_lock(&m->lock);
    vfu_evidence_event(evidence_of(m, event), event);
    vfu_summary_event(m->summary, event);
    if (counted && !m->failed && !browse_index_add(&m->index, event))
        browse_model_fail(m, "out of memory");
    if (event->kind == VFU_EVENT_DROPPED && !m->inputs) {
        m->left_out.messages += event->dropped.messages;
        m->left_out.events += event->dropped.events;
    }
    if (++m->untold >= (m->index.events < TELL_AFTER ? FIRST_TELL : TELL_AFTER))
        browse_model_tell(m);
    pthread_mutex_unlock(&m->lock);
    m->credit += event->kind == VFU_EVENT_MESSAGE ? CHECKPOINT_BYTES : 0;
}

/* There is nothing more for now. */
static void tell(struct browse_model *m)
{
    pthread_mutex_lock(&m->lock);
    if (m->untold)
        browse_model_tell(m);
    pthread_mutex_unlock(&m->lock);
}

/* --- reading --- */

static bool is_stopped(void *context)
{
    return atomic_load(&((struct browse_model *)context)->stop) || cli_signals_counted() > 0;
}

/* The reader has the lock of the sessions from record to record: to take it for each would cost more than to look. */
static void hold(struct browse_model *m)
{
    if (m->holding && !atomic_load_explicit(&m->session_wanted, memory_order_relaxed))
        return;
    if (m->holding) {
        pthread_mutex_unlock(&m->session_lock);
        sched_yield(); /* or we may have it again before who wants it is awake */
    }
    pthread_mutex_lock(&m->session_lock);
    m->holding = true;
}

static void let_go(struct browse_model *m)
{
    if (m->holding)
        pthread_mutex_unlock(&m->session_lock);
    m->holding = false;
}

static void idle(void *context)
{
    struct browse_model *m = context;

    if (!m->output) /* a pipe is waited for before there is one */
        return;
    hold(m);
    cli_output_flush(m->output);
    let_go(m);
    tell(m);
}

static struct vfu_session *session_of(struct browse_model *m, size_t which)
{
    if (!m->sessions)
        return m->session;
    if (!m->sessions[which] && (m->sessions[which] = vfu_session_new(&vfu_all_checks)) != NULL)
        *vfu_session_rules(m->sessions[which]) = m->rules;
    return m->sessions[which];
}

/* Once, and once more after a longer time: as the session would, if it were told. */
static bool is_told(struct browse_model *m, const struct vfu_event *overdue)
{
    enum { KEPT = sizeof m->overdue / sizeof *m->overdue };
    bool patiently = overdue->overdue.waiting_ms >= VFU_PATIENCE_MS;

    for (unsigned i = 0; i < KEPT && i < m->overdue_count; i++) {
        struct browse_overdue *o = &m->overdue[i];

        if (o->no != overdue->overdue.no || o->conn != overdue->conn)
            continue;
        if (o->patiently || !patiently)
            return true;
        o->patiently = true;
        return false;
    }
    m->overdue[m->overdue_count++ % KEPT] = (struct browse_overdue){ overdue->overdue.no, overdue->conn, patiently };
    return false;
}

/*
 * What waits too long at this time, for the verdict, as why has it. The session itself is not told: what comes is to be as decode
 * has it.
 */
static void judge_waiting(struct browse_model *m, size_t which, struct vfu_time now)
{
    const struct vfu_session *session = m->sessions ? m->sessions[which] : m->session;
    struct vfu_session *copy = session && vfu_session_outstanding(session) ? vfu_session_copy(session) : NULL;
    struct vfu_event event;

    while (copy && vfu_session_overdue(copy, now, m->overdue_ns, &event)) {
        if (is_told(m, &event))
            continue;
        cli_output_flush(m->output); /* what came before it comes first, though plugins had it */
        pthread_mutex_lock(&m->lock);
        vfu_evidence_event(m->evidence[which], &event);
        pthread_mutex_unlock(&m->lock);
    }
    vfu_session_free(copy);
}

/* One record. False: out of memory. */
static bool take_record(struct browse_model *m, bool is_message, const struct vfu_event *read, size_t which)
{
    struct vfu_session *session;

    if (read->time.mono_ns > m->last.mono_ns)
        m->last = read->time;
    hold(m);
    session = session_of(m, which);
    if (session && read->kind == VFU_EVENT_DISCONNECT && !is_message)
        judge_waiting(m, which, read->time);
    if (session)
        cli_output_recorded(m->output, session, is_message, read, m->notes);
    if (!session)
        fail(m, "out of memory");
    return session;
}

/* How far the files are read. */
static void count_progress(struct browse_model *m)
{
    uint64_t read, size;

    cli_inputs_progress(m->inputs, &read, &size);
    pthread_mutex_lock(&m->lock);
    m->percent = size ? (unsigned)(read * 100 / size) : 0;
    pthread_mutex_unlock(&m->lock);
}

/* The next block begins at the next record: plugins have looked at all before it. */
static void next_block(struct browse_model *m)
{
    struct vfu_capplace place;

    hold(m);
    cli_output_flush(m->output);
    let_go(m);
    if (m->again && !vfu_capreader_tell(cli_inputs_only(m->inputs), &place))
        fail(m, "the capture can't be read again");
    browse_block_begin(m, m->again ? &place : NULL);
    count_progress(m);
}

static void *read_all(void *context)
{
    struct browse_model *m = context;
    struct vfu_event event;
    enum vfu_captured got;
    size_t which;

    next_block(m);
    while (!m->failed && ((got = cli_inputs_next(m->inputs, &event, &which)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT) &&
           take_record(m, got == VFU_CAPTURED_MESSAGE, &event, which)) {
        m->records++;
        if (browse_block_is_full(m))
            next_block(m);
    }
    hold(m);
    cli_output_flush(m->output);
    for (size_t i = 0; i < m->session_count; i++)
        judge_waiting(m, i, m->last);
    let_go(m);
    m->status = cli_inputs_end(m->inputs);
    pthread_mutex_lock(&m->lock);
    m->reading = false;
    m->percent = 100;
    m->damaged = m->status != CLI_OK;
    if (m->damaged && !m->failed)
        snprintf(m->said, sizeof m->said, "%s", cli_inputs_damage(m->inputs));
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
    m->overdue_ns = OVERDUE_NS;
    m->reading = true;
    m->session_count = 1;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->session_lock, NULL);
    pthread_cond_init(&m->more, NULL);
    m->changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->session = vfu_session_new(&vfu_all_checks);
    m->summary = vfu_summary_new();
    if (browse_index_init(&m->index) && m->changed >= 0 && m->session && m->summary) {
        cli_rules_apply(args, m->session);
        m->rules = *vfu_session_rules(m->session);
        return m;
    }
    browse_model_close(m);
    return NULL;
}

/* A piece for each session. False: out of memory. */
static bool make_evidence(struct browse_model *m)
{
    m->evidence = calloc(m->session_count, sizeof(struct vfu_evidence *));
    for (size_t i = 0; m->evidence && i < m->session_count; i++)
        if ((m->evidence[i] = vfu_evidence_new()) == NULL)
            return false;
    return m->evidence;
}

/* False: a message was printed. */
static bool open_spool(struct browse_model *m, uint64_t limit)
{
    struct vfu_error error;

    m->has_spool = browse_spool_open(&m->spool, limit, &error);
    if (!m->has_spool)
        cli_error("%s", error.text);
    return m->has_spool;
}

/* Is it to be read again where it lies? */
static void look_again(struct browse_model *m)
{
    struct vfu_capreader *only = cli_inputs_only(m->inputs);
    struct vfu_capplace place;
    struct vfu_error error;

    if (only && vfu_capreader_tell(only, &place))
        m->file = vfu_capreader_again(only, &error);
    m->again = m->file;
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
    const struct vfu_capwait wait = { .idle = idle, .stopped = is_stopped, .context = m };
    const struct cli_output_how how = { .session = m->session, .take = take, .take_context = m };

    m->inputs = cli_inputs_open(paths, count, &wait, status);
    if (!m->inputs)
        return false;
    *status = CLI_USAGE;
    m->output = cli_output_open(args, &how);
    if (!m->output)
        return false;
    m->plugins = cli_output_has_plugins(m->output) || cli_output_has_registers(m->output);
    m->rules = *vfu_session_rules(m->session);
    *status = CLI_FAILED;
    look_again(m);
    if ((!m->again || m->plugins) && !open_spool(m, 0))
        return false;
    if (cli_inputs_count(m->inputs) > 1) {
        m->session_count = cli_inputs_count(m->inputs);
        m->sessions = calloc(m->session_count, sizeof *m->sessions);
    }
    m->loader = browse_loader_new(m, KEPT_BLOCKS);
    if ((m->sessions || m->session_count == 1) && m->loader && make_evidence(m) && start_thread(m))
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

/* --- live traffic --- */

/* Behind the queue. */
static bool take_live(void *context, const struct vfu_event *event)
{
    struct browse_model *m = context;

    if (!m->block_count || browse_block_is_full(m)) {
        browse_block_begin(m, NULL);
        browse_blocks_forget(m);
    }
    take(m, event);
    m->records++;
    pthread_mutex_lock(&m->session_lock);
    if (browse_index_takes(event))
        browse_feed(m->session, event);
    pthread_mutex_unlock(&m->session_lock);
    return !m->failed;
}

static bool flush_live(void *context)
{
    tell(context);
    return true;
}

struct browse_model *browse_model_live(const struct cli_args *args, uint64_t limit)
{
    struct browse_model *m = new_model(args);
    const struct vfu_sink sink = { .event = take_live, .flush = flush_live, .context = m, .give_up = m ? &m->stop : NULL,
                                   .patient = true };

    if (m && open_spool(m, limit ? limit : LIVE_BYTES)) {
        m->most_items = (uint32_t)(m->spool.limit / LIVE_ITEM);
        m->loader = browse_loader_new(m, KEPT_BLOCKS);
        m->queue = m->loader && make_evidence(m) ? vfu_queue_new(&sink, 0, false, NULL) : NULL;
        if (m->queue)
            return m;
        cli_error("out of memory");
    } else if (!m) {
        cli_error("out of memory");
    }
    if (m)
        browse_model_close(m);
    return NULL;
}

void browse_model_event(struct browse_model *m, const struct vfu_event *event)
{
    vfu_queue_push(m->queue, event);
}

void browse_model_end(struct browse_model *m)
{
    if (m->queue)
        vfu_queue_close(m->queue);
    m->queue = NULL;
    pthread_mutex_lock(&m->lock);
    m->reading = false;
    browse_model_tell(m);
    pthread_mutex_unlock(&m->lock);
}

/* --- the end --- */

enum cli_status browse_model_close(struct browse_model *m)
{
    enum cli_status status;

    atomic_store(&m->stop, true);
    if (m->queue)
        vfu_queue_close(m->queue);
    if (m->has_reader)
        pthread_join(m->reader, NULL);
    status = m->failed ? CLI_FAILED : m->status;
    browse_loader_free(m->loader);
    if (m->file)
        vfu_capreader_close(m->file);
    if (m->output)
        cli_output_close(m->output);
    for (size_t i = 0; m->sessions && i < m->session_count; i++)
        vfu_session_free(m->sessions[i]);
    free(m->sessions);
    vfu_session_free(m->session);
    browse_blocks_free(m);
    browse_spool_close(&m->spool);
    browse_index_free(&m->index);
    cli_inputs_free(m->inputs);
    for (size_t i = 0; m->evidence && i < m->session_count; i++)
        vfu_evidence_free(m->evidence[i]);
    free(m->evidence);
    vfu_summary_free(m->summary);
    if (m->changed >= 0)
        close(m->changed);
    pthread_cond_destroy(&m->more);
    pthread_mutex_destroy(&m->session_lock);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return status;
}
