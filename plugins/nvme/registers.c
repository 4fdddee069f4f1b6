/*
 * NVMe: the controller's registers (Base Specification, 3.1.3), and its life as they tell it: reset, enable, ready,
 * shutdown, with times against CAP.TO.
 */
#include "plugins/nvme/nvme.h"

static const char *const css[] = { "NVM", NULL, NULL, NULL, NULL, NULL, "all", "admin only" };
static const char *const shn[] = { "none", "normal", "abrupt" };
static const char *const shst[] = { "normal", "occurring", "complete" };
static const char *const page_sizes[] = { "4K",   "8K",   "16K", "32K", "64K", "128K", "256K", "512K",
                                          "1M",   "2M",   "4M",  "8M",  "16M", "32M",  "64M",  "128M" };
static const char *const arbitration[] = { "round robin", "weighted round robin" };
static const char *const sizes[] = { "1", "2", "4", "8", "16", "32", "64", "128" };
static const char *const units[] = { "4K", "64K", "1M", "16M", "256M", "4G", "64G" };

static const struct vfp_field cap[] = {
    { "MQES", 0, 16 },  { "CQR", 16, 1 },  { "AMS", 17, 2 },   { "TO", 24, 8 },  { "DSTRD", 32, 4 },
    { "NSSRS", 36, 1 }, { "CSS", 37, 8 },  { "BPS", 45, 1 },   { "CPS", 46, 2 }, { "MPSMIN", 48, 4, page_sizes, 16 },
    { "MPSMAX", 52, 4, page_sizes, 16 },   { "PMRS", 56, 1 },  { "CMBS", 57, 1 }, { "NSSS", 58, 1 },
    { "CRMS", 59, 2 },  { 0 },
};
static const struct vfp_field cc[] = {
    { "EN", 0, 1 },    { "CSS", 4, 3, css, 8 },       { "MPS", 7, 4, page_sizes, 16 }, { "AMS", 11, 3, arbitration, 2 },
    { "SHN", 14, 2, shn, 3 }, { "IOSQES", 16, 4, sizes, 8 }, { "IOCQES", 20, 4, sizes, 8 }, { "CRIME", 24, 1 }, { 0 },
};
static const struct vfp_field csts[] = {
    { "RDY", 0, 1 }, { "CFS", 1, 1 }, { "SHST", 2, 2, shst, 3 }, { "NSSRO", 4, 1 }, { "PP", 5, 1 }, { "ST", 6, 1 }, { 0 },
};
static const struct vfp_field vs[] = { { "MJR", 16, 16 }, { "MNR", 8, 8 }, { "TER", 0, 8 }, { 0 } };
static const struct vfp_field aqa[] = { { "ASQS", 0, 12 }, { "ACQS", 16, 12 }, { 0 } };
static const struct vfp_field cmbloc[] = {
    { "BIR", 0, 3 },     { "CQMMS", 3, 1 },  { "CQPDS", 4, 1 }, { "CDPMLS", 5, 1 },
    { "CDPCILS", 6, 1 }, { "CDMMMS", 7, 1 }, { "CQDA", 8, 1 },  { "OFST", 12, 20 }, { 0 },
};
static const struct vfp_field cmbsz[] = {
    { "SQS", 0, 1 }, { "CQS", 1, 1 },           { "LISTS", 2, 1 }, { "RDS", 3, 1 },
    { "WDS", 4, 1 }, { "SZU", 8, 4, units, 7 }, { "SZ", 12, 20 },  { 0 },
};
static const struct vfp_field bpinfo[] = { { "BPSZ", 0, 15 }, { "BRS", 24, 2 }, { "ABPID", 31, 1 }, { 0 } };
static const struct vfp_field bprsel[] = { { "BPRSZ", 0, 10 }, { "BPROF", 10, 20 }, { "BPID", 31, 1 }, { 0 } };
static const struct vfp_field cmbmsc[] = { { "CRE", 0, 1 }, { "CMSE", 1, 1 }, { "CBA", 12, 52 }, { 0 } };
static const struct vfp_field cmbsts[] = { { "CBAI", 0, 1 }, { 0 } };
static const struct vfp_field crto[] = { { "CRWMT", 0, 16 }, { "CRIMT", 16, 16 }, { 0 } };
static const struct vfp_field pmrcap[] = {
    { "RDS", 3, 1 },    { "WDS", 4, 1 },    { "BIR", 5, 3 },   { "PMRTU", 8, 2 },
    { "PMRWBM", 10, 4 }, { "PMRTO", 16, 8 }, { "CMSS", 24, 1 }, { 0 },
};
static const struct vfp_field pmrctl[] = { { "EN", 0, 1 }, { 0 } };
static const struct vfp_field pmrsts[] = {
    { "ERR", 0, 8 }, { "NRDY", 8, 1 }, { "HSTS", 9, 3 }, { "CBAI", 12, 1 }, { 0 },
};

const struct vfp_register nvme_registers[] = {
    { "cap", NVME_CAP, VFP_BAR0, 8, cap, "controller capabilities" },
    { "vs", NVME_VS, VFP_BAR0, 4, vs, "version" },
    { "intms", NVME_INTMS, VFP_BAR0, 4, NULL, "interrupt mask set" },
    { "intmc", NVME_INTMC, VFP_BAR0, 4, NULL, "interrupt mask clear" },
    { "cc", NVME_CC, VFP_BAR0, 4, cc, "controller configuration" },
    { "csts", NVME_CSTS, VFP_BAR0, 4, csts, "controller status" },
    { "nssr", NVME_NSSR, VFP_BAR0, 4, NULL, "NVM subsystem reset" },
    { "aqa", NVME_AQA, VFP_BAR0, 4, aqa, "admin queue attributes" },
    { "asq", NVME_ASQ, VFP_BAR0, 8, NULL, "admin submission queue" },
    { "acq", NVME_ACQ, VFP_BAR0, 8, NULL, "admin completion queue" },
    { "cmbloc", NVME_CMBLOC, VFP_BAR0, 4, cmbloc, "controller memory buffer: where" },
    { "cmbsz", NVME_CMBSZ, VFP_BAR0, 4, cmbsz, "controller memory buffer: size" },
    { "bpinfo", 0x40, VFP_BAR0, 4, bpinfo, "boot partitions" },
    { "bprsel", 0x44, VFP_BAR0, 4, bprsel, "boot partition read select" },
    { "bpmbl", 0x48, VFP_BAR0, 8, NULL, "boot partition memory buffer" },
    { "cmbmsc", NVME_CMBMSC, VFP_BAR0, 8, cmbmsc, "controller memory buffer: control" },
    { "cmbsts", 0x58, VFP_BAR0, 4, cmbsts, "controller memory buffer: status" },
    { "cmbebs", 0x5c, VFP_BAR0, 4, NULL, "controller memory buffer: elasticity buffer" },
    { "cmbswtp", 0x60, VFP_BAR0, 4, NULL, "controller memory buffer: write throughput" },
    { "nssd", 0x64, VFP_BAR0, 4, NULL, "NVM subsystem shutdown" },
    { "crto", 0x68, VFP_BAR0, 4, crto, "controller ready timeouts" },
    { "pmrcap", 0xe00, VFP_BAR0, 4, pmrcap, "persistent memory region: capabilities" },
    { "pmrctl", 0xe04, VFP_BAR0, 4, pmrctl, "persistent memory region: control" },
    { "pmrsts", 0xe08, VFP_BAR0, 4, pmrsts, "persistent memory region: status" },
    { "pmrebs", 0xe0c, VFP_BAR0, 4, NULL, "persistent memory region: elasticity buffer" },
    { "pmrswtp", 0xe10, VFP_BAR0, 4, NULL, "persistent memory region: write throughput" },
    { "pmrmscl", 0xe14, VFP_BAR0, 4, NULL, "persistent memory region: address, low half" },
    { "pmrmscu", 0xe18, VFP_BAR0, 4, NULL, "persistent memory region: address, high half" },
    { 0 },
};

enum { NSSR_KEY = 0x4e564d65 }; /* "NVMe" */

static void add_time(struct vfp_line *l, uint64_t ns)
{
    if (ns < 1000000)
        vfp_add(l, "%.1f us", (double)ns / 1000);
    else
        vfp_add(l, "%.1f ms", (double)ns / 1000000);
}

/* CAP.TO counts in half seconds; 0: not known. */
static uint64_t timeout_ns(const struct nvme *n)
{
    bool known;
    uint64_t value = nvme_value(n, NVME_CAP, 8, &known);

    return known ? vfp_bits(value, 24, 8) * 500000000u : 0;
}

/* How long something took, and whether CAP.TO allows it. */
static void add_took(const struct nvme *n, struct vfp_line *l, uint64_t since)
{
    uint64_t limit = timeout_ns(n);

    if (!since)
        return;
    vfp_add(l, ", after ");
    add_time(l, n->time_ns - since);
    if (limit)
        vfp_add(l, " (CAP.TO allows %.1f s)", (double)limit / 1e9);
}

/* The host waits for ready (or not ready) longer than the controller said that it may take. */
static void warn_late(struct nvme *n, uint64_t since, const char *what)
{
    uint64_t limit = timeout_ns(n);

    if (!since || !limit || n->told_late || n->time_ns - since <= limit)
        return;
    n->told_late = true;
    WARN(n, "%s for %.1f s, CAP.TO allows %.1f s", what, (double)(n->time_ns - since) / 1e9, (double)limit / 1e9);
}

static void cc_written(struct nvme *n, uint64_t before, uint64_t after, bool known)
{
    struct vfp_line l = { 0 };

    vfp_add(&l, "CC.");
    if (!known ? (vfp_add_fields(&l, cc, after), l.size == 3) : !vfp_add_changes(&l, cc, before, after))
        vfp_add(&l, known ? "(no change)" : "EN 0");
    if (after & ~before & NVME_CC_EN) {
        n->enabled_ns = n->time_ns;
        n->disabled_ns = 0;
        n->told_late = n->told_fatal = false;
        nvme_admin_queue(n, &l);
        return;
    }
    if (before & ~after & NVME_CC_EN) {
        vfp_add(&l, ": controller reset");
        NOTE(n, "%s", l.text);
        nvme_unfinished(n);
        n->disabled_ns = n->time_ns;
        n->enabled_ns = 0;
        n->told_late = false;
        nvme_forget(n);
        return;
    }
    if (vfp_bits(after, 14, 2) && vfp_bits(after, 14, 2) != vfp_bits(before, 14, 2)) {
        vfp_add(&l, ": shutdown");
        n->shutdown_ns = n->time_ns;
    }
    NOTE(n, "%s", l.text);
}

static void csts_read(struct nvme *n, uint64_t before, uint64_t after, bool known)
{
    struct vfp_line l = { 0 };
    bool ready = after & NVME_CSTS_RDY;

    vfp_add(&l, "CSTS.");
    if (known && before == after) {
        warn_late(n, ready ? n->disabled_ns : n->enabled_ns, ready ? "still ready" : "not ready");
        return;
    }
    if (!known)
        vfp_add(&l, "RDY %d", ready);
    else
        vfp_add_changes(&l, csts, before, after);
    if (ready && n->enabled_ns) {
        add_took(n, &l, n->enabled_ns);
        n->enabled_ns = 0;
    } else if (!ready && n->disabled_ns) {
        add_took(n, &l, n->disabled_ns);
        n->disabled_ns = 0;
    }
    if (vfp_bits(after, 2, 2) == 2 && n->shutdown_ns) {
        vfp_add(&l, ": shut down after ");
        add_time(&l, n->time_ns - n->shutdown_ns);
        n->shutdown_ns = 0;
    }
    NOTE(n, "%s", l.text);
    if (after & NVME_CSTS_CFS && after != UINT32_MAX && !n->told_fatal) {
        n->told_fatal = true;
        WARN(n, "CSTS.CFS: the controller reports a fatal error");
    }
    if (after == UINT32_MAX)
        WARN(n, "CSTS reads all ones: there is no controller behind it");
}

static void cap_read(struct nvme *n, uint64_t value)
{
    NOTE(n, "CAP: queues of up to %" PRIu64 " entries, ready within %.1f s, doorbell stride %u, pages of %s to %s%s%s",
         vfp_bits(value, 0, 16) + 1, (double)vfp_bits(value, 24, 8) / 2, 4u << vfp_bits(value, 32, 4),
         page_sizes[vfp_bits(value, 48, 4)], page_sizes[vfp_bits(value, 52, 4)],
         vfp_bits(value, 57, 1) ? ", CMB" : "", vfp_bits(value, 56, 1) ? ", PMR" : "");
}

/* Registers that stand for themselves. True: said. */
static bool said(struct nvme *n, const struct vfp_register *r, bool is_write, uint64_t before, uint64_t after, bool known)
{
    switch (r->offset) {
    case NVME_CC:
        if (is_write)
            cc_written(n, before, after, known);
        return is_write || (known && before == after);
    case NVME_CSTS:
        if (!is_write)
            csts_read(n, before, after, known);
        return !is_write;
    case NVME_CAP:
        if (!is_write)
            cap_read(n, after);
        return !is_write;
    case NVME_VS:
        if (!is_write)
            NOTE(n, "VS: NVMe %" PRIu64 ".%" PRIu64 "%s", vfp_bits(after, 16, 16), vfp_bits(after, 8, 8),
                 after == UINT32_MAX ? " (all ones: there is no controller)" : "");
        return !is_write;
    case NVME_AQA:
        NOTE(n, "AQA %s SQ %" PRIu64 " deep, CQ %" PRIu64 " deep", is_write ? "<-" : "=", vfp_bits(after, 0, 12) + 1,
             vfp_bits(after, 16, 12) + 1);
        return true;
    case NVME_NSSR:
        if (is_write && after == NSSR_KEY)
            NOTE(n, "NSSR <- \"NVMe\": NVM subsystem reset");
        return is_write && after == NSSR_KEY;
    default:
        return false;
    }
}

static void say(struct nvme *n, const struct vfp_register *r, bool is_write, uint64_t value, const char *part)
{
    struct vfp_line l = { 0 };

    vfp_add_upper(&l, r->name);
    vfp_add(&l, "%s %s 0x%" PRIx64, part, is_write ? "<-" : "=", value);
    if (r->fields && value && !*part) {
        vfp_add(&l, ": ");
        vfp_add_fields(&l, r->fields, value);
    }
    NOTE(n, "%s", l.text);
}

/* An access that begins at a register's beginning or at the half of a wide one; others have no name. */
void nvme_register(struct nvme *n, const struct vfp_access *a)
{
    const struct vfp_register *r = vfp_register_at(nvme_registers, VFP_BAR0, a->offset);
    uint64_t before, after;
    bool known, high;

    if (!r || !a->has_value || a->offset + a->size > (uint64_t)r->offset + r->width) {
        if (a->is_write)
            NOTE(n, "bar0+0x%" PRIx64 " <- %" PRIu64 " bytes across registers, or none of NVMe's", a->offset, a->size);
        return;
    }
    before = nvme_value(n, r->offset, r->width, &known);
    for (unsigned i = 0; i < a->size; i++) {
        n->bytes[a->offset + i] = (uint8_t)(a->value >> (8 * i));
        n->known[a->offset + i] = true;
    }
    after = nvme_value(n, r->offset, r->width, NULL);
    high = a->offset > r->offset;
    if (!a->is_write && known && before == after && r->offset != NVME_CC && r->offset != NVME_CSTS) {
        struct vfp_line l = { 0 };

        vfp_add_upper(&l, r->name);
        NOTE(n, "%s, as before", l.text);
        return;
    }
    if (a->size < r->width && !high) { /* the low half of a wide register: the other half follows */
        say(n, r, a->is_write, a->value, " low half");
    } else if (!said(n, r, a->is_write, before, after, known)) {
        if (high && r->width != 8)
            say(n, r, a->is_write, a->value, " upper part");
        else
            say(n, r, a->is_write, after, "");
    }
}
