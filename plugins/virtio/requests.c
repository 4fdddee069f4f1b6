/*
 * virtio: what a chain of descriptors asks of a block (5.2.6), net (5.1.6) or SCSI device (5.6.6).
 */
#include "virtio.h"

enum { BLOCK_HEAD = 16, NET_HEAD = 12, SCSI_HEAD = 51, SCSI_CDB = 19, SCSI_STATUS = 10 };

static uint64_t sum(const struct virtio_part *parts, unsigned count, bool writeable)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < count; i++)
        if (parts[i].writeable == writeable)
            total += parts[i].size;
    return total;
}

/* The first `size` bytes that the device reads, or (writeable) writes; false: there are fewer, or no way to them. */
static bool gather(struct virtio *v, const struct virtio_part *parts, unsigned count, bool writeable, uint64_t skip,
                   uint8_t *to, size_t size)
{
    for (unsigned i = 0; i < count && size; i++) {
        uint64_t piece;

        if (parts[i].writeable != writeable)
            continue;
        if (skip >= parts[i].size) {
            skip -= parts[i].size;
            continue;
        }
        piece = parts[i].size - skip < size ? parts[i].size - skip : size;
        if (v->host->read(v->device, parts[i].address + skip, to, (size_t)piece) != VFP_OK)
            return false;
        to += piece;
        size -= (size_t)piece;
        skip = 0;
    }
    return size == 0;
}

/* The address of a byte among those that the device writes; 0: none. */
static uint64_t place_of(const struct virtio_part *parts, unsigned count, uint64_t at)
{
    for (unsigned i = 0; i < count; i++) {
        if (!parts[i].writeable)
            continue;
        if (at < parts[i].size)
            return parts[i].address + at;
        at -= parts[i].size;
    }
    return 0;
}

/* --- block --- */

static const char *block_type(uint32_t type)
{
    static const char *const names[] = { [0] = "read",     [1] = "write",   [4] = "flush",         [8] = "get id",
                                         [10] = "get lifetime", [11] = "discard", [13] = "write zeroes",
                                         [14] = "secure erase" };

    return type < sizeof names / sizeof names[0] ? names[type] : NULL;
}

static void block(struct virtio *v, struct vfp_line *l, const struct virtio_part *parts, unsigned count,
                  struct virtio_waiting *w)
{
    uint64_t read = sum(parts, count, false), written = sum(parts, count, true);
    uint8_t head[BLOCK_HEAD];
    uint32_t type;

    if (!gather(v, parts, count, false, 0, head, sizeof head) || !written) {
        vfp_add(l, "no block request: %" PRIu64 " bytes to read, %" PRIu64 " to write", read, written);
        return;
    }
    type = (uint32_t)virtio_le(head, 4);
    if (block_type(type))
        snprintf(w->what, sizeof w->what, "%s", block_type(type));
    else
        snprintf(w->what, sizeof w->what, "request type %u", type);
    vfp_add(l, "%s", w->what);
    if (type <= 1) {
        vfp_add(l, " sector 0x%" PRIx64 ", ", virtio_le(head + 8, 8));
        vfp_add_size(l, type ? read - BLOCK_HEAD : written - 1);
    }
    w->status = place_of(parts, count, written - 1);
}

/* --- net --- */

static void transmit(struct virtio *v, struct vfp_line *l, const struct virtio_part *parts, unsigned count)
{
    uint64_t size = sum(parts, count, false);
    uint8_t head[NET_HEAD + 14];

    if (!gather(v, parts, count, false, 0, head, sizeof head)) {
        vfp_add(l, "transmit: %" PRIu64 " bytes, no frame", size);
        return;
    }
    vfp_add(l, "transmit a frame of %" PRIu64 " bytes to %02x:%02x:%02x:%02x:%02x:%02x, type 0x%04x", size - NET_HEAD,
            head[12], head[13], head[14], head[15], head[16], head[17], head[24] << 8 | head[25]);
    if (head[0] & 1)
        vfp_add(l, ", checksum wanted");
    if (head[1])
        vfp_add(l, ", GSO type %u of %u", head[1] & 0x7f, (unsigned)virtio_le(head + 4, 2));
}

static void net(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_part *parts, unsigned count)
{
    static const char *const classes[] = { "receive mode", "MAC", "VLAN", "announce", "queue pairs", "offloads" };
    uint8_t head[2];

    if (v->driver_features >> NET_F_CTRL_VQ & 1 && v->num_queues && queue == v->num_queues - 1u) {
        if (gather(v, parts, count, false, 0, head, sizeof head))
            vfp_add(l, "control: %s, command %u", head[0] < 6 ? classes[head[0]] : "unknown class", head[1]);
    } else if (queue % 2 == 0) {
        vfp_add(l, "a receive buffer of %" PRIu64 " bytes", sum(parts, count, true));
    } else {
        transmit(v, l, parts, count);
    }
}

/* --- SCSI --- */

static const char *scsi_name(uint8_t opcode)
{
    static const struct {
        uint8_t opcode;
        const char *name;
    } names[] = {
        { 0x00, "TEST UNIT READY" }, { 0x03, "REQUEST SENSE" },  { 0x12, "INQUIRY" },       { 0x1a, "MODE SENSE(6)" },
        { 0x1b, "START STOP UNIT" }, { 0x25, "READ CAPACITY(10)" }, { 0x28, "READ(10)" },   { 0x2a, "WRITE(10)" },
        { 0x35, "SYNCHRONIZE CACHE(10)" }, { 0x41, "WRITE SAME(10)" }, { 0x42, "UNMAP" },   { 0x4d, "LOG SENSE" },
        { 0x55, "MODE SELECT(10)" }, { 0x5a, "MODE SENSE(10)" }, { 0x5e, "PERSISTENT RESERVE IN" },
        { 0x88, "READ(16)" },        { 0x8a, "WRITE(16)" },      { 0x93, "WRITE SAME(16)" },
        { 0x9e, "SERVICE ACTION IN(16)" }, { 0xa0, "REPORT LUNS" }, { 0xa3, "MAINTENANCE IN" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].opcode == opcode)
            return names[i].name;
    return NULL;
}

static uint64_t big(const uint8_t *bytes, unsigned size)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < size; i++)
        n = n << 8 | bytes[i];
    return n;
}

static void scsi(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_part *parts, unsigned count,
                 struct virtio_waiting *w)
{
    uint8_t head[SCSI_HEAD];
    const uint8_t *cdb = head + SCSI_CDB;
    const char *name;

    if (queue < 2) {
        vfp_add(l, queue ? "an event buffer of %" PRIu64 " bytes" : "task management, %" PRIu64 " bytes",
                sum(parts, count, queue));
        return;
    }
    if (!gather(v, parts, count, false, 0, head, sizeof head)) {
        vfp_add(l, "no SCSI request: %" PRIu64 " bytes to read", sum(parts, count, false));
        return;
    }
    name = scsi_name(cdb[0]);
    if (name)
        snprintf(w->what, sizeof w->what, "%s", name);
    else
        snprintf(w->what, sizeof w->what, "SCSI command 0x%02x", cdb[0]);
    vfp_add(l, "target %u LUN %u: %s", head[1], (unsigned)big(head + 2, 2) & 0x3fff, w->what);
    if (cdb[0] == 0x28 || cdb[0] == 0x2a)
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, big(cdb + 2, 4), big(cdb + 7, 2));
    else if (cdb[0] == 0x88 || cdb[0] == 0x8a)
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, big(cdb + 2, 8), big(cdb + 10, 4));
    w->status = place_of(parts, count, SCSI_STATUS);
}

/* --- all --- */

void virtio_request(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_part *parts,
                    unsigned count, struct virtio_waiting *w)
{
    if (v->type == TYPE_BLOCK)
        block(v, l, parts, count, w);
    else if (v->type == TYPE_NET)
        net(v, l, queue, parts, count);
    else if (v->type == TYPE_SCSI)
        scsi(v, l, queue, parts, count, w);
    else
        vfp_add(l, "%" PRIu64 " bytes to read, %" PRIu64 " to write", sum(parts, count, false), sum(parts, count, true));
    vfp_add(l, ", %u descriptor%s", count, count == 1 ? "" : "s");
}

bool virtio_result(struct virtio *v, struct vfp_line *l, const struct virtio_waiting *w)
{
    static const char *const block_status[] = { "ok", "I/O error", "not supported" };
    uint8_t status[2];

    if (!w->status || v->host->read(v->device, w->status, status, v->type == TYPE_SCSI ? 2 : 1) != VFP_OK)
        return true;
    if (v->type == TYPE_BLOCK) {
        vfp_add(l, ", %s", status[0] < 3 ? block_status[status[0]] : "unknown status");
        return status[0] == 0;
    }
    vfp_add(l, ", status 0x%02x, response %u", status[0], status[1]);
    return status[1] == 0; /* a check condition is the driver's everyday life */
}
