/*
 * virtio: registers by name, each in a structure that a vendor-specific capability says the place of (4.1.4): the common
 * configuration, the device's own by its type; and those of the legacy interface (4.1.4.10), which begin BAR0.
 *
 * 64-bit registers are two: they are to be accessed by halves (4.1.3.1).
 */
#include "plugins/virtio/virtio.h"

#include <linux/pci_regs.h>

enum { QUEUES_MOST = 1 << 16 }; /* their numbers have 16 bits */
enum { IN_COMMON = VFP_LOCATED + AREA_COMMON, IN_NOTIFY, IN_ISR, IN_DEVICE }; /* IN_DEVICE + the device's type */
enum { IN_NET = IN_DEVICE + TYPE_NET, IN_BLOCK = IN_DEVICE + TYPE_BLOCK, IN_CONSOLE = IN_DEVICE + TYPE_CONSOLE,
       IN_SCSI = IN_DEVICE + TYPE_SCSI };

const struct vfp_field virtio_status_bits[] = {
    { "ACKNOWLEDGE", 0, 1 }, { "DRIVER", 1, 1 },       { "FEATURES_OK", 3, 1 }, { "DRIVER_OK", 2, 1 },
    { "NEEDS_RESET", 6, 1 }, { "FAILED", 7, 1 },       { 0 },
};
static const struct vfp_field isr_bits[] = { { "queue", 0, 1 }, { "configuration", 1, 1 }, { 0 } };
static const struct vfp_field link_bits[] = { { "LINK_UP", 0, 1 }, { "ANNOUNCE", 1, 1 }, { 0 } };
static const char *const cache_modes[] = { "write through", "write back" };
static const struct vfp_field writeback[] = { { "cache", 0, 8, cache_modes, 2 }, { 0 } };

const struct vfp_register virtio_registers[] = {
    { "device_feature_select", DEVICE_SELECT, IN_COMMON, 4, NULL, "which 32 of the device's features" },
    { "device_feature", DEVICE_FEATURE, IN_COMMON, 4, NULL, "features that the device offers", VFP_READ_ONLY },
    { "driver_feature_select", DRIVER_SELECT, IN_COMMON, 4, NULL, "which 32 of the driver's features" },
    { "driver_feature", DRIVER_FEATURE, IN_COMMON, 4, NULL, "features that the driver takes" },
    { "config_msix_vector", CONFIG_VECTOR, IN_COMMON, 2, NULL, "vector of configuration changes" },
    { "num_queues", NUM_QUEUES, IN_COMMON, 2, NULL, "queues of the device", VFP_READ_ONLY },
    { "device_status", STATUS, IN_COMMON, 1, virtio_status_bits, "how far the driver has come" },
    { "config_generation", GENERATION, IN_COMMON, 1, NULL, "changes with the configuration", VFP_READ_ONLY },
    { "queue_select", QUEUE_SELECT, IN_COMMON, 2, NULL, "which queue the following are of" },
    { "queue_size", QUEUE_SIZE, IN_COMMON, 2, NULL, "entries; 0: no such queue" },
    { "queue_msix_vector", QUEUE_VECTOR, IN_COMMON, 2, NULL, "vector of the queue" },
    { "queue_enable", QUEUE_ENABLE, IN_COMMON, 2, NULL, "1: in use" },
    { "queue_notify_off", QUEUE_NOTIFY_OFF, IN_COMMON, 2, NULL, "where its notifications go, times the multiplier", VFP_READ_ONLY },
    { "queue_desc_lo", QUEUE_DESC, IN_COMMON, 4, NULL, "descriptors" },
    { "queue_desc_hi", QUEUE_DESC + 4, IN_COMMON, 4, NULL, NULL },
    { "queue_driver_lo", QUEUE_DRIVER, IN_COMMON, 4, NULL, "what the driver writes: available ring" },
    { "queue_driver_hi", QUEUE_DRIVER + 4, IN_COMMON, 4, NULL, NULL },
    { "queue_device_lo", QUEUE_DEVICE, IN_COMMON, 4, NULL, "what the device writes: used ring" },
    { "queue_device_hi", QUEUE_DEVICE + 4, IN_COMMON, 4, NULL, NULL },
    { "queue_notify_data", QUEUE_NOTIFY_DATA, IN_COMMON, 2, NULL, "what to notify with", VFP_READ_ONLY },
    { "queue_reset", QUEUE_RESET, IN_COMMON, 2, NULL, "1: reset the queue" },
    { "admin_queue_index", ADMIN_QUEUE_INDEX, IN_COMMON, 2, NULL, "first administration queue", VFP_READ_ONLY },
    { "admin_queue_num", ADMIN_QUEUE_NUM, IN_COMMON, 2, NULL, "administration queues", VFP_READ_ONLY },
    { "notify", 0, IN_NOTIFY, 2, NULL, "queue 0: write a queue's number", VFP_WRITE_ONLY },
    { "isr_status", 0, IN_ISR, 1, isr_bits, "why the interrupt; reading clears it",
      VFP_READ_CHANGES | VFP_READ_ONLY },

    { "net.mac", 0, IN_NET, 4, NULL, "its first four bytes", VFP_READ_ONLY },
    { "net.mac_end", 4, IN_NET, 2, NULL, "its last two bytes", VFP_READ_ONLY },
    { "net.status", 6, IN_NET, 2, link_bits, "the link", VFP_READ_ONLY },
    { "net.max_virtqueue_pairs", 8, IN_NET, 2, NULL, "pairs of queues, with MQ", VFP_READ_ONLY },
    { "net.mtu", 10, IN_NET, 2, NULL, "largest frame", VFP_READ_ONLY },
    { "net.speed", 12, IN_NET, 4, NULL, "Mbit/s", VFP_READ_ONLY },
    { "net.duplex", 16, IN_NET, 1, NULL, "1: full", VFP_READ_ONLY },
    { "net.rss_max_key_size", 17, IN_NET, 1, NULL, NULL, VFP_READ_ONLY },
    { "net.rss_max_table", 18, IN_NET, 2, NULL, "rss_max_indirection_table_length", VFP_READ_ONLY },
    { "net.hash_types", 20, IN_NET, 4, NULL, "supported_hash_types", VFP_READ_ONLY },

    { "blk.capacity", 0, IN_BLOCK, 4, NULL, "sectors of 512 bytes", VFP_READ_ONLY },
    { "blk.capacity_hi", 4, IN_BLOCK, 4, NULL, NULL, VFP_READ_ONLY },
    { "blk.size_max", 8, IN_BLOCK, 4, NULL, "largest segment", VFP_READ_ONLY },
    { "blk.seg_max", 12, IN_BLOCK, 4, NULL, "most segments of a request", VFP_READ_ONLY },
    { "blk.cylinders", 16, IN_BLOCK, 2, NULL, NULL, VFP_READ_ONLY },
    { "blk.heads", 18, IN_BLOCK, 1, NULL, NULL, VFP_READ_ONLY },
    { "blk.sectors", 19, IN_BLOCK, 1, NULL, NULL, VFP_READ_ONLY },
    { "blk.blk_size", 20, IN_BLOCK, 4, NULL, "block size", VFP_READ_ONLY },
    { "blk.physical_block_exp", 24, IN_BLOCK, 1, NULL, "blocks of a physical one, as a power of two", VFP_READ_ONLY },
    { "blk.alignment_offset", 25, IN_BLOCK, 1, NULL, NULL, VFP_READ_ONLY },
    { "blk.min_io_size", 26, IN_BLOCK, 2, NULL, "in blocks", VFP_READ_ONLY },
    { "blk.opt_io_size", 28, IN_BLOCK, 4, NULL, "in blocks", VFP_READ_ONLY },
    { "blk.writeback", 32, IN_BLOCK, 1, writeback, NULL },
    { "blk.num_queues", 34, IN_BLOCK, 2, NULL, "with MQ", VFP_READ_ONLY },
    { "blk.max_discard_sectors", 36, IN_BLOCK, 4, NULL, NULL, VFP_READ_ONLY },
    { "blk.max_discard_seg", 40, IN_BLOCK, 4, NULL, NULL, VFP_READ_ONLY },
    { "blk.discard_sector_alignment", 44, IN_BLOCK, 4, NULL, NULL, VFP_READ_ONLY },
    { "blk.max_write_zeroes_sectors", 48, IN_BLOCK, 4, NULL, NULL, VFP_READ_ONLY },
    { "blk.max_write_zeroes_seg", 52, IN_BLOCK, 4, NULL, NULL, VFP_READ_ONLY },
    { "blk.write_zeroes_may_unmap", 56, IN_BLOCK, 1, NULL, NULL, VFP_READ_ONLY },

    { "console.cols", 0, IN_CONSOLE, 2, NULL, NULL, VFP_READ_ONLY },
    { "console.rows", 2, IN_CONSOLE, 2, NULL, NULL, VFP_READ_ONLY },
    { "console.max_nr_ports", 4, IN_CONSOLE, 4, NULL, NULL, VFP_READ_ONLY },

    { "scsi.num_queues", 0, IN_SCSI, 4, NULL, "request queues", VFP_READ_ONLY },
    { "scsi.seg_max", 4, IN_SCSI, 4, NULL, "most segments of a request", VFP_READ_ONLY },
    { "scsi.max_sectors", 8, IN_SCSI, 4, NULL, NULL, VFP_READ_ONLY },
    { "scsi.cmd_per_lun", 12, IN_SCSI, 4, NULL, NULL, VFP_READ_ONLY },
    { "scsi.event_info_size", 16, IN_SCSI, 4, NULL, NULL, VFP_READ_ONLY },
    { "scsi.sense_size", 20, IN_SCSI, 4, NULL, NULL },
    { "scsi.cdb_size", 24, IN_SCSI, 4, NULL, NULL },
    { "scsi.max_channel", 28, IN_SCSI, 2, NULL, NULL, VFP_READ_ONLY },
    { "scsi.max_target", 30, IN_SCSI, 2, NULL, NULL, VFP_READ_ONLY },
    { "scsi.max_lun", 32, IN_SCSI, 4, NULL, NULL, VFP_READ_ONLY },
    { 0 },
};

const struct vfp_register virtio_legacy[] = {
    { "device features", 0, VFP_BAR0, 4 }, { "driver features", 4, VFP_BAR0, 4 }, { "queue address / 4096", 8, VFP_BAR0, 4 },
    { "queue size", 12, VFP_BAR0, 2 },     { "queue select", 14, VFP_BAR0, 2 },   { "queue notify", 16, VFP_BAR0, 2 },
    { "device status", 18, VFP_BAR0, 1, virtio_status_bits },                     { "ISR", 19, VFP_BAR0, 1, isr_bits },
    { 0 },
};

unsigned virtio_register_area(const struct vfp_register *r)
{
    return r->region < IN_DEVICE ? r->region - VFP_LOCATED : AREA_DEVICE;
}

unsigned virtio_register_type(const struct vfp_register *r)
{
    return r->region < IN_DEVICE ? 0 : r->region - IN_DEVICE;
}

void virtio_read_only(struct virtio *v, const struct vfp_register *r)
{
    size_t number = (size_t)(r - virtio_registers);
    uint8_t *bits = &v->told_read_only[number / 8 % sizeof v->told_read_only], bit = (uint8_t)(1 << number % 8);

    if (!(*bits & bit))
        NOTE(v, "%s is written: it is read-only", r->name);
    *bits |= bit;
}

/* 4.1.2: device ids 0x1040 and up say the type, transitional ones have it as their subsystem id too. */
unsigned virtio_type(uint16_t device, uint16_t subsystem)
{
    static const uint8_t transitional[] = { 1, 2, 5, 3, 8, 4, 0, 0, 0, 9 };

    if (device >= 0x1040)
        return device - 0x1040u;
    if (device >= 0x1000 && device < 0x1000 + sizeof transitional && transitional[device - 0x1000])
        return transitional[device - 0x1000];
    return subsystem;
}

bool virtio_find_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place)
{
    const struct virtio *v = state;
    const struct virtio_area *area = &v->areas[virtio_register_area(r)];
    unsigned type = virtio_register_type(r);

    if (number || !area->known || (type && type != v->type) || r->offset + r->width > area->length)
        return false;
    *place = (struct vfp_place){ .region = area->bar, .offset = (uint64_t)area->offset + r->offset };
    if (r->region == IN_NOTIFY && v->multiplier) { /* one for each notify_off */
        place->count = area->length / v->multiplier < QUEUES_MOST ? area->length / v->multiplier : QUEUES_MOST;
        place->stride = v->multiplier;
    }
    return true;
}

static uint32_t get(const uint8_t *config, unsigned at, unsigned size) { return (uint32_t)vfp_le(config + at, size); }

bool virtio_locate(const struct vfp_register *r, const uint8_t *config, size_t size, uint8_t *region, uint32_t *offset)
{
    unsigned area = virtio_register_area(r), type = virtio_register_type(r), steps = 0;

    if (size < PCI_CFG_SPACE_SIZE || get(config, PCI_VENDOR_ID, 2) != 0x1af4 ||
        (type && type != virtio_type((uint16_t)get(config, PCI_DEVICE_ID, 2), (uint16_t)get(config, PCI_SUBSYSTEM_ID, 2))))
        return false;
    for (unsigned at = config[PCI_CAPABILITY_LIST] & 0xfc; at >= PCI_STD_HEADER_SIZEOF && steps < 48;
         at = config[at + 1] & 0xfc, steps++) {
        if (at > PCI_CFG_SPACE_SIZE - AREA_MORE || config[at] != PCI_CAP_ID_VNDR || config[at + 3] != area ||
            config[at + AREA_BAR] > VFP_BAR5)
            continue;
        *region = config[at + AREA_BAR];
        *offset = get(config, at + AREA_OFFSET, 4) + r->offset;
        return r->offset + r->width <= get(config, at + AREA_LENGTH, 4);
    }
    return false;
}
