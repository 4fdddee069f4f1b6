/*
 * Messages out of bytes that others recorded: what went over UNIX sockets, in pieces that are no messages, with no word on
 * who sent them or with less than we would like. Each end of a connection has a buffer that holds one message as it grows.
 * Where nothing says who sent a piece, its first bytes do, if they can be a header; other bytes go on with what is
 * incomplete.
 */
#include "capture/file/inside.h"
#include "decoder/session/pairing.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One end: the message that it is sending. */
struct end {
    uint8_t *bytes;
    size_t have, room;
    uint64_t gone; /* bytes of it that passed and are not kept: from the first that was missing on */
    uint64_t offset; /* in the end's stream, of the message's first byte */
    bool done;     /* handed out: begin anew */
    bool missized; /* the message that was handed out was a header without a true size: framing is lost behind it */
    bool lost;     /* not understood until a piece begins with a header, or one answers what waits */
    uint64_t lost_at; /* since this offset */
    uint8_t tail[VFU_HEADER_SIZE - 1]; /* while it is lost: its last bytes, tail_size of them */
    size_t tail_size;
    bool fds_unsure; /* some may have come before the message's first byte */
    bool swapped;
    enum vfu_side from;
    struct vfu_fd fds[VFU_MAX_FDS];
    unsigned nfds;
};

struct connection {
    struct end ends[2];
    int side_of[2]; /* as far as it showed; -1: not yet */
    struct vfu_pairing waiting[2]; /* by side: its commands that wait for a reply */
    int last;       /* the end that sent last */
};

struct file_rawstream {
    struct connection *conns[FILE_RAW_CONNECTIONS];
    struct file_raw_piece piece;
    size_t at; /* in the piece */
    struct connection *conn;
    struct end *end;
    bool failed; /* out of memory: said once */
    uint8_t unframed[VFU_UNFRAMED_MAX]; /* of the last event that was made */
};

struct file_rawstream *file_rawstream_new(void)
{
    return calloc(1, sizeof(struct file_rawstream));
}

void file_rawstream_free(struct file_rawstream *r)
{
    for (size_t i = 0; r && i < FILE_RAW_CONNECTIONS; i++) {
        if (!r->conns[i])
            continue;
        free(r->conns[i]->ends[0].bytes);
        free(r->conns[i]->ends[1].bytes);
        vfu_pairing_free(&r->conns[i]->waiting[VFU_CLIENT]);
        vfu_pairing_free(&r->conns[i]->waiting[VFU_SERVER]);
        free(r->conns[i]);
    }
    free(r);
}

/* One byte order: does it make a header of the bytes, whose size is true or not, as `framing` says? */
static bool is_header(const uint8_t *bytes, bool swapped, enum vfu_framing framing, enum vfu_side *from)
{
    struct vfu_header h = vfu_header_read(bytes, swapped);
    const struct vfu_command *command = vfu_command_by_number(h.command);

    if (!command || vfu_header_judge(&h) != framing || h.error > 4095 ||
        (h.flags & ~(uint32_t)(VFU_TYPE_REPLY | VFU_NO_REPLY | VFU_ERROR)))
        return false;
    *from = vfu_header_is_reply(&h) ? (command->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT) : command->from;
    return true;
}

bool file_raw_header(const uint8_t *bytes, size_t size, enum vfu_side *from, bool *swapped)
{
    *swapped = false;
    if (size < VFU_HEADER_SIZE)
        return false;
    if (is_header(bytes, false, VFU_FRAMED, from))
        return true;
    *swapped = is_header(bytes, true, VFU_FRAMED, from);
    return *swapped;
}

/* One whose size can't be true still says who sends it. */
static bool is_missized(const uint8_t *bytes, size_t size, bool swapped, enum vfu_side *from)
{
    return size >= VFU_HEADER_SIZE && is_header(bytes, swapped, VFU_MISSIZED, from);
}

static struct connection *connection_of(struct file_rawstream *r, uint32_t number)
{
    uint32_t i = number < 1 ? 0 : number > FILE_RAW_CONNECTIONS ? FILE_RAW_CONNECTIONS - 1 : number - 1;

    if (!r->conns[i]) {
        r->conns[i] = calloc(1, sizeof *r->conns[i]);
        if (r->conns[i]) {
            r->conns[i]->side_of[0] = r->conns[i]->side_of[1] = -1;
            r->conns[i]->waiting[VFU_CLIENT].key = r->conns[i]->waiting[VFU_SERVER].key = vfu_hash_secret();
        }
    }
    return r->conns[i];
}

static bool is_amid(const struct end *e)
{
    return !e->done && e->have > 0;
}

/* Which end sent a piece that does not say so: ends are numbered as sides then. */
static int guess_end(const struct connection *c, const struct file_raw_piece *p)
{
    enum vfu_side from;
    bool swapped, header = file_raw_header(p->bytes, p->size, &from, &swapped);

    /* An end that is amid a message goes on with it, unless this begins one of the other's. */
    if (header && !is_amid(&c->ends[from]))
        return (int)from;
    if (is_amid(&c->ends[0]) != is_amid(&c->ends[1]))
        return is_amid(&c->ends[0]) ? 0 : 1;
    return header || is_missized(p->bytes, p->size, c->ends[c->last].swapped, &from) ? (int)from : c->last;
}

void file_rawstream_put(struct file_rawstream *r, const struct file_raw_piece *piece)
{
    int end = piece->end;

    r->piece = *piece;
    r->at = 0;
    r->conn = connection_of(r, piece->conn);
    r->end = NULL;
    if (!r->conn)
        return;
    if (end < 0) {
        end = guess_end(r->conn, piece);
        r->conn->side_of[end] = end;
    }
    if (piece->side >= 0)
        r->conn->side_of[end] = piece->side;
    r->conn->last = end;
    r->end = &r->conn->ends[end];
}

static struct vfu_header header_of(const struct end *e)
{
    return vfu_header_read(e->bytes, e->swapped);
}

static void begin_message(struct file_rawstream *r)
{
    struct end *e = r->end;

    if (e->done)
        e->offset += e->have + e->gone;
    e->have = 0;
    e->gone = 0;
    e->nfds = 0;
    e->fds_unsure &= !e->done; /* of a message that was just found */
    e->done = false;
    if (r->at == 0) {
        e->nfds = r->piece.nfds < VFU_MAX_FDS ? r->piece.nfds : VFU_MAX_FDS;
        memcpy(e->fds, r->piece.fds ? r->piece.fds : e->fds, e->nfds * sizeof *e->fds);
    }
}

static enum vfu_side side_of_end(const struct file_rawstream *r)
{
    return r->conn->side_of[r->end - r->conn->ends] == VFU_SERVER ? VFU_SERVER : VFU_CLIENT;
}

/* What could be answered by the end that is being looked at. */
static const struct vfu_pairing *asked(const struct file_rawstream *r)
{
    return &r->conn->waiting[!side_of_end(r)];
}

static void begin_event(const struct file_rawstream *r, struct vfu_event *event, enum vfu_event_kind kind)
{
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->conn = r->piece.conn;
    event->time = (struct vfu_time){ .wall_ns = r->piece.time_ns, .mono_ns = r->piece.time_ns };
    event->from = side_of_end(r);
}

/* The last bytes of the end's stream that were passed over: those in front of what is left of the piece. */
static void keep_tail(struct end *e, const uint8_t *bytes, size_t size)
{
    size_t most = sizeof e->tail, keep;

    size = size > most ? (bytes += size - most, most) : size;
    keep = e->tail_size + size > most ? most - size : e->tail_size;
    memmove(e->tail, e->tail + e->tail_size - keep, keep);
    memcpy(e->tail + keep, bytes, size);
    e->tail_size = keep + size;
}

/* Nothing of the piece is left. */
static void pass_over(struct file_rawstream *r)
{
    struct end *e = r->end;
    size_t left = r->piece.size - r->at;

    if (left)
        keep_tail(e, r->piece.bytes + r->at, left);
    if (r->piece.missing)
        e->tail_size = 0;
    e->offset += left + r->piece.missing;
    r->at = r->piece.size;
    r->piece.missing = 0;
}

static enum file_raw_taken unframed(struct file_rawstream *r, struct vfu_event *event, bool missing, const char *why)
{
    struct end *e = r->end;
    size_t again;

    e->missized = false;
    begin_event(r, event, VFU_EVENT_UNFRAMED);
    event->unframed.offset = e->lost_at = e->offset;
    event->unframed.missing = missing;
    vfu_event_unframed_bytes(event, r->unframed, e->bytes, e->have, r->piece.bytes + r->at, r->piece.size - r->at);
    again = vfu_pairing_find_again(asked(r), r->unframed, event->unframed.size, e->swapped);
    if (again < event->unframed.size && !missing)
        event->unframed.size = again;
    snprintf(event->unframed.why, sizeof event->unframed.why, "%s", why);
    e->tail_size = 0;
    if (e->have)
        keep_tail(e, e->bytes, e->have);
    e->offset += e->have + e->gone;
    e->have = 0;
    e->gone = 0;
    e->done = false;
    e->lost = true;
    if (missing) {
        e->tail_size = 0;
        pass_over(r);
    }
    return FILE_RAW_EVENT;
}

/* The header is at hand, or what stands in its place: who sends the message, in which byte order. */
static enum vfu_framing look_at_header(struct file_rawstream *r)
{
    struct end *e = r->end;
    int *side = &r->conn->side_of[e - r->conn->ends], *other = &r->conn->side_of[1 - (e - r->conn->ends)];
    enum vfu_side from;
    bool swapped;
    struct vfu_header h;

    if (file_raw_header(e->bytes, e->have, &from, &swapped)) {
        e->swapped = swapped;
        if (*side < 0)
            *side = (int)from;
        if (*other < 0)
            *other = from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;
    }
    e->from = *side == VFU_SERVER ? VFU_SERVER : VFU_CLIENT;
    if (r->piece.end < 0 && (file_raw_header(e->bytes, e->have, &from, &swapped) ||
                             is_missized(e->bytes, e->have, e->swapped, &from)))
        e->from = from; /* the end was a guess */
    h = header_of(e);
    return vfu_header_judge(&h);
}

/* Keep up to `wanted` bytes of the piece, or let them pass if there is a gap before them; false: out of memory. */
static bool take_bytes(struct file_rawstream *r, uint64_t wanted)
{
    struct end *e = r->end;
    size_t left = r->piece.size - r->at, size = wanted < left ? (size_t)wanted : left;

    if (e->gone) {
        e->gone += size;
    } else if (size > 0) {
        if (!VFU_GROW(e->bytes, e->room, e->have + size)) /* by what came, not by what a size field says */
            return false;
        memcpy(e->bytes + e->have, r->piece.bytes + r->at, size);
        e->have += size;
    }
    r->at += size;
    return true;
}

/* Commands wait, until they are answered. */
static void pair(struct connection *c, struct vfu_event *event)
{
    const struct vfu_message *m = &event->message;
    struct vfu_header h = vfu_header_read(m->bytes, m->swapped);

    event->id = h.id;
    event->command_number = h.command;
    if (vfu_header_is_reply(&h))
        vfu_pairing_take(&c->waiting[!m->from], h.id, h.command);
    else if (!(h.flags & (VFU_TYPE_MASK | VFU_NO_REPLY)))
        vfu_pairing_add(&c->waiting[m->from], event);
}

static enum file_raw_taken hand_out(struct file_rawstream *r, struct vfu_event *event)
{
    struct end *e = r->end;

    memset(event, 0, sizeof *event);
    event->message = (struct vfu_message){
        .conn = r->piece.conn, .from = e->from, .swapped = e->swapped, .bytes = e->bytes, .captured = e->have,
        .size = e->have + e->gone, .time = { .wall_ns = r->piece.time_ns, .mono_ns = r->piece.time_ns },
        .fds = e->fds, .nfds = e->nfds, .fds_unknown = r->piece.fds_unknown || e->fds_unsure,
    };
    e->done = true;
    pair(r->conn, event);
    return FILE_RAW_MESSAGE;
}

/* Where in the tail and the piece behind it a header answers what waits; SIZE_MAX: nowhere. */
static size_t find_answer(const struct file_rawstream *r)
{
    const struct end *e = r->end;
    const uint8_t *rest = r->piece.bytes + r->at;
    size_t left = r->piece.size - r->at, seam = left < VFU_HEADER_SIZE ? left : VFU_HEADER_SIZE, at;
    uint8_t both[sizeof e->tail + VFU_HEADER_SIZE];

    memcpy(both, e->tail, e->tail_size);
    if (seam)
        memcpy(both + e->tail_size, rest, seam);
    at = vfu_pairing_find_again(asked(r), both, e->tail_size + seam, e->swapped);
    if (at != SIZE_MAX)
        return at;
    at = vfu_pairing_find_again(asked(r), rest, left, e->swapped);
    return at == SIZE_MAX ? at : e->tail_size + at;
}

/* A message has begun at this place of the tail and the piece behind it. False: out of memory. */
static bool take_up(struct file_rawstream *r, size_t at)
{
    struct end *e = r->end;
    size_t begun = at < e->tail_size ? e->tail_size - at : 0;

    if (!VFU_GROW(e->bytes, e->room, VFU_HEADER_SIZE))
        return false;
    memcpy(e->bytes, e->tail + e->tail_size - begun, begun);
    e->have = begun;
    e->nfds = 0;
    e->fds_unsure = true; /* they may have come with what stood in front of it */
    e->offset -= begun;
    if (!begun) {
        e->offset += at - e->tail_size;
        r->at += at - e->tail_size;
    }
    e->lost = false;
    return true;
}

/*
 * Is the stream found again, by a header that answers what waits, or, as after a gap, since a piece begins with a header?
 * If not, the piece is passed over.
 */
static bool finds_back(struct file_rawstream *r)
{
    size_t at = find_answer(r);
    enum vfu_side from;
    bool swapped;

    if (at > r->end->tail_size && r->at == 0 && file_raw_header(r->piece.bytes, r->piece.size, &from, &swapped))
        at = r->end->tail_size;
    if (at != SIZE_MAX && take_up(r, at))
        return true;
    pass_over(r);
    return false;
}

static enum file_raw_taken framed(const struct file_rawstream *r, struct vfu_event *event)
{
    begin_event(r, event, VFU_EVENT_FRAMED);
    event->framed.offset = r->end->offset;
    event->framed.skipped = r->end->offset - r->end->lost_at;
    return FILE_RAW_EVENT;
}

enum file_raw_taken file_rawstream_take(struct file_rawstream *r, struct vfu_event *event)
{
    struct end *e = r->end;
    enum vfu_framing framing;
    uint64_t wanted;

    if (e && e->missized) {
        begin_message(r);
        return unframed(r, event, false, "behind a header with a size that can't be true");
    }
    if (!e || (r->at == r->piece.size && r->piece.missing == 0))
        return FILE_RAW_NOTHING;
    if (e->lost) {
        if (finds_back(r))
            return framed(r, event);
        r->end = NULL;
        return FILE_RAW_NOTHING;
    }
    if (e->done || e->have == 0)
        begin_message(r);
    if (e->have < VFU_HEADER_SIZE) {
        if (!take_bytes(r, VFU_HEADER_SIZE - e->have))
            return unframed(r, event, true, "out of memory");
        if (e->have < VFU_HEADER_SIZE)
            return r->piece.missing ? unframed(r, event, true, "bytes are missing within a header") : FILE_RAW_NOTHING;
        framing = look_at_header(r);
        if (framing == VFU_NO_HEADER)
            return unframed(r, event, false, "no message begins like this");
        e->missized = framing == VFU_MISSIZED;
        if (e->missized)
            return hand_out(r, event);
    }
    wanted = header_of(e).size - e->have - e->gone;
    if (!take_bytes(r, wanted))
        return unframed(r, event, true, "out of memory");
    wanted = header_of(e).size - e->have - e->gone;
    if (r->at == r->piece.size && r->piece.missing && wanted) { /* what is missing is this message's, or more than that */
        uint64_t missing = r->piece.missing < wanted ? r->piece.missing : wanted;

        e->gone += missing;
        r->piece.missing -= missing;
        wanted -= missing;
    }
    if (wanted)
        return FILE_RAW_NOTHING;
    return hand_out(r, event);
}
