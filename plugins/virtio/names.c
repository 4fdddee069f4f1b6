/*
 * virtio: names of device types and of feature bits, and what feature needs what.
 */
#include "plugins/virtio/virtio.h"

struct bit {
    unsigned number;
    const char *name;
};

const char *virtio_type_name(unsigned type)
{
    static const char *const names[] = {
        "reserved type 0", "net", "block", "console", "entropy", "balloon (traditional)", "I/O memory", "rpmsg", "SCSI",
        "9p", "mac80211 WLAN", "rproc serial", "CAIF", "memory balloon", NULL, NULL, "GPU", "timer", "input", "vsock",
        "crypto", "signal distribution", "pstore", "IOMMU", "memory", "sound", "file system", "pmem", "RPMB",
        "mac80211 hwsim", "video encoder", "video decoder", "SCMI", "Nitro secure module", "I2C adapter", "watchdog", "CAN",
        NULL, "parameter server", "audio policy", "Bluetooth", "GPIO", "RDMA", "camera", "ISM", "SPI controller",
    };

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
    { 50, "DEVICE_STATS" }, { 51, "HASH_TUNNEL" }, { 52, "VQ_NOTF_COAL" },    { 53, "NOTF_COAL" }, { 54, "GUEST_USO4" },
    { 55, "GUEST_USO6" }, { 56, "HOST_USO" },   { 57, "HASH_REPORT" },        { 59, "GUEST_HDRLEN" }, { 60, "RSS" },
    { 61, "RSC_EXT" },    { 62, "STANDBY" },    { 63, "SPEED_DUPLEX" },       { 0, NULL },
};
static const struct bit scsi[] = { { 0, "INOUT" }, { 1, "HOTPLUG" }, { 2, "CHANGE" }, { 3, "T10_PI" }, { 0, NULL } };
static const struct bit console[] = { { 0, "SIZE" }, { 1, "MULTIPORT" }, { 2, "EMERG_WRITE" }, { 0, NULL } };
static const struct bit balloon[] = {
    { 0, "MUST_TELL_HOST" }, { 1, "STATS_VQ" }, { 2, "DEFLATE_ON_OOM" }, { 3, "FREE_PAGE_HINT" }, { 4, "PAGE_POISON" },
    { 5, "PAGE_REPORTING" }, { 0, NULL },
};
static const struct bit plan9[] = { { 0, "MOUNT_TAG" }, { 0, NULL } };
static const struct bit gpu[] = {
    { 0, "VIRGL" }, { 1, "EDID" }, { 2, "RESOURCE_UUID" }, { 3, "RESOURCE_BLOB" }, { 4, "CONTEXT_INIT" }, { 0, NULL },
};
static const struct bit vsock[] = { { 0, "STREAM" }, { 1, "SEQPACKET" }, { 2, "NO_IMPLIED_STREAM" }, { 0, NULL } };
static const struct bit crypto[] = {
    { 0, "REVISION_1" }, { 1, "CIPHER_STATELESS" }, { 2, "HASH_STATELESS" }, { 3, "MAC_STATELESS" },
    { 4, "AEAD_STATELESS" }, { 5, "AKCIPHER_STATELESS" }, { 0, NULL },
};
static const struct bit iommu[] = {
    { 0, "INPUT_RANGE" }, { 1, "DOMAIN_RANGE" }, { 2, "MAP_UNMAP" }, { 3, "BYPASS" }, { 4, "PROBE" }, { 5, "MMIO" },
    { 6, "BYPASS_CONFIG" }, { 0, NULL },
};
static const struct bit memory[] = { { 0, "ACPI_PXM" }, { 1, "UNPLUGGED_INACCESSIBLE" }, { 0, NULL } };
static const struct bit file_system[] = { { 0, "NOTIFICATION" }, { 0, NULL } };

static const struct bit *const own[] = {
    [1] = net, [2] = block, [3] = console, [5] = balloon, [8] = scsi, [9] = plan9, [16] = gpu, [19] = vsock, [20] = crypto,
    [23] = iommu, [24] = memory, [26] = file_system,
};

static const char *find(const struct bit *bits, unsigned number)
{
    for (; bits && bits->name; bits++)
        if (bits->number == number)
            return bits->name;
    return NULL;
}

void virtio_add_feature(struct vfp_line *l, unsigned type, unsigned bit)
{
    bool is_common = bit >= 24 && bit < 50; /* 2.2: the others are the type's */
    const char *name = find(is_common ? common : type < sizeof own / sizeof own[0] ? own[type] : NULL, bit);

    if (name)
        vfp_add(l, "%s", name);
    else
        vfp_add(l, is_common ? "reserved bit %u" : "bit %u", bit);
}

void virtio_add_features(struct vfp_line *l, unsigned type, uint64_t features)
{
    size_t start = l->size;

    for (unsigned i = 0; i < 64; i++) {
        if (!(features >> i & 1))
            continue;
        vfp_comma(l, start);
        virtio_add_feature(l, type, i);
    }
    if (l->size == start)
        vfp_add(l, "none");
}

bool virtio_feature_lacks(unsigned type, uint64_t features, unsigned *feature, unsigned *needs)
{
    /* 5.1.3.1 and its like; `or`: this one would do as well */
    static const struct {
        uint8_t type, feature, needs, or;
    } rows[] = {
        { TYPE_NET, 7, 1, 1 },    { TYPE_NET, 8, 1, 1 },    { TYPE_NET, 9, 7, 8 },    { TYPE_NET, 10, 1, 1 },
        { TYPE_NET, 54, 1, 1 },   { TYPE_NET, 55, 1, 1 },   { TYPE_NET, 11, 0, 0 },   { TYPE_NET, 12, 0, 0 },
        { TYPE_NET, 13, 11, 12 }, { TYPE_NET, 14, 0, 0 },   { TYPE_NET, 56, 0, 0 },   { TYPE_NET, 18, 17, 17 },
        { TYPE_NET, 19, 17, 17 }, { TYPE_NET, 21, 17, 17 }, { TYPE_NET, 22, 17, 17 }, { TYPE_NET, 23, 17, 17 },
        { TYPE_NET, 53, 17, 17 }, { TYPE_NET, 57, 17, 17 }, { TYPE_NET, 60, 17, 17 }, { TYPE_NET, 61, 11, 12 },
        { TYPE_NET, 2, 17, 17 },  { TYPE_NET, 20, 17, 17 }, { TYPE_NET, 52, 17, 17 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type != type || !(features >> rows[i].feature & 1) || features >> rows[i].needs & 1 ||
            features >> rows[i].or & 1)
            continue;
        *feature = rows[i].feature;
        *needs = rows[i].needs;
        return true;
    }
    return false;
}
