/*
 * virtio: the device's own configuration (2.5), by the names of its type. Drivers read 64-bit numbers by halves and
 * addresses byte by byte: what was seen is put together.
 */
#include "plugins/virtio/virtio.h"

enum { SECTOR = 512 };

/* The bits that say that a register means something: of block devices (5.2.4) and net devices (5.1.4). */
static const struct {
    const char *name;
    uint8_t type, feature;
} needed[] = {
    { "blk.size_max", TYPE_BLOCK, 1 },          { "blk.seg_max", TYPE_BLOCK, 2 },
    { "blk.cylinders", TYPE_BLOCK, 4 },         { "blk.heads", TYPE_BLOCK, 4 },
    { "blk.sectors", TYPE_BLOCK, 4 },           { "blk.blk_size", TYPE_BLOCK, 6 },
    { "blk.physical_block_exp", TYPE_BLOCK, 10 }, { "blk.alignment_offset", TYPE_BLOCK, 10 },
    { "blk.min_io_size", TYPE_BLOCK, 10 },      { "blk.opt_io_size", TYPE_BLOCK, 10 },
    { "blk.writeback", TYPE_BLOCK, 11 },        { "blk.num_queues", TYPE_BLOCK, 12 },
    { "net.mac", TYPE_NET, 5 },                 { "net.status", TYPE_NET, 16 },
    { "net.max_virtqueue_pairs", TYPE_NET, 22 }, { "net.mtu", TYPE_NET, 3 },
    { "net.speed", TYPE_NET, 63 },              { "net.duplex", TYPE_NET, 63 },
};

static bool is_known(const struct virtio *v, unsigned at, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        if (at + i >= VIRTIO_CONFIG || !v->config_known[at + i])
            return false;
    return true;
}

static uint64_t value_of(const struct virtio *v, unsigned at, unsigned size) { return vfp_le(v->config + at, size); }

bool virtio_config_value(const struct virtio *v, const char *name, uint64_t *value)
{
    for (const struct vfp_register *r = virtio_registers; r->name; r++) {
        if (virtio_register_area(r) != AREA_DEVICE || virtio_register_type(r) != v->type || strcmp(r->name, name) != 0 ||
            !is_known(v, r->offset, r->width))
            continue;
        *value = value_of(v, r->offset, r->width);
        return true;
    }
    return false;
}

static bool add_missing(const struct virtio *v, struct vfp_line *l, const struct vfp_register *r)
{
    size_t start = l->size;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (strcmp(needed[i].name, r->name) != 0 || v->device_known != 3 || v->device_features >> needed[i].feature & 1)
            continue;
        vfp_add(l, " (says nothing without ");
        virtio_add_feature(l, v->type, needed[i].feature);
        vfp_add(l, ")");
    }
    return l->size > start;
}

/* Two that only mean something together; once their last byte is there. True: said, or nothing is to be said. */
static bool tell_whole(struct virtio *v, const struct vfp_register *r, const char *arrow)
{
    const uint8_t *b = v->config;
    struct vfp_line l = { 0 };

    if (v->type == TYPE_NET && r->offset < 6) {
        if (is_known(v, 0, 6) && r->offset == 4)
            NOTE(v, "net.mac %s %02x:%02x:%02x:%02x:%02x:%02x", arrow, b[0], b[1], b[2], b[3], b[4], b[5]);
        return true;
    }
    if (v->type != TYPE_BLOCK || r->offset >= 8)
        return false;
    if (r->offset == 4 && is_known(v, 0, 8)) {
        vfp_add(&l, "blk.capacity %s %" PRIu64 " sectors", arrow, value_of(v, 0, 8));
        if (value_of(v, 0, 8) <= UINT64_MAX / SECTOR) {
            vfp_add(&l, " (");
            vfp_add_size(&l, value_of(v, 0, 8) * SECTOR);
            vfp_add(&l, ")");
        }
        NOTE(v, "%s", l.text);
    }
    return true;
}

/* named: the line of the access has it whole. */
static void tell(struct virtio *v, const struct vfp_register *r, const char *arrow, bool named)
{
    uint64_t value = value_of(v, r->offset, r->width);
    struct vfp_line l = { 0 };

    if (tell_whole(v, r, arrow))
        return;
    vfp_add(&l, "%s %s ", r->name, arrow);
    if (r->fields && value)
        vfp_add_fields(&l, r->fields, value);
    else
        vfp_add(&l, "%" PRIu64, value);
    if (add_missing(v, &l, r) || !named)
        NOTE(v, "%s", l.text);
}

static bool is_read_only(const struct virtio *v, uint64_t at)
{
    for (const struct vfp_register *r = virtio_registers; r->name; r++)
        if (virtio_register_area(r) == AREA_DEVICE && virtio_register_type(r) == v->type && at >= r->offset &&
            at - r->offset < r->width)
            return r->flags & VFP_READ_ONLY;
    return false;
}

/* What a write brings that is not at hand is not known. */
static void remember(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    for (size_t i = 0; i < a->size && at + i < VIRTIO_CONFIG; i++) {
        if (a->is_write ? is_read_only(v, at + i) : i >= a->data_size)
            continue;
        v->config_known[at + i] = i < a->data_size;
        if (i < a->data_size)
            v->config[at + i] = a->data[i];
    }
}

void virtio_config(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    const char *arrow = a->is_write ? "<-" : "=";
    bool named = false;

    if (vfp_is_nobody(a) && a->size > 2) {
        NOTE(v, "device configuration+0x%" PRIx64 " reads all ones", at);
        return;
    }
    remember(v, a, at);
    for (const struct vfp_register *r = virtio_registers; r->name; r++) {
        uint64_t last = (uint64_t)r->offset + r->width - 1;

        if (virtio_register_area(r) != AREA_DEVICE || virtio_register_type(r) != v->type || last < at ||
            r->offset >= at + a->data_size)
            continue;
        named = true;
        if (a->is_write && r->flags & VFP_READ_ONLY)
            virtio_read_only(v, r);
        else if (last < at + a->data_size && is_known(v, r->offset, r->width))
            tell(v, r, arrow, v->named && r->offset >= at);
    }
    if (!named)
        NOTE(v, "device configuration+0x%" PRIx64 " %s %" PRIu64 " bytes", at, arrow, a->size);
}
