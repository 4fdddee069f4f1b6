/*
 * Probes: a client of the control socket speaks vfio-user to the tap as if to the device. Its commands go to the device
 * between those of the VM, with ids of the tap's; the replies come back to it and not to the VM. What the VM would have
 * to know of is refused. The commands of the prompt's `probe` are sent likewise, without a socket.
 */
#include "capture/client/client.h"
#include "capture/tap/inside.h"
#include "decoder/wire/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PROBES = 16,
    PROBE_MESSAGE = 1 << 20,
    PROBE_COMMANDS = 8, /* in a row, then the VM's turn */
    PROBE_QUEUED = 32,  /* messages that wait for the device; then no more of probes */
    ID_AWAY = 0x8000,   /* from the client's own ids */
};

struct tap_probe {
    enum tap_watched what; /* TAP_PROBE */
    LIST_ENTRY(tap_probe) next;
    struct tap *tap;
    struct tap_connection *connection; /* whose device it is about; NULL: not negotiated, or gone */
    int fd;                            /* -1: it left, or it is the prompt's and never had one */
    bool of_prompt;
    struct vfu_reader reader;
    bool waiting; /* for the reply to message `no`, which was its message `id` */
    uint64_t no;
    uint16_t id;
};

static void watch(struct tap_probe *p)
{
    tap_epoll(p->tap, EPOLL_CTL_MOD, p->fd, p->waiting ? 0 : EPOLLIN, &p->what);
}

static void leave(struct tap_probe *p)
{
    if (p->fd >= 0)
        close(p->fd); /* nobody else has it: epoll forgets it */
    p->fd = -1;
    vfu_reader_next(&p->reader);
}

void tap_control_accept(struct tap *tap)
{
    unsigned count = 0;
    struct tap_probe *p;
    int fd = accept4(tap->options->control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) {
        tap_listen_pauses(tap, errno);
        return;
    }
    LIST_FOREACH(p, &tap->probes, next)
        count++;
    p = count < PROBES ? calloc(1, sizeof *p) : NULL;
    if (!p || !tap_epoll(tap, EPOLL_CTL_ADD, fd, EPOLLIN, &p->what)) {
        tap_say(tap, "a probe was turned away: there are %u", count);
        close(fd);
        free(p);
        return;
    }
    p->what = TAP_PROBE;
    p->tap = tap;
    p->fd = fd;
    p->reader.limit = PROBE_MESSAGE;
    LIST_INSERT_HEAD(&tap->probes, p, next);
}

/* One that does not take its reply at once is not waited for. */
static void send_to(struct tap_probe *p, const uint8_t *bytes, size_t size, const int *fds, unsigned nfds)
{
    const struct iovec iov = { (void *)(uintptr_t)bytes, size };
    size_t sent = 0;

    if (p->fd >= 0 && vfu_send(p->fd, &iov, 1, fds, nfds, &sent) == VFU_IO_OK && sent == size)
        return;
    if (p->fd >= 0)
        tap_say(p->tap, "a probe does not read its replies: it is sent away");
    leave(p);
}

static void send_built(struct tap_probe *p, struct vfu_build *b, bool good, uint16_t id)
{
    if (good && vfu_build_end(b) && vfu_build_set_number(b, "header.id", id))
        send_to(p, b->bytes, b->size, NULL, 0);
    else
        leave(p);
    vfu_build_free(b);
}

/* Not done, and why. */
static void refuse(struct tap_probe *p, const struct vfu_event *command, uint32_t error, const char *why)
{
    struct vfu_build b = { 0 };
    char text[VFU_REASON];
    bool good;

    tap_say(p->tap, "a probe's %s was refused: %s", command->command ? command->command->name : "command", why);
    if (command->flags & VFU_NO_REPLY)
        return;
    snprintf(text, sizeof text, VFU_REFUSAL "%s", why);
    good = vfu_build_start(&b, command->command_number, true);
    if (good) {
        vfu_build_clear_payload(&b);
        good = vfu_build_set_number(&b, "header.flags", VFU_TYPE_REPLY | VFU_ERROR) &&
               vfu_build_set_number(&b, "header.error", error) && vfu_build_append(&b, text, strlen(text));
    }
    send_built(p, &b, good, command->id);
}

/* The oldest connection whose peers have agreed. */
static struct tap_connection *find_connection(const struct tap *tap)
{
    const struct vfu_connection *known;
    struct tap_connection *n;

    TAILQ_FOREACH(n, &tap->connections.list, next) {
        if (!n->main.open || n->condemned)
            continue;
        known = vfu_session_connection(tap->options->session, n->conn);
        if (known && known->agreed.known)
            return n;
    }
    return NULL;
}

/* The tap answers for the server, with what that agreed on with its client. */
static void version(struct tap_probe *p, const struct vfu_event *command)
{
    const struct vfu_capabilities *agreed;
    struct vfu_build b = { 0 };
    char json[200];
    uint64_t xfer;

    p->connection = find_connection(p->tap);
    if (!p->connection) {
        refuse(p, command, ENOTCONN, "no client has negotiated with the device yet");
        return;
    }
    agreed = &vfu_session_connection(p->tap->options->session, p->connection->conn)->agreed;
    xfer = agreed->max_data_xfer_size < PROBE_MESSAGE / 2 ? agreed->max_data_xfer_size : PROBE_MESSAGE / 2;
    snprintf(json, sizeof json,
             "{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":%llu,\"write_multiple\":%s}}",
             (unsigned long long)xfer, agreed->write_multiple ? "true" : "false");
    send_built(p, &b,
               vfu_build_start(&b, VFU_VERSION, true) && vfu_build_set_number(&b, "major", agreed->major) &&
                   vfu_build_set_number(&b, "minor", agreed->minor) && vfu_build_set(&b, "json", json),
               command->id);
}

static bool append(void *context, const char *bytes, size_t size)
{
    return vfu_build_append(context, bytes, size);
}

/* What is wrong so far, which nobody but the tap is asked. */
static void why(struct tap_probe *p, const struct vfu_event *command)
{
    const struct vfu_tap_options *options = p->tap->options;
    bool as_json = command->message.captured > VFU_HEADER_SIZE && command->message.bytes[VFU_HEADER_SIZE];
    struct vfu_build b = { 0 };
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, append, &b);
    bool good = vfu_build_start(&b, VFU_CONTROL_WHY, true);

    if (good && options->why)
        options->why(options->context, as_json, &w);
    send_built(p, &b, good && vfu_writer_flush(&w), command->id);
}

/* What passed of the device's answers, so that nobody asks it again. */
static void known(struct tap_probe *p, const struct vfu_event *command)
{
    struct vfu_build b = { 0 };

    send_built(p, &b, vfu_build_start(&b, VFU_CONTROL_KNOWN, true) && (!p->connection || tap_known_put(p->connection, &b)),
               command->id);
}

static void mark(struct tap_probe *p, const struct vfu_event *command)
{
    const char *text = (const char *)command->message.bytes + VFU_HEADER_SIZE;
    struct vfu_build b = { 0 };

    if (!vfu_tap_mark(p->tap, text, command->message.captured - VFU_HEADER_SIZE))
        refuse(p, command, EMSGSIZE, "a mark has 1 to 1024 bytes");
    else
        send_built(p, &b, vfu_build_start(&b, VFU_CONTROL_MARK, true), command->id);
}

/* Why this can't be sent without the VM's knowledge; NULL: it can. */
static const char *unsafe(const struct tap_probe *p, const struct vfu_event *command)
{
    const struct tap_flow *f = p->connection ? &p->connection->main.flows[VFU_CLIENT] : NULL;
    const struct vfu_command *row = command->command;
    struct vfu_decoded d;

    if (!f)
        return find_connection(p->tap) ? "it has not negotiated, or its connection is gone"
                                       : "no client has negotiated with the device yet";
    if (f->unframed || p->connection->main.flows[VFU_SERVER].unframed)
        return "the connection's messages are not understood any more";
    if (f->eof || f->pump.broken || p->connection->main.flows[VFU_SERVER].eof)
        return "the connection is about to end";
    if (f->pump.queue.count >= PROBE_QUEUED)
        return "the device does not take what was sent before";
    vfu_decode(command, &d);
    if (row && row->beside && vfu_decoded_holds(row->beside, command, &d))
        return NULL;
    return row && row->harm ? row->harm : "it would change the device's state behind the VM's back";
}

/* An id that none of the client's commands has now, and the next ones will not get soon. */
static uint16_t free_id(const struct tap_connection *n)
{
    struct vfu_waiting waiting[256];
    size_t count = vfu_session_waiting(n->tap->options->session, n->conn, waiting, 256), i;
    uint16_t id = ID_AWAY;

    for (i = 0; i < count; i++) /* the youngest of the client's */
        if (waiting[i].from == VFU_CLIENT && waiting[i].channel == VFU_MAIN)
            id = (uint16_t)(waiting[i].id + ID_AWAY);
    if (!count)
        id = (uint16_t)(n->main.flows[VFU_CLIENT].last_id + ID_AWAY);
    for (i = 0; i < count;) {
        if (waiting[i].id == id) {
            id++;
            i = 0;
        } else {
            i++;
        }
    }
    return id;
}

static bool pass_on(struct tap_probe *p, const struct vfu_event *command)
{
    struct tap_flow *f = &p->connection->main.flows[VFU_CLIENT];
    struct vfu_build b = { 0 };
    struct tap_out *out = NULL;

    if (vfu_build_load(&b, command) && vfu_build_set_number(&b, "header.id", free_id(p->connection))) {
        out = tap_out_new(b.bytes, b.size, NULL, 0);
        b.bytes = NULL;
    }
    vfu_build_free(&b);
    if (!out) {
        leave(p);
        return false;
    }
    p->waiting = !(command->flags & VFU_NO_REPLY);
    p->id = command->id;
    p->no = tap_show_made(f, out, VFU_CHANGED_INJECT);
    tap_pump_add(&f->pump, out);
    tap_flow_push(f);
    tap_touch(p->connection);
    return true;
}

static void take_command(struct tap_probe *p)
{
    struct vfu_event command = { .kind = VFU_EVENT_MESSAGE };
    struct vfu_reader *r = &p->reader;
    const char *not = NULL;

    command.message = (struct vfu_message){ .bytes = r->buffer, .captured = r->got, .size = r->got };
    vfu_event_changed(&command);
    if (!vfu_event_is_command(&command)) {
        leave(p);
    } else if (command.command_number == VFU_VERSION) {
        version(p, &command);
    } else if (command.command_number == VFU_CONTROL_WHY) {
        why(p, &command);
    } else if (command.command_number == VFU_CONTROL_MARK) {
        mark(p, &command);
    } else if (command.command_number == VFU_CONTROL_KNOWN) {
        known(p, &command);
    } else if ((not = unsafe(p, &command)) != NULL) {
        refuse(p, &command, p->connection ? EPERM : ENOTCONN, not);
    } else {
        pass_on(p, &command);
    }
    vfu_reader_next(r);
}

uint64_t vfu_tap_probe(struct tap *tap, const void *bytes, size_t size, struct vfu_error *error)
{
    struct vfu_event command = { .kind = VFU_EVENT_MESSAGE };
    struct tap_probe *p = calloc(1, sizeof *p);
    const char *why = NULL;

    command.message = (struct vfu_message){ .bytes = bytes, .captured = size, .size = size };
    vfu_event_changed(&command);
    if (p) {
        *p = (struct tap_probe){ .what = TAP_PROBE, .tap = tap, .fd = -1, .of_prompt = true,
                                 .connection = find_connection(tap) };
        LIST_INSERT_HEAD(&tap->probes, p, next); /* with no reply to wait for it is freed after this round of events */
        why = p->connection ? unsafe(p, &command) : "no client has negotiated with the device yet";
        if (!why && pass_on(p, &command))
            return p->no;
    }
    vfu_fail(error, why ? EPERM : ENOMEM, "%s", why ? why : "out of memory");
    return 0;
}

void tap_probe_happened(struct tap_probe *p, uint32_t events)
{
    enum vfu_io io = VFU_IO_OK;

    for (int left = PROBE_COMMANDS; left > 0 && p->fd >= 0 && !p->waiting; left--) {
        io = vfu_reader_read(&p->reader, p->fd);
        if (io != VFU_IO_OK)
            break;
        take_command(p);
    }
    if (io == VFU_IO_EOF || io == VFU_IO_ERROR || io == VFU_IO_BAD || (p->waiting && events & (EPOLLHUP | EPOLLERR)))
        leave(p);
    if (p->fd >= 0)
        watch(p);
}

struct tap_probe *tap_probe_of(struct tap *tap, const struct vfu_event *reply)
{
    struct tap_probe *p;

    LIST_FOREACH(p, &tap->probes, next)
        if (p->waiting && reply->paired && p->no == reply->reply_to)
            break;
    return p;
}

bool tap_probe_waits(const struct tap *tap)
{
    const struct tap_probe *p;

    LIST_FOREACH(p, &tap->probes, next)
        if (p->waiting)
            break;
    return p;
}

void tap_probe_answer(struct tap_probe *p, const struct vfu_event *shown, const struct tap_out *reply)
{
    struct vfu_event event = { .kind = VFU_EVENT_MESSAGE };
    struct vfu_build b = { 0 };

    p->waiting = false;
    if (p->of_prompt) {
        p->tap->options->intercept->probed(p->tap->options->intercept->context, shown);
        return;
    }
    event.message = (struct vfu_message){ .bytes = reply->bytes, .captured = reply->size, .size = reply->size };
    vfu_event_changed(&event);
    if (p->fd >= 0 && vfu_build_load(&b, &event) && vfu_build_set_number(&b, "header.id", p->id))
        send_to(p, b.bytes, b.size, reply->fds, reply->nfds);
    vfu_build_free(&b);
    if (p->fd >= 0)
        watch(p);
}

void tap_probe_drop(struct tap *tap, const struct tap_connection *n)
{
    struct tap_probe *p;

    LIST_FOREACH(p, &tap->probes, next) {
        if (n && p->connection != n)
            continue;
        if (p->of_prompt && p->waiting)
            tap->options->intercept->probed(tap->options->intercept->context, NULL);
        p->connection = NULL;
        p->waiting = false;
        leave(p);
    }
}

/* One that left while its reply was on the way stays until that came, so that the client does not get it. */
void tap_probe_free_dead(struct tap *tap)
{
    struct tap_probe *p, *after;

    for (p = LIST_FIRST(&tap->probes); p; p = after) {
        after = LIST_NEXT(p, next);
        if (p->fd >= 0 || p->waiting)
            continue;
        LIST_REMOVE(p, next);
        vfu_reader_free(&p->reader);
        free(p);
    }
}
