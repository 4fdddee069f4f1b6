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
    { "cap", NVME_CAP, VFP_BAR0, 8, cap, "controller capabilities", VFP_READ_ONLY },
    { "vs", NVME_VS, VFP_BAR0, 4, vs, "version", VFP_READ_ONLY },
    { "intms", NVME_INTMS, VFP_BAR0, 4, NULL, "interrupt mask set" },
    { "intmc", NVME_INTMC, VFP_BAR0, 4, NULL, "interrupt mask clear" },
    { "cc", NVME_CC, VFP_BAR0, 4, cc, "controller configuration" },
    { "csts", NVME_CSTS, VFP_BAR0, 4, csts, "controller status", VFP_READ_ONLY },
    { "nssr", NVME_NSSR, VFP_BAR0, 4, NULL, "NVM subsystem reset", VFP_WRITE_ONLY },
    { "aqa", NVME_AQA, VFP_BAR0, 4, aqa, "admin queue attributes" },
    { "asq", NVME_ASQ, VFP_BAR0, 8, NULL, "admin submission queue" },
    { "acq", NVME_ACQ, VFP_BAR0, 8, NULL, "admin completion queue" },
    { "cmbloc", NVME_CMBLOC, VFP_BAR0, 4, cmbloc, "controller memory buffer: where", VFP_READ_ONLY },
    { "cmbsz", NVME_CMBSZ, VFP_BAR0, 4, cmbsz, "controller memory buffer: size", VFP_READ_ONLY },
    { "bpinfo", 0x40, VFP_BAR0, 4, bpinfo, "boot partitions", VFP_READ_ONLY },
    { "bprsel", 0x44, VFP_BAR0, 4, bprsel, "boot partition read select" },
    { "bpmbl", 0x48, VFP_BAR0, 8, NULL, "boot partition memory buffer" },
    { "cmbmsc", NVME_CMBMSC, VFP_BAR0, 8, cmbmsc, "controller memory buffer: control" },
    { "cmbsts", 0x58, VFP_BAR0, 4, cmbsts, "controller memory buffer: status", VFP_READ_ONLY },
    { "cmbebs", 0x5c, VFP_BAR0, 4, NULL, "controller memory buffer: elasticity buffer", VFP_READ_ONLY },
    { "cmbswtp", 0x60, VFP_BAR0, 4, NULL, "controller memory buffer: write throughput", VFP_READ_ONLY },
    { "nssd", 0x64, VFP_BAR0, 4, NULL, "NVM subsystem shutdown", VFP_WRITE_ONLY },
    { "crto", 0x68, VFP_BAR0, 4, crto, "controller ready timeouts", VFP_READ_ONLY },
    { "pmrcap", 0xe00, VFP_BAR0, 4, pmrcap, "persistent memory region: capabilities", VFP_READ_ONLY },
    { "pmrctl", 0xe04, VFP_BAR0, 4, pmrctl, "persistent memory region: control" },
    { "pmrsts", 0xe08, VFP_BAR0, 4, pmrsts, "persistent memory region: status", VFP_READ_ONLY },
    { "pmrebs", 0xe0c, VFP_BAR0, 4, NULL, "persistent memory region: elasticity buffer", VFP_READ_ONLY },
    { "pmrswtp", 0xe10, VFP_BAR0, 4, NULL, "persistent memory region: write throughput", VFP_READ_ONLY },
    { "pmrmscl", 0xe14, VFP_BAR0, 4, NULL, "persistent memory region: address, low half" },
    { "pmrmscu", 0xe18, VFP_BAR0, 4, NULL, "persistent memory region: address, high half" },
    { "sqtdbl", 0, VFP_LOCATED, 4, NULL, "a submission queue's tail", VFP_WRITE_ONLY },
    { "cqhdbl", 1, VFP_LOCATED, 4, NULL, "a completion queue's head", VFP_WRITE_ONLY },
    { 0 },
};

enum { NSSR_KEY = 0x4e564d65 }; /* "NVMe" */

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
    vfp_add_time(l, nvme_since(n, since));
    if (limit)
        vfp_add(l, " (CAP.TO allows %.1f s)", (double)limit / 1e9);
}

/* The host waits for ready (or not ready) longer than the controller said that it may take. */
static void warn_late(struct nvme *n, uint64_t since, const char *what)
{
    uint64_t limit = timeout_ns(n);

    if (!since || !limit || n->told_late || nvme_since(n, since) <= limit)
        return;
    n->told_late = true;
    WARN(n, "%s for %.1f s, CAP.TO allows %.1f s", what, (double)nvme_since(n, since) / 1e9, (double)limit / 1e9);
}

/* Was the controller disabled until now? If CC was not seen before, other registers may tell. */
static bool was_disabled(const struct nvme *n, uint64_t before, bool known)
{
    bool csts_known, aqa_known, asq_known, acq_known;
    uint64_t csts_value = nvme_value(n, NVME_CSTS, 4, &csts_known);

    nvme_value(n, NVME_AQA, 4, &aqa_known);
    nvme_value(n, NVME_ASQ, 8, &asq_known);
    nvme_value(n, NVME_ACQ, 8, &acq_known);
    return known ? !(before & NVME_CC_EN)
                 : (csts_known && !(csts_value & NVME_CSTS_RDY)) || (aqa_known && asq_known && acq_known);
}

static void cc_written(struct nvme *n, uint64_t before, uint64_t after, bool known)
{
    struct vfp_line l = { 0 };

    vfp_add(&l, known && before == after ? "CC <- 0x%" PRIx64 ", as it was" : "CC.", after);
    if (known)
        vfp_add_changes(&l, cc, before, after);
    else if (vfp_add_fields(&l, cc, after), l.size == 3)
        vfp_add(&l, "EN 0");
    if (after & NVME_CC_EN && was_disabled(n, before, known)) {
        n->enabled_ns = n->time_ns;
        n->disabled_ns = 0;
        n->told_late = n->told_fatal = false;
        nvme_admin_queue(n, &l);
        return;
    }
    if (known && before & ~after & NVME_CC_EN) {
        vfp_add(&l, ": controller reset");
        NOTE(n, "%s", l.text);
        nvme_unfinished(n);
        n->disabled_ns = n->time_ns;
        n->enabled_ns = 0;
        n->told_late = false;
        nvme_bury(n);
        nvme_forget(n);
        return;
    }
    if (!(after & NVME_CC_EN))
        nvme_forget(n);
    if (vfp_bits(after, 14, 2) && (!known || vfp_bits(after, 14, 2) != vfp_bits(before, 14, 2))) {
        vfp_add(&l, ": shutdown");
        n->shutdown_ns = known ? n->time_ns : 0;
    }
    NOTE(n, "%s", l.text);
}

static void csts_read(struct nvme *n, uint64_t before, uint64_t after, bool known)
{
    struct vfp_line l = { 0 };
    bool ready = after & NVME_CSTS_RDY, more = known;

    vfp_add(&l, "CSTS.");
    if (known && before == after) {
        warn_late(n, ready ? n->disabled_ns : n->enabled_ns, ready ? "still ready" : "not ready");
        return;
    }
    if (!known)
        vfp_add(&l, "RDY %d", ready);
    else
        vfp_add_changes(&l, csts, before, after);
    more |= ready ? n->enabled_ns : n->disabled_ns;
    if (ready && n->enabled_ns) {
        add_took(n, &l, n->enabled_ns);
        n->enabled_ns = 0;
    } else if (!ready && n->disabled_ns) {
        add_took(n, &l, n->disabled_ns);
        n->disabled_ns = 0;
    }
    if (vfp_bits(after, 2, 2) == 2 && n->shutdown_ns) {
        vfp_add(&l, ": shut down after ");
        vfp_add_time(&l, nvme_since(n, n->shutdown_ns));
        n->shutdown_ns = 0;
        more = true;
    }
    if (more || !n->named)
        NOTE(n, "%s", l.text);
    if (after & NVME_CSTS_CFS && !n->told_fatal) {
        n->told_fatal = true;
        WARN(n, "CSTS.CFS: the controller reports a fatal error");
    }
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
        n->cc_no = n->host->size > offsetof(struct vfp_host, message) ? n->host->message(n->device) : 0;
        if (is_write)
            cc_written(n, before, after, known);
        return is_write || (known && before == after);
    case NVME_CSTS:
        if (!is_write)
            csts_read(n, before, after, known);
        return !is_write;
    case NVME_CAP:
        if (!is_write) {
            cap_read(n, after);
            nvme_fit(n);
        }
        return !is_write;
    case NVME_AQA:
        NOTE(n, "AQA %s SQ %" PRIu64 " deep, CQ %" PRIu64 " deep", is_write ? "<-" : "=", vfp_bits(after, 0, 12) + 1,
             vfp_bits(after, 16, 12) + 1);
        return true;
    case NVME_NSSR:
        if (!is_write || after != NSSR_KEY)
            return false;
        NOTE(n, "NSSR <- \"NVMe\": NVM subsystem reset");
        nvme_look_last(n);
        nvme_bury(n);
        nvme_start_over(n, true);
        return true;
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

/* Whether it is whole by now, or the low half of a wide one, and so on. */
static void tell(struct nvme *n, const struct vfp_register *r, bool is_write, unsigned at, unsigned size, uint64_t before,
                 bool was_known)
{
    bool known;
    uint64_t after = nvme_value(n, r->offset, r->width, &known), part = nvme_value(n, r->offset + at, size, NULL);
    struct vfp_line l = { 0 };

    if (!is_write && was_known && before == after && r->offset != NVME_CC && r->offset != NVME_CSTS) {
        vfp_add_upper(&l, r->name);
        if (!n->named)
            NOTE(n, "%s, as before", l.text);
    } else if (r->width == 8 && size == 4 && !(at && known)) { /* of the low half the other one follows */
        if (!n->named)
            say(n, r, is_write, part, at ? " high half" : " low half");
    } else if (!known) {
        vfp_add(&l, " byte%s %u", size > 1 ? "s from" : "", at);
        if (!n->named)
            say(n, r, is_write, part, l.text);
    } else if (!said(n, r, is_write, before, after, was_known) && !(n->named && size == r->width)) {
        say(n, r, is_write, after, "");
    }
}

/* What a write leaves in a register of which it is not at hand. */
static void not_at_hand(struct nvme *n, const struct vfp_register *r, unsigned at, unsigned size)
{
    struct vfp_line l = { 0 };

    memset(n->known + r->offset + at, false, size);
    if (r->offset == NVME_CC)
        n->enabled_ns = n->disabled_ns = n->shutdown_ns = 0;
    vfp_add_upper(&l, r->name);
    NOTE(n, "%s is written: what with is not at hand", l.text);
}

/* A write that changes nothing. */
static void read_only(struct nvme *n, const struct vfp_register *r)
{
    uint64_t bit = (uint64_t)1 << (r - nvme_registers);
    struct vfp_line l = { 0 };

    if (n->told_read_only & bit)
        return;
    n->told_read_only |= bit;
    vfp_add_upper(&l, r->name);
    NOTE(n, "%s is written: it is read-only", l.text);
}

/* `size` bytes of a register from `at` on. */
static void access_part(struct nvme *n, const struct vfp_register *r, const struct vfp_access *a, unsigned at, unsigned size)
{
    uint64_t from = r->offset + at - a->offset, before;
    bool known;

    if (a->is_write && r->flags & VFP_READ_ONLY) {
        if (r->offset != NVME_CSTS || !vfp_sets(a, NVME_CSTS, NVME_CSTS_NSSRO)) /* which a 1 clears */
            read_only(n, r);
        return;
    }
    if (from + size > a->data_size) {
        if (a->is_write)
            not_at_hand(n, r, at, size);
        return;
    }
    before = nvme_value(n, r->offset, r->width, &known);
    for (unsigned i = 0; i < size; i++) {
        n->bytes[r->offset + at + i] = a->has_value ? (uint8_t)(a->value >> 8 * (from + i)) : a->data[from + i];
        n->known[r->offset + at + i] = true;
    }
    tell(n, r, a->is_write, at, size, before, known);
}

/* Nobody answers: what was known is not changed by it. All interrupts may be masked, though. */
static bool is_gone(struct nvme *n, const struct vfp_access *a)
{
    const struct vfp_register *r = vfp_register_at(nvme_registers, VFP_BAR0, a->offset);
    struct vfp_line l = { 0 };

    if (a->is_write)
        return false;
    if (!r || r->offset == NVME_INTMS || r->offset == NVME_INTMC || !vfp_is_nobody(a)) {
        n->told_gone = n->told_gone && vfp_is_nobody(a);
        return false;
    }
    vfp_add_upper(&l, r->name);
    (n->told_gone ? n->host->note : n->host->warn)(n->device, "%s reads all ones: there is no controller behind it", l.text);
    n->told_gone = true;
    return true;
}

void nvme_register(struct nvme *n, const struct vfp_access *a)
{
    bool any = false;

    if (is_gone(n, a) || (!a->is_write && a->size > 8))
        return;
    n->named = a->size <= 8;
    for (const struct vfp_register *r = nvme_registers; r->name; r++) {
        uint64_t from = a->offset > r->offset ? a->offset : r->offset, end = (uint64_t)r->offset + r->width;

        end = a->size < end - a->offset ? a->offset + a->size : end;
        if (r->region != VFP_BAR0 || a->offset >= (uint64_t)r->offset + r->width || from >= end)
            continue;
        any = true;
        access_part(n, r, a, (unsigned)(from - r->offset), (unsigned)(end - from));
    }
    if (!any && a->is_write)
        NOTE(n, "bar0+0x%" PRIx64 " <- %" PRIu64 " byte%s: no register of NVMe's", a->offset, a->size, a->size == 1 ? "" : "s");
}
