/*
 * Plugins, from vfuscope's side: see host.h. Events are gathered into batches, because asking costs far more than
 * what plugins do. While their process works at one batch the next is gathered, and the one before is handed on.
 */
#include "decoder/wire/grow.h"
#include "plugins/host/inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS = 4096, EVENT_BYTES = 1 << 20, LOOKING = 256 /* connections at a time; of more the first ones */, LOOKS = 2 /* bits */, ASKS = PLUGIN_ASKS / sizeof(struct plugin_ask) };

/* An event that waits for its notes. */
struct waiting {
    const struct vfu_event *event;
    uint32_t asks; /* questions of the batch, up to and with those about it */
};

struct batch {
    unsigned number;
    struct waiting events[EVENTS];
    unsigned count, next; /* next: to be handed on */
    uint8_t *room;        /* EVENT_BYTES for their copies */
    size_t used;
    struct {
        uint32_t at; /* where it is in the memory that is shared */
        uint32_t conn;
    } asks[ASKS];
    uint32_t ask_count;
    size_t ask_bytes;
    struct plugin_order order; /* the last one of it */
    int fds[PLUGIN_FDS];
    uint32_t fd_asks[PLUGIN_FDS]; /* the question of each */
    unsigned fd_count;
};

/* Each of several files numbers its messages itself. */
struct numbered {
    const char *file;
    uint64_t last; /* message's number; 0: of none */
};

struct vfu_plugins {
    struct vfu_plugins_how how;
    struct plugin_process process;
    struct plugin_fds fds;
    struct batch batches[2];
    struct batch *gathered, *at_work /* NULL: none */;
    bool overflowed; /* the questions about the event at hand do not fit */
    int fd;          /* of the event at hand; -1: none */
    struct numbered *files; /* file_count of them, the last event's in front */
    size_t file_count, file_room;
    bool gap;         /* messages are missing behind the last one */
    uint32_t conn;   /* the highest one that the process was asked about */
    _Atomic uint64_t looking[LOOKING]; /* connections whose devices plugins look at: the number, and VFU_LOOKS_ below it */
    struct vfu_register_maps *maps; /* of the devices */
    struct vfu_register_place places[PLUGIN_PLACES]; /* those of one */

    /* Of the next event to be handed on */
    struct plugin_said said;
    struct plugin_recorded recorded;
    struct vfu_register_at registers[VFU_REGISTERS_NAMED];
};

bool vfu_plugins_open(const struct vfu_plugins_how *how, struct vfu_plugins **plugins)
{
    struct plugin_wanted *wanted = calloc(1, sizeof *wanted);
    struct vfu_plugins *p = calloc(1, sizeof *p);
    bool found = wanted && p && plugin_search(how, wanted);

    *plugins = NULL;
    if (!wanted || !p)
        plugin_say(how, "out of memory");
    if (!found || !wanted->count) {
        free(wanted);
        free(p);
        return found;
    }
    p->how = *how;
    p->how.named_count = 0; /* the caller's */
    p->fd = -1;
    p->batches[1].number = 1;
    p->gathered = &p->batches[0];
    plugin_fds_init(&p->fds);
    p->maps = vfu_register_maps_new();
    if (plugin_process_start(&p->process, wanted, &p->how) && p->maps && (p->batches[0].room = malloc(EVENT_BYTES)) &&
        (p->batches[1].room = malloc(EVENT_BYTES))) {
        *plugins = p;
        return true;
    }
    vfu_plugins_close(p);
    return false;
}

void vfu_plugins_close(struct vfu_plugins *p)
{
    if (!p)
        return;
    plugin_process_free(&p->process);
    plugin_fds_free(&p->fds);
    vfu_register_maps_free(p->maps);
    free(p->batches[0].room);
    free(p->batches[1].room);
    free(p->files);
    free(p);
}

void vfu_plugins_fd(struct vfu_plugins *p, uint64_t no, int fd)
{
    plugin_fds_put(&p->fds, no, fd);
}

/* --- who looks --- */

/* Its place; conn 0: a free one. NULL: there is none. */
static _Atomic uint64_t *looking(struct vfu_plugins *p, uint32_t conn)
{
    for (unsigned i = 0; i < LOOKING; i++)
        if (atomic_load_explicit(&p->looking[i], memory_order_relaxed) >> LOOKS == conn)
            return &p->looking[i];
    return NULL;
}

unsigned vfu_plugins_look(struct vfu_plugins *p, uint32_t conn)
{
    const _Atomic uint64_t *known = looking(p, conn);

    return known ? atomic_load(known) & ((1u << LOOKS) - 1) : 0;
}

static void set_looking(struct vfu_plugins *p, uint32_t conn, unsigned looks)
{
    _Atomic uint64_t *known = looking(p, conn);

    if (!known && looks)
        known = looking(p, 0);
    if (known)
        atomic_store(known, looks ? (uint64_t)conn << LOOKS | looks : 0);
}

/* These have the connection's device now. */
static void set_open(struct vfu_plugins *p, uint32_t conn, uint32_t plugins)
{
    plugin_recorded_open(&p->recorded, conn, plugins);
    set_looking(p, conn, (plugins & p->process.hello.look ? VFU_LOOKS_AT_INTERRUPTS : 0) |
                             (plugins & p->process.hello.clock ? VFU_LOOKS_BY_CLOCK : 0));
}

/* Their process has ended: what follows it knows nothing of the connections that there are. */
static void forget_all(struct vfu_plugins *p)
{
    p->process.first_conn = p->conn + 1;
    for (unsigned i = 0; i < LOOKING; i++)
        atomic_store(&p->looking[i], 0);
}

/* --- handing on --- */

/* What was read for the event, as events in pieces that a capture's record can hold. */
static void tell_memory(struct vfu_plugins *p, const struct vfu_event *about, uint64_t address, const uint8_t *bytes,
                        size_t size)
{
    for (size_t at = 0; at < size; at += VFU_EVENT_MEMORY_MAX) {
        size_t piece = size - at < VFU_EVENT_MEMORY_MAX ? size - at : VFU_EVENT_MEMORY_MAX;
        struct vfu_event e = { .kind = VFU_EVENT_MEMORY, .time = about->time, .conn = about->conn,
                               .channel = about->channel, .from = about->from,
                               .memory = { vfu_event_no(about), address + at, bytes + at, piece } };

        p->how.take(p->how.context, &e);
    }
}

/* The clock's, of which nobody has anything to say. */
static bool is_idle_look(const struct vfu_event *event)
{
    return event->kind == VFU_EVENT_LOOK && !event->note_count && !event->request_count && !event->problem_count;
}

/* The events whose questions are all below `asks`. */
static void hand_on(struct vfu_plugins *p, struct batch *b, uint32_t asks)
{
    while (b->next < b->count && b->events[b->next].asks <= asks) {
        struct vfu_event event = *b->events[b->next++].event;
        struct vfu_decoded room;

        plugin_said_put(&p->said, &p->recorded, &p->process.hello, &p->process.findings, &event);
        if (vfu_event_is_access(&event)) {
            event.decoded = vfu_decoded_of(&event, &room); /* for whoever takes it, too */
            if (!event.register_count || !(event.registers[0].reg->flags & VFU_REGISTER_FIRST))
                vfu_register_maps_name(p->maps, &event, event.decoded, p->registers);
        } else if (event.kind == VFU_EVENT_DISCONNECT) {
            vfu_register_maps_forget(p->maps, event.conn);
            set_looking(p, event.conn, 0);
        }
        if (!is_idle_look(&event))
            p->how.take(p->how.context, &event);
    }
}

/* Where the connection's device has which registers, from the event on that comes next. */
static bool take_places(struct vfu_plugins *p, struct plugin_answers *answers, uint32_t conn, uint32_t places)
{
    struct plugin_place place;
    size_t count = 0;

    for (uint32_t i = 0; i < places; i++) {
        if (!plugin_answers_place(answers, &place))
            return false;
        count += plugin_names_place(&p->process.names, &place, &p->places[count]);
    }
    vfu_register_maps_set(p->maps, conn, p->places, count);
    return true;
}

/* One answer, whose events come next; false: it can't be true. */
static bool take_answer(struct vfu_plugins *p, struct batch *b, struct plugin_answers *answers)
{
    struct plugin_answer head;
    struct plugin_read read;
    const uint8_t *bytes;
    struct plugin_note note;
    struct plugin_request request;

    if (!plugin_answers_next(answers, &head))
        return false;
    hand_on(p, b, head.ask);
    if (b->next == b->count)
        return false;
    for (uint32_t i = 0; i < head.notes; i++) {
        if (!plugin_answers_note(answers, &note))
            return false;
        plugin_said_add(&p->said, &note, &p->process.hello, &p->process.findings, p->how.rules, b->events[b->next].event);
    }
    for (uint32_t i = 0; i < head.requests; i++) {
        if (!plugin_answers_request(answers, &request))
            return false;
        plugin_said_request(&p->said, &request, &p->process.hello);
    }
    for (uint32_t i = 0; i < head.reads; i++) {
        if (!plugin_answers_read(answers, &read, &bytes))
            return false;
        if (head.notes || head.requests || b->events[b->next].event->kind != VFU_EVENT_LOOK)
            tell_memory(p, b->events[b->next].event, read.address, bytes, read.size);
    }
    if (head.has_open)
        set_open(p, b->asks[head.ask].conn, head.open);
    return !head.has_places || take_places(p, answers, b->asks[head.ask].conn, head.places);
}

/* The answers that there are, and the events that are done with them. */
static void take_answers(struct vfu_plugins *p, struct batch *b, const struct plugin_done *done)
{
    struct plugin_answers answers = { .bytes = p->process.answers,
                                      .size = done->answered,
                                      .from = done->from,
                                      .asks = done->asks,
                                      .live = p->how.live,
                                      .hello = &p->process.hello,
                                      .findings = &p->process.findings,
                                      .names = &p->process.names };

    while (answers.at < answers.size && take_answer(p, b, &answers))
        ;
    if (answers.at < answers.size) {
        plugin_process_stop(&p->process, "an answer");
        forget_all(p);
    }
    hand_on(p, b, p->process.child.socket < 0 ? UINT32_MAX : done->asks);
}

/* --- batches --- */

static void order(struct vfu_plugins *p, struct batch *b, uint32_t from)
{
    unsigned fd = 0;

    b->order = (struct plugin_order){ .batch = b->number, .from = from, .count = b->ask_count };
    while (fd < b->fd_count && b->fd_asks[fd] < from)
        fd++;
    if (from == b->ask_count)
        return;
    b->order.from_at = b->asks[from].at;
    while (p->process.child.socket >= 0 && !plugin_process_order(&p->process, &b->order, b->fds + fd, b->fd_count - fd))
        forget_all(p); /* it had ended: once more if there is another one */
}

/* Its questions were asked: what a later process is told of their connections means nothing to it. */
static void asked(struct vfu_plugins *p, const struct batch *b, const struct plugin_done *done)
{
    for (uint32_t i = done->from; i < done->asks; i++)
        p->conn = b->asks[i].conn > p->conn ? b->asks[i].conn : p->conn;
}

/* Wait until the batch is done, with the last of its answers still to be taken. */
static struct plugin_done await(struct vfu_plugins *p, struct batch *b)
{
    struct plugin_done done = { .asks = b->ask_count };

    while (b->ask_count && p->process.child.socket >= 0) {
        bool ended = !plugin_process_wait(&p->process, &b->order, &done);

        asked(p, b, &done);
        if (ended)
            forget_all(p);
        if (done.asks == b->ask_count)
            break;
        take_answers(p, b, &done);
        order(p, b, done.asks);
        done = (struct plugin_done){ .asks = b->ask_count };
    }
    return done;
}

static void empty(struct batch *b)
{
    for (unsigned i = 0; i < b->fd_count; i++)
        close(b->fds[i]);
    b->count = b->next = b->fd_count = 0;
    b->ask_count = 0;
    b->used = b->ask_bytes = 0;
}

/* The batch that was gathered goes to work; the one that is at work is waited for, and handed on. */
static void turn(struct vfu_plugins *p)
{
    struct batch *done = p->at_work;
    struct plugin_done last = { 0 };

    if (done)
        last = await(p, done);

    p->at_work = p->gathered->count ? p->gathered : NULL;
    p->gathered = p->gathered == &p->batches[0] ? &p->batches[1] : &p->batches[0];
    if (p->at_work)
        order(p, p->at_work, 0);
    if (done) {
        take_answers(p, done, &last);
        empty(done);
    }
}

/* --- gathering --- */

static void ask(void *context, const struct plugin_ask *question, const uint8_t *data)
{
    struct vfu_plugins *p = context;
    struct batch *b = p->gathered;
    struct plugin_ask *at = (void *)(p->process.shared->batch[b->number].asks + b->ask_bytes);

    if (p->overflowed || b->ask_bytes + plugin_ask_size(question->data_size) > PLUGIN_ASKS) {
        p->overflowed = true;
        return;
    }
    *at = *question;
    if (question->data_size)
        memcpy(at + 1, data, question->data_size);
    if (question->kind == ASK_MAP_SENT && p->fd >= 0) {
        at->has_fd = true;
        b->fd_asks[b->fd_count] = b->ask_count;
        b->fds[b->fd_count++] = p->fd;
        p->fd = -1;
    }
    b->asks[b->ask_count].at = (uint32_t)b->ask_bytes;
    b->asks[b->ask_count++].conn = question->conn;
    b->ask_bytes += plugin_ask_size(question->data_size);
}

/* The numbers of the file that the event is from, or of the only source; NULL: out of memory. */
static struct numbered *numbered(struct vfu_plugins *p, const char *file)
{
    struct numbered found = { .file = file };
    size_t at = 0;

    while (at < p->file_count && p->files[at].file != file)
        at++;
    if (at == p->file_count) {
        if (!VFU_GROW(p->files, p->file_room, p->file_count + 1))
            return NULL;
        p->file_count++;
    } else {
        found = p->files[at];
    }
    if (at)
        p->files[at] = p->files[0];
    p->files[0] = found;
    return &p->files[0];
}

/* Are messages missing before this event? They are numbered over all connections of a file. */
static bool is_after_gap(struct vfu_plugins *p, const struct vfu_event *event)
{
    uint64_t no = vfu_event_no(event);
    struct numbered *numbers;
    bool gap;

    if (!no) {
        p->gap = p->gap || event->kind == VFU_EVENT_DROPPED;
        return false;
    }
    numbers = numbered(p, event->file);
    gap = p->gap || !numbers || (numbers->last && no != numbers->last + 1);
    if (numbers)
        numbers->last = no;
    p->gap = false;
    return gap;
}

/* The questions about an event; false: there is no room for them. */
static bool ask_about(struct vfu_plugins *p, const struct vfu_event *event, bool after_gap)
{
    struct batch *b = p->gathered;
    uint32_t count = b->ask_count;
    size_t bytes = b->ask_bytes;

    p->overflowed = false;
    if (p->process.child.socket >= 0)
        plugin_events(event, after_gap, ask, p);
    if (!p->overflowed || !b->count) /* more than fits into a whole batch is left out */
        return true;
    b->ask_count = count;
    b->ask_bytes = bytes;
    return false;
}

static bool is_full(const struct batch *b, size_t size)
{
    return b->count && (b->count == EVENTS || size > EVENT_BYTES - b->used || b->fd_count == PLUGIN_FDS);
}

void vfu_plugins_event(struct vfu_plugins *p, const struct vfu_event *event)
{
    bool is_map = event->kind == VFU_EVENT_MESSAGE && event->command_number == VFU_DMA_MAP;
    size_t size = vfu_event_size(event);
    bool fits = size <= EVENT_BYTES, after_gap = is_after_gap(p, event);
    struct batch *b;

    p->fd = is_map ? plugin_fds_take(&p->fds, event->message.no) : -1;
    if (is_full(p->gathered, size))
        turn(p);
    if (!ask_about(p, event, after_gap)) {
        turn(p);
        ask_about(p, event, after_gap);
    }
    b = p->gathered;
    b->events[b->count++] =
        (struct waiting){ fits ? vfu_event_copy(event, b->room + b->used) : event, b->ask_count };
    b->used += fits ? size : 0;
    if (p->fd >= 0)
        close(p->fd);
    if (!fits)
        vfu_plugins_idle(p); /* the event is the caller's */
    else if (p->how.live && (!p->at_work || atomic_load(&p->process.shared->idle)))
        turn(p); /* guest memory is soon used for something else */
}

void vfu_plugins_idle(struct vfu_plugins *p)
{
    while (p->at_work || p->gathered->count)
        turn(p);
}

unsigned vfu_plugins_cost(const struct vfu_plugins *p, struct vfu_summary_plugin *list, unsigned room)
{
    unsigned count = p->process.hello.count < room ? p->process.hello.count : room;

    for (unsigned i = 0; i < count; i++)
        list[i] = (struct vfu_summary_plugin){ .name = p->process.hello.names[i],
                                               .calls = atomic_load(&p->process.shared->plugins[i].calls),
                                               .ns = atomic_load(&p->process.shared->plugins[i].ns),
                                               .notes = atomic_load(&p->process.shared->plugins[i].notes) };
    return count;
}
