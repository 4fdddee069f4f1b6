/*
 * Driving a virtio device by hand: brought up with split queues, chains given to it, and requests of a block device
 * (3.1.1, 2.7, 5.2.6). Queues are polled; where they are is kept by the shell from one command to the next.
 */
#include "plugins/virtio/drive.h"

#include <time.h>

enum { LONGEST_MS = 5000, MOST_DEPTH = 128, PAGE = 4096, SECTOR = 512 };
enum { F_ACCESS_PLATFORM = 33, BLOCK_F_BLK_SIZE = 6, BLOCK_F_FLUSH = 9 };

#define FAIL(d, ...) ((d)->host->fail((d)->shell, __VA_ARGS__), false)

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool get(struct virtio_drive *d, unsigned at, unsigned width, uint64_t *value)
{
    return d->host->get(d->shell, d->k.common.bar, d->k.common.offset + at, width, value) == VFP_DONE;
}

static bool put(struct virtio_drive *d, unsigned at, unsigned width, uint64_t value)
{
    return d->host->put(d->shell, d->k.common.bar, d->k.common.offset + at, width, value) == VFP_DONE;
}

static bool memory(struct virtio_drive *d, enum vfp_memory result)
{
    return result == VFP_OK || FAIL(d, "%s", d->host->why(d->shell));
}

static bool write_number(struct virtio_drive *d, uint64_t address, unsigned size, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    return memory(d, d->host->write(d->shell, address, bytes, size));
}

static bool read_number(struct virtio_drive *d, uint64_t address, unsigned size, uint64_t *value)
{
    uint8_t bytes[8];

    if (!memory(d, d->host->read(d->shell, address, bytes, size)))
        return false;
    *value = vfp_le(bytes, size);
    return true;
}

void virtio_drive_begin(struct virtio_drive *d, struct vfp_shell *shell, const struct vfp_shell_host *host)
{
    *d = (struct virtio_drive){ .shell = shell, .host = host };
    host->recall(shell, &d->k, sizeof d->k);
}

int virtio_drive_end(struct virtio_drive *d, bool good)
{
    d->host->keep(d->shell, &d->k, sizeof d->k);
    return good ? 0 : -1;
}

/* --- bringing it up --- */

static bool find_area(struct virtio_drive *d, const uint8_t *config, unsigned area, struct virtio_area *to)
{
    const struct vfp_register first = { .width = 1, .region = (uint8_t)(VFP_LOCATED + area) };

    to->known = virtio_locate(&first, config, PCI_CFG_SPACE_SIZE, &to->bar, &to->offset);
    return to->known || FAIL(d, "no structure of type %u among the device's capabilities", area);
}

/* What multiplies notify offsets, behind that capability. */
static uint32_t find_multiplier(const uint8_t *config)
{
    unsigned at = config[PCI_CAPABILITY_LIST] & 0xfc;

    for (unsigned steps = 0; at >= PCI_STD_HEADER_SIZEOF && at <= PCI_CFG_SPACE_SIZE - AREA_MORE - 4 && steps < 48; steps++) {
        if (config[at] == PCI_CAP_ID_VNDR && config[at + 3] == AREA_NOTIFY)
            return (uint32_t)vfp_le(config + at + AREA_MORE, 4);
        at = config[at + 1] & 0xfc;
    }
    return 0;
}

static bool find(struct virtio_drive *d)
{
    enum { WANTED = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER };
    uint8_t config[PCI_CFG_SPACE_SIZE];
    uint64_t command;

    d->k = (struct virtio_kept){ 0 };
    if (d->host->bytes(d->shell, VFP_CONFIG, 0, config, sizeof config) != VFP_DONE)
        return false;
    d->k.type = virtio_type((uint16_t)vfp_le(config + PCI_DEVICE_ID, 2), (uint16_t)vfp_le(config + PCI_SUBSYSTEM_ID, 2));
    d->k.multiplier = find_multiplier(config);
    command = vfp_le(config + PCI_COMMAND, 2);
    if (!find_area(d, config, AREA_COMMON, &d->k.common) || !find_area(d, config, AREA_NOTIFY, &d->k.notify) ||
        !find_area(d, config, AREA_DEVICE, &d->k.device))
        return false;
    return (command & WANTED) == WANTED ||
           d->host->put(d->shell, VFP_CONFIG, PCI_COMMAND, 2, command | WANTED) == VFP_DONE;
}

static bool reset(struct virtio_drive *d)
{
    uint64_t since = now_ns(), status;

    if (!put(d, STATUS, 1, 0))
        return false;
    while (get(d, STATUS, 1, &status)) {
        if (status == 0)
            return true;
        if (now_ns() - since > (uint64_t)LONGEST_MS * 1000000)
            return FAIL(d, "device_status is 0x%" PRIx64 " still, %d s after 0 was written", status, LONGEST_MS / 1000);
        d->host->pause(d->shell, 1);
    }
    return false;
}

static bool features(struct virtio_drive *d, uint64_t more)
{
    uint64_t offered, low, high, status, wanted = (uint64_t)1 << F_VERSION_1 | (uint64_t)1 << F_ACCESS_PLATFORM | more;

    if (d->k.type == TYPE_BLOCK)
        wanted |= 1 << BLOCK_F_RO | 1 << BLOCK_F_BLK_SIZE | 1 << BLOCK_F_FLUSH;
    if (!put(d, DEVICE_SELECT, 4, 0) || !get(d, DEVICE_FEATURE, 4, &low) || !put(d, DEVICE_SELECT, 4, 1) ||
        !get(d, DEVICE_FEATURE, 4, &high))
        return false;
    offered = high << 32 | low;
    if (!(offered >> F_VERSION_1 & 1))
        return FAIL(d, "the device does not offer VERSION_1: 0x%" PRIx64, offered);
    d->k.features = offered & wanted;
    if (!put(d, DRIVER_SELECT, 4, 0) || !put(d, DRIVER_FEATURE, 4, d->k.features & UINT32_MAX) ||
        !put(d, DRIVER_SELECT, 4, 1) || !put(d, DRIVER_FEATURE, 4, d->k.features >> 32) ||
        !put(d, STATUS, 1, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK) || !get(d, STATUS, 1, &status))
        return false;
    return status & STATUS_FEATURES_OK || FAIL(d, "the device does not keep FEATURES_OK: it wants other features");
}

static bool clear(struct virtio_drive *d, uint64_t address)
{
    static const uint8_t zeros[PAGE];

    return memory(d, d->host->write(d->shell, address, zeros, sizeof zeros));
}

/* A page a queue: descriptors, the available ring, the used ring. */
static bool open_queue(struct virtio_drive *d, unsigned number)
{
    struct virtio_ring *q = &d->k.queues[number];
    uint64_t size, off, at;
    char name[16];

    if (!put(d, QUEUE_SELECT, 2, number) || !get(d, QUEUE_SIZE, 2, &size) || !get(d, QUEUE_NOTIFY_OFF, 2, &off))
        return false;
    if (!size)
        return true;
    snprintf(name, sizeof name, "virtio.q%u", number);
    *q = (struct virtio_ring){ .size = (uint32_t)(size < MOST_DEPTH ? size : MOST_DEPTH), .notify_off = (uint32_t)off };
    if (d->host->alloc(d->shell, name, PAGE, &at) != VFP_DONE || !clear(d, at))
        return false;
    q->desc = at;
    q->driver = at + VIRTIO_DESC * q->size;
    q->device = (q->driver + 6 + 2 * q->size + 3) & ~(uint64_t)3;
    return put(d, QUEUE_SIZE, 2, q->size) && put(d, QUEUE_DESC, 4, q->desc & UINT32_MAX) &&
           put(d, QUEUE_DESC + 4, 4, q->desc >> 32) && put(d, QUEUE_DRIVER, 4, q->driver & UINT32_MAX) &&
           put(d, QUEUE_DRIVER + 4, 4, q->driver >> 32) && put(d, QUEUE_DEVICE, 4, q->device & UINT32_MAX) &&
           put(d, QUEUE_DEVICE + 4, 4, q->device >> 32) && put(d, QUEUE_ENABLE, 2, 1);
}

static void show(struct virtio_drive *d, uint64_t count)
{
    struct vfp_line l = { 0 };
    uint8_t capacity[8];

    vfp_add(&l, "%s: features ", virtio_type_name(d->k.type));
    virtio_add_features(&l, d->k.type, d->k.features);
    vfp_add(&l, "; %" PRIu64 " queue%s, the first of %u: virtio.q0", count, count == 1 ? "" : "s", d->k.queues[0].size);
    if (d->k.type == TYPE_BLOCK &&
        d->host->bytes(d->shell, d->k.device.bar, d->k.device.offset, capacity, sizeof capacity) == VFP_DONE) {
        vfp_add(&l, "; %" PRIu64 " sectors", vfp_le(capacity, 8));
        d->host->value(d->shell, "capacity", vfp_le(capacity, 8));
    }
    d->host->print(d->shell, "%s", l.text);
    d->host->value(d->shell, "features", d->k.features);
}

bool virtio_drive_init(struct virtio_drive *d, uint64_t more)
{
    uint64_t count;

    if (!find(d) || !reset(d) || !put(d, STATUS, 1, STATUS_ACKNOWLEDGE) ||
        !put(d, STATUS, 1, STATUS_ACKNOWLEDGE | STATUS_DRIVER) || !features(d, more) || !get(d, NUM_QUEUES, 2, &count))
        return false;
    for (unsigned i = 0; i < count && i < VIRTIO_DRIVEN; i++)
        if (!open_queue(d, i))
            return false;
    if (!put(d, STATUS, 1, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK))
        return false;
    d->k.up = true;
    show(d, count);
    return true;
}

static bool wants_up(struct virtio_drive *d)
{
    uint64_t status;

    if (!d->k.up)
        return FAIL(d, "the device is not set up yet: virtio init");
    if (!get(d, STATUS, 1, &status))
        return false;
    if (status & STATUS_NEEDS_RESET)
        return FAIL(d, "the device needs a reset (device_status 0x%" PRIx64 "): virtio init", status);
    d->k.up = status & STATUS_DRIVER_OK;
    return d->k.up || FAIL(d, "the device was reset since `virtio init`: that again");
}

/* --- chains --- */

static bool put_descriptor(struct virtio_drive *d, const struct virtio_ring *q, unsigned i, const struct virtio_part *p, bool last)
{
    uint64_t at = q->desc + VIRTIO_DESC * i;

    return write_number(d, at, 8, p->address) && write_number(d, at + 8, 4, p->size) &&
           write_number(d, at + 12, 2, (last ? 0u : DESC_NEXT) | (p->writeable ? DESC_WRITE : 0u)) &&
           write_number(d, at + 14, 2, last ? 0 : i + 1);
}

/* Until the used ring goes on. */
static bool await_used(struct virtio_drive *d, unsigned number, uint64_t *written)
{
    struct virtio_ring *q = &d->k.queues[number];
    uint64_t since = now_ns(), index, id;

    for (;;) {
        if (!read_number(d, q->device + 2, 2, &index))
            return false;
        if (index != q->used)
            break;
        if (now_ns() - since > (uint64_t)LONGEST_MS * 1000000)
            return FAIL(d, "queue %u: nothing is done within %d s: the used ring at 0x%" PRIx64 " has index %u still", number,
                        LONGEST_MS / 1000, q->device, q->used);
        d->host->pause(d->shell, 1);
    }
    if (!read_number(d, q->device + 4 + 8 * (q->used % q->size), 4, &id) ||
        !read_number(d, q->device + 8 + 8 * (q->used % q->size), 4, written))
        return false;
    q->used++;
    return id == 0 || FAIL(d, "queue %u: the used ring has descriptor %" PRIu64 ", and 0 was given", number, id);
}

bool virtio_drive_submit(struct virtio_drive *d, unsigned number, const struct virtio_part *parts, unsigned count, uint64_t *written)
{
    struct virtio_ring *q = number < VIRTIO_DRIVEN ? &d->k.queues[number] : NULL;

    if (!wants_up(d))
        return false;
    if (!q || !q->size || count > q->size)
        return FAIL(d, q && q->size ? "queue %u has too few descriptors" : "queue %u was not set up", number);
    for (unsigned i = 0; i < count; i++)
        if (!put_descriptor(d, q, i, &parts[i], i + 1 == count))
            return false;
    if (!write_number(d, q->driver + 4 + 2 * (q->available % q->size), 2, 0) ||
        !write_number(d, q->driver + 2, 2, ++q->available))
        return false;
    return d->host->put(d->shell, d->k.notify.bar, d->k.notify.offset + (uint64_t)q->notify_off * d->k.multiplier, 2, number) ==
               VFP_DONE &&
           await_used(d, number, written);
}

/* --- requests of a block device: virtio.req has the header, and the status behind it --- */

bool virtio_drive_block(struct virtio_drive *d, uint32_t kind, uint64_t sector, const struct virtio_part *data)
{
    static const char *const words[] = { "ok", "I/O error (IOERR)", "not supported (UNSUPP)" };
    struct virtio_part parts[3] = { { .size = 16 } };
    uint64_t at, written, status;
    unsigned count = 1;

    if (d->k.up && d->k.type != TYPE_BLOCK)
        return FAIL(d, "the device is no block device");
    if (d->host->alloc(d->shell, "virtio.req", PAGE, &at) != VFP_DONE || !write_number(d, at, 4, kind) ||
        !write_number(d, at + 4, 4, 0) || !write_number(d, at + 8, 8, sector) || !write_number(d, at + 16, 1, 0xff))
        return false;
    parts[0].address = at;
    if (data)
        parts[count++] = *data;
    parts[count++] = (struct virtio_part){ .address = at + 16, .size = 1, .writeable = true };
    if (!virtio_drive_submit(d, 0, parts, count, &written) || !read_number(d, at + 16, 1, &status))
        return false;
    d->host->value(d->shell, "status", status);
    if (status == 0)
        return true;
    return status < 3 ? FAIL(d, "the request failed: %s", words[status])
                      : FAIL(d, "the request's status is 0x%" PRIx64 ", which means nothing", status);
}
