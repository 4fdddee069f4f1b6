/*
 * Driving a device by hand: what the commands of the shell that change it share. One chain is under way at a time.
 */
#ifndef VFUSCOPE_PLUGIN_VIRTIO_DRIVE_H
#define VFUSCOPE_PLUGIN_VIRTIO_DRIVE_H

#include "plugins/virtio/virtio.h"

enum { VIRTIO_DRIVEN = 4 }; /* queues that are set up */

/* A split queue. */
struct virtio_ring {
    uint32_t size, notify_off; /* size 0: there is none */
    uint64_t desc, driver, device;
    uint16_t available, used; /* the rings' indexes, as far as we are */
};

/* Kept between commands. */
struct virtio_kept {
    bool up;
    unsigned type;
    uint32_t multiplier;
    uint64_t features;
    struct virtio_area common, notify, device;
    struct virtio_ring queues[VIRTIO_DRIVEN];
};

struct virtio_drive {
    struct vfp_shell *shell;
    const struct vfp_shell_host *host;
    struct virtio_kept k;
};

void virtio_drive_begin(struct virtio_drive *d, struct vfp_shell *shell, const struct vfp_shell_host *host);
/* What a command returns. */
int virtio_drive_end(struct virtio_drive *d, bool good);

/* Each is false where something failed: the words were said, or are those of the last access. */

/* Up to DRIVER_OK, with what it must have of features, and those of `more` that it offers. */
bool virtio_drive_init(struct virtio_drive *d, uint64_t more);
/* Give a chain to a queue, and wait until it is done: so many bytes were written. */
bool virtio_drive_submit(struct virtio_drive *d, unsigned number, const struct virtio_part *parts, unsigned count, uint64_t *written);
/* A request of a block device, with or without data. */
bool virtio_drive_block(struct virtio_drive *d, uint32_t kind, uint64_t sector, const struct virtio_part *data);

/* driven.c: the commands */
typedef int virtio_run(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv);
virtio_run virtio_run_init, virtio_run_submit, virtio_run_block;

#endif
