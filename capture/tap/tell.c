/*
 * What the tap tells: lines for the person, events for the sinks, and what the session is to know of a message.
 */
#include "capture/clock.h"
#include "capture/doing.h"
#include "capture/socket.h"
#include "capture/tap/inside.h"

#include <poll.h>
#include <stdarg.h>

enum {
    WATCH_NS = 500000000, /* overdue replies are looked for this often */
    LOG_LINES = 64,      /* of a log, that are told at a time: then it is the traffic's turn */
    LOOK_NS = 500000000,  /* what the peers do is looked at no more often: it is a hundred files of /proc */
};

void tap_say(struct tap *tap, const char *format, ...)
{
    char line[400];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    tap->options->say(tap->options->context, line);
}

/* A command may have to wait for its reply: look after that, now and then, as long as any does. */
static void watch(struct tap *tap)
{
    uint64_t ns = tap->options->overdue_ns / 4 > WATCH_NS ? WATCH_NS : tap->options->overdue_ns / 4 + 1;

    tap->watch.set = tap_timer_every(&tap->watch.timer, ns);
}

/* Both sides' processes; the first one's of a machine that listens for others (systemd) is nobody's. */
static unsigned doing_of(const struct tap_connection *n, struct vfu_doing list[2 * VFU_DOING_MAX])
{
    unsigned count = 0;

    for (int side = 0; side < 2; side++)
        if (n->processes[side].pid > 1)
            count += vfu_process_doing(&n->processes[side], (enum vfu_side)side, list + count);
    for (unsigned i = 0; i < count; i++)
        list[i].conn = n->conn;
    return count;
}

unsigned vfu_tap_doing(const struct tap *tap, struct vfu_doing *list, unsigned room)
{
    const struct tap_connection *n;
    unsigned count = 0;

    TAILQ_FOREACH(n, &tap->connections.list, next)
        if (n->conn && !n->dead && room - count >= 2 * VFU_DOING_MAX)
            count += doing_of(n, list + count);
    return count;
}

unsigned vfu_tap_clients(const struct tap *tap, struct vfu_tap_client *list, unsigned room)
{
    const struct tap_connection *n;
    unsigned count = 0;

    TAILQ_FOREACH(n, &tap->connections.list, next) {
        if (n->dead || n->condemned || n->main.ends[VFU_CLIENT].hung_up)
            continue;
        if (count < room)
            list[count] = (struct vfu_tap_client){ n->conn, n->processes[VFU_CLIENT].pid, n->processes[VFU_CLIENT].name };
        count++;
    }
    return count;
}

/*
 * Has the command been read? Where nothing of what was passed on lies in the socket, yes; where something does, the last message
 * lies there.
 */
static void tell_whether_read(const struct tap *tap, struct vfu_event *overdue)
{
    int unread;

    TAP_EACH_FLOW (f, tap) {
        if (f->channel->connection->conn != overdue->conn || f->channel->number != overdue->channel ||
            f->from != overdue->from || f->passed_no < overdue->overdue.no || tap_flow_pending(f))
            continue;
        unread = vfu_socket_unread(f->pump.socket);
        overdue->overdue.read = unread == 0;
        overdue->overdue.unread = unread > 0 && f->passed_no == overdue->overdue.no;
    }
}

/* Somebody waits: with what its peers do, unless that was just looked at. */
static void tell_with_doing(struct tap *tap, const struct vfu_event *event)
{
    struct vfu_doing list[2 * VFU_DOING_MAX];
    struct vfu_event with = *event;
    const struct tap_connection *n;
    uint64_t now = vfu_mono_ns();

    if (with.kind == VFU_EVENT_OVERDUE)
        tell_whether_read(tap, &with);
    TAILQ_FOREACH(n, &tap->connections.list, next) {
        if (n->conn != event->conn || n->dead || now - tap->looked_ns < LOOK_NS)
            continue;
        with.doing_count = doing_of(n, list);
        with.doing = list;
        tap->looked_ns = vfu_mono_ns();
        break;
    }
    tap->options->event(tap->options->context, &with);
}

static bool is_about_waiting(const struct vfu_event *event)
{
    return event->kind == VFU_EVENT_OVERDUE || event->kind == VFU_EVENT_STALLED || event->kind == VFU_EVENT_READS_NO_MORE;
}

/* A line that came before what was just told stands behind it, and at its time: what is told is in order. */
void tap_tell_logs(struct tap *tap, uint64_t until_ns)
{
    struct vfu_event line;

    for (int i = 0; i < LOG_LINES && vfu_logs_next(tap->options->logs, until_ns, &line); i++) {
        if (line.time.mono_ns < tap->told.mono_ns)
            line.time = tap->told;
        tap->told = line.time;
        tap->options->event(tap->options->context, &line);
    }
}

void tap_event(struct tap *tap, const struct vfu_event *event)
{
    struct vfu_event peer;

    if (tap->options->logs) {
        tap_tell_logs(tap, event->time.mono_ns);
        if (event->time.mono_ns > tap->told.mono_ns)
            tap->told = event->time;
    }
    if (!tap->watch.set && tap->options->overdue_ns && vfu_session_outstanding(tap->options->session))
        watch(tap);
    if (is_about_waiting(event))
        tell_with_doing(tap, event);
    else
        tap->options->event(tap->options->context, event);
    while (vfu_session_peer(tap->options->session, &peer))
        tap->options->event(tap->options->context, &peer);
}

bool vfu_tap_mark(struct tap *tap, const char *text, size_t size)
{
    const struct vfu_event event = { .kind = VFU_EVENT_MARK, .time = vfu_now(), .line = { .text = text, .size = size } };

    if (size == 0 || size > VFU_LINE_MAX)
        return false;
    tap_event(tap, &event);
    return true;
}

bool tap_watch_open(struct tap *tap)
{
    return tap_timer_open(tap, &tap->watch.timer, TAP_OVERDUE);
}

void tap_watch_happened(struct tap *tap)
{
    struct vfu_time now;
    struct vfu_event event;

    tap_timer_empty(&tap->watch.timer);
    now = vfu_now();
    TAP_EACH_FLOW (f, tap)
        if (f->stop || tap_queue_held(&f->pump.queue))
            vfu_session_excuse(tap->options->session, f->channel->connection->conn, VFU_BOTH_SIDES,
                               now.mono_ns);
    while (vfu_session_overdue(tap->options->session, now, tap->options->overdue_ns, &event))
        tap_event(tap, &event);
    if (vfu_session_outstanding(tap->options->session))
        return;
    tap_timer_every(&tap->watch.timer, 0);
    tap->watch.set = false;
}

void tap_flow_message(const struct tap_flow *f, struct vfu_message *m)
{
    *m = (struct vfu_message){
        .conn = f->channel->connection->conn,
        .channel = f->channel->number,
        .from = f->from,
        .fds_cut = f->message.fds_cut,
        .fds_unknown = f->message.fds_unsure,
        .bytes = f->message.bytes,
        .captured = f->message.got,
        .size = f->message.total,
        .fds = f->pump.seen,
        .nfds = f->pump.nseen,
    };
}

void tap_hand_over_map_fd(struct tap_flow *f, uint64_t no)
{
    if (f->message.has_map_fd)
        tap_of(f)->options->map_fd(tap_of(f)->options->context, no, f->message.map_fd);
    f->message.has_map_fd = false;
}

void tap_say_left(struct tap_flow *f)
{
    const struct tap_flow *other = &f->channel->flows[!f->from];
    const char *who = vfu_side_name(f->from);
    unsigned conn = f->channel->connection->conn;

    if (f->stop)
        tap_say(tap_of(f), "connection %u: the %s has left; what it sent last is held: #%llu is stopped", conn, who,
                (unsigned long long)f->stopped_no);
    else if (tap_queue_held(&f->pump.queue))
        tap_say(tap_of(f), "connection %u: the %s has left; what it sent last is held, and its end comes after that", conn, who);
    if (other->stop)
        tap_say(tap_of(f), "connection %u: the %s has left: nobody waits for #%llu, which is stopped, any more", conn, who,
                (unsigned long long)other->stopped_no);
}

/* Of one that closed its socket altogether (POLLHUP) the end is told. */
void tap_tell_broken(struct tap_flow *f)
{
    struct pollfd p = { .fd = f->pump.socket };
    struct vfu_event event = { .kind = VFU_EVENT_READS_NO_MORE, .conn = f->channel->connection->conn,
                               .channel = f->channel->number, .from = f->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT,
                               .reads_no_more.last = f->passed_no };

    if (poll(&p, 1, 0) != 0)
        return;
    event.time = vfu_now();
    vfu_session_event(tap_of(f)->options->session, &event);
    tap_event(tap_of(f), &event);
}

void tap_counted(struct tap *tap)
{
    tap->messages++;
    if (tap->options->count && tap->messages >= tap->options->count)
        tap->stopping = true;
}
