/*
 * Driving a controller: enabled and disabled, commands and their completions (Base Specification, 3.3, 3.5, 4.1).
 */
#include "plugins/nvme/drive.h"

#include <time.h>

enum { ADMIN_DEPTH = 32, IO_DEPTH = 64, LONGEST_MS = 5000 };
enum { IDENTIFY = 0x06 };

#define FAIL(d, ...) ((d)->host->fail((d)->shell, __VA_ARGS__), false)

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool get(struct nvme_drive *d, unsigned at, unsigned width, uint64_t *value)
{
    return d->host->get(d->shell, VFP_BAR0, at, width, value) == VFP_DONE;
}

static bool put(struct nvme_drive *d, unsigned at, unsigned width, uint64_t value)
{
    return d->host->put(d->shell, VFP_BAR0, at, width, value) == VFP_DONE;
}

static bool memory(struct nvme_drive *d, enum vfp_memory result)
{
    return result == VFP_OK || FAIL(d, "%s", d->host->why(d->shell));
}

static bool write(struct nvme_drive *d, uint64_t address, const void *bytes, size_t size)
{
    return memory(d, d->host->write(d->shell, address, bytes, size));
}

/* --- the controller --- */

void nvme_drive_begin(struct nvme_drive *d, struct vfp_shell *shell, const struct vfp_shell_host *host)
{
    *d = (struct nvme_drive){ .shell = shell, .host = host };
    host->recall(shell, &d->k, sizeof d->k);
}

int nvme_drive_end(struct nvme_drive *d, bool good)
{
    d->host->keep(d->shell, &d->k, sizeof d->k);
    return good ? 0 : -1;
}

bool nvme_drive_wants_enabled(struct nvme_drive *d)
{
    uint64_t csts, asq;

    if (!d->k.enabled)
        return FAIL(d, "the controller is not set up yet: nvme enable");
    if (!get(d, NVME_CSTS, 4, &csts) || !get(d, NVME_ASQ, 8, &asq))
        return false;
    if (csts & NVME_CSTS_CFS)
        return FAIL(d, "the controller is in its fatal state (CSTS.CFS): nvme enable resets it");
    if (csts & NVME_CSTS_RDY && asq == d->k.admin.sq)
        return true;
    d->k.enabled = false;
    return FAIL(d, "the controller was reset, or set up by somebody else, since `nvme enable`: that again");
}

/* CSTS.RDY is to be that, within what CAP.TO allows. */
static bool await_ready(struct nvme_drive *d, bool ready, uint64_t *ns)
{
    uint64_t limit_ms = vfp_bits(d->k.cap, 24, 8) * 500, since = now_ns(), csts;

    limit_ms = limit_ms ? limit_ms : 500;
    for (;;) {
        if (!get(d, NVME_CSTS, 4, &csts))
            return false;
        *ns = now_ns() - since;
        if ((csts & NVME_CSTS_RDY) == ready)
            return true;
        if (ready && csts & NVME_CSTS_CFS)
            return FAIL(d, "the controller is in its fatal state: CSTS.CFS, 0x%" PRIx64, csts);
        if (*ns / 1000000 > limit_ms)
            return FAIL(d, "CSTS.RDY is still %d, after the %" PRIu64 " ms that CAP.TO allows (CSTS 0x%" PRIx64 ")", !ready,
                        limit_ms, csts);
        d->host->pause(d->shell, 1);
    }
}

/* CAP, once it can be one. */
static bool know(struct nvme_drive *d)
{
    if (!get(d, NVME_CAP, 8, &d->k.cap))
        return false;
    if (d->k.cap == 0 || d->k.cap == UINT64_MAX)
        return FAIL(d, "CAP is 0x%" PRIx64 ": no controller is behind BAR0", d->k.cap);
    d->k.page = 4096u << vfp_bits(d->k.cap, 48, 4);
    d->k.stride = 4u << vfp_bits(d->k.cap, 32, 4);
    return d->k.page <= 1u << 20 || FAIL(d, "pages of %u bytes at least (CAP.MPSMIN)", d->k.page);
}

bool nvme_drive_disable(struct nvme_drive *d)
{
    uint64_t cc, ns;

    d->k.enabled = d->k.admin.open = d->k.io.open = false;
    d->k.nsid = 0;
    if (!know(d) || !get(d, NVME_CC, 4, &cc))
        return false;
    return (!(cc & NVME_CC_EN) || put(d, NVME_CC, 4, cc & ~(uint64_t)NVME_CC_EN)) && await_ready(d, false, &ns);
}

/* Memory for a pair, the completions without a phase. */
static bool open_pair(struct nvme_drive *d, struct nvme_pair *p, const char *sq, const char *cq, uint32_t depth)
{
    static const uint8_t zeros[4096];

    *p = (struct nvme_pair){ .open = true, .phase = 1, .depth = depth };
    if (d->host->alloc(d->shell, sq, (uint64_t)depth * NVME_SQE, &p->sq) != VFP_DONE ||
        d->host->alloc(d->shell, cq, (uint64_t)depth * NVME_CQE, &p->cq) != VFP_DONE)
        return false;
    for (uint64_t at = 0; at < (uint64_t)depth * NVME_CQE; at += sizeof zeros)
        if (!write(d, p->cq + at, zeros, sizeof zeros)) /* whole pages */
            return false;
    return true;
}

/* The device may reach memory, and answers in its BARs. */
static bool turn_on(struct nvme_drive *d)
{
    enum { WANTED = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER };
    uint64_t command;

    if (d->host->get(d->shell, VFP_CONFIG, PCI_COMMAND, 2, &command) != VFP_DONE)
        return false;
    return (command & WANTED) == WANTED ||
           d->host->put(d->shell, VFP_CONFIG, PCI_COMMAND, 2, command | WANTED) == VFP_DONE;
}

/*
 * Vector 0 of what there is, since completions are signalled: SPDK's controller stops (CSTS.CFS) when nobody takes them. A
 * device without interrupts may do without.
 */
static void take_interrupts(struct nvme_drive *d)
{
    static const enum vfp_irq kinds[] = { VFP_MSIX, VFP_MSI, VFP_INTX };

    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (d->host->wait(d->shell, kinds[i], 0, 0) != VFP_REFUSED)
            return;
}

bool nvme_drive_enable(struct nvme_drive *d, uint32_t depth, uint64_t *ns)
{
    const uint64_t sizes = 6 << 16 | 4 << 20; /* of entries, as powers of two */
    struct nvme_pair *p = &d->k.admin;

    depth = depth ? depth : ADMIN_DEPTH;
    if (!turn_on(d) || !nvme_drive_disable(d) || !open_pair(d, p, "nvme.asq", "nvme.acq", depth))
        return false;
    take_interrupts(d);
    if (!put(d, NVME_AQA, 4, (uint64_t)(depth - 1) << 16 | (depth - 1)) || !put(d, NVME_ASQ, 8, p->sq) ||
        !put(d, NVME_ACQ, 8, p->cq) ||
        !put(d, NVME_CC, 4, sizes | vfp_bits(d->k.cap, 48, 4) << 7 | NVME_CC_EN) || !await_ready(d, true, ns))
        return false;
    d->k.enabled = true;
    return true;
}

/* --- commands --- */

static bool ring(struct nvme_drive *d, bool admin, bool completions, uint32_t value)
{
    return put(d, NVME_DOORBELLS + (2 * !admin + completions) * d->k.stride, 4, value);
}

/* Somebody else's completion, of a command that was not waited for. */
static void show_other(struct nvme_drive *d, const uint8_t *entry)
{
    unsigned status = (unsigned)vfp_le(entry + 14, 2) >> 1;
    const char *name = nvme_status_name(status);

    d->host->print(d->shell, "also completed: id %u, %s (0x%x), result 0x%" PRIx64, (unsigned)vfp_le(entry + 12, 2),
                   name ? name : "status", status & 0x7ff, vfp_le(entry, 4));
}

/* The next completion of the queue. */
static bool take(struct nvme_drive *d, bool admin, uint8_t *entry)
{
    struct nvme_pair *p = admin ? &d->k.admin : &d->k.io;
    uint64_t since = now_ns(), csts;

    for (;;) {
        if (!memory(d, d->host->read(d->shell, p->cq + (uint64_t)p->head * NVME_CQE, entry, NVME_CQE)))
            return false;
        if ((entry[14] & 1) == p->phase)
            break;
        if (now_ns() - since > (uint64_t)LONGEST_MS * 1000000) {
            bool fatal = get(d, NVME_CSTS, 4, &csts) && csts & NVME_CSTS_CFS;

            return FAIL(d, "no completion within %d s: entry %u of CQ%d at 0x%" PRIx64 " has no new phase%s", LONGEST_MS / 1000,
                        p->head, !admin, p->cq, fatal ? "; the controller is in its fatal state (CSTS.CFS)" : "");
        }
        d->host->pause(d->shell, 1);
    }
    p->head = p->head + 1 < p->depth ? p->head + 1 : 0;
    p->phase ^= p->head == 0;
    return ring(d, admin, true, p->head);
}

static bool judge(struct nvme_drive *d, bool admin, uint8_t opcode, struct nvme_done *done)
{
    const char *name = nvme_status_name(done->status);

    if (!done->status)
        return true;
    d->host->value(d->shell, "status", done->status);
    return FAIL(d, "%s: %s (status 0x%x)", nvme_opcode(admin, opcode), name ? name : "an error that has no name here",
                done->status);
}

bool nvme_drive_submit(struct nvme_drive *d, bool admin, uint8_t *entry, struct nvme_done *done)
{
    struct nvme_pair *p = admin ? &d->k.admin : &d->k.io;
    uint16_t id = d->k.next_id++;
    uint64_t since = now_ns();
    uint8_t answer[NVME_CQE];

    nvme_put(entry + 2, 2, id);
    if (!write(d, p->sq + (uint64_t)p->tail * NVME_SQE, entry, NVME_SQE))
        return false;
    p->tail = p->tail + 1 < p->depth ? p->tail + 1 : 0;
    if (!ring(d, admin, false, p->tail))
        return false;
    while (take(d, admin, answer)) {
        if (vfp_le(answer + 12, 2) != id) {
            show_other(d, answer);
            continue;
        }
        *done = (struct nvme_done){ .status = (uint16_t)(vfp_le(answer + 14, 2) >> 1 & 0x7ff),
                                    .result = (uint32_t)vfp_le(answer, 4), .ns = now_ns() - since };
        return judge(d, admin, entry[0], done);
    }
    return false;
}

/* One page, two, or a list of all but the first. */
bool nvme_drive_prps(struct nvme_drive *d, uint8_t *entry, uint64_t address, uint64_t size)
{
    uint64_t page = d->k.page, first = page - address % page, next = address + first, list;
    uint8_t item[8];

    if (address % 4)
        return FAIL(d, "0x%" PRIx64 ": data begin at a multiple of 4 bytes", address);
    nvme_put(entry + 24, 8, address);
    if (size <= first)
        return true;
    if (size - first <= page) {
        nvme_put(entry + 32, 8, next);
        return true;
    }
    if ((size - first + page - 1) / page > page / sizeof item)
        return FAIL(d, "more than one list of PRPs takes");
    if (d->host->alloc(d->shell, "nvme.prps", page, &list) != VFP_DONE)
        return false;
    nvme_put(entry + 32, 8, list);
    for (; next < address + size; next += page, list += sizeof item) {
        nvme_put(item, sizeof item, next);
        if (!write(d, list, item, sizeof item))
            return false;
    }
    return true;
}

static bool create(struct nvme_drive *d, uint8_t opcode, uint64_t address, uint32_t dw11)
{
    uint8_t entry[NVME_SQE] = { opcode };
    struct nvme_done done;

    nvme_put(entry + 24, 8, address);
    nvme_put(entry + 40, 4, (uint64_t)(d->k.io.depth - 1) << 16 | 1);
    nvme_put(entry + 44, 4, dw11);
    return nvme_drive_submit(d, true, entry, &done);
}

/* Its completions raise vector 0, as the admin queue's do: every device has that. */
bool nvme_drive_io(struct nvme_drive *d)
{
    uint32_t most = (uint32_t)vfp_bits(d->k.cap, 0, 16) + 1;
    struct nvme_pair *p = &d->k.io;

    if (p->open)
        return true;
    if (!open_pair(d, p, "nvme.sq1", "nvme.cq1", most < IO_DEPTH ? most : IO_DEPTH) || !create(d, NVME_CREATE_CQ, p->cq, 3) ||
        !create(d, NVME_CREATE_SQ, p->sq, 1 << 16 | 1)) {
        p->open = false;
        return false;
    }
    return true;
}

bool nvme_drive_identify(struct nvme_drive *d, uint8_t cns, uint32_t nsid, uint8_t *data)
{
    uint8_t entry[NVME_SQE] = { IDENTIFY };
    struct nvme_done done;
    uint64_t address;

    if (d->host->alloc(d->shell, "nvme.data", d->k.page, &address) != VFP_DONE)
        return false;
    nvme_put(entry + 4, 4, nsid);
    nvme_put(entry + 24, 8, address);
    nvme_put(entry + 40, 4, cns);
    return nvme_drive_submit(d, true, entry, &done) && memory(d, d->host->read(d->shell, address, data, 4096));
}

bool nvme_drive_blocks(struct nvme_drive *d, uint32_t nsid)
{
    uint8_t data[4096], format;

    if (d->k.nsid == nsid && nsid)
        return true;
    if (!nvme_drive_identify(d, 0, nsid, data))
        return false;
    format = data[128 + 4 * (data[26] & 15) + 2];
    if (!vfp_le(data, 8) || format < 9 || format > 20)
        return FAIL(d, "there is no namespace %u", nsid);
    d->k.nsid = nsid;
    d->k.shift = format;
    d->k.blocks = vfp_le(data, 8);
    return true;
}
