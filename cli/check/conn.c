/*
 * vfuscope check: a connection on which anything can be said. Every wait has an end. The server's own commands are
 * refused; they are none of a requirement's business.
 */
#include "capture/clock.h"
#include "cli/check/check.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "decoder/sinks/sinks.h"

enum { TRIES = 10, PAUSE_MS = 50 };

static const char any_client[] = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,"
                                 "\"max_dma_maps\":65535,\"write_multiple\":true}}";

static const char the_end[] = "the end of the connection";

enum check_result check_fail(struct check *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(c->said.why, sizeof c->said.why, format, args);
    va_end(args);
    return CHECK_FAILS;
}

enum check_result check_skip(struct check *c, const char *why)
{
    snprintf(c->said.why, sizeof c->said.why, "%s", why);
    return CHECK_DOES_NOT_APPLY;
}

/* A message as the tap would show it, without its time. */
static void describe(const struct vfu_event *event, char line[CHECK_LINE])
{
    struct vfu_text text = { .started = true };
    char room[CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room - 1, NULL, NULL);
    const char *from;

    vfu_text_event(&text, event, &w);
    room[w.used] = '\0';
    room[strcspn(room, "\n")] = '\0';
    from = strstr(room, event->from == VFU_CLIENT ? "client" : "server");
    snprintf(line, CHECK_LINE, "%s", from ? from : room);
}

void check_close(struct check *c)
{
    struct vfu_event event;

    if (c->fd >= 0) {
        close(c->fd);
        vfu_session_disconnect(c->session, c->conn, (struct vfu_time){ 0 }, "", &event);
    }
    c->fd = -1;
    vfu_reader_free(&c->reader);
    c->reader = (struct vfu_reader){ 0 };
}

static bool connect_at_once(struct check *c)
{
    struct vfu_error error;
    struct vfu_event event;

    check_close(c);
    c->fd = c->first >= 0 ? c->first : vfu_connect(c->path, c->timeout_ms, true, &error);
    c->first = -1;
    if (c->fd < 0) {
        c->unserved = true;
        check_fail(c, "no connection: %s", error.text);
        return false;
    }
    vfu_socket_tune(c->fd);
    c->was_closed = false;
    vfu_session_connect(c->session, ++c->conn, (struct vfu_time){ 0 }, &event);
    return true;
}

/* A connection to a server that is about to end with its last client would be closed unheard. */
bool check_connect(struct check *c)
{
    check_close(c);
    if (c->restarts)
        poll(NULL, 0, PAUSE_MS);
    return connect_at_once(c);
}

/* --- sending --- */

static void tell_session(struct check *c, const void *bytes, size_t size, enum vfu_side from, struct vfu_event *event)
{
    struct vfu_message m = { .conn = c->conn, .from = from, .bytes = bytes, .captured = size, .size = size };

    m.time = vfu_now();
    if (from == VFU_SERVER) {
        for (unsigned i = 0; i < c->reader.nfds; i++)
            vfu_fd_describe(c->reader.fds[i], &c->about[i]);
        m.fds = c->about;
        m.nfds = c->reader.nfds;
        m.fds_cut = c->reader.fds_cut;
    }
    vfu_session_message(c->session, &m, event);
}

bool check_begin(struct check *c, unsigned command, const struct check_field *fields)
{
    bool ok;

    vfu_build_free(&c->build);
    ok = vfu_build_start(&c->build, command, false) && vfu_build_set_number(&c->build, "header.id", ++c->id);
    for (; ok && fields->name; fields++)
        ok = vfu_build_set_number(&c->build, fields->name, fields->number);
    if (!ok)
        check_fail(c, "the command can't be built: %s", c->build.error);
    return ok;
}

static bool put_bytes(struct check *c, const void *bytes, size_t size, const int *fds, unsigned nfds)
{
    if (c->fd < 0)
        return false;
    if (vfu_send_all(c->fd, bytes, size, fds, nfds, c->timeout_ms))
        return true;
    c->was_closed = errno == EPIPE || errno == ECONNRESET;
    if (c->was_closed)
        snprintf(c->said.came, sizeof c->said.came, "%s", the_end);
    return false;
}

bool check_send_bytes(struct check *c, const void *bytes, size_t size)
{
    return put_bytes(c, bytes, size, NULL, 0);
}

bool check_announce(struct check *c)
{
    struct vfu_event event;

    if (!vfu_build_end(&c->build))
        return false;
    tell_session(c, c->build.bytes, c->build.size, VFU_CLIENT, &event);
    describe(&event, c->said.sent);
    c->said.came[0] = '\0';
    return true;
}

bool check_send_fds(struct check *c, const int *fds, unsigned nfds)
{
    if (!check_announce(c))
        return false;
    if (nfds)
        snprintf(c->said.sent + strlen(c->said.sent), sizeof c->said.sent - strlen(c->said.sent), "  %u fds", nfds);
    return put_bytes(c, c->build.bytes, c->build.size, fds, nfds);
}

/* --- receiving --- */

/* How long there is to wait, in milliseconds; 0: the time is over, or a signal came. */
static int left(const struct check *c, uint64_t end_ns)
{
    uint64_t now = vfu_mono_ns();

    return now >= end_ns || c->stopped() ? 0 : (int)((end_ns - now) / 1000000) + 1;
}

/* Wait until there is something to read; false: the time is over. */
static bool wait_readable(struct check *c, uint64_t end_ns)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    int ms;

    while ((ms = left(c, end_ns)) > 0)
        if (poll(&p, 1, ms) > 0)
            return true;
    return false;
}

/* ENOTSUP, as a client without memory. */
static void refuse_command(struct check *c)
{
    struct vfu_build b;

    if (vfu_build_start(&b, c->reply.command_number, true)) {
        vfu_build_clear_payload(&b);
        if (vfu_build_set_number(&b, "header.id", c->reply.id) &&
            vfu_build_set_number(&b, "header.flags", VFU_TYPE_REPLY | VFU_ERROR) &&
            vfu_build_set_number(&b, "header.error", ENOTSUP) && vfu_build_end(&b))
            put_bytes(c, b.bytes, b.size, NULL, 0);
    }
    vfu_build_free(&b);
}

static enum check_answer receive(struct check *c)
{
    uint64_t end;
    enum vfu_io io;

    if (c->fd < 0)
        return CHECK_CLOSED;
    end = vfu_mono_ns() + (uint64_t)c->timeout_ms * 1000000;
    while (left(c, end) > 0) { /* a server may have endless commands of its own */
        vfu_reader_next(&c->reader);
        while ((io = vfu_reader_read(&c->reader, c->fd)) == VFU_IO_AGAIN)
            if (!wait_readable(c, end))
                return CHECK_SILENT;
        if (io != VFU_IO_OK && io != VFU_IO_BAD)
            return CHECK_CLOSED;
        tell_session(c, c->reader.buffer, c->reader.got, VFU_SERVER, &c->reply);
        describe(&c->reply, c->said.came);
        if (io == VFU_IO_BAD)
            return CHECK_STRAY;
        if (!vfu_event_is_command(&c->reply))
            return c->reply.paired ? CHECK_REPLY : CHECK_STRAY;
        if (!(c->reply.flags & VFU_NO_REPLY))
            refuse_command(c);
    }
    return CHECK_SILENT;
}

enum check_answer check_receive(struct check *c)
{
    c->answer = receive(c);
    if (c->answer == CHECK_CLOSED) {
        c->was_closed = true;
        snprintf(c->said.came, sizeof c->said.came, "%s", the_end);
    } else if (c->answer == CHECK_SILENT) {
        snprintf(c->said.came, sizeof c->said.came, "nothing in %g s", c->timeout_ms / 1000.0);
    }
    return c->answer;
}

enum check_answer check_ask_fds(struct check *c, unsigned command, const struct check_field *fields, const int *fds,
                                unsigned nfds)
{
    if (!check_begin(c, command, fields))
        return c->answer = CHECK_SILENT;
    if (!check_send_fds(c, fds, nfds) && !c->was_closed)
        return c->answer = CHECK_SILENT;
    return check_receive(c);
}

enum check_answer check_ask(struct check *c, unsigned command, const struct check_field *fields)
{
    return check_ask_fds(c, command, fields, NULL, 0);
}

enum check_answer check_ask_raw(struct check *c, unsigned command, const void *payload, size_t size)
{
    if (!check_begin(c, command, PLAIN))
        return c->answer = CHECK_SILENT;
    vfu_build_clear_payload(&c->build);
    if (!vfu_build_append(&c->build, payload, size) || (!check_send(c) && !c->was_closed))
        return c->answer = CHECK_SILENT;
    return check_receive(c);
}

const struct vfu_value *check_value(const struct check *c, const char *name)
{
    return vfu_value_by_name(c->reply.decoded->values, c->reply.decoded->count, name);
}

uint64_t check_number(const struct check *c, const char *name)
{
    return vfu_number(c->reply.decoded->values, c->reply.decoded->count, name, 0);
}

bool check_is_error(const struct check *c)
{
    return c->answer == CHECK_REPLY && c->reply.flags & VFU_ERROR;
}

bool check_is_done(const struct check *c)
{
    return c->answer == CHECK_REPLY && !(c->reply.flags & VFU_ERROR);
}

/* --- beginnings --- */

static bool propose(struct check *c, const char *json)
{
    if (!connect_at_once(c) || !check_begin(c, VFU_VERSION, PLAIN) || (json && !vfu_build_set(&c->build, "json", json)))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return true;
}

bool check_open_with(struct check *c, const char *json)
{
    /* libvfio-user's samples end with their client: a connection to one that is about to end is closed unheard. */
    for (unsigned i = 0; i < TRIES && !c->stopped(); i++) {
        c->unserved = true;
        if (!propose(c, json))
            return false;
        c->unserved = c->answer == CHECK_SILENT || c->answer == CHECK_CLOSED;
        c->restarts |= i > 0 && !c->unserved;
        if (check_is_done(c))
            return true;
        if (c->answer != CHECK_CLOSED)
            break;
        poll(NULL, 0, PAUSE_MS);
    }
    check_fail(c, "VERSION was not accepted");
    return false;
}

bool check_open(struct check *c)
{
    if (!check_open_with(c, any_client))
        return false;
    check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
    if (!check_is_done(c)) {
        c->unserved = true;
        check_fail(c, "DEVICE_GET_INFO failed");
        return false;
    }
    c->flags = (uint32_t)check_number(c, "flags");
    c->num_regions = (uint32_t)check_number(c, "num_regions");
    c->num_irqs = (uint32_t)check_number(c, "num_irqs");
    return true;
}

/* --- judgements that many share --- */

enum check_result check_refused(struct check *c)
{
    return check_is_error(c) ? CHECK_PASSES : check_fail(c, "an error reply was due");
}

enum check_result check_done(struct check *c)
{
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "a reply without error was due");
}

enum check_result check_next(struct check *c)
{
    struct check_words kept = c->said;

    if (check_open(c))
        return CHECK_PASSES;
    c->said = kept;
    return check_fail(c, "the server serves nobody after that");
}

enum check_result check_survived(struct check *c)
{
    return check_is_done(c) ? check_fail(c, "it was taken for a command") : check_next(c);
}

enum check_result check_fits(struct check *c, uint64_t argsz)
{
    if (check_is_done(c) && c->reply.size - VFU_HEADER_SIZE <= argsz)
        return CHECK_PASSES;
    return check_fail(c, "an error reply was due, or one of %u bytes at most", (unsigned)argsz);
}

enum check_result check_short(struct check *c)
{
    static const uint8_t zeros[64];

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, c->now->command, zeros, c->now->number);
    return check_refused(c);
}

enum check_result check_small(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    check_ask(c, c->now->command, WITH({ "argsz", c->now->number }));
    return check_is_error(c) ? CHECK_PASSES : check_fits(c, c->now->number);
}
