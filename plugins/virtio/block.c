/*
 * virtio: what a chain asks of a block device (5.2.6).
 */
#include "plugins/virtio/virtio.h"

enum { HEAD = 16, SECTOR = 512, SEGMENT = 16 };
enum { T_IN = 0, T_OUT = 1, T_DISCARD = 11, T_WRITE_ZEROES = 13, T_SECURE_ERASE = 14 };

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        [T_IN] = "read",       [T_OUT] = "write",     [2] = "SCSI command",  [3] = "SCSI command",
        [4] = "flush",         [8] = "get id",        [10] = "get lifetime", [T_DISCARD] = "discard",
        [T_WRITE_ZEROES] = "write zeroes",            [T_SECURE_ERASE] = "secure erase",
        [15] = "zone append",  [16] = "zone report",  [18] = "zone open",    [20] = "zone close",
        [22] = "zone finish",  [24] = "zone reset",   [26] = "zone reset all",
    };

    return type < sizeof names / sizeof names[0] ? names[type] : NULL;
}

static void check_range(struct virtio *v, uint64_t sector, uint64_t sectors)
{
    uint64_t low, high, capacity;

    if (!virtio_config_value(v, "blk.capacity", &low) || !virtio_config_value(v, "blk.capacity_hi", &high))
        return;
    capacity = high << 32 | low;
    if (sector > capacity || sectors > capacity - sector)
        COMPLAIN(v, "sector 0x%" PRIx64 "+0x%" PRIx64 " is beyond the device's %" PRIu64, sector, sectors, capacity);
}

/* Discard and its like: segments of sector, count and flags behind the head. */
static void add_segments(struct virtio *v, struct vfp_line *l, const struct virtio_chain *c)
{
    enum { NAMED = 3 };
    uint64_t count = (virtio_sum(c, false) - HEAD) / SEGMENT, sector, sectors;
    uint8_t segment[SEGMENT];

    for (uint64_t i = 0; i < count && i < NAMED && virtio_gather(v, c, HEAD + i * SEGMENT, segment, sizeof segment); i++) {
        sector = vfp_le(segment, 8);
        sectors = vfp_le(segment + 8, 4);
        vfp_add(l, "%s0x%" PRIx64 "+0x%" PRIx64 "%s", i ? ", " : " sector ", sector, sectors, segment[12] & 1 ? ", unmap" : "");
        check_range(v, sector, sectors);
    }
    if (count > NAMED)
        vfp_add(l, " and %" PRIu64 " more", count - NAMED);
}

static void add_transfer(struct virtio *v, struct vfp_line *l, const uint8_t *head, uint64_t bytes, struct vfp_request *r)
{
    uint64_t sector = vfp_le(head + 8, 8);

    r->known |= VFP_HAS_LBA;
    r->lba = sector;
    r->blocks = (uint32_t)(bytes / SECTOR);
    r->bytes = bytes;

    vfp_add(l, " sector 0x%" PRIx64 ", ", sector);
    vfp_add_size(l, bytes);
    if (bytes % SECTOR)
        COMPLAIN(v, "%" PRIu64 " bytes are no whole sectors", bytes);
    check_range(v, sector, bytes / SECTOR);
}

void virtio_block(struct virtio *v, struct vfp_line *l, const struct virtio_chain *c, struct virtio_waiting *w)
{
    uint64_t read = virtio_sum(c, false), written = virtio_sum(c, true);
    struct vfp_line what = { 0 };
    uint8_t head[HEAD];
    uint32_t type;

    if (read >= HEAD && !virtio_gather(v, c, 0, head, sizeof head)) {
        vfp_add(l, "a request whose head can't be read");
        return;
    }
    if (read < HEAD || (!written && !c->cut)) {
        vfp_add(l, "a request");
        COMPLAIN(v, "no block request: %" PRIu64 " bytes to read, %" PRIu64 " to write", read, written);
        return;
    }
    type = (uint32_t)vfp_le(head, 4);
    if (type_name(type))
        vfp_add(&what, "%s", type_name(type));
    else
        vfp_add(&what, "request type %u", type);
    if (type == T_OUT && v->device_features >> BLOCK_F_RO & 1)
        COMPLAIN(v, "a write, and the device is read-only");
    if (type == T_IN && c->done && c->written != written)
        COMPLAIN(v, "%u bytes were written, not %" PRIu64, c->written, written); /* of another request */
    if ((type == T_IN || type == T_OUT) && !c->cut)
        add_transfer(v, &what, head, type == T_OUT ? read - HEAD : written - 1, &w->request);
    else if (type == T_IN || type == T_OUT)
        vfp_add(&what, " sector 0x%" PRIx64, vfp_le(head + 8, 8));
    else if (type == T_DISCARD || type == T_WRITE_ZEROES || type == T_SECURE_ERASE)
        add_segments(v, &what, c);
    w->request.known |= VFP_HAS_OPCODE;
    w->request.opcode = type;
    w->request.name = type_name(type);
    vfp_add(l, "%s", what.text);
    snprintf(w->what, sizeof w->what, "%.71s", what.text);
    w->answer = c->cut ? 0 : virtio_place(c, written - 1);
}

bool virtio_block_result(struct virtio *v, struct vfp_line *l, struct virtio_waiting *w)
{
    static const char *const names[] = { "ok", "I/O error", "not supported", "zone: invalid command",
                                         "zone: unaligned write pointer", "zone: open resources", "zone: active resources" };
    uint8_t status;

    if (!w->answer || v->host->read(v->device, w->answer, &status, 1) != VFP_OK)
        return true;
    if (status && w->again)
        return true; /* the driver has used the chain again: it is the next request's */
    if (status >= sizeof names / sizeof names[0] && v->unseen)
        return true; /* no device writes that: likewise, or what the driver put there first */
    w->request.known |= VFP_HAS_STATUS;
    w->request.status = status;
    if (status < sizeof names / sizeof names[0])
        vfp_add(l, ", %s", names[status]);
    else
        vfp_add(l, ", unknown status 0x%02x", status);
    return status == 0;
}
