/*
 * Where framing was lost: what came is told, bytes go on as they come, and the stream is found again where a header
 * answers what waits. It is looked for before it is read, so that what is read ends where the message begins: with the
 * next one all is as before, also for what may change it. Only where the header began in bytes that had gone on already is
 * that first message for reading alone: it goes on as it comes, like one that stalled.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)TAP_TAIL >= (int)VFU_HEADER_SIZE, "what was taken for a header is in it");

void tap_lost_passed(struct tap_lost *lost, const uint8_t *bytes, size_t size)
{
    size_t most = VFU_HEADER_SIZE - 1, keep;

    if (size >= most) {
        memcpy(lost->tail, bytes + size - most, most);
        lost->tail_size = most;
        return;
    }
    keep = lost->tail_size + size > most ? most - size : lost->tail_size;
    memmove(lost->tail, lost->tail + lost->tail_size - keep, keep);
    memcpy(lost->tail + keep, bytes, size);
    lost->tail_size = keep + size;
}

void tap_lose_framing(struct tap_flow *f, enum vfu_framing why)
{
    struct tap_lost *lost = &f->lost;

    f->unframed = true;
    *lost = (struct tap_lost){ .due = true, .why = why, .claimed = f->message.size, .offset = f->message.offset,
                                .window = lost->window };
    if (why == VFU_MISSIZED) {
        lost->offset += VFU_HEADER_SIZE;
    } else {
        lost->tail_size = VFU_HEADER_SIZE;
        memcpy(lost->tail, f->message.bytes, VFU_HEADER_SIZE);
    }
}

/* The tail, and behind it what can be read now, without taking it; how many bytes, 0: out of memory. */
static size_t look_ahead(struct tap_flow *f)
{
    struct tap_lost *lost = &f->lost;

    if (!lost->window)
        lost->window = malloc(TAP_TAIL + TAP_PIECE);
    if (!lost->window)
        return 0;
    memcpy(lost->window, lost->tail, lost->tail_size);
    return lost->tail_size + vfu_peek(f->channel->ends[f->from].fd, lost->window + lost->tail_size, TAP_PIECE);
}

static size_t find_again(const struct tap_flow *f, size_t size)
{
    const struct tap_channel *c = f->channel;

    return vfu_session_find_again(tap_of(f)->options->session, c->connection->conn, c->number, f->from, f->lost.window,
                                  size);
}

static struct vfu_event event_of(const struct tap_flow *f, enum vfu_event_kind kind)
{
    return (struct vfu_event){ .kind = kind, .time = vfu_now(), .conn = f->channel->connection->conn,
                               .channel = f->channel->number, .from = f->from };
}

static void tell(struct tap_flow *f, struct vfu_event *event)
{
    vfu_session_event(tap_of(f)->options->session, event);
    tap_event(tap_of(f), event);
}

/* Framing was lost, and so many bytes have come since that are of no message. */
static void tell_lost(struct tap_flow *f, size_t size)
{
    struct vfu_event event = event_of(f, VFU_EVENT_UNFRAMED);
    uint8_t bytes[VFU_UNFRAMED_MAX];

    f->lost.due = false;
    event.unframed.offset = f->lost.offset;
    vfu_event_unframed_bytes(&event, bytes, f->lost.window, size, NULL, 0);
    vfu_event_unframed(&event, f->lost.why, f->lost.claimed);
    tell(f, &event);
}

void tap_tell_lost(struct tap_flow *f)
{
    size_t size, at;

    if (!f->lost.due)
        return;
    size = look_ahead(f);
    at = find_again(f, size);
    tell_lost(f, at < size ? at : size);
}

/* The next message has begun, with the last `begun` bytes that went on. False: out of memory. */
static bool take_up(struct tap_flow *f, size_t begun)
{
    struct tap_message *m = &f->message;
    struct vfu_event event = event_of(f, VFU_EVENT_FRAMED);

    if (!VFU_GROW(m->bytes, m->room, VFU_HEADER_SIZE))
        return false;
    event.framed.offset = m->offset - begun;
    event.framed.skipped = event.framed.offset - f->lost.offset;
    tell(f, &event);
    f->unframed = false;
    m->fds_unsure = true; /* they may have come with what stood in front of it */
    m->offset -= begun;
    m->got = m->total = begun;
    if (!begun)
        return true;
    memcpy(m->bytes, f->lost.tail + f->lost.tail_size - begun, begun);
    f->pump.head = (struct tap_span){ .bytes = m->bytes, .ready = begun, .sent = begun };
    f->pump.amid = m->streaming = true;
    return true;
}

size_t tap_find_framing(struct tap_flow *f)
{
    size_t size, at, tail;

    tap_tell_lost(f);
    size = look_ahead(f);
    tail = f->lost.tail_size;
    at = find_again(f, size);
    if (at <= tail && take_up(f, tail - at))
        return 0;
    if (at < size && at > tail)
        return at - tail;
    return size > tail ? size - tail : 1; /* nothing is there yet: whatever comes now is looked at */
}
