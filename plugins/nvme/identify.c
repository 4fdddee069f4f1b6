/*
 * nvme enable, disable, identify (Base Specification, 3.5.1, 5.17).
 */
#include "plugins/nvme/drive.h"

enum { CNS_NAMESPACE = 0, CNS_CONTROLLER = 1, CNS_ACTIVE = 2, SHOWN = 16 };

int nvme_run_enable(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct vfp_line line = { 0 };
    struct nvme_drive d;
    uint64_t depth = 0, ns;
    bool good = true;

    nvme_drive_begin(&d, shell, host);
    if (argc && (!host->number(shell, argv[0], &depth) || depth < 2 || depth > 4096)) {
        host->fail(shell, "DEPTH: from 2 to 4096");
        return -1;
    }
    good = nvme_drive_enable(&d, (uint32_t)depth, &ns);
    if (good) {
        vfp_add(&line, "ready after ");
        vfp_add_time(&line, ns);
        vfp_add(&line, "; admin queues of %u entries: nvme.asq, nvme.acq", d.k.admin.depth);
        host->print(shell, "%s", line.text);
    }
    return nvme_drive_end(&d, good);
}

int nvme_run_disable(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct nvme_drive d;

    (void)argc;
    (void)argv;
    nvme_drive_begin(&d, shell, host);
    return nvme_drive_end(&d, nvme_drive_disable(&d));
}

/* Text of a fixed width, without the blanks behind it. */
static void add_text(struct vfp_line *l, const char *what, const uint8_t *at, int size)
{
    while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == 0))
        size--;
    vfp_add(l, "%s%.*s", what, size, (const char *)at);
}

static void show_controller(struct nvme_drive *d, const uint8_t *data)
{
    struct vfp_line l = { 0 };
    uint32_t version = (uint32_t)vfp_le(data + 80, 4);

    add_text(&l, "", data + 24, 40);
    add_text(&l, ", serial ", data + 4, 20);
    add_text(&l, ", firmware ", data + 64, 8);
    if (version)
        vfp_add(&l, ", NVMe %u.%u", version >> 16, version >> 8 & 0xff);
    vfp_add(&l, ", up to %" PRIu64 " namespaces", vfp_le(data + 516, 4));
    if (data[77]) {
        vfp_add(&l, ", transfers up to ");
        vfp_add_size(&l, data[77] < 32 ? (uint64_t)d->k.page << data[77] : 0);
    }
    d->host->print(d->shell, "%s", l.text);
    d->host->value(d->shell, "mdts", data[77]);
    d->host->value(d->shell, "namespaces", vfp_le(data + 516, 4));
}

static bool show_namespace(struct nvme_drive *d, uint32_t nsid)
{
    struct vfp_line l = { 0 };

    d->k.nsid = 0; /* it may be another by now */
    if (!nvme_drive_blocks(d, nsid))
        return false;
    vfp_add(&l, "namespace %u: %" PRIu64 " blocks of %u (", nsid, d->k.blocks, 1u << d->k.shift);
    vfp_add_size(&l, d->k.blocks << d->k.shift);
    d->host->print(d->shell, "%s)", l.text);
    d->host->value(d->shell, "blocks", d->k.blocks);
    d->host->value(d->shell, "block_size", (uint64_t)1 << d->k.shift);
    return true;
}

static bool show_all(struct nvme_drive *d)
{
    uint8_t data[4096];
    uint32_t ids[SHOWN];

    if (!nvme_drive_identify(d, CNS_CONTROLLER, 0, data))
        return false;
    show_controller(d, data);
    if (!nvme_drive_identify(d, CNS_ACTIVE, 0, data))
        return false;
    for (unsigned i = 0; i < SHOWN; i++)
        ids[i] = (uint32_t)vfp_le(data + 4 * i, 4);
    for (unsigned i = 0; i < SHOWN && ids[i]; i++)
        if (!show_namespace(d, ids[i]))
            return false;
    if (!ids[0])
        d->host->print(d->shell, "no namespace");
    return true;
}

int nvme_run_identify(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct nvme_drive d;
    uint64_t nsid = 0;

    if (argc && (!host->number(shell, argv[0], &nsid) || nsid == 0 || nsid > UINT32_MAX)) {
        host->fail(shell, "NAMESPACE: a number from 1 on");
        return -1;
    }
    nvme_drive_begin(&d, shell, host);
    return nvme_drive_end(&d, nvme_drive_wants_enabled(&d) && (argc ? show_namespace(&d, (uint32_t)nsid) : show_all(&d)));
}
