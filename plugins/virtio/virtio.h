/*
 * The virtio plugin: what its parts share. From the ground up:
 *
 *   names      types and feature bits              registers  the structures' registers by name
 *   misfits    the words for what does not fit     fits       what does: structures, queues
 *   chain      bytes of a chain of descriptors     config     the device's own configuration
 *   block, net, scsi   what a chain asks for       requests   chains that are given and done
 *   split, packed      the two kinds of queues     notify     notifications, and looks at the queues
 *   common     the common configuration            drive      queues driven by hand
 *   driven     commands that drive them            shell      commands of the shell
 *   virtio     where the structures are in the BARs, and what vfuscope sees
 *
 * Source: Virtual I/O Device (VIRTIO) 1.2 and, for bits and types that it lacks, 1.3: 2 and 4.1, and 5 for device types.
 */
#ifndef VFUSCOPE_PLUGIN_VIRTIO_H
#define VFUSCOPE_PLUGIN_VIRTIO_H

#include "plugins/fields.h"

enum {
    VIRTIO_QUEUES = 64,   /* that are followed */
    VIRTIO_CHAINS = 64,   /* that one look at a queue shows; the rest is for the next one */
    VIRTIO_BUFFERS = 12,  /* receive buffers that one look shows */
    VIRTIO_ROOM = 8,      /* notes that a chain may take, given and done; where there is room for fewer the rest waits */
    VIRTIO_PARTS = 64,    /* descriptors of a chain that are looked at */
    VIRTIO_WAITING = 256, /* chains of a queue whose end is waited for */
    VIRTIO_CONFIG = 64,   /* bytes of the device configuration that have a meaning here */
    VIRTIO_DESC = 16,     /* bytes of a descriptor, in a ring of either kind */
};
enum { TYPE_NET = 1, TYPE_BLOCK = 2, TYPE_CONSOLE = 3, TYPE_SCSI = 8 };
enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_NEEDS_RESET = 64,
    STATUS_FAILED = 128,
};
enum {
    F_INDIRECT_DESC = 28,
    F_EVENT_IDX = 29,
    F_VERSION_1 = 32,
    F_RING_PACKED = 34,
    F_IN_ORDER = 35,
    F_NOTIFICATION_DATA = 38,
    F_RING_RESET = 40,
    BLOCK_F_RO = 5,
    NET_F_CTRL_VQ = 17,
    NET_F_MQ = 22,
    NET_F_HASH_REPORT = 57,
};
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

/* The common configuration (4.1.4.3). */
enum {
    DEVICE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_SELECT = 8,
    DRIVER_FEATURE = 12,
    CONFIG_VECTOR = 16,
    NUM_QUEUES = 18,
    STATUS = 20,
    GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_VECTOR = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48,
    QUEUE_NOTIFY_DATA = 56,
    QUEUE_RESET = 58,
    ADMIN_QUEUE_INDEX = 60,
    ADMIN_QUEUE_NUM = 62,
};
enum { NO_VECTOR = 0xffff };

/* A structure in a BAR (4.1.4), by the type of its capability. */
struct virtio_area {
    bool known;
    uint8_t bar;
    uint32_t offset, length;
};
enum { AREA_COMMON = 1, AREA_NOTIFY = 2, AREA_ISR = 3, AREA_DEVICE = 4, AREA_WINDOW = 5, AREAS = 6 };
enum { AREA_BAR = 4, AREA_OFFSET = 8, AREA_LENGTH = 12, AREA_MORE = 16 }; /* in the capability */

/* A piece of guest memory in a chain of descriptors. */
struct virtio_part {
    uint64_t address;
    uint32_t size;
    bool writeable; /* by the device */
};

struct virtio;

struct virtio_chain {
    struct virtio_part parts[VIRTIO_PARTS];
    unsigned count;
    uint16_t id;       /* of its first descriptor (split), or the buffer's (packed) */
    uint16_t slots;    /* that it takes of a packed ring */
    bool cut;          /* it goes on beyond VIRTIO_PARTS, or beyond what can be read here: nobody's fault */
    const char *wrong; /* NULL: nothing */
    bool done;         /* by now: what is read of it may be the driver's again, and about something else */
    uint32_t written;  /* then: how many bytes, by the device's word */
    /* Is it done meanwhile? Before what seems wrong with it is said; NULL: no. */
    bool (*is_done)(struct virtio *v, unsigned queue, uint16_t id);
};

struct virtio_waiting {
    bool used;
    bool unsure; /* it may be done by now: messages are missing */
    bool again;  /* the driver has used the chain for another request by now */
    uint16_t id, slots;
    uint64_t order; /* which of its queue's it was */
    uint64_t time_ns;
    uint64_t answer; /* where the device writes how it went; 0: nowhere that is known */
    char what[72];
    struct vfp_request request; /* as far as it is known by then */
};

struct virtio_queue {
    uint16_t size, vector, notify_off;
    bool enabled, seen_size;
    uint64_t desc, driver, device; /* split: the table, the available ring, the used ring */
    uint16_t next_avail, next_used; /* split: indexes as they run on, modulo 65536; packed: slots */
    bool avail_wrap, used_wrap;     /* packed */
    bool told_unread, told_over, put_off;
    unsigned went_by;    /* so many unseen, in the look at hand */
    uint64_t given;      /* chains */
    struct virtio_waiting waiting[VIRTIO_WAITING];
    unsigned next_waiting;
};

struct virtio {
    struct vfp_device *device;
    const struct vfp_host *host;
    struct virtio_area areas[AREAS];
    uint32_t multiplier; /* of notify offsets */
    struct {
        uint8_t at; /* the capability; 0: there is none */
        uint8_t bar;
        uint32_t offset, length;
    } window; /* onto BARs from config space */
    bool by_window; /* the access at hand is to it */
    bool named;     /* the line of the access at hand has names, values and fields */
    bool told_gone;
    uint8_t told_read_only[16]; /* bits of the registers of which it was said */
    bool introduced, is_transitional, told_legacy;
    bool unseen; /* notifications can be mapped: look at the queues whenever there is an occasion */
    unsigned type;
    uint64_t time_ns;
    uint8_t status;
    bool status_known;
    uint32_t device_select, driver_select, queue_select;
    bool device_select_known, driver_select_known, queue_select_known;
    uint64_t device_features, driver_features;
    uint8_t device_known, driver_known; /* bit 0: the low half, bit 1: the high half */
    uint16_t num_queues;
    uint8_t generation;
    bool generation_known;
    uint8_t config[VIRTIO_CONFIG];
    bool config_known[VIRTIO_CONFIG];
    struct virtio_queue queues[VIRTIO_QUEUES];
    struct vfp_line complaint; /* about the chain at hand; empty: none */
};

#define NOTE(v, ...) (v)->host->note((v)->device, __VA_ARGS__)
#define WARN(v, ...) (v)->host->warn((v)->device, __VA_ARGS__)
#define MISFIT(v, row, ...) (v)->host->misfit((v)->device, row, __VA_ARGS__)
#define BECAUSE(v, row, ...) (v)->host->because((v)->device, row, __VA_ARGS__)
#define SAY(v, well, l) ((well) ? (v)->host->note : (v)->host->warn)((v)->device, "%s", (l).text)

/* What can't be read here may be as it should be. */
static inline bool virtio_is_out_of_reach(enum vfp_memory result)
{
    return result == VFP_MISSING || result == VFP_NOT_SHARED || result == VFP_TOO_MUCH;
}

static inline bool virtio_took(const struct virtio *v, unsigned feature) { return v->driver_features >> feature & 1; }

/* names.c */
const char *virtio_type_name(unsigned type);
void virtio_add_feature(struct vfp_line *l, unsigned type, unsigned bit);
void virtio_add_features(struct vfp_line *l, unsigned type, uint64_t features);
/* A feature among `features` that needs another, which is not: false, there is none. */
bool virtio_feature_lacks(unsigned type, uint64_t features, unsigned *feature, unsigned *needs);

/* misfits.c: in the order of the tables. */
enum virtio_misfit {
    VIRTIO_AREA, VIRTIO_MISSING, VIRTIO_AREA_SIZE, VIRTIO_NOTIFY, VIRTIO_MULTIPLIER, VIRTIO_REVISION, VIRTIO_QUEUE_UNMAPPED,
    VIRTIO_MISFITS,
};
enum virtio_why { VIRTIO_WHY_READ_ONLY, VIRTIO_WHY_NO_QUEUE, VIRTIO_WHYS };
extern const struct vfp_finding virtio_misfits[], virtio_reasons[];

/* fits.c: say what does not fit of the structures that are known; what is missing, once all capabilities are. */
void virtio_fit(struct virtio *v);
void virtio_fit_missing(struct virtio *v);
/* Of a queue: where it is notified; a part of the selected one, in guest memory. */
void virtio_fit_notify(struct virtio *v, unsigned queue, unsigned offset);
void virtio_fit_queue(struct virtio *v, const char *what, uint64_t address, uint64_t size, bool to_write);
/* Say why an access is refused. */
void virtio_refused(struct virtio *v, const struct vfp_access *a);

/* registers.c */
extern const struct vfp_register virtio_registers[], virtio_legacy[];
extern const struct vfp_field virtio_status_bits[];
/* In this device, as far as its structures are known. */
bool virtio_find_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place);
bool virtio_locate(const struct vfp_register *r, const uint8_t *config, size_t size, uint8_t *region, uint32_t *offset);
/* The structure, and the device type (0: any), that a register is in. */
unsigned virtio_register_area(const struct vfp_register *r);
unsigned virtio_register_type(const struct vfp_register *r);
/* It is written, which changes nothing: remarked once. */
void virtio_read_only(struct virtio *v, const struct vfp_register *r);
/* By the PCI ids. */
unsigned virtio_type(uint16_t device, uint16_t subsystem);

/* chain.c */

/* Append a descriptor's bytes to a chain; an indirect one stands for its table. False: the chain ends here. */
bool virtio_append(struct virtio *v, struct virtio_chain *c, const uint8_t *descriptor, bool packed);
/* Bytes of a chain that the device reads, or (writeable) writes: how many, the address of one (0: none), some. */
uint64_t virtio_sum(const struct virtio_chain *c, bool writeable);
uint64_t virtio_place(const struct virtio_chain *c, uint64_t at);
bool virtio_gather(struct virtio *v, const struct virtio_chain *c, uint64_t skip, uint8_t *to, size_t size);

/* config.c: an access to the device's own configuration; a number of it, if it was read. */
void virtio_config(struct virtio *v, const struct vfp_access *a, uint64_t at);
bool virtio_config_value(const struct virtio *v, const char *name, uint64_t *value);

/* Something is wrong with the chain at hand; the first counts. */
#define COMPLAIN(v, ...) ((v)->complaint.size ? (void)0 : vfp_add(&(v)->complaint, __VA_ARGS__))

/*
 * block.c, net.c, scsi.c: what a chain asks for, behind what `line` has; fills in what is waited for. And how it went, with
 * `written` bytes by the device; false: badly.
 */
void virtio_block(struct virtio *v, struct vfp_line *l, const struct virtio_chain *c, struct virtio_waiting *w);
bool virtio_block_result(struct virtio *v, struct vfp_line *l, struct virtio_waiting *w);
void virtio_net(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_chain *c,
                struct virtio_waiting *w);
bool virtio_net_result(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_waiting *w,
                       uint32_t written);
void virtio_scsi(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_chain *c,
                 struct virtio_waiting *w);
bool virtio_scsi_result(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_waiting *w);

/* requests.c */

/* A ring can't be read: say so, once a queue. */
void virtio_unread(struct virtio *v, unsigned queue, const char *what, uint64_t address, enum vfp_memory result);
struct virtio_waiting *virtio_find(struct virtio_queue *q, uint16_t id);
/* Read of guest memory what virtio_given will need. */
void virtio_read_request(struct virtio *v, unsigned queue, const struct virtio_chain *c);
/* A chain was made available, the device is done with one. Not `shown`: a receive buffer, one of many, is not noted. */
void virtio_given(struct virtio *v, unsigned queue, const struct virtio_chain *c, bool shown);
/* Are the queue's chains buffers, that wait for what the device may have to say? */
bool virtio_is_receive(const struct virtio *v, unsigned queue);
void virtio_done(struct virtio *v, unsigned queue, uint16_t id, uint32_t written);
/* The one that was given first, of those that are not done; NULL: there is none. */
struct virtio_waiting *virtio_oldest(struct virtio_queue *q);
/* So many chains went by, and nothing more is known of them. */
void virtio_went_by(struct virtio *v, unsigned queue, unsigned count);
/* Is there room for what one more chain may have us say? */
bool virtio_has_room(const struct virtio *v);

/*
 * split.c, packed.c: what the driver has made available, and the device is done with, since the last look. `index`: where
 * the driver says its ring is, or -1.
 */
void virtio_look_split(struct virtio *v, unsigned queue);
void virtio_look_packed(struct virtio *v, unsigned queue, int index);

/* notify.c: a notification; looks at all queues. */
void virtio_notify(struct virtio *v, const struct vfp_access *a, uint64_t at);
void virtio_look_all(struct virtio *v);
/* Is there something to look at, of which no notification told? */
enum vfp_moved virtio_moved(struct virtio *v);
void virtio_look_queue(struct virtio *v, unsigned queue);

/* common.c: an access to the common configuration, `at` bytes into it. */
void virtio_common(struct virtio *v, const struct vfp_access *a, uint64_t at);
/* As after a reset of the device. */
void virtio_forget(struct virtio *v);
/* Messages are missing, or what a write brought: what was seen may be old. */
void virtio_gap(struct virtio *v);
/* Likewise, with what was still under way said. */
void virtio_was_reset(struct virtio *v);

/* shell.c */
extern const struct vfp_command virtio_commands[];

#endif
