/*
 * The format: "Trace Event Format" of the Chromium project. Slices of one track must nest, and requests overlap: each
 * side has as many tracks (lanes) as it ever had commands outstanding. A lane's slice is opened by its command and
 * closed by the reply, by the connection's end, or by the trace's. Times are microseconds since the first event.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>

enum { MAX_CONNECTIONS = 64, MAX_LANES = 64 };

/* Track numbers, which viewers sort by. */
enum { TRACK_EVENTS = 1, TRACK_CLIENT = 100, TRACK_SERVER = 200, TRACK_DOORBELLS = 300, TRACK_INTERRUPTS = 301 };

struct peer {
    uint32_t conn;
    bool used;
    bool doorbells, interrupts; /* those tracks have their names */
    struct {
        uint64_t lanes[MAX_LANES]; /* the command whose slice is open; 0: none */
        unsigned used;             /* so many have a name */
        uint64_t outstanding, bytes;
    } sides[2];
    uint64_t doorbell_ns; /* the last write that could have caused an interrupt; 0: none since the last one */
    unsigned doorbell_track;
};

struct vfu_trace {
    struct peer peers[MAX_CONNECTIONS]; /* the connections at hand; the last for all that are too many */
    uint64_t first_ns, last_ns; /* monotonic; the last one is now, and never goes back */
    uint64_t flows;
    bool begun;
    bool beside; /* the process of what else happened has its name */
};

struct vfu_trace *vfu_trace_new(void)
{
    return calloc(1, sizeof(struct vfu_trace));
}

void vfu_trace_free(struct vfu_trace *t)
{
    free(t);
}

/*
 * {"ph":"B","pid":1,"tid":100,"ts":12.345 and no end yet. What belongs to the process bears the number of its first
 * track: viewers make a thread of any other.
 */
static void open_item(struct vfu_trace *t, struct vfu_writer *w, const char *phase, uint32_t conn, unsigned track,
                      uint64_t mono_ns)
{
    uint64_t ns = mono_ns > t->first_ns ? mono_ns - t->first_ns : 0;

    json_string(w, t->begun ? ",\n{\"ph\":" : "[\n{\"ph\":", phase);
    t->begun = true;
    json_number(w, ",\"pid\":", conn);
    json_number(w, ",\"tid\":", track);
    json_us(w, ",\"ts\":", ns);
}

static void name_track(struct vfu_trace *t, struct vfu_writer *w, uint32_t conn, unsigned track, const char *what,
                       const char *name, unsigned number)
{
    open_item(t, w, "M", conn, track, t->first_ns);
    json_string(w, ",\"name\":", what);
    json_put(w, ",\"args\":{\"name\":\"");
    vfu_write_text(w, name);
    if (number) {
        vfu_write_char(w, ' ');
        vfu_write_decimal(w, number);
    }
    json_put(w, "\"}}");
}

/* A track's name and its place. */
static void open_track(struct vfu_trace *t, struct vfu_writer *w, uint32_t conn, unsigned track, const char *name,
                       unsigned number)
{
    name_track(t, w, conn, track, "thread_name", name, number);
    open_item(t, w, "M", conn, track, t->first_ns);
    json_number(w, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":", track);
    json_put(w, "}}");
}

static struct peer *peer_of(struct vfu_trace *t, struct vfu_writer *w, uint32_t conn)
{
    struct peer *last = t->peers + MAX_CONNECTIONS - 1, *vacant = last;

    for (struct peer *p = last; p >= t->peers; p--) {
        if (p->used && p->conn == conn)
            return p;
        if (!p->used)
            vacant = p;
    }
    if (vacant->used)
        return last;
    *vacant = (struct peer){ .conn = conn, .used = true };
    name_track(t, w, conn, TRACK_EVENTS, "process_name", "connection", conn);
    open_track(t, w, conn, TRACK_EVENTS, "events", 0);
    return vacant;
}

/* A lane for a command: the first that is free; all taken: MAX_LANES, which is none. */
static unsigned free_lane(struct vfu_trace *t, struct vfu_writer *w, struct peer *p, enum vfu_side side)
{
    static const char *const names[] = { "client commands", "server commands" };
    unsigned lane = 0;

    while (lane < MAX_LANES && p->sides[side].lanes[lane])
        lane++;
    if (lane < MAX_LANES && lane >= p->sides[side].used) {
        p->sides[side].used = lane + 1;
        open_track(t, w, p->conn, (side == VFU_CLIENT ? TRACK_CLIENT : TRACK_SERVER) + lane, names[side],
                   lane ? lane + 1 : 0);
    }
    return lane;
}

static void write_name(struct vfu_writer *w, const struct vfu_event *e)
{
    json_string(w, ",\"name\":", command_name(e->command));
    vfu_write_text(w, e->channel == VFU_TWIN ? ",\"cat\":\"twin\"" : ",\"cat\":\"main\"");
}

/* "args": what this message says, under the key `command` or `reply`. */
static void write_args(struct vfu_writer *w, const struct vfu_event *e, const char *key)
{
    static const struct vfu_json json;

    json_put(w, ",\"args\":{\"");
    vfu_write_text(w, key);
    json_number(w, "\":{\"no\":", e->message.no);
    json_number(w, ",\"id\":", e->id);
    json_number(w, ",\"size\":", e->size);
    json_number(w, ",\"fds\":", e->message.nfds);
    if (e->flags & VFU_ERROR) {
        vfu_write_char(w, ',');
        vfu_json_error(e->error, w);
    }
    json_put(w, ",\"payload\":");
    vfu_json_payload(&json, e, w);
    json_put(w, "}}");
}

/* What is outstanding and what was sent, after each message. */
static void write_counters(struct vfu_trace *t, struct vfu_writer *w, const struct peer *p)
{
    open_item(t, w, "C", p->conn, TRACK_EVENTS, t->last_ns);
    json_number(w, ",\"name\":\"outstanding\",\"args\":{\"client\":", p->sides[VFU_CLIENT].outstanding);
    json_number(w, ",\"server\":", p->sides[VFU_SERVER].outstanding);
    json_put(w, "}}");
    open_item(t, w, "C", p->conn, TRACK_EVENTS, t->last_ns);
    json_number(w, ",\"name\":\"bytes\",\"args\":{\"from client\":", p->sides[VFU_CLIENT].bytes);
    json_number(w, ",\"from server\":", p->sides[VFU_SERVER].bytes);
    json_put(w, "}}");
}

/* Could this command ring a doorbell? A write to a BAR, or several writes. */
static bool is_doorbell(const struct vfu_event *e)
{
    struct vfu_decoded room;
    struct vfu_moved m;

    if (!e->command || e->command->moves.space != VFU_REGION_SPACE || !e->command->moves.write)
        return false;
    return e->command->moves.list || (vfu_moved_first(&m, e->command, vfu_decoded_of(e, &room)) &&
                                      m.region <= VFIO_PCI_BAR5_REGION_INDEX);
}

static void take_command(struct vfu_trace *t, struct vfu_writer *w, struct peer *p, const struct vfu_event *e)
{
    enum vfu_side side = e->from;
    unsigned lane = free_lane(t, w, p, side), track;

    if (lane == MAX_LANES) { /* more outstanding than there are tracks for: on the last, without an end */
        track = side == VFU_CLIENT ? TRACK_CLIENT : TRACK_SERVER;
        open_item(t, w, "i", p->conn, track + MAX_LANES - 1, t->last_ns);
        json_put(w, ",\"s\":\"t\"");
    } else if (e->flags & VFU_NO_REPLY) {
        track = (side == VFU_CLIENT ? TRACK_CLIENT : TRACK_SERVER) + lane;
        open_item(t, w, "X", p->conn, track, t->last_ns);
        json_put(w, ",\"dur\":0.000");
    } else {
        track = (side == VFU_CLIENT ? TRACK_CLIENT : TRACK_SERVER) + lane;
        p->sides[side].lanes[lane] = e->message.no;
        p->sides[side].outstanding++;
        open_item(t, w, "B", p->conn, track, t->last_ns);
    }
    write_name(w, e);
    write_args(w, e, "command");
    vfu_write_char(w, '}');
    if (lane < MAX_LANES && is_doorbell(e)) {
        p->doorbell_ns = t->last_ns;
        p->doorbell_track = track;
    }
}

static void take_reply(struct vfu_trace *t, struct vfu_writer *w, struct peer *p, const struct vfu_event *e)
{
    enum vfu_side side = e->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT; /* the command's */

    for (unsigned lane = 0; e->paired && lane < p->sides[side].used; lane++) {
        if (p->sides[side].lanes[lane] != e->reply_to)
            continue;
        p->sides[side].lanes[lane] = 0;
        p->sides[side].outstanding--;
        open_item(t, w, "E", p->conn, (side == VFU_CLIENT ? TRACK_CLIENT : TRACK_SERVER) + lane, t->last_ns);
        if (e->flags & VFU_ERROR)
            json_put(w, ",\"cname\":\"terrible\"");
        write_args(w, e, "reply");
        vfu_write_char(w, '}');
        return;
    }
    open_item(t, w, "i", p->conn, TRACK_EVENTS, t->last_ns);
    json_put(w, ",\"s\":\"t\"");
    write_name(w, e);
    write_args(w, e, "reply");
    vfu_write_char(w, '}');
}

/* The commands that still wait never got a reply. */
static void close_lanes(struct vfu_trace *t, struct vfu_writer *w, struct peer *p)
{
    for (int side = 0; side < 2; side++) {
        for (unsigned lane = 0; lane < p->sides[side].used; lane++) {
            if (!p->sides[side].lanes[lane])
                continue;
            p->sides[side].lanes[lane] = 0;
            open_item(t, w, "E", p->conn, (side == VFU_CLIENT ? TRACK_CLIENT : TRACK_SERVER) + lane, t->last_ns);
            json_put(w, ",\"args\":{\"reply\":\"none\"}}");
        }
        p->sides[side].outstanding = 0;
    }
}

/* An arrow from the last write to a BAR to this interrupt. */
static void write_flow(struct vfu_trace *t, struct vfu_writer *w, struct peer *p)
{
    if (!p->doorbell_ns)
        return;
    t->flows++;
    open_item(t, w, "s", p->conn, p->doorbell_track, p->doorbell_ns);
    json_put(w, ",\"name\":\"doorbell\",\"cat\":\"flow\"");
    json_number(w, ",\"id\":", t->flows);
    vfu_write_char(w, '}');
    open_item(t, w, "f", p->conn, TRACK_INTERRUPTS, t->last_ns);
    json_put(w, ",\"bp\":\"e\",\"name\":\"doorbell\",\"cat\":\"flow\"");
    json_number(w, ",\"id\":", t->flows);
    vfu_write_char(w, '}');
    p->doorbell_ns = 0;
}

/*
 * What an eventfd said: a slice without duration rather than an instant, because arrows begin and end at slices only.
 * No end yet: its name is open.
 */
static void open_wakeup(struct vfu_trace *t, struct vfu_writer *w, const struct peer *p, unsigned track,
                        enum vfu_event_kind kind, uint64_t count, const struct vfu_name *names, uint32_t index)
{
    open_item(t, w, "X", p->conn, track, t->last_ns);
    json_string(w, ",\"dur\":0.000,\"cat\":", vfu_event_name(kind));
    json_number(w, ",\"args\":{\"count\":", count);
    json_put(w, "},\"name\":\"");
    text_named(w, index, names);
}

static void take_interrupt(struct vfu_trace *t, struct vfu_writer *w, struct peer *p, const struct vfu_event *e)
{
    if (!p->interrupts)
        open_track(t, w, p->conn, TRACK_INTERRUPTS, "interrupts", 0);
    p->interrupts = true;
    open_wakeup(t, w, p, TRACK_INTERRUPTS, e->kind, e->interrupt.count, vfu_irq_names, e->interrupt.index);
    vfu_write_char(w, ' ');
    vfu_write_decimal(w, e->interrupt.vector);
    json_put(w, "\"}");
    write_flow(t, w, p);
}

static void take_ioeventfd(struct vfu_trace *t, struct vfu_writer *w, struct peer *p, const struct vfu_event *e)
{
    if (!p->doorbells)
        open_track(t, w, p->conn, TRACK_DOORBELLS, "ioeventfds", 0);
    p->doorbells = true;
    open_wakeup(t, w, p, TRACK_DOORBELLS, e->kind, e->ioeventfd.count, vfu_region_names, e->ioeventfd.region);
    vfu_write_char(w, '+');
    vfu_write_0x(w, e->ioeventfd.offset);
    json_put(w, "\"}");
    p->doorbell_ns = t->last_ns;
    p->doorbell_track = TRACK_DOORBELLS;
}

/* What else happened then; its own process, where viewers are to show it. */
static void take_line(struct vfu_trace *t, struct vfu_writer *w, const struct vfu_event *e)
{
    if (!t->beside)
        name_track(t, w, 0, TRACK_EVENTS, "process_name", "logs and marks", 0);
    t->beside = true;
    open_item(t, w, "i", 0, TRACK_EVENTS, t->last_ns);
    json_string(w, ",\"s\":\"g\",\"cat\":", vfu_event_name(e->kind));
    json_string(w, ",\"name\":", e->kind == VFU_EVENT_LOG ? e->line.name : "mark");
    json_put(w, ",\"args\":{\"text\":\"");
    vfu_write_json_string(w, (const uint8_t *)e->line.text, e->line.size);
    json_put(w, "\"}}");
}

static void take_other(struct vfu_trace *t, struct vfu_writer *w, struct peer *p, const struct vfu_event *e)
{
    open_item(t, w, "i", p->conn, TRACK_EVENTS, t->last_ns);
    json_string(w, ",\"s\":\"t\",\"cat\":\"event\",\"name\":", vfu_event_name(e->kind));
    json_string(w, ",\"args\":{\"text\":", vfu_event_text(e));
    json_put(w, "}}");
}

void vfu_trace_event(struct vfu_trace *t, const struct vfu_event *e, struct vfu_writer *w)
{
    struct peer *p;

    if (!t->begun)
        t->first_ns = e->time.mono_ns;
    t->last_ns = e->time.mono_ns > t->last_ns ? e->time.mono_ns : t->last_ns;
    if (e->kind == VFU_EVENT_MEMORY)
        return;
    if (vfu_event_is_beside(e)) {
        take_line(t, w, e);
        return;
    }
    p = peer_of(t, w, e->conn);
    switch (e->kind) {
    case VFU_EVENT_MESSAGE:
        p->sides[e->from].bytes += e->message.size;
        if (vfu_event_is_command(e))
            take_command(t, w, p, e);
        else
            take_reply(t, w, p, e);
        write_counters(t, w, p);
        break;
    case VFU_EVENT_INTERRUPT:
        take_interrupt(t, w, p, e);
        break;
    case VFU_EVENT_IOEVENTFD:
        take_ioeventfd(t, w, p, e);
        break;
    case VFU_EVENT_DISCONNECT:
        if (p->conn != e->conn) /* of one that was too many */
            break;
        close_lanes(t, w, p);
        write_counters(t, w, p);
        take_other(t, w, p, e);
        p->used = false;
        break;
    default:
        take_other(t, w, p, e);
    }
}

void vfu_trace_end(struct vfu_trace *t, struct vfu_writer *w)
{
    for (struct peer *p = t->peers; p < t->peers + MAX_CONNECTIONS; p++)
        if (p->used)
            close_lanes(t, w, p);
    vfu_write_text(w, t->begun ? "\n]\n" : "[]\n");
}
