/*
 * Packets of link type USER0 to pieces of streams: bytes of UNIX sockets, as others record them. Either nothing but the
 * bytes, one connection for all; or sockdump's 16 bytes before them: the receiver's and the sender's process id, 64 bits
 * each, big-endian, and a connection for each pair of processes.
 */
#include "capture/file/inside.h"
#include "decoder/wire/cursor.h"

#include <stdlib.h>

enum { PIDS_SIZE = 16 };

struct file_raw {
    struct file_rawstream *stream;
    bool begun, has_pids;
    struct {
        uint64_t a, b;
    } pairs[FILE_RAW_CONNECTIONS];
    uint32_t count;
};

struct file_raw *file_raw_new(void)
{
    struct file_raw *r = calloc(1, sizeof *r);

    if (r)
        r->stream = file_rawstream_new();
    if (r && !r->stream) {
        free(r);
        r = NULL;
    }
    return r;
}

void file_raw_free(struct file_raw *r)
{
    if (r)
        file_rawstream_free(r->stream);
    free(r);
}

/* Two process ids: no header of a message, whose command would be 0. Told by the first packet. */
static bool begins_with_pids(const uint8_t *packet, size_t size)
{
    static const uint8_t zeros[4];

    return size >= PIDS_SIZE && memcmp(packet, zeros, 4) == 0 && memcmp(packet + 8, zeros, 4) == 0;
}

/* The connection of two processes, from 1; *end is the sender's. */
static uint32_t connection_of(struct file_raw *r, uint64_t receiver, uint64_t sender, int *end)
{
    *end = sender == receiver ? -1 : 0;
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->pairs[i].a == sender && r->pairs[i].b == receiver)
            return i + 1;
        if (r->pairs[i].a == receiver && r->pairs[i].b == sender) {
            *end = 1;
            return i + 1;
        }
    }
    if (r->count < FILE_RAW_CONNECTIONS) {
        r->pairs[r->count].a = sender;
        r->pairs[r->count++].b = receiver;
    }
    return r->count;
}

void file_raw_put(struct file_raw *r, const uint8_t *packet, size_t captured, size_t size, uint64_t time_ns)
{
    struct file_raw_piece piece = { .conn = 1, .end = -1, .side = -1, .bytes = packet, .size = captured,
                                    .fds_unknown = true,
                                    .missing = size > captured ? size - captured : 0, .time_ns = time_ns };

    if (!r->begun && captured) {
        r->begun = true;
        r->has_pids = begins_with_pids(packet, captured);
    }
    if (r->has_pids && begins_with_pids(packet, captured)) {
        struct vfu_cursor c = vfu_cursor(packet, captured, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
        uint64_t receiver = vfu_cursor_u64(&c), sender = vfu_cursor_u64(&c);

        piece.conn = connection_of(r, receiver, sender, &piece.end);
        piece.bytes += PIDS_SIZE;
        piece.size -= PIDS_SIZE;
    }
    file_rawstream_put(r->stream, &piece);
}

enum file_raw_taken file_raw_take(struct file_raw *r, struct vfu_event *event)
{
    return file_rawstream_take(r->stream, event);
}
