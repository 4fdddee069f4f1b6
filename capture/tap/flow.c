/*
 * One direction of a channel: a message is read with exactly its own bytes and fds (header first, then the rest), goes
 * out with one sendmsg (pump.c), and only then is looked at.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 4096,
    READS = 16,       /* in a row, then the others' turn */
    MESSAGES = 8,     /* likewise, where there are more */
};

/* --- showing --- */

/* Keep a descriptor that the message is about to take with it. */
static void keep_map_fd(struct tap_flow *f)
{
    struct tap_message *m = &f->message;

    if (!tap_of(f)->options->map_fd || m->command != VFU_DMA_MAP || f->from != VFU_CLIENT || !f->pump.nfds ||
        (m->flags & VFU_TYPE_MASK) != VFU_TYPE_COMMAND || m->has_map_fd)
        return;
    m->map_fd = fcntl(f->pump.fds[0], F_DUPFD_CLOEXEC, 0);
    m->has_map_fd = m->map_fd >= 0;
}

/* --- reading --- */

static bool has_header(const struct tap_message *m)
{
    return m->got >= VFU_HEADER_SIZE;
}

/* The header is whole, if it is one. */
static enum vfu_framing read_header(struct tap_message *m)
{
    struct vfu_header h = vfu_header_read(m->bytes, false);

    m->command = h.command;
    m->size = h.size;
    m->flags = h.flags;
    return vfu_header_judge(&h);
}

static bool is_version_reply(const struct tap_flow *f)
{
    return f->from == VFU_SERVER && f->channel->number == VFU_MAIN && f->message.command == VFU_VERSION &&
           (f->message.flags & VFU_TYPE_MASK) == VFU_TYPE_REPLY;
}

/* What was read of the message may go out. */
static void pass_on(struct tap_flow *f)
{
    f->pump.amid = f->message.streaming;
    f->pump.head.bytes = f->message.bytes;
    f->pump.head.ready = f->message.got;
    tap_flow_push(f);
}

/* A header without a true size is a message of its own, which the other side may answer; other bytes are none. */
static void lose_framing(struct tap_flow *f, enum vfu_framing why)
{
    struct vfu_time time = vfu_now();

    tap_flow_not_waiting(f);
    tap_aside_let_go(f);
    tap_lose_framing(f, why);
    pass_on(f);
    if (why == VFU_MISSIZED)
        tap_flow_show(f, time);
    f->message.shown = true;
    if (!tap_flow_pending(f))
        tap_flow_next(f);
}

/* A VERSION reply's fds are looked at before they go anywhere, however slowly it comes. */
static bool must_be_whole(const struct tap_flow *f)
{
    if (f->from != VFU_SERVER || f->channel->number != VFU_MAIN || f->pump.nfds == 0)
        return false;
    return has_header(&f->message) ? is_version_reply(f) : f->message.offset == 0;
}

/* Up to here a message is read whole before any of it goes on. Who decides about messages needs all of each. */
static size_t whole_limit(const struct tap_flow *f)
{
    return (tap_of(f)->decides || must_be_whole(f)) && !f->message.streaming ? VFU_MAX_MESSAGE : TAP_WHOLE;
}

/* Room for the message's first `want` bytes. */
static bool make_room(struct tap_message *m, size_t want)
{
    return want <= m->room || VFU_GROW(m->bytes, m->room, want < FIRST_ROOM ? FIRST_ROOM : want);
}

static uint8_t *piece_of(struct tap_message *m)
{
    if (!m->piece)
        m->piece = malloc(TAP_PIECE);
    return m->piece;
}

/* Where the next bytes go, and how many belong to the message. NULL: out of memory. */
static uint8_t *next_place(struct tap_flow *f, size_t *ask)
{
    struct tap_message *m = &f->message;
    size_t limit = whole_limit(f), keep = m->size < limit ? m->size : limit;
    uint64_t left = m->size - m->total;

    if (f->unframed && (*ask = tap_find_framing(f)) > 0)
        return piece_of(m);
    if (!has_header(m))
        keep = VFU_HEADER_SIZE;
    else if (keep > TAP_WHOLE) /* grows with what comes: the size is a claim */
        keep = m->got < TAP_WHOLE ? TAP_WHOLE : m->got < keep / 2 ? 2 * m->got : keep;

    if (m->got < keep) {
        *ask = keep - m->got;
        return make_room(m, keep) ? m->bytes + m->got : NULL;
    }
    *ask = left > TAP_PIECE ? TAP_PIECE : (size_t)left;
    return piece_of(m);
}

/* The stream of this side ends. What was read of a message goes out before the end does. */
static void end_of_stream(struct tap_flow *f, int why)
{
    const struct tap_message *m = &f->message;
    struct tap_connection *connection = f->channel->connection;
    const char *who = vfu_side_name(f->from);
    const char *where = f->channel->number == VFU_TWIN ? " (twin)" : "";
    struct vfu_time time;

    tap_flow_not_waiting(f);
    tap_flow_not_quiet(f);
    f->eof = true;
    if (f->unframed || m->total == 0) {
        if (!connection->note[0]) {
            connection->closed_by = 1u << f->from;
            snprintf(connection->note, sizeof connection->note, "%s closed", who);
            tap_note_left(f, why);
        }
        return;
    }
    connection->closed_by = 1u << f->from;
    time = vfu_now();
    pass_on(f);
    if (!has_header(m))
        snprintf(connection->note, sizeof connection->note, "%s closed%s after %zu of a header's 16 bytes", who, where,
                 m->got);
    else
        snprintf(connection->note, sizeof connection->note, "%s closed%s within a message, %llu of %u bytes", who,
                 where, (unsigned long long)m->total, m->size);
    tap_note_left(f, why);
    if (has_header(m))
        tap_flow_show(f, time);
    f->message.shown = true;
    if (!tap_flow_pending(f))
        tap_flow_next(f);
}

static void whole_message(struct tap_flow *f)
{
    struct vfu_time time = vfu_now();

    tap_flow_not_waiting(f);
    if (!f->message.streaming && f->pump.nfds && is_version_reply(f))
        tap_twin_interpose(f);
    keep_map_fd(f);
    if (tap_of(f)->decides && !f->message.streaming) {
        tap_decide(f);
        return;
    }
    if (tap_flow_ends_mappings(f)) {
        tap_flow_show(f, time);
        tap_of(f)->options->unmapped(tap_of(f)->options->context);
        pass_on(f);
    } else {
        pass_on(f);
        tap_flow_show(f, time);
    }
    f->message.shown = true;
    if (!tap_flow_pending(f))
        tap_flow_next(f);
}

/* Bytes that belong to no message were read to its piece. */
static void take_unframed(struct tap_flow *f, const uint8_t *bytes, size_t size)
{
    tap_flow_push(f);
    tap_lost_passed(&f->lost, bytes, size);
    f->message.offset += size;
    f->message.total = 0;
    f->pump.nseen = 0;
}

/* `size` bytes more of the current message were read to where next_place said. True: go on reading. */
static bool take_bytes(struct tap_flow *f, const uint8_t *place, size_t size)
{
    struct tap_message *m = &f->message;
    bool had_header = has_header(m);
    enum vfu_framing framing;

    m->total += size;
    if (place == m->piece)
        f->pump.piece = (struct tap_span){ .bytes = place, .ready = size };
    else
        m->got += size;
    if (f->unframed) {
        take_unframed(f, place, size);
        return !tap_flow_pending(f);
    }
    if (has_header(m) && !had_header && (framing = read_header(m)) != VFU_FRAMED) {
        lose_framing(f, framing);
        return !tap_flow_pending(f);
    }
    if (has_header(m) && m->total == m->size) {
        whole_message(f);
        return false;
    }
    if (m->got == whole_limit(f))
        m->streaming = true;
    if (m->streaming)
        pass_on(f);
    return !tap_flow_pending(f);
}

/* A part of a message was read, and there is nothing more now. */
static void wait_for_more(struct tap_flow *f)
{
    struct tap_message *m = &f->message;

    if (!m->streaming && !m->waiting_ns) {
        m->waiting_ns = vfu_mono_ns();
        tap_of(f)->stalled++;
    }
    if (tap_of(f)->options->overdue_ns && !m->told_stalled && !m->quiet_ns) {
        m->quiet_ns = vfu_mono_ns();
        tap_of(f)->quiet++;
    }
}

/* One message, or what there is of it. True: it was dealt with whole, and another may be there. */
static bool read_message(struct tap_flow *f)
{
    struct tap_message *m = &f->message;
    int in = f->channel->ends[f->from].fd;

    for (int i = 0; i < READS && tap_flow_may_read(f); i++) {
        size_t ask, got = 0;
        uint8_t *place = next_place(f, &ask);
        enum vfu_io io = place ? vfu_recv(in, place, ask, f->pump.fds, &f->pump.nfds, &m->fds_cut, &got) : VFU_IO_ERROR;

        if (io == VFU_IO_AGAIN) {
            if (m->total)
                wait_for_more(f);
            return false;
        }
        if (io != VFU_IO_OK) { /* an error means the same: nothing more will come */
            end_of_stream(f, io == VFU_IO_ERROR && place ? errno : 0);
            return false;
        }
        tap_flow_not_waiting(f);
        tap_flow_not_quiet(f);
        if (!take_bytes(f, place, got))
            return !f->unframed && m->total == 0;
    }
    return false;
}

void tap_flow_read(struct tap_flow *f)
{
    const struct tap *tap = tap_of(f);

    /* To ask for another in vain costs a client that waits for each reply more than it saves: where much goes on. */
    for (int left = tap->busy ? MESSAGES : 1; left > 0; left--)
        if (!read_message(f) || tap->stopping || f->channel->connection->condemned)
            break;
    tap_tell_lost(f);
}

static void say_held(struct tap_flow *f)
{
    struct tap_message *m = &f->message;
    const struct vfu_command *command = has_header(m) ? vfu_command_by_number(m->command) : NULL;

    if (m->said)
        return;
    m->said = true;
    tap_say(tap_of(f), "connection %u: %s from the %s has stalled after %llu bytes; it is held, as it may have to be "
                       "changed or stopped", f->channel->connection->conn, command ? command->name : "a message",
            vfu_side_name(f->from), (unsigned long long)m->total);
}

void tap_flow_tell_stalled(struct tap_flow *f, uint64_t now)
{
    struct tap_message *m = &f->message;
    struct vfu_event event = { .kind = VFU_EVENT_STALLED, .conn = f->channel->connection->conn,
                               .channel = f->channel->number, .from = f->from };

    if (!m->quiet_ns)
        return;
    if (tap_flow_pending(f)) { /* more may be there, which is not read yet */
        m->quiet_ns = now;
        return;
    }
    if (now - m->quiet_ns < tap_of(f)->options->overdue_ns)
        return;
    event.time = vfu_now();
    event.stalled.got = m->total;
    event.stalled.waiting_ms = (now - m->quiet_ns) / tap_ms(1);
    if (has_header(m)) {
        event.stalled.id = vfu_header_read(m->bytes, false).id;
        event.stalled.command = (uint16_t)m->command;
        event.stalled.size = m->size;
    }
    vfu_event_say_stalled(&event);
    tap_flow_not_quiet(f);
    m->told_stalled = true;
    vfu_session_event(tap_of(f)->options->session, &event);
    tap_event(tap_of(f), &event);
}

void tap_flow_let_go(struct tap_flow *f)
{
    tap_flow_not_waiting(f);
    if (must_be_whole(f))
        return;
    f->message.streaming = true;
    tap_expose_passed(f->channel->connection, f->message.command);
    pass_on(f);
}

void tap_flow_release(struct tap_flow *f)
{
    if (tap_of(f)->decides && tap_may_decide(f)) {
        tap_flow_not_waiting(f);
        say_held(f);
        return;
    }
    tap_flow_let_go(f);
}
