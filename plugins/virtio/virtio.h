/*
 * The virtio plugin: what its parts share. virtio.c finds the structures in the BARs, common.c follows the common
 * configuration, queues.c reads rings and chains, requests.c says what a chain asks for, names.c has the names.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2, 2 and 4.1, and 5 for the device types.
 */
#ifndef VFUSCOPE_PLUGIN_VIRTIO_H
#define VFUSCOPE_PLUGIN_VIRTIO_H

#include "../fields.h"

enum {
    VIRTIO_QUEUES = 64,  /* that are followed */
    VIRTIO_CHAINS = 12,  /* shown of one notification */
    VIRTIO_PARTS = 64,   /* descriptors of a chain that are looked at */
    VIRTIO_WAITING = 64, /* chains of a queue whose end is waited for */
};
enum { TYPE_NET = 1, TYPE_BLOCK = 2, TYPE_SCSI = 8 };
enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_NEEDS_RESET = 64,
    STATUS_FAILED = 128,
};
enum { F_RING_PACKED = 34, F_VERSION_1 = 32, NET_F_CTRL_VQ = 17 };

/* A structure in a BAR (4.1.4). */
struct virtio_area {
    bool known;
    uint8_t bar;
    uint32_t offset, length;
};
enum { AREA_COMMON = 1, AREA_NOTIFY = 2, AREA_ISR = 3, AREA_DEVICE = 4, AREAS = 5 };

/* A descriptor, or what is left of it after the device wrote. */
struct virtio_part {
    uint64_t address;
    uint32_t size;
    bool writeable; /* by the device */
};

struct virtio_waiting {
    bool used;
    uint16_t head;
    uint64_t time_ns;
    uint64_t status; /* where the device writes how it went; 0: nowhere that is known */
    char what[48];
};

struct virtio_queue {
    uint16_t size, vector, notify_off;
    bool enabled, seen_size;
    uint64_t desc, avail, used;
    uint16_t next_avail, next_used; /* indexes as they run on, modulo 65536 */
    bool told_unread;
    struct virtio_waiting waiting[VIRTIO_WAITING];
    unsigned next_waiting;
};

struct virtio {
    struct vfp_device *device;
    const struct vfp_host *host;
    struct virtio_area areas[AREAS];
    uint32_t multiplier; /* of notify offsets */
    bool introduced;
    unsigned type;
    uint64_t time_ns;
    uint8_t status;
    bool status_known;
    uint32_t device_select, driver_select, queue_select;
    uint64_t device_features, driver_features;
    uint8_t device_known, driver_known; /* bit 0: the low half, bit 1: the high half */
    uint16_t num_queues;
    struct virtio_queue queues[VIRTIO_QUEUES];
};

#define NOTE(v, ...) (v)->host->note((v)->device, __VA_ARGS__)
#define WARN(v, ...) (v)->host->warn((v)->device, __VA_ARGS__)

static inline uint64_t virtio_le(const uint8_t *bytes, unsigned size)
{
    uint64_t n = 0;

    while (size--)
        n = n << 8 | bytes[size];
    return n;
}

/* common.c: an access to the common configuration, `at` bytes into it. */
void virtio_common(struct virtio *v, const struct vfp_access *a, uint64_t at);
/* As after a reset of the device. */
void virtio_forget(struct virtio *v);

/* queues.c */
void virtio_notify(struct virtio *v, const struct vfp_access *a, uint64_t at);
/* What the device is done with since the last look. */
void virtio_used(struct virtio *v, unsigned queue);
void virtio_all_used(struct virtio *v);

/* requests.c: the words of a chain, behind what `line` has; fills in what is waited for. */
void virtio_request(struct virtio *v, struct vfp_line *line, unsigned queue, const struct virtio_part *parts,
                    unsigned count, struct virtio_waiting *waiting);
/* How it went, by the byte at waiting->status. False: badly. */
bool virtio_result(struct virtio *v, struct vfp_line *line, const struct virtio_waiting *waiting);

/* names.c */
const char *virtio_type_name(unsigned type);
void virtio_add_features(struct vfp_line *l, unsigned type, uint64_t features, unsigned from, unsigned to);

#endif
