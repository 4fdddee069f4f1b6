/*
 * The virtio plugin's commands of the shell: features by name, and queues. Both go through the selectors of the common
 * configuration, as a driver does.
 */
#include "plugins/virtio/drive.h"

#include <linux/pci_regs.h>

enum { SHOWN_QUEUES = 256 };

struct device {
    struct vfp_shell *shell;
    const struct vfp_shell_host *host;
    unsigned type;
    uint8_t region; /* of the common configuration */
    uint32_t at;
};

/* False: said why, or the access that failed says it. */
static bool find(struct device *d, struct vfp_shell *shell, const struct vfp_shell_host *host)
{
    static const struct vfp_register first = { .width = 1, .region = VFP_LOCATED + AREA_COMMON };
    uint8_t config[PCI_CFG_SPACE_SIZE];

    *d = (struct device){ .shell = shell, .host = host };
    if (host->bytes(shell, VFP_CONFIG, 0, config, sizeof config) != VFP_DONE)
        return false;
    d->type = virtio_type((uint16_t)vfp_le(config + PCI_DEVICE_ID, 2), (uint16_t)vfp_le(config + PCI_SUBSYSTEM_ID, 2));
    if (virtio_locate(&first, config, sizeof config, &d->region, &d->at))
        return true;
    host->fail(shell, "no common configuration among the device's capabilities");
    return false;
}

static bool get(const struct device *d, unsigned at, unsigned width, uint64_t *value)
{
    return d->host->get(d->shell, d->region, d->at + at, width, value) == VFP_DONE;
}

static bool put(const struct device *d, unsigned at, unsigned width, uint64_t value)
{
    return d->host->put(d->shell, d->region, d->at + at, width, value) == VFP_DONE;
}

static bool halves(const struct device *d, unsigned select, unsigned at, uint64_t *value)
{
    uint64_t low, high;

    if (!put(d, select, 4, 0) || !get(d, at, 4, &low) || !put(d, select, 4, 1) || !get(d, at, 4, &high))
        return false;
    *value = high << 32 | low;
    return true;
}

static int run_features(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    uint64_t offered, taken, status;
    struct vfp_line line = { 0 };
    struct device d;

    (void)argc;
    (void)argv;
    if (!find(&d, shell, host) || !halves(&d, DEVICE_SELECT, DEVICE_FEATURE, &offered) ||
        !halves(&d, DRIVER_SELECT, DRIVER_FEATURE, &taken) || !get(&d, STATUS, 1, &status))
        return -1;
    host->print(shell, "%s", virtio_type_name(d.type));
    virtio_add_features(&line, d.type, offered);
    host->print(shell, "offered: %s", line.text);
    line = (struct vfp_line){ 0 };
    virtio_add_features(&line, d.type, taken);
    host->print(shell, "taken:   %s", line.text);
    line = (struct vfp_line){ 0 };
    vfp_add_fields(&line, virtio_status_bits, status);
    host->print(shell, "status:  0x%" PRIx64 "%s%s", status, line.size ? " " : "", line.text);
    host->value(shell, "offered", offered);
    host->value(shell, "taken", taken);
    host->value(shell, "status", status);
    return 0;
}

/* How far both sides of a split ring are, as far as it is in memory that the shell gave. */
static void add_indexes(const struct device *d, struct vfp_line *l, uint64_t available, uint64_t used)
{
    uint8_t given[2], done[2];

    if (d->host->read(d->shell, available + 2, given, 2) == VFP_OK && d->host->read(d->shell, used + 2, done, 2) == VFP_OK)
        vfp_add(l, ", %u given, %u done", (unsigned)vfp_le(given, 2), (unsigned)vfp_le(done, 2));
}

static bool show_queue(const struct device *d, unsigned queue, bool packed)
{
    uint64_t size, vector, enable, part[6] = { 0 };
    struct vfp_line l = { 0 };

    if (!put(d, QUEUE_SELECT, 2, queue) || !get(d, QUEUE_SIZE, 2, &size) || !get(d, QUEUE_VECTOR, 2, &vector) ||
        !get(d, QUEUE_ENABLE, 2, &enable))
        return false;
    for (unsigned i = 0; i < 6; i++)
        if (!get(d, QUEUE_DESC + 4 * i, 4, &part[i]))
            return false;
    vfp_add(&l, "queue %u: %u deep, %s", queue, (unsigned)size, enable == 1 ? "enabled" : "not enabled");
    if (enable == 1) {
        vfp_add(&l, packed ? ", packed, ring 0x%" PRIx64 ", events 0x%" PRIx64 " and 0x%" PRIx64
                           : ", descriptors 0x%" PRIx64 ", available 0x%" PRIx64 ", used 0x%" PRIx64,
                part[1] << 32 | part[0], part[3] << 32 | part[2], part[5] << 32 | part[4]);
        if (vector != NO_VECTOR)
            vfp_add(&l, ", vector %u", (unsigned)vector);
        if (!packed)
            add_indexes(d, &l, part[3] << 32 | part[2], part[5] << 32 | part[4]);
    }
    d->host->print(d->shell, "%s", l.text);
    return true;
}

static int run_queues(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    uint64_t count, taken, selected;
    struct device d;

    (void)argc;
    (void)argv;
    if (!find(&d, shell, host) || !get(&d, NUM_QUEUES, 2, &count) || !halves(&d, DRIVER_SELECT, DRIVER_FEATURE, &taken) ||
        !get(&d, QUEUE_SELECT, 2, &selected))
        return -1;
    host->value(shell, "queues", count);
    for (unsigned i = 0; i < count && i < SHOWN_QUEUES; i++)
        if (!show_queue(&d, i, taken >> F_RING_PACKED & 1))
            return -1;
    if (count > SHOWN_QUEUES)
        host->print(shell, "and %u more", (unsigned)count - SHOWN_QUEUES);
    return put(&d, QUEUE_SELECT, 2, selected) ? 0 : -1;
}

const struct vfp_command virtio_commands[] = {
    { .name = "features", .usage = "", .help = "what the device offers and the driver took, and the status",
      .run = run_features },
    { .name = "queues", .usage = "", .help = "the queues: how deep, where, how far", .run = run_queues },
    { .name = "init", .usage = "[FEATURES]", .max = 1, .run = virtio_run_init,
      .help = "bring the device up, with split queues in memory: virtio.q0, ...",
      .more = "Reset, ACKNOWLEDGE, DRIVER, features (VERSION_1, and of FEATURES those offered), FEATURES_OK, up to 4 queues,\n"
              "DRIVER_OK.\nExample: virtio init" },
    { .name = "submit", .usage = "QUEUE (out|in ADDRESS SIZE)...", .min = 4, .max = 22, .run = virtio_run_submit,
      .help = "give a chain to a queue, and wait until it is done",
      .more = "out: the device reads that memory; in: it writes it.\nExample: virtio submit 0 out header 16 in data 512 in header+16 1" },
    { .name = "blk", .usage = "read|write|flush|id [SECTOR COUNT [ADDRESS]]", .min = 1, .max = 4, .words = "read write flush id",
      .run = virtio_run_block, .help = "a request of a block device: sectors of 512 bytes",
      .more = "What was read is shown, and is in virtio.data, or at ADDRESS.\nExample: virtio blk read 0 8" },
    { 0 },
};
