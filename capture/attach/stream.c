/*
 * The streams of a watched socket, taken apart into messages. A socket that is joined in the middle is searched for a
 * header; what follows must fit to it before anything is shown.
 */
#include "capture/attach/inside.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <string.h>

static void next_message(struct attach_stream *f)
{
    f->offset += f->total;
    f->got = 0;
    f->total = 0;
    f->nfds = 0;
    f->fds_cut = f->hole = f->told_stalled = f->fds_unsure = false;
}

/* --- events --- */

static struct vfu_event event_of(struct attach *a, const struct attach_socket *s, enum vfu_event_kind kind, bool sent,
                                 uint64_t mono_ns)
{
    return (struct vfu_event){ .kind = kind, .time = attach_time(a, mono_ns), .conn = s->conn, .channel = s->channel,
                               .from = attach_sender(s, sent) };
}

static void tell(struct attach *a, struct vfu_event *event)
{
    vfu_session_event(a->options->session, event);
    attach_event(a, event);
}

/* What stands in the buffer, `got` bytes, and `size` more of them: up to where the stream is found again. */
static void show_unframed(struct attach *a, struct attach_socket *s, bool sent, enum vfu_framing why, const uint8_t *more,
                          size_t size, uint64_t mono_ns)
{
    struct attach_stream *f = &s->streams[sent];
    uint8_t bytes[VFU_UNFRAMED_MAX];
    struct vfu_event event = event_of(a, s, VFU_EVENT_UNFRAMED, sent, mono_ns);
    size_t again;

    f->lost_at = event.unframed.offset = f->offset;
    vfu_event_unframed_bytes(&event, bytes, f->buffer, f->got, more, size);
    again = vfu_session_find_again(a->options->session, s->conn, s->channel, event.from, bytes, event.unframed.size);
    if (again < event.unframed.size)
        event.unframed.size = again;
    vfu_event_unframed(&event, why, f->size);
    tell(a, &event);
}

static void show_message(struct attach *a, struct attach_socket *s, bool sent, uint64_t mono_ns)
{
    struct attach_stream *f = &s->streams[sent];
    struct vfu_message m = {
        .time.mono_ns = mono_ns,
        .fds_cut = f->fds_cut,
        .fds_unknown = f->fds_unsure,
        .bytes = f->buffer,
        .captured = f->got,
        .size = f->total,
        .fds = f->seen,
        .nfds = f->nfds,
    };

    attach_message(a, s, sent, &m, f->fds);
}

/* --- bytes --- */

/* 16 bytes are there that are no header: try the next place. */
static void slide(struct attach *a, struct attach_socket *s, struct attach_stream *f)
{
    memmove(f->buffer, f->buffer + 1, VFU_HEADER_SIZE - 1);
    f->got--;
    f->total--;
    f->offset++;
    f->slid = true;
    f->nfds = 0;
    f->fds_cut = false;
    if (++f->searched > ATTACH_SEARCH && !s->conn)
        attach_ignore(a, s);
}

/* Nothing is understood: is the header in the buffer one that answers what waits? Then it is from there on. */
static bool find_again(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    struct attach_stream *f = &s->streams[piece->sent];
    struct vfu_event event;

    if (vfu_session_find_again(a->options->session, s->conn, s->channel, attach_sender(s, piece->sent), f->buffer,
                               VFU_HEADER_SIZE) != 0)
        return false;
    event = event_of(a, s, VFU_EVENT_FRAMED, piece->sent, piece->mono_ns);
    event.framed.offset = f->offset;
    event.framed.skipped = f->offset - f->lost_at;
    tell(a, &event);
    f->unframed = false;
    f->framed = true;
    f->fds_unsure = true; /* they may have come with what stood in front of it */
    return true;
}

/*
 * The 16 bytes in the buffer begin no message that could be followed, nor do those of the piece from `at` on. A header
 * without a true size is a message of its own all the same.
 */
static void lose_framing(struct attach *a, struct attach_socket *s, const struct attach_piece *piece, size_t at)
{
    struct attach_stream *f = &s->streams[piece->sent];
    struct vfu_header h = vfu_header_read(f->buffer, false);
    enum vfu_framing why = vfu_header_judge(&h);

    f->unframed = true;
    if (why == VFU_MISSIZED) {
        show_message(a, s, piece->sent, piece->mono_ns);
        next_message(f);
    }
    show_unframed(a, s, piece->sent, why, piece->bytes + at, piece->size - at, piece->mono_ns);
    if (why != VFU_MISSIZED)
        slide(a, s, f);
}

/* The buffer has 16 bytes, up to `at` of the piece. False: they are no header, or nothing is understood any more. */
static bool take_header(struct attach *a, struct attach_socket *s, const struct attach_piece *piece, size_t at)
{
    struct attach_stream *f = &s->streams[piece->sent];
    bool sure = s->conn && f->framed;

    f->size = vfu_header_read(f->buffer, false).size;
    if (f->unframed) {
        if (find_again(a, s, piece))
            return true;
        slide(a, s, f);
        return false;
    }
    if (attach_plausible(s, piece->sent, f->buffer, sure)) {
        f->framed = true;
        f->searched = 0;
        return true;
    }
    if (sure) {
        lose_framing(a, s, piece, at);
        return false;
    }
    if (f->framed) /* what was held was none either */
        attach_search(s);
    slide(a, s, f);
    return false;
}

/* The fds go with the message that is being read. */
static void give_fds(struct attach_stream *f, const struct attach_piece *piece)
{
    for (unsigned i = 0; i < piece->nfds && f->nfds < VFU_MAX_FDS; i++) {
        f->fds[f->nfds] = piece->fds[i];
        f->seen[f->nfds++] = piece->seen[i];
    }
    f->fds_cut |= piece->fds_cut;
}

/* Bytes are missing here: those of the message at hand are counted, behind it a new begin must be found. */
static void skip(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    struct attach_stream *f = &s->streams[piece->sent];
    uint64_t left = piece->lost, here;

    if (f->got >= VFU_HEADER_SIZE && f->framed) {
        here = f->size - f->total < left ? f->size - f->total : left;
        f->hole = true;
        f->total += here;
        left -= here;
        if (f->total == f->size) {
            show_message(a, s, piece->sent, piece->mono_ns);
            next_message(f);
        }
    }
    if (left == 0)
        return;
    f->framed = false;
    f->total += left;
    next_message(f);
}

/* Bytes for the message at hand, all of it or what there is; how many were taken. */
static size_t take_some(struct attach_stream *f, const uint8_t *bytes, size_t size)
{
    size_t keep = f->got < VFU_HEADER_SIZE ? VFU_HEADER_SIZE : f->size < ATTACH_WHOLE ? f->size : ATTACH_WHOLE;
    uint64_t left = f->got < VFU_HEADER_SIZE ? VFU_HEADER_SIZE - f->got : f->size - f->total;
    size_t take = left < size ? (size_t)left : size, kept;

    if (!f->hole && f->got < keep && VFU_GROW(f->buffer, f->capacity, keep)) {
        kept = keep - f->got < take ? keep - f->got : take;
        memcpy(f->buffer + f->got, bytes, kept);
        f->got += kept;
    }
    f->total += take;
    return take;
}

void attach_stream_take(struct attach *a, struct attach_socket *s, const struct attach_piece *piece)
{
    struct attach_stream *f = &s->streams[piece->sent];
    size_t at = 0;

    /*
     * The kernel keeps fds with the first byte of a call that sends; a call that receives ends with what came with fds.
     */
    if (piece->sent)
        give_fds(f, piece);
    while (at < piece->size && !s->ignored && !a->stopping) {
        bool had_header = f->got >= VFU_HEADER_SIZE;

        at += take_some(f, piece->bytes + at, piece->size - at);
        if (!had_header && (f->got < VFU_HEADER_SIZE || !take_header(a, s, piece, at)))
            continue;
        if (f->total < f->size)
            continue;
        if (!piece->sent && at == piece->size && piece->lost == 0)
            give_fds(f, piece);
        show_message(a, s, piece->sent, piece->mono_ns);
        next_message(f);
    }
    if (s->ignored)
        return;
    if (!piece->sent && f->total)
        give_fds(f, piece);
    if (piece->lost)
        skip(a, s, piece);
    f->last_ns = piece->mono_ns;
    a->amid |= f->total > 0;
}

/* --- messages that stall --- */

/* Has whoever receives them read all bytes that were sent so far? Else it may be waiting for something else. */
static bool all_read(const struct attach_socket *s, bool sent)
{
    uint64_t receiver = sent ? s->peer : s->inode;
    struct attach_end end;

    return receiver && attach_diag(receiver, &end) && end.unread_known && end.unread == 0;
}

static void show_stalled(struct attach *a, struct attach_socket *s, bool sent, uint64_t now)
{
    struct attach_stream *f = &s->streams[sent];
    struct vfu_event event = event_of(a, s, VFU_EVENT_STALLED, sent, now);

    event.stalled.got = f->total;
    event.stalled.waiting_ms = (now - f->last_ns) / 1000000;
    if (f->got >= VFU_HEADER_SIZE) {
        struct vfu_header h = vfu_header_read(f->buffer, false);

        event.stalled.id = h.id;
        event.stalled.command = h.command;
        event.stalled.size = h.size;
    }
    vfu_event_say_stalled(&event);
    f->told_stalled = true;
    tell(a, &event);
}

void attach_tell_stalled(struct attach *a, uint64_t now)
{
    struct attach_socket *s;

    a->amid = false;
    LIST_FOREACH(s, &a->sockets, next) {
        for (unsigned sent = 0; sent < 2; sent++) {
            struct attach_stream *f = &s->streams[sent];

            if (!s->conn || !f->framed || f->unframed || f->hole || f->told_stalled || f->total == 0)
                continue;
            if (now - f->last_ns >= ATTACH_STALLED_MS * UINT64_C(1000000) && all_read(s, sent))
                show_stalled(a, s, sent, now);
            else
                a->amid = true;
        }
    }
}

void attach_stream_end(struct attach *a, struct attach_socket *s, bool sent, uint64_t mono_ns)
{
    struct attach_stream *f = &s->streams[sent];
    enum vfu_side by = attach_sender(s, sent);
    const char *who = vfu_side_name(by);
    const char *where = s->channel == VFU_TWIN ? " (twin)" : "";

    if (s->note[0] || !s->conn)
        return;
    s->closed_by = 1u << by;
    if (f->unframed || !f->framed || f->total == 0) {
        snprintf(s->note, sizeof s->note, "%s closed%s", who, where);
    } else if (f->got < VFU_HEADER_SIZE) {
        snprintf(s->note, sizeof s->note, "%s closed%s after %zu of a header's 16 bytes", who, where, f->got);
    } else {
        snprintf(s->note, sizeof s->note, "%s closed%s within a message, %llu of %u bytes", who, where,
                 (unsigned long long)f->total, f->size);
        show_message(a, s, sent, mono_ns);
    }
    next_message(f);
}
