/*
 * nvme read, write: blocks of a namespace (NVM Command Set Specification, 3.2).
 */
#include "plugins/nvme/drive.h"

enum { WRITE = 1, READ = 2, MOST = 1 << 20 };

struct transfer {
    uint64_t lba, count, nsid, address;
    bool has_address;
};

/* LBA COUNT [ADDRESS] [nsid=N] */
static bool parse(struct nvme_drive *d, int argc, char **argv, struct transfer *t)
{
    uint64_t *const places[] = { &t->lba, &t->count, &t->address };
    static const char *const names[] = { "LBA", "COUNT", "ADDRESS" };
    unsigned place = 0;

    *t = (struct transfer){ .nsid = 1 };
    for (int i = 0; i < argc; i++) {
        bool is_id = strncmp(argv[i], "nsid=", 5) == 0;

        if (!is_id && place == 3) {
            d->host->fail(d->shell, "%.40s: LBA COUNT [ADDRESS] [nsid=N]", argv[i]);
            return false;
        }
        if (!d->host->number(d->shell, argv[i] + (is_id ? 5 : 0), is_id ? &t->nsid : places[place])) {
            d->host->fail(d->shell, "%s: %.40s: not a number", is_id ? "nsid" : names[place], argv[i]);
            return false;
        }
        place += !is_id;
    }
    t->has_address = place == 3;
    if (t->count >= 1 && t->count <= 65536 && t->nsid <= UINT32_MAX && place >= 2)
        return true;
    d->host->fail(d->shell, place < 2 ? "LBA COUNT [ADDRESS] [nsid=N]" : "COUNT: from 1 to 65536 blocks");
    return false;
}

static void show(struct nvme_drive *d, const struct transfer *t, uint64_t size, const struct nvme_done *done)
{
    struct vfp_line l = { 0 };

    vfp_add(&l, "LBA 0x%" PRIx64 "+%" PRIu64 ", ", t->lba, t->count);
    vfp_add_size(&l, size);
    vfp_add(&l, " at 0x%" PRIx64 "%s, within ", t->address, t->has_address ? "" : " (nvme.data)");
    vfp_add_time(&l, done->ns);
    d->host->print(d->shell, "%s", l.text);
    d->host->value(d->shell, "address", t->address);
    d->host->value(d->shell, "size", size);
}

static bool move(struct nvme_drive *d, uint8_t opcode, int argc, char **argv)
{
    uint8_t entry[NVME_SQE] = { opcode };
    struct nvme_done done;
    struct transfer t;
    uint64_t size;

    if (!parse(d, argc, argv, &t) || !nvme_drive_wants_enabled(d) || !nvme_drive_blocks(d, (uint32_t)t.nsid) ||
        !nvme_drive_io(d))
        return false;
    size = t.count << d->k.shift;
    if (size > MOST) {
        d->host->fail(d->shell, "COUNT: %" PRIu64 " blocks of %u: more than 1M in one go", t.count, 1u << d->k.shift);
        return false;
    }
    if (!t.has_address && d->host->alloc(d->shell, "nvme.data", size, &t.address) != VFP_DONE)
        return false;
    nvme_put(entry + 4, 4, t.nsid);
    nvme_put(entry + 40, 8, t.lba);
    nvme_put(entry + 48, 4, t.count - 1);
    if (!nvme_drive_prps(d, entry, t.address, size) || !nvme_drive_submit(d, false, entry, &done))
        return false;
    show(d, &t, size, &done);
    return opcode != READ || t.has_address || d->host->show(d->shell, t.address, size) == VFP_OK;
}

static int run(struct vfp_shell *shell, const struct vfp_shell_host *host, uint8_t opcode, int argc, char **argv)
{
    struct nvme_drive d;

    nvme_drive_begin(&d, shell, host);
    return nvme_drive_end(&d, move(&d, opcode, argc, argv));
}

int nvme_run_read(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    return run(shell, host, READ, argc, argv);
}

int nvme_run_write(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    return run(shell, host, WRITE, argc, argv);
}
