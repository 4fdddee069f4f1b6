/*
 * The gate: lets through the events that a filter picks. A command and its reply stand or fall together, so a command
 * that only its reply can decide about is kept until then. What is kept is bounded, in number and in bytes; beyond that
 * the oldest command is decided without its reply. What stands around that is let through too, if it is asked for.
 */
#include "cli/output/inside.h"

#include <stdlib.h>
#include <sys/queue.h>

enum {
    SLOTS = 65536, /* as many commands as a session pairs */
    KEPT_BYTES = 16 << 20,
    AROUND = 1024, /* events between the messages that are shown around: lines of a log may come without end */
    FURTHER = 64,  /* messages that are kept from further back: commands whose replies are shown around */
};

/* An event that waits, with its own copy of all it points to. */
struct kept {
    TAILQ_ENTRY(kept) entry;
    enum vfu_verdict verdict;
    bool late; /* others have overtaken it, or may */
    size_t size;
    struct vfu_event event; /* and what it points to behind it */
};

/* What was decided about a command, for its reply. */
struct slot {
    uint64_t key; /* the command's; 0: free */
    enum vfu_verdict verdict;
    struct kept *kept; /* UNDECIDED */
};

struct cli_gate {
    struct cli_pick pick;
    bool keep_order, begun;
    void (*pass)(void *context, const struct vfu_event *event);
    void *context;
    TAILQ_HEAD(queue, kept) waiting; /* in the order of arrival */
    size_t bytes;
    struct cli_context around;
    struct queue before;        /* what was not picked of late, around.before messages of it and FURTHER */
    unsigned before_count, before_events, after_left;
    uint64_t picked;            /* messages */
    unsigned owed;              /* replies to commands that are shown */
    uint64_t *shown;            /* commands that stand around, by key: their replies are shown with them; ~key: picked */
    atomic_bool done;           /* as many as are wanted were picked, and all that is shown with them has come */
    struct slot slots[SLOTS]; /* by the command's key, the last one of each */
};

struct cli_gate *cli_gate_new(const struct cli_pick *pick, bool keep_order, struct cli_context around,
                              void (*pass)(void *context, const struct vfu_event *event), void *context)
{
    struct cli_gate *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->pick = *pick;
    g->keep_order = keep_order;
    g->pass = pass;
    g->context = context;
    g->around = around;
    TAILQ_INIT(&g->waiting);
    TAILQ_INIT(&g->before);
    if (around.before || around.after || pick->most)
        g->shown = calloc(SLOTS, sizeof *g->shown);
    if (g->shown || !(around.before || around.after || pick->most))
        return g;
    free(g);
    return NULL;
}

/* A copy in one piece; NULL when out of memory. */
static struct kept *copy(const struct vfu_event *event)
{
    size_t size = offsetof(struct kept, event) + vfu_event_size(event);
    struct kept *k = malloc(size);

    if (!k)
        return NULL;
    k->size = size;
    vfu_event_copy(event, &k->event);
    return k;
}

/* What no other message has: its number, and its connection, since each of several files numbers its own. */
static uint64_t key_of(const struct vfu_event *event, uint64_t no)
{
    return event->file ? no + event->conn * (UINT64_C(1) << 44 | 0x9e37) : no;
}

static struct slot *slot_of(struct cli_gate *g, uint64_t key)
{
    return &g->slots[key % SLOTS];
}

/* --- what is shown --- */

/* Its reply is shown with it. */
static void note_command(struct cli_gate *g, const struct vfu_event *event, bool picked)
{
    uint64_t key = key_of(event, event->message.no);

    g->shown[key % SLOTS] = picked ? ~key : key;
    g->owed += !(event->flags & VFU_NO_REPLY) && !(picked && vfu_filter_is_single(g->pick.filter));
}

static void note_reply(struct cli_gate *g, const struct vfu_event *event)
{
    uint64_t key = key_of(event, event->reply_to), *shown = &g->shown[key % SLOTS];

    if (!event->paired || (*shown != key && *shown != ~key))
        return;
    g->owed -= g->owed > 0;
    *shown = 0;
}

static void note(struct cli_gate *g, const struct vfu_event *event, bool picked)
{
    if (!g->shown || event->kind != VFU_EVENT_MESSAGE)
        return;
    if (vfu_event_is_command(event))
        note_command(g, event, picked);
    else if (vfu_event_is_reply(event))
        note_reply(g, event);
}

/* Were as many picked as are wanted? The reply to one of them is still. */
static bool is_beyond(const struct cli_gate *g, const struct vfu_event *event)
{
    uint64_t key;

    if (!g->pick.most || g->picked < g->pick.most)
        return false;
    if (event->kind != VFU_EVENT_MESSAGE || !vfu_event_is_reply(event) || !event->paired ||
        vfu_filter_is_single(g->pick.filter))
        return true;
    key = key_of(event, event->reply_to);
    return g->shown[key % SLOTS] != ~key;
}

/* --- what stands around --- */

static void forget_first(struct cli_gate *g)
{
    struct kept *k = TAILQ_FIRST(&g->before);

    TAILQ_REMOVE(&g->before, k, entry);
    g->before_count -= k->event.kind == VFU_EVENT_MESSAGE;
    g->before_events -= k->event.kind != VFU_EVENT_MESSAGE;
    free(k);
}

/* Show what was not picked. A reply only behind its command. Did it count? */
static bool pass_around(struct cli_gate *g, const struct vfu_event *event)
{
    bool message = event->kind == VFU_EVENT_MESSAGE, reply = message && vfu_event_is_reply(event) && event->paired;

    uint64_t key = message ? key_of(event, reply ? event->reply_to : event->message.no) : 0;

    if (reply && g->shown[key % SLOTS] != key && g->shown[key % SLOTS] != ~key)
        return false;
    note(g, event, false);
    g->pass(g->context, event);
    return message;
}

/* An event that was not picked, which is the gate's if it was kept (else NULL). */
static void leave_out(struct cli_gate *g, const struct vfu_event *event, struct kept *k)
{
    bool reply = event->kind == VFU_EVENT_MESSAGE && vfu_event_is_reply(event) && event->paired;
    uint64_t key = reply ? key_of(event, event->reply_to) : 0;
    bool late_reply = g->shown && reply && g->shown[key % SLOTS] == key;

    if (g->shown && (g->after_left || late_reply)) {
        g->after_left -= pass_around(g, event) && g->after_left;
    } else if (g->around.before && (k || (k = copy(event)) != NULL)) {
        TAILQ_INSERT_TAIL(&g->before, k, entry);
        g->before_count += event->kind == VFU_EVENT_MESSAGE;
        g->before_events += event->kind != VFU_EVENT_MESSAGE;
        while (g->before_count > g->around.before + FURTHER || g->before_events > AROUND)
            forget_first(g);
        return;
    }
    free(k);
}

/* Is it the command of a reply among the last `count` messages of those before? */
static bool is_answered_near(const struct cli_gate *g, const struct vfu_event *event, unsigned count)
{
    const struct kept *k;

    if (event->kind != VFU_EVENT_MESSAGE || !vfu_event_is_command(event))
        return false;
    TAILQ_FOREACH_REVERSE(k, &g->before, queue, entry) {
        if (k->event.kind != VFU_EVENT_MESSAGE)
            continue;
        if (!count--)
            return false;
        if (vfu_event_is_reply(&k->event) && k->event.paired &&
            key_of(&k->event, k->event.reply_to) == key_of(event, event->message.no))
            return true;
    }
    return false;
}

/* The last around.before messages, and the commands of replies among them. */
static void pass_before(struct cli_gate *g)
{
    struct kept *k;

    while ((k = TAILQ_FIRST(&g->before)) != NULL) {
        if (g->before_count <= g->around.before || is_answered_near(g, &k->event, g->around.before))
            pass_around(g, &k->event);
        forget_first(g);
    }
}

/* An event that was picked. */
static void let_through(struct cli_gate *g, const struct vfu_event *event)
{
    pass_before(g);
    note(g, event, true);
    g->picked += event->kind == VFU_EVENT_MESSAGE;
    g->after_left = g->around.after;
    g->pass(g->context, event);
}

/* It is decided, and leaves the queue. */
static void settle(struct cli_gate *g, struct kept *k)
{
    struct slot *s = k->event.kind == VFU_EVENT_MESSAGE ? slot_of(g, key_of(&k->event, k->event.message.no)) : NULL;

    if (s && s->kept == k)
        s->kept = NULL;
    TAILQ_REMOVE(&g->waiting, k, entry);
    g->bytes -= k->size;
    if (k->verdict != VFU_YES || is_beyond(g, &k->event)) {
        leave_out(g, &k->event, k);
        return;
    }
    let_through(g, &k->event);
    free(k);
}

/* Let go what is decided, up to the first that is not; with `overtake` past those too. */
static void release(struct cli_gate *g, bool overtake)
{
    for (struct kept *k = TAILQ_FIRST(&g->waiting), *next; k; k = next) {
        next = TAILQ_NEXT(k, entry);
        if (k->verdict == VFU_UNDECIDED) {
            k->late |= overtake;
            if (!k->late)
                return;
            continue;
        }
        settle(g, k);
    }
}

/* Its reply will not come, or not in time. */
static void decide_alone(struct cli_gate *g, struct kept *k)
{
    struct slot *s = slot_of(g, key_of(&k->event, k->event.message.no));

    k->verdict = vfu_filter_match(g->pick.filter, &k->event, NULL, false);
    if (s->kept == k) {
        s->verdict = k->verdict;
        s->kept = NULL;
    }
}

static void keep(struct cli_gate *g, const struct vfu_event *event, enum vfu_verdict verdict)
{
    struct kept *k = copy(event), *first;

    if (!k) { /* out of memory: better shown than hidden */
        g->pass(g->context, event);
        return;
    }
    k->verdict = verdict;
    k->late = !g->keep_order;
    TAILQ_INSERT_TAIL(&g->waiting, k, entry);
    g->bytes += k->size;
    if (verdict == VFU_UNDECIDED)
        slot_of(g, key_of(event, event->message.no))->kept = k;
    while (g->bytes > KEPT_BYTES && (first = TAILQ_FIRST(&g->waiting)) != NULL) {
        if (first->verdict == VFU_UNDECIDED)
            decide_alone(g, first);
        release(g, false);
    }
}

/* Does anything stand in front of what comes now? */
static bool is_blocked(const struct cli_gate *g)
{
    const struct kept *k = TAILQ_FIRST(&g->waiting);

    while (k && k->late)
        k = TAILQ_NEXT(k, entry);
    return k;
}

static void hand_on(struct cli_gate *g, const struct vfu_event *event, enum vfu_verdict verdict)
{
    if (verdict == VFU_UNDECIDED || (g->keep_order && is_blocked(g)))
        keep(g, event, verdict);
    else if (verdict == VFU_YES && !is_beyond(g, event))
        let_through(g, event);
    else
        leave_out(g, event, NULL);
}

static void command(struct cli_gate *g, const struct vfu_event *event)
{
    bool awaited = !(event->flags & VFU_NO_REPLY) && !vfu_filter_is_single(g->pick.filter);
    enum vfu_verdict verdict = vfu_filter_match(g->pick.filter, event, NULL, awaited);
    uint64_t key = key_of(event, event->message.no);
    struct slot *s = slot_of(g, key);

    if (awaited) {
        if (s->kept) /* its number came round: the reply never came */
            decide_alone(g, s->kept);
        *s = (struct slot){ .key = key, .verdict = verdict };
    }
    hand_on(g, event, verdict);
}

static void reply(struct cli_gate *g, const struct vfu_event *event)
{
    uint64_t key = key_of(event, event->reply_to);
    struct slot *s = event->paired ? slot_of(g, key) : NULL;
    enum vfu_verdict verdict;
    struct kept *k;

    if (!s || s->key != key || vfu_filter_is_single(g->pick.filter)) {
        hand_on(g, event, vfu_filter_match(g->pick.filter, event, NULL, false));
        return;
    }
    k = s->kept;
    verdict = k ? vfu_filter_match(g->pick.filter, &k->event, event, false) : s->verdict;
    *s = (struct slot){ 0 };
    if (k) {
        k->verdict = verdict;
        if (k->late)
            settle(g, k);
        release(g, false);
    }
    hand_on(g, event, verdict);
}

/* What is no message; of ranges what lies between their messages. */
static enum vfu_verdict verdict_of(const struct cli_gate *g, const struct vfu_event *event)
{
    if (!g->pick.ranges || event->kind == VFU_EVENT_MESSAGE || event->kind == VFU_EVENT_DROPPED)
        return vfu_filter_match(g->pick.filter, event, NULL, false);
    if (!cli_ranges_hold(g->pick.ranges, event))
        return VFU_NO;
    return g->pick.others ? vfu_filter_match(g->pick.others, event, NULL, false) : VFU_YES;
}

void cli_gate_begin(struct cli_gate *g, uint64_t wall_ns)
{
    vfu_filter_begin(g->pick.filter, wall_ns);
    if (g->pick.others)
        vfu_filter_begin(g->pick.others, wall_ns);
    g->begun = true;
}

void cli_gate_event(struct cli_gate *g, const struct vfu_event *event)
{
    struct kept *k;

    if (!g->begun)
        cli_gate_begin(g, event->time.wall_ns);
    if (event->kind == VFU_EVENT_MESSAGE && g->pick.ranges)
        cli_ranges_follow(g->pick.ranges, event);
    if (event->kind == VFU_EVENT_MESSAGE && vfu_event_is_command(event))
        command(g, event);
    else if (event->kind == VFU_EVENT_MESSAGE && vfu_event_is_reply(event))
        reply(g, event);
    else
        hand_on(g, event, verdict_of(g, event));
    if (event->kind == VFU_EVENT_DISCONNECT) {
        TAILQ_FOREACH(k, &g->waiting, entry)
            if (k->event.conn == event->conn && k->verdict == VFU_UNDECIDED)
                decide_alone(g, k);
        release(g, false);
        g->owed = 0; /* or it is of another connection, for which the last picked do not wait any more */
    }
    if (g->pick.most && g->picked >= g->pick.most && !g->owed && !g->after_left)
        atomic_store(&g->done, true);
}

bool cli_gate_done(const struct cli_gate *g)
{
    return atomic_load(&g->done);
}

void cli_gate_idle(struct cli_gate *g)
{
    release(g, true);
}

void cli_gate_end(struct cli_gate *g)
{
    struct kept *k;

    TAILQ_FOREACH(k, &g->waiting, entry)
        if (k->verdict == VFU_UNDECIDED)
            decide_alone(g, k);
    release(g, false);
}

void cli_gate_free(struct cli_gate *g)
{
    struct kept *k;

    if (!g)
        return;
    while ((k = TAILQ_FIRST(&g->waiting)) != NULL) {
        TAILQ_REMOVE(&g->waiting, k, entry);
        free(k);
    }
    while (!TAILQ_EMPTY(&g->before))
        forget_first(g);
    free(g->shown);
    cli_pick_free(&g->pick);
    free(g);
}
