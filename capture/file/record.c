/*
 * A record of a capture file, as it stands before the message, written and read: Wireshark's exported-PDU tags and our
 * pseudo-header. The manual's vfuscope-capture(5) describes it. All big-endian.
 *
 *   tags            12 "vfio_user" (the dissector), 35 direction (0 sent: from the client; 1 received), 0 end
 *   0  magic u32    "vfus"              8  endianness u8  1 little, 2 big: the message's
 *   4  version u8   1                   9  changed u8     VFU_CHANGED_* bits
 *   5  type u8      1 message, 2 event  10 flags u8       1: the kernel cut fds off, 2: fds not seen
 *   6  channel u8   0 main, 1 twin      11 reserved
 *   7  direction u8 0 from the client   12 header length u16: of all of this, to the end of the annotations
 *   14 fd count u16   16 connection u32   20 reserved   24 message number u64   32 monotonic time u64, ns
 *   40 fds, 16 bytes each: type u8 (enum vfu_fd_type), has_size u8, 6 reserved, size u64
 *   then annotations, up to the header's length: see annotate.c
 */
#include "capture/file/inside.h"
#include "decoder/wire/cursor.h"

#include <string.h>

enum { TAG_END = 0, TAG_DISSECTOR = 12, TAG_DIRECTION = 35 };
enum { MAGIC = 0x76667573, FORMAT_VERSION = 1 }; /* "vfus" */
enum { RECORD_MESSAGE = 1, RECORD_EVENT = 2 };
enum { LITTLE = 1, BIG = 2, NATIVE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? LITTLE : BIG };
enum { FLAG_FDS_CUT = 1, FLAG_FDS_UNKNOWN = 2 };

static const char dissector[] = "vfio_user";

static uint8_t *put16(uint8_t *at, unsigned n)
{
    *at++ = (uint8_t)(n >> 8);
    *at++ = (uint8_t)n;
    return at;
}

static uint8_t *put32(uint8_t *at, uint32_t n)
{
    n = NATIVE == LITTLE ? __builtin_bswap32(n) : n;
    memcpy(at, &n, sizeof n);
    return at + sizeof n;
}

static uint8_t *put64(uint8_t *at, uint64_t n)
{
    n = NATIVE == LITTLE ? __builtin_bswap64(n) : n;
    memcpy(at, &n, sizeof n);
    return at + sizeof n;
}

static uint8_t *put_tags(uint8_t *at, enum vfu_side from)
{
    at = put16(at, TAG_DISSECTOR);
    at = put16(at, 12); /* 9 letters, padded to a multiple of 4 with zeros */
    memset(at, 0, 12);
    memcpy(at, dissector, sizeof dissector - 1);
    at += 12;
    at = put16(at, TAG_DIRECTION);
    at = put16(at, 4);
    at = put32(at, from == VFU_CLIENT ? 0 : 1);
    return put32(at, TAG_END);
}

size_t file_record_put(const struct vfu_event *event, bool pairing, uint8_t head[FILE_RECORD_HEAD_MAX])
{
    static const struct vfu_message none;
    bool is_event = event->kind != VFU_EVENT_MESSAGE;
    const struct vfu_message *m = is_event ? &none : &event->message;
    unsigned nfds = m->nfds > VFU_MAX_FDS ? VFU_MAX_FDS : m->nfds;
    uint8_t *at = put_tags(head, event->from), *length;

    at = put32(at, MAGIC);
    *at++ = FORMAT_VERSION;
    *at++ = is_event ? RECORD_EVENT : RECORD_MESSAGE;
    *at++ = (uint8_t)event->channel;
    *at++ = (uint8_t)event->from;
    *at++ = m->swapped ? LITTLE + BIG - NATIVE : NATIVE;
    *at++ = m->changed;
    *at++ = (uint8_t)((m->fds_cut ? FLAG_FDS_CUT : 0) | (m->fds_unknown ? FLAG_FDS_UNKNOWN : 0));
    *at++ = 0;
    length = at;
    at = put16(at, 0);
    at = put16(at, nfds);
    at = put32(at, event->conn);
    at = put32(at, 0);
    at = put64(at, m->no);
    at = put64(at, event->time.mono_ns);
    for (unsigned i = 0; i < nfds; i++) {
        at = put64(at, (uint64_t)m->fds[i].type << 56 | (uint64_t)m->fds[i].has_size << 48);
        at = put64(at, m->fds[i].has_size ? m->fds[i].size : 0);
    }
    if (!is_event && (pairing || m->left_out_count || event->problem_count || event->because_count || event->note_count ||
                      event->request_count || event->register_count)) /* an event's are in its JSON */
        at += file_annotations_put(event, pairing, at);
    put16(length, (unsigned)(at - head) - FILE_RECORD_TAGS);
    return (size_t)(at - head);
}

/* Walk the tags up to their end; false if there is no end or the packet is another dissector's. */
static bool get_tags(struct vfu_cursor *c, struct vfu_error *error)
{
    for (;;) {
        unsigned tag = vfu_cursor_u16(c), size = vfu_cursor_u16(c);
        const uint8_t *value = vfu_cursor_bytes(c, size);

        if (c->failed)
            return vfu_fail(error, 0, "the packet's tags have no end");
        if (tag == TAG_END)
            return true;
        if (tag == TAG_DISSECTOR &&
            (size < sizeof dissector - 1 || memcmp(value, dissector, sizeof dissector - 1) != 0))
            return vfu_fail(error, 0, "a packet of another protocol, not vfio-user");
    }
}

static bool get_fds(struct vfu_cursor *c, unsigned count, struct vfu_fd *fds)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned type = vfu_cursor_u8(c);
        bool has_size = vfu_cursor_u8(c);

        vfu_cursor_bytes(c, 6);
        fds[i].type = type < VFU_FD_TYPES ? (enum vfu_fd_type)type : VFU_FD_OTHER;
        fds[i].has_size = has_size;
        fds[i].size = vfu_cursor_u64(c);
    }
    return !c->failed;
}

/* The pseudo-header, at the cursor. `length` gets its length. */
static bool get_header(struct vfu_cursor *c, struct vfu_message *m, struct vfu_fd *fds, bool *is_event, size_t *length,
                       struct vfu_error *error)
{
    size_t start = (size_t)(c->at - c->start);
    uint32_t magic = vfu_cursor_u32(c);
    unsigned version = vfu_cursor_u8(c), type = vfu_cursor_u8(c), channel = vfu_cursor_u8(c), from = vfu_cursor_u8(c);
    unsigned order = vfu_cursor_u8(c), changed = vfu_cursor_u8(c), flags = vfu_cursor_u8(c);
    unsigned count;

    vfu_cursor_u8(c);
    *length = vfu_cursor_u16(c);
    count = vfu_cursor_u16(c);
    m->conn = vfu_cursor_u32(c);
    vfu_cursor_u32(c);
    m->no = vfu_cursor_u64(c);
    m->time.mono_ns = vfu_cursor_u64(c);
    if (c->failed)
        return vfu_fail(error, 0, "cut within its header");
    if (magic != MAGIC)
        return vfu_fail(error, 0, "not made by vfuscope (no magic number)");
    if (version != FORMAT_VERSION)
        return vfu_fail(error, 0, "format version %u; this vfuscope knows version %d", version, FORMAT_VERSION);
    if ((type != RECORD_MESSAGE && type != RECORD_EVENT) || channel > VFU_TWIN || from > VFU_SERVER ||
        (order != LITTLE && order != BIG))
        return vfu_fail(error, 0, "damaged: type %u, channel %u, direction %u, endianness %u", type, channel, from,
                        order);
    *is_event = type == RECORD_EVENT;
    m->bytes = c->at; /* what it is a record of is known */
    if (count > VFU_MAX_FDS || *length < FILE_RECORD_HEADER + count * FILE_RECORD_FD)
        return vfu_fail(error, 0, "damaged: %u file descriptors in a header of %zu bytes", count, *length);
    if (!get_fds(c, count, fds) || start + *length > (size_t)(c->end - c->start))
        return vfu_fail(error, 0, "cut within its header");
    *length -= (size_t)(c->at - c->start) - start;
    m->channel = (enum vfu_channel)channel;
    m->from = (enum vfu_side)from;
    m->swapped = order != NATIVE;
    m->changed = (uint8_t)changed;
    m->fds_cut = flags & FLAG_FDS_CUT;
    m->fds_unknown = flags & FLAG_FDS_UNKNOWN;
    m->fds = fds;
    m->nfds = count;
    return true;
}

/* What was left out, of what the record has of the message. */
static void cut_left_out(struct vfu_message *m, struct vfu_part *parts)
{
    while (m->left_out_count && parts[m->left_out_count - 1].at >= m->captured)
        m->left_out_count--;
    if (m->left_out_count && m->captured - parts[m->left_out_count - 1].at < parts[m->left_out_count - 1].size)
        parts[m->left_out_count - 1].size = (uint32_t)(m->captured - parts[m->left_out_count - 1].at);
}

bool file_record_get(const uint8_t *record, size_t captured, uint64_t size, struct vfu_event *event, struct vfu_fd *fds,
                     struct file_recorded *recorded, bool *is_event, struct vfu_error *error)
{
    struct vfu_cursor c = vfu_cursor(record, captured, NATIVE == LITTLE);
    struct vfu_message *m = &event->message;
    size_t head, annotations;

    if (!get_tags(&c, error) || !get_header(&c, m, fds, is_event, &annotations, error))
        return false;
    if (annotations && !*is_event)
        file_annotations_get(c.at, annotations, event, recorded);
    vfu_cursor_bytes(&c, annotations);
    head = (size_t)(c.at - c.start);
    if (size < captured)
        return vfu_fail(error, 0, "damaged: %llu bytes long, but %zu are there", (unsigned long long)size, captured);
    m->bytes = c.at;
    m->captured = captured - head;
    m->size = size - head;
    if (!*is_event && m->captured < VFU_HEADER_SIZE)
        return vfu_fail(error, 0, "cut within the message's header");
    if (!*is_event)
        cut_left_out(m, recorded->left_out);
    return true;
}
