/*
 * virtio: the tables of misfits and reasons, with what explain says of them.
 */
#include "plugins/virtio/virtio.h"

static const char areas[] = "VIRTIO 1.2, 4.1.4 (structures)", common[] = "VIRTIO 1.2, 4.1.4.3 (common configuration)",
                  notify[] = "VIRTIO 1.2, 4.1.4.4 (notification structure)";

const struct vfp_finding virtio_misfits[] = {
    [VIRTIO_AREA] = {
        .name = "area", .section = areas, .by = VFP_SERVER, .help = "the structures lie in BARs that are there",
        .means = "A vendor-specific capability says in which BAR, where and how long each structure is. What is outside of its BAR can't "
                 "be reached.",
        .who = "Linux does not map a structure whose first bytes are outside (\"virtio_pci: map virtio ... out of range on bar\"), and gives up.",
        .example = "    ! misfit: the server: notifications: bar0+0x3000+0x1000 is outside bar0 (8K) [virtio-area]",
        .todo = "Make the BAR larger, or the structure's offset and length in its capability smaller." },
    [VIRTIO_MISSING] = {
        .name = "missing", .section = areas, .by = VFP_SERVER,
        .help = "a modern device has the common configuration, notifications and ISR",
        .means = "Each has a vendor-specific capability of its own. Device ids from 0x1040 on are modern devices: there is no other "
                 "interface to fall back on.",
        .who = "Linux gives up: \"virtio_pci: missing capabilities\"; without the common configuration \"leaving for legacy driver\".",
        .todo = "Add the capability (cfg_type 1 common, 2 notifications, 3 ISR), in a BAR from 0 to 5." },
    [VIRTIO_AREA_SIZE] = {
        .name = "area-size", .section = areas, .by = VFP_SERVER, .help = "the structures are as large as they have to be, and aligned",
        .means = "The common configuration has 56 bytes up to the queues' addresses and is aligned to 4; a notification is 2 bytes, "
                 "aligned to 2; ISR is one byte.",
        .who = "Linux gives up: \"virtio_pci: bad capability len\", or \"offset ... not aligned to\".",
        .todo = "Say the structure's whole length in its capability, and put it at a multiple of 4." },
    [VIRTIO_NOTIFY] = {
        .name = "notify", .section = notify, .by = VFP_SERVER, .help = "a queue's notifications lie in their structure",
        .means = "A driver notifies queue N at queue_notify_off times notify_off_multiplier; both are the device's.",
        .who = "Linux gives up: \"bad notification offset ... for queue\".",
        .todo = "Make the structure as long as the largest queue_notify_off times the multiplier, and 2 bytes (4 with "
                "NOTIFICATION_DATA)." },
    [VIRTIO_MULTIPLIER] = {
        .name = "multiplier", .section = notify, .by = VFP_SERVER, .help = "notify_off_multiplier is 0, or a power of two from 2 on",
        .means = "It is the distance of one queue's notifications from the next one's; 0 has all queues share one address.",
        .todo = "Say 0, 4 or a page." },
    [VIRTIO_REVISION] = {
        .name = "revision", .section = "VIRTIO 1.2, 4.1.2.3 (legacy interfaces: PCI device discovery)", .by = VFP_SERVER,
        .help = "transitional devices have revision 0",
        .means = "Device ids from 0x1000 to 0x103f are legacy or transitional devices, whose PCI revision is the legacy interface's "
                 "version: 0.",
        .who = "Linux' legacy driver refuses others: \"virtio_pci: expected ABI version 0, got 1\".",
        .todo = "Set the revision to 0, or use the modern device id (0x1040 and the type)." },
    [VIRTIO_QUEUE_UNMAPPED] = {
        .name = "queue-unmapped", .section = common, .by = VFP_CLIENT, .help = "the memory of a queue is in the DMA map",
        .means = "The driver enabled a queue, a part of which is where the client has mapped no memory for the device, or not for "
                 "reading or writing.",
        .who = "A driver that enables a queue before it sets its addresses; a VMM that does not map all of guest memory; a vIOMMU "
               "without ACCESS_PLATFORM taken.",
        .todo = "Compare the address with the DMA_MAPs before it." },
    [VIRTIO_MISFITS] = { 0 },
};

const struct vfp_finding virtio_reasons[] = {
    [VIRTIO_WHY_READ_ONLY] = {
        .name = "read-only", .section = common, .help = "a register that is written is read-only",
        .means = "It is the device's: a write there changes nothing. That it is refused rather than ignored is this device's choice.",
        .todo = "The driver need not write there; a device on PCI ignores it." },
    [VIRTIO_WHY_NO_QUEUE] = {
        .name = "no-queue", .section = common, .help = "a queue's register, and there is no such queue",
        .means = "queue_select says which queue the registers behind it are about, and num_queues how many there are.",
        .todo = "The driver is to set up queues below num_queues only." },
    [VIRTIO_WHYS] = { 0 },
};
