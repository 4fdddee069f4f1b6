/*
 * Messages out of bytes that others recorded: what went over UNIX sockets, in pieces that are no messages, with no word on
 * who sent them or with less than we would like. Each end of a connection has a buffer that holds one message as it grows.
 * Where nothing says who sent a piece, its first bytes do, if they can be a header; other bytes go on with what is
 * incomplete.
 */
#include "capture/file/inside.h"
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
    bool lost;     /* not understood until a piece begins with a header */
    bool swapped;
    enum vfu_side from;
    struct vfu_fd fds[VFU_MAX_FDS];
    unsigned nfds;
};

struct connection {
    struct end ends[2];
    int side_of[2]; /* as far as it showed; -1: not yet */
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
        if (r->conns[i])
            r->conns[i]->side_of[0] = r->conns[i]->side_of[1] = -1;
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
    e->done = false;
    e->nfds = 0;
    if (r->at == 0) {
        e->nfds = r->piece.nfds < VFU_MAX_FDS ? r->piece.nfds : VFU_MAX_FDS;
        memcpy(e->fds, r->piece.fds ? r->piece.fds : e->fds, e->nfds * sizeof *e->fds);
    }
}

static enum file_raw_taken unframed(struct file_rawstream *r, struct vfu_event *event, bool missing, const char *why)
{
    struct end *e = r->end;
    int side = r->conn->side_of[e - r->conn->ends];

    e->missized = false;
    memset(event, 0, sizeof *event);
    event->kind = VFU_EVENT_UNFRAMED;
    event->conn = r->piece.conn;
    event->time = (struct vfu_time){ .wall_ns = r->piece.time_ns, .mono_ns = r->piece.time_ns };
    event->from = side == VFU_SERVER ? VFU_SERVER : VFU_CLIENT;
    event->unframed.offset = e->offset;
    event->unframed.missing = missing;
    vfu_event_unframed_bytes(event, r->unframed, e->bytes, e->have, r->piece.bytes + r->at, r->piece.size - r->at);
    snprintf(event->unframed.why, sizeof event->unframed.why, "%s", why);
    e->offset += e->have + e->gone + (r->piece.size - r->at) + r->piece.missing;
    e->have = 0;
    e->gone = 0;
    e->done = false;
    e->lost = true;
    r->at = r->piece.size;
    r->piece.missing = 0;
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

static enum file_raw_taken hand_out(struct file_rawstream *r, struct vfu_event *event)
{
    struct end *e = r->end;

    memset(event, 0, sizeof *event);
    event->message = (struct vfu_message){
        .conn = r->piece.conn, .from = e->from, .swapped = e->swapped, .bytes = e->bytes, .captured = e->have,
        .size = e->have + e->gone, .time = { .wall_ns = r->piece.time_ns, .mono_ns = r->piece.time_ns },
        .fds = e->fds, .nfds = e->nfds, .fds_unknown = r->piece.fds_unknown,
    };
    e->done = true;
    return FILE_RAW_MESSAGE;
}

/* After a gap a message can only begin where a piece does, and only with a header. */
static bool finds_back(struct file_rawstream *r)
{
    enum vfu_side from;
    bool swapped;

    if (r->at > 0 || !file_raw_header(r->piece.bytes, r->piece.size, &from, &swapped)) {
        r->end->offset += r->piece.size - r->at + r->piece.missing;
        return false;
    }
    r->end->lost = false;
    return true;
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
    if (e->lost && !finds_back(r)) {
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
