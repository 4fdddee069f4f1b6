/*
 * virtio init, submit, blk: commands of the shell that drive a device.
 */
#include "plugins/virtio/drive.h"

enum { SECTOR = 512, MOST = 1 << 20, PARTS = 7 };

int virtio_run_init(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct virtio_drive d;
    uint64_t more = 0;

    if (argc && !host->number(shell, argv[0], &more)) {
        host->fail(shell, "FEATURES: %.40s: a number, bit by bit", argv[0]);
        return -1;
    }
    virtio_drive_begin(&d, shell, host);
    return virtio_drive_end(&d, virtio_drive_init(&d, more));
}

/* QUEUE (out|in ADDRESS SIZE)... */
static bool submit(struct virtio_drive *d, int argc, char **argv)
{
    struct virtio_part parts[PARTS];
    uint64_t queue, size = 0, written;
    unsigned count = 0;
    bool good = d->host->number(d->shell, argv[0], &queue) && queue <= UINT16_MAX && argc % 3 == 1;

    good = good && (argc - 1) / 3 <= PARTS;
    for (int i = 1; good && i < argc; i += 3, count++) {
        struct virtio_part *p = &parts[count];

        p->writeable = strcmp(argv[i], "in") == 0;
        good = (p->writeable || strcmp(argv[i], "out") == 0) && d->host->number(d->shell, argv[i + 1], &p->address) &&
               d->host->number(d->shell, argv[i + 2], &size) && size <= UINT32_MAX;
        p->size = (uint32_t)size;
    }
    if (!good) {
        d->host->fail(d->shell, "QUEUE, and for each part: out ADDRESS SIZE, or in ADDRESS SIZE");
        return false;
    }
    if (!virtio_drive_submit(d, (unsigned)queue, parts, count, &written))
        return false;
    d->host->print(d->shell, "done, %" PRIu64 " bytes written", written);
    d->host->value(d->shell, "written", written);
    return true;
}

int virtio_run_submit(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct virtio_drive d;

    virtio_drive_begin(&d, shell, host);
    return virtio_drive_end(&d, submit(&d, argc, argv));
}

static bool usage(struct virtio_drive *d)
{
    d->host->fail(d->shell, "read SECTOR COUNT [ADDRESS], write SECTOR COUNT ADDRESS, flush or id");
    return false;
}

/* read and write: kind 0 and 1 */
static bool transfer(struct virtio_drive *d, uint32_t kind, int argc, char **argv)
{
    uint64_t sector, count;
    struct virtio_part data = { .writeable = kind == 0 };

    if (argc < (kind ? 4 : 3) || argc > 4 || !d->host->number(d->shell, argv[1], &sector) ||
        !d->host->number(d->shell, argv[2], &count) || (argc == 4 && !d->host->number(d->shell, argv[3], &data.address)))
        return usage(d);
    if (count < 1 || count > MOST / SECTOR) {
        d->host->fail(d->shell, "COUNT: from 1 to %d sectors of 512 bytes", MOST / SECTOR);
        return false;
    }
    data.size = (uint32_t)count * SECTOR;
    if (argc < 4 && d->host->alloc(d->shell, "virtio.data", data.size, &data.address) != VFP_DONE)
        return false;
    if (!virtio_drive_block(d, kind, sector, &data))
        return false;
    d->host->value(d->shell, "address", data.address);
    d->host->value(d->shell, "size", data.size);
    return kind || argc == 4 || d->host->show(d->shell, data.address, data.size) == VFP_OK;
}

static bool identity(struct virtio_drive *d)
{
    struct virtio_part data = { .size = 20, .writeable = true };
    char text[21] = "";

    if (d->host->alloc(d->shell, "virtio.data", data.size, &data.address) != VFP_DONE ||
        !virtio_drive_block(d, 8, 0, &data) || d->host->read(d->shell, data.address, text, 20) != VFP_OK)
        return false;
    d->host->print(d->shell, "%s", text);
    return true;
}

static bool block(struct virtio_drive *d, int argc, char **argv)
{
    if (strcmp(argv[0], "read") == 0)
        return transfer(d, 0, argc, argv);
    if (strcmp(argv[0], "write") == 0)
        return transfer(d, 1, argc, argv);
    if (strcmp(argv[0], "flush") == 0 && argc == 1)
        return virtio_drive_block(d, 4, 0, NULL);
    return strcmp(argv[0], "id") == 0 && argc == 1 ? identity(d) : usage(d);
}

int virtio_run_block(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct virtio_drive d;

    virtio_drive_begin(&d, shell, host);
    return virtio_drive_end(&d, block(&d, argc, argv));
}
