/*
 * The NVMe plugin's commands of the shell, and those that look at the controller and change nothing.
 */
#include "plugins/nvme/drive.h"

static int run_regs(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return vfp_print_registers(shell, host, nvme_registers);
}

/* A queue in the shell's memory. */
struct view {
    struct vfp_shell *shell;
    const struct vfp_shell_host *host;
    const char *name;
    uint64_t base;
    unsigned depth, entry_size;
    void (*line)(struct vfp_line *line, const uint8_t *entry);
};

static void submission(struct vfp_line *line, const uint8_t *entry)
{
    const char *name = nvme_opcode(true, entry[0]);
    uint64_t prp1 = vfp_le(entry + 24, 8);

    if (name)
        vfp_add(line, "%s", name);
    else
        vfp_add(line, "opcode 0x%02x", entry[0]);
    vfp_add(line, ", cid %u, nsid %" PRIu64 ", cdw10 0x%" PRIx64, (unsigned)vfp_le(entry + 2, 2), vfp_le(entry + 4, 4),
            vfp_le(entry + 40, 4));
    if (prp1)
        vfp_add(line, ", data at 0x%" PRIx64, prp1);
}

static void completion(struct vfp_line *line, const uint8_t *entry)
{
    unsigned status = (unsigned)vfp_le(entry + 14, 2);
    const char *name = nvme_status_name(status >> 1);

    vfp_add(line, "cid %u, ", (unsigned)vfp_le(entry + 12, 2));
    if (name)
        vfp_add(line, "%s", name);
    else
        vfp_add(line, "status 0x%x", status >> 1);
    vfp_add(line, ", SQ head %u, phase %u", (unsigned)vfp_le(entry + 8, 2), status & 1);
    if (vfp_le(entry, 4))
        vfp_add(line, ", result 0x%" PRIx64, vfp_le(entry, 4));
}

static bool is_empty(const uint8_t *entry, unsigned size)
{
    while (size--)
        if (entry[size])
            return false;
    return true;
}

/* Its entries that hold something. */
static void show(const struct view *v)
{
    uint8_t entry[NVME_SQE];
    unsigned used = 0;

    v->host->print(v->shell, "%s: %u entries at 0x%" PRIx64, v->name, v->depth, v->base);
    for (unsigned i = 0; i < v->depth; i++) {
        struct vfp_line line = { 0 };

        if (v->host->read(v->shell, v->base + (uint64_t)i * v->entry_size, entry, v->entry_size) != VFP_OK) {
            v->host->print(v->shell, "  %u: not in the memory that the shell mapped", i);
            return;
        }
        if (is_empty(entry, v->entry_size))
            continue;
        used++;
        v->line(&line, entry);
        v->host->print(v->shell, "  %u: %s", i, line.text);
    }
    if (!used)
        v->host->print(v->shell, "  empty");
}

/* Of the admin queue its registers say where it is; of others only the driver knows. */
static int run_queues(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    uint64_t cc, csts, aqa, asq, acq;

    (void)argc;
    (void)argv;
    if (host->get(shell, VFP_BAR0, NVME_CC, 4, &cc) != VFP_DONE || host->get(shell, VFP_BAR0, NVME_CSTS, 4, &csts) ||
        host->get(shell, VFP_BAR0, NVME_AQA, 4, &aqa) || host->get(shell, VFP_BAR0, NVME_ASQ, 8, &asq) ||
        host->get(shell, VFP_BAR0, NVME_ACQ, 8, &acq))
        return -1;
    host->print(shell, "controller: %s, %sready%s", cc & NVME_CC_EN ? "enabled" : "disabled",
                csts & NVME_CSTS_RDY ? "" : "not ", csts & NVME_CSTS_CFS ? ", fatal" : "");
    show(&(struct view){ shell, host, "admin submission queue", asq, (unsigned)vfp_bits(aqa, 0, 12) + 1, NVME_SQE,
                         submission });
    show(&(struct view){ shell, host, "admin completion queue", acq, (unsigned)vfp_bits(aqa, 16, 12) + 1, NVME_CQE,
                         completion });
    return 0;
}

const struct vfp_command nvme_commands[] = {
    { .name = "regs", .usage = "", .help = "the controller's registers, with their fields", .run = run_regs },
    { .name = "queues",
      .usage = "",
      .help = "the admin queues, with what is in their entries",
      .more = "The entries are read from the memory that dma map gave to the device.",
      .run = run_queues },
    { .name = "enable", .usage = "[DEPTH]", .max = 1, .run = nvme_run_enable,
      .help = "reset the controller, give it admin queues, and wait until it is ready",
      .more = "The queues are memory with the names nvme.asq and nvme.acq. What follows keeps their heads, tails and phases.\n"
              "Example: nvme enable" },
    { .name = "disable", .usage = "", .help = "reset the controller: CC.EN 0, and wait until it is not ready",
      .run = nvme_run_disable },
    { .name = "identify", .usage = "[NAMESPACE]", .max = 1, .run = nvme_run_identify,
      .help = "what the controller and its namespaces are" },
    { .name = "read", .usage = "LBA COUNT [ADDRESS] [nsid=N]", .min = 2, .max = 4, .run = nvme_run_read,
      .help = "read blocks, and show them, or have them at ADDRESS",
      .more = "The first time a pair of I/O queues is made: nvme.sq1, nvme.cq1. Without ADDRESS the blocks are in nvme.data.\n"
              "Example: nvme read 0 8" },
    { .name = "write", .usage = "LBA COUNT ADDRESS [nsid=N]", .min = 3, .max = 4, .run = nvme_run_write,
      .help = "write blocks of what is at ADDRESS", .more = "Example: nvme write 0 1 nvme.data" },
    { .name = "submit", .usage = "admin|io COMMAND [FIELD=VALUE]...", .min = 2, .max = 24, .words = "admin io",
      .run = nvme_run_submit, .help = "any command, by the names of its fields, and its completion",
      .more = "COMMAND is a name (identify, get-log-page, create-io-cq, flush) or an opcode. Of a number that a specification\n"
              "counts from 0 (blocks, size, dwords, ranges) the real one is given. Data go to nvme.data unless prp1= is given.\n"
              "Example: nvme submit admin identify cns=1" },
    { 0 },
};
