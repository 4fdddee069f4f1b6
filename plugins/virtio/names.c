/*
 * virtio: names of device types and of feature bits.
 */
#include "virtio.h"

struct bit {
    unsigned number;
    const char *name;
};

const char *virtio_type_name(unsigned type)
{
    static const char *const names[] = { [1] = "net",   [2] = "block",   [3] = "console", [4] = "entropy",
                                         [5] = "balloon", [8] = "SCSI", [9] = "9p",       [16] = "GPU",
                                         [18] = "input", [19] = "vsock", [20] = "crypto", [23] = "IOMMU",
                                         [24] = "memory", [25] = "sound", [26] = "file system", [27] = "pmem" };

    return type < sizeof names / sizeof names[0] && names[type] ? names[type] : "device of unknown type";
}

static const struct bit common[] = {
    { 24, "NOTIFY_ON_EMPTY" }, { 27, "ANY_LAYOUT" },  { 28, "INDIRECT_DESC" },     { 29, "EVENT_IDX" },
    { 32, "VERSION_1" },       { 33, "ACCESS_PLATFORM" }, { 34, "RING_PACKED" },   { 35, "IN_ORDER" },
    { 36, "ORDER_PLATFORM" },  { 37, "SR_IOV" },      { 38, "NOTIFICATION_DATA" }, { 39, "NOTIF_CONFIG_DATA" },
    { 40, "RING_RESET" },      { 41, "ADMIN_VQ" },    { 0, NULL },
};
static const struct bit block[] = {
    { 0, "BARRIER" }, { 1, "SIZE_MAX" }, { 2, "SEG_MAX" }, { 4, "GEOMETRY" },    { 5, "RO" },
    { 6, "BLK_SIZE" }, { 7, "SCSI" },    { 9, "FLUSH" },   { 10, "TOPOLOGY" },   { 11, "CONFIG_WCE" },
    { 12, "MQ" },     { 13, "DISCARD" }, { 14, "WRITE_ZEROES" }, { 15, "LIFETIME" }, { 16, "SECURE_ERASE" },
    { 17, "ZONED" },  { 0, NULL },
};
static const struct bit net[] = {
    { 0, "CSUM" },        { 1, "GUEST_CSUM" },  { 2, "CTRL_GUEST_OFFLOADS" }, { 3, "MTU" },       { 5, "MAC" },
    { 6, "GSO" },         { 7, "GUEST_TSO4" },  { 8, "GUEST_TSO6" },          { 9, "GUEST_ECN" }, { 10, "GUEST_UFO" },
    { 11, "HOST_TSO4" },  { 12, "HOST_TSO6" },  { 13, "HOST_ECN" },           { 14, "HOST_UFO" }, { 15, "MRG_RXBUF" },
    { 16, "STATUS" },     { 17, "CTRL_VQ" },    { 18, "CTRL_RX" },            { 19, "CTRL_VLAN" },
    { 20, "CTRL_RX_EXTRA" }, { 21, "GUEST_ANNOUNCE" }, { 22, "MQ" },          { 23, "CTRL_MAC_ADDR" },
    { 53, "NOTF_COAL" },  { 54, "GUEST_USO4" }, { 55, "GUEST_USO6" },         { 56, "HOST_USO" },
    { 57, "HASH_REPORT" }, { 59, "GUEST_HDRLEN" }, { 60, "RSS" },             { 61, "RSC_EXT" },
    { 62, "STANDBY" },    { 63, "SPEED_DUPLEX" }, { 0, NULL },
};
static const struct bit scsi[] = {
    { 0, "INOUT" }, { 1, "HOTPLUG" }, { 2, "CHANGE" }, { 3, "T10_PI" }, { 0, NULL },
};
static const struct bit console[] = { { 0, "SIZE" }, { 1, "MULTIPORT" }, { 2, "EMERG_WRITE" }, { 0, NULL } };
static const struct bit none[] = { { 0, NULL } };

static const char *find(const struct bit *bits, unsigned number)
{
    for (; bits->name; bits++)
        if (bits->number == number)
            return bits->name;
    return NULL;
}

void virtio_add_features(struct vfp_line *l, unsigned type, uint64_t features, unsigned from, unsigned to)
{
    const struct bit *own = type == TYPE_NET ? net : type == TYPE_BLOCK ? block : type == TYPE_SCSI ? scsi
                            : type == 3 ? console : none;
    size_t start = l->size;

    for (unsigned i = from; i < to; i++) {
        const char *name = find(own, i);

        if (!(features >> i & 1))
            continue;
        name = name ? name : find(common, i);
        vfp_comma(l, start);
        if (name)
            vfp_add(l, "%s", name);
        else
            vfp_add(l, "bit %u", i);
    }
    if (l->size == start)
        vfp_add(l, "none");
}
