/*
 * NVMe: the words of a command (NVM Command Set Specification, 3; Base Specification, 5), where its data are, and what
 * its completion tells.
 */
#include "nvme.h"

enum {
    DELETE_SQ = 0x00,
    CREATE_SQ = 0x01,
    GET_LOG_PAGE = 0x02,
    DELETE_CQ = 0x04,
    CREATE_CQ = 0x05,
    IDENTIFY = 0x06,
    ABORT = 0x08,
    SET_FEATURES = 0x09,
    GET_FEATURES = 0x0a,
    DOORBELL_BUFFER = 0x7c,
};
enum {
    NVM_WRITE = 0x01,
    NVM_READ = 0x02,
    NVM_WRITE_UNCORRECTABLE = 0x04,
    NVM_COMPARE = 0x05,
    NVM_WRITE_ZEROES = 0x08,
    NVM_DATASET_MANAGEMENT = 0x09,
    NVM_VERIFY = 0x0c,
};
enum { CNS_NAMESPACE = 0x00, CNS_CONTROLLER = 0x01 };
enum { FEATURE_QUEUES = 0x07 };
enum { PAGE_LIST = 512 /* entries of a PRP list that are looked at */ };

static uint32_t dword(const uint8_t *entry, unsigned number)
{
    return (uint32_t)nvme_le(entry + 4 * (size_t)number, 4);
}

uint8_t nvme_block_shift(const struct nvme *n, uint32_t nsid)
{
    for (unsigned i = 0; i < NVME_NAMESPACES; i++)
        if (n->namespaces[i].shift && n->namespaces[i].nsid == nsid)
            return n->namespaces[i].shift;
    return 0;
}

/* --- the words --- */

static void add_queue(struct vfp_line *l, const uint8_t *entry, bool submission)
{
    uint32_t dw10 = dword(entry, 10), dw11 = dword(entry, 11);

    vfp_add(l, " %u, %u deep at 0x%" PRIx64, dw10 & 0xffff, (dw10 >> 16) + 1, nvme_le(entry + 24, 8));
    if (submission)
        vfp_add(l, ", completions to CQ%u", dw11 >> 16);
    else if (dw11 & 2)
        vfp_add(l, ", interrupt vector %u", dw11 >> 16);
    else
        vfp_add(l, ", no interrupts");
    if (!(dw11 & 1))
        vfp_add(l, ", in pieces (a PRP list)");
}

static void add_named(struct vfp_line *l, const char *name, unsigned number)
{
    if (name)
        vfp_add(l, " %s", name);
    else
        vfp_add(l, " 0x%02x", number);
}

static void add_admin(struct vfp_line *l, const uint8_t *entry)
{
    uint32_t dw10 = dword(entry, 10), dw11 = dword(entry, 11);

    switch (entry[0]) {
    case CREATE_SQ:
    case CREATE_CQ:
        add_queue(l, entry, entry[0] == CREATE_SQ);
        break;
    case DELETE_SQ:
    case DELETE_CQ:
        vfp_add(l, " %u", dw10 & 0xffff);
        break;
    case IDENTIFY:
        add_named(l, nvme_identify_name((uint8_t)dw10), dw10 & 0xff);
        break;
    case GET_LOG_PAGE:
        add_named(l, nvme_log_name((uint8_t)dw10), dw10 & 0xff);
        vfp_add(l, ", %" PRIu64 " bytes", (((uint64_t)(dw11 & 0xffff) << 16 | dw10 >> 16) + 1) * 4);
        break;
    case SET_FEATURES:
    case GET_FEATURES:
        add_named(l, nvme_feature_name((uint8_t)dw10), dw10 & 0xff);
        if (entry[0] == SET_FEATURES && (dw10 & 0xff) == FEATURE_QUEUES)
            vfp_add(l, ": %u submission, %u completion", (dw11 & 0xffff) + 1, (dw11 >> 16) + 1);
        else if (entry[0] == SET_FEATURES)
            vfp_add(l, " = 0x%x", dw11);
        break;
    case ABORT:
        vfp_add(l, " SQ%u id %u", dw10 & 0xffff, dw10 >> 16);
        break;
    case DOORBELL_BUFFER:
        vfp_add(l, ": doorbells in guest memory from here on; only few will be seen");
        break;
    default:
        break;
    }
}

static bool is_transfer(uint8_t opcode)
{
    return opcode == NVM_READ || opcode == NVM_WRITE || opcode == NVM_COMPARE;
}

static void add_nvm(const struct nvme *n, struct vfp_line *l, const uint8_t *entry)
{
    uint64_t lba = nvme_le(entry + 40, 8), blocks = (dword(entry, 12) & 0xffff) + (uint64_t)1;
    uint8_t shift = nvme_block_shift(n, dword(entry, 1));

    if (is_transfer(entry[0]) || entry[0] == NVM_WRITE_ZEROES || entry[0] == NVM_VERIFY ||
        entry[0] == NVM_WRITE_UNCORRECTABLE) {
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, lba, blocks);
        if (shift) {
            vfp_add(l, " (");
            vfp_add_size(l, blocks << shift);
            vfp_add(l, ")");
        }
        if (dword(entry, 12) >> 30 & 1)
            vfp_add(l, ", FUA");
    } else if (entry[0] == NVM_DATASET_MANAGEMENT) {
        vfp_add(l, " %u ranges%s", (dword(entry, 10) & 0xff) + 1, dword(entry, 11) & 4 ? ", deallocate" : "");
    }
}

/* --- where the data are --- */

/* How many bytes a command moves, as far as that is known; 0: not, or none. */
static uint64_t data_size(const struct nvme *n, bool admin, const uint8_t *entry)
{
    uint32_t dw10 = dword(entry, 10), dw11 = dword(entry, 11);
    uint8_t shift = nvme_block_shift(n, dword(entry, 1));

    if (admin && entry[0] == IDENTIFY)
        return 4096;
    if (admin && entry[0] == GET_LOG_PAGE)
        return (((uint64_t)(dw11 & 0xffff) << 16 | dw10 >> 16) + 1) * 4;
    if (!admin && is_transfer(entry[0]) && shift)
        return ((dword(entry, 12) & 0xffff) + (uint64_t)1) << shift;
    return !admin && entry[0] == NVM_DATASET_MANAGEMENT ? ((uint64_t)(dw10 & 0xff) + 1) * 16 : 0;
}

/* Does the device write guest memory for this command? Opcodes say so in bits 0 and 1. */
static bool writes_memory(uint8_t opcode)
{
    return (opcode & 3) == 2;
}

static unsigned page_size(const struct nvme *n)
{
    return 4096u << vfp_bits(nvme_value(n, NVME_CC, 4, NULL), 7, 4);
}

static void check(struct nvme *n, const char *what, uint64_t address, uint64_t size, bool to_write)
{
    if (!n->host->is_mapped(n->device, address, size, to_write))
        WARN(n, "%s 0x%" PRIx64 "+0x%" PRIx64 " is not in the DMA map for the device to %s", what, address, size,
             to_write ? "write" : "read");
}

/* PRP2 is a list when more than two pages are moved: see that what it names is mapped, a page of the list at most. */
static void check_list(struct nvme *n, uint16_t queue, uint16_t id, uint64_t list, uint64_t left, bool to_write)
{
    unsigned page = page_size(n), room = (unsigned)((page - list % page) / 8), count;
    uint64_t pages = (left + page - 1) / page;
    uint8_t entries[8 * PAGE_LIST];
    enum vfp_memory result;

    count = pages <= room ? (unsigned)pages : room - 1; /* the last one leads on */
    count = count < PAGE_LIST ? count : PAGE_LIST;
    result = n->host->read(n->device, list, entries, (size_t)count * 8);
    if (result != VFP_OK) {
        if (result == VFP_UNMAPPED)
            WARN(n, "PRP list 0x%" PRIx64 "+%u: %s", list, 8 * count, n->host->why(result));
        return;
    }
    for (unsigned i = 0; i < count && left; i++) {
        uint64_t size = left < page ? left : page, address = nvme_le(entries + 8 * (size_t)i, 8);

        if (!n->host->is_mapped(n->device, address, size, to_write)) {
            if (!nvme_is_done(n, queue, id)) /* else the list is the driver's again, and may hold anything */
                check(n, "PRP list's", address, size, to_write);
            return; /* one is enough */
        }
        left -= size;
    }
}

static void add_prp(struct vfp_line *l, uint64_t prp1, uint64_t first, uint64_t prp2, uint64_t size, unsigned page)
{
    vfp_add(l, ", PRP 0x%" PRIx64, prp1);
    if (size > first && size - first > page)
        vfp_add(l, ", list at 0x%" PRIx64 " (%" PRIu64 " pages)", prp2, (size - first + page - 1) / page);
    else if (prp2 && (size > first || !size))
        vfp_add(l, ", 0x%" PRIx64, prp2);
}

static void check_prp(struct nvme *n, uint16_t queue, const uint8_t *entry, uint64_t size)
{
    uint64_t prp1 = nvme_le(entry + 24, 8), prp2 = nvme_le(entry + 32, 8), first = page_size(n) - prp1 % page_size(n);
    bool to_write = writes_memory(entry[0]);
    unsigned page = page_size(n);

    check(n, "PRP1", prp1, !size ? 1 : size < first ? size : first, to_write);
    if (size > first && size - first <= page)
        check(n, "PRP2", prp2, size - first, to_write);
    else if (size > first)
        check_list(n, queue, (uint16_t)nvme_le(entry + 2, 2), prp2, size - first, to_write);
}

static void add_sgl(struct vfp_line *l, const uint8_t *descriptor)
{
    static const char *const types[] = { "data block", "bit bucket", "segment", "last segment", "keyed data block",
                                         "transport data block" };
    unsigned type = descriptor[15] >> 4;

    vfp_add(l, ", SGL %s 0x%" PRIx64 "+0x%x", type < 6 ? types[type] : "of unknown type", nvme_le(descriptor, 8),
            (unsigned)nvme_le(descriptor + 8, 4));
}

/* Some commands have no data, and no one can tell of a vendor's. */
static bool has_data(bool admin, const uint8_t *entry)
{
    if (admin && (entry[0] == CREATE_SQ || entry[0] == CREATE_CQ))
        return false;
    return (entry[0] & 3) != 0 && nvme_le(entry + 24, 8) != 0;
}

void nvme_describe(struct nvme *n, struct vfp_line *l, uint16_t queue, const uint8_t *entry)
{
    bool admin = queue == 0;
    uint64_t prp1 = nvme_le(entry + 24, 8), prp2 = nvme_le(entry + 32, 8), size = data_size(n, admin, entry);
    uint64_t first = page_size(n) - prp1 % page_size(n);
    bool sgl = entry[1] >> 6;

    vfp_add(l, "%s", nvme_opcode(admin, entry[0]));
    if (admin)
        add_admin(l, entry);
    else
        add_nvm(n, l, entry);
    if (dword(entry, 1))
        vfp_add(l, dword(entry, 1) == UINT32_MAX ? ", all namespaces" : ", namespace %u", dword(entry, 1));
    if (entry[1] & 3)
        vfp_add(l, ", fused");
    if (has_data(admin, entry) && sgl)
        add_sgl(l, entry + 24);
    else if (has_data(admin, entry))
        add_prp(l, prp1, first, prp2, size, page_size(n));
    NOTE(n, "%s", l->text);
    if (has_data(admin, entry) && !sgl)
        check_prp(n, queue, entry, size);
}

/* --- what submissions and completions change --- */

static void queue_created(struct nvme *n, const struct nvme_command *c, bool submission)
{
    unsigned id = c->dw10 & 0xffff, shift = (unsigned)vfp_bits(nvme_value(n, NVME_CC, 4, NULL), submission ? 16 : 20, 4);
    unsigned least = submission ? NVME_SQE : NVME_CQE;
    struct nvme_queue *q = submission ? &n->sq[id % NVME_QUEUES] : &n->cq[id % NVME_QUEUES];

    if (id == 0 || id >= NVME_QUEUES)
        return;
    *q = (struct nvme_queue){ .open = true,
                              .at_known = true,
                              .in_pieces = !(c->dw11 & 1),
                              .depth = (c->dw10 >> 16) + 1,
                              .entry = 1u << shift > least ? 1u << shift : least,
                              .base = c->prp1,
                              .completes_to = (uint16_t)(c->dw11 >> 16) };
    if (!q->in_pieces)
        check(n, submission ? "submission queue" : "completion queue", q->base, (uint64_t)q->depth * q->entry, !submission);
    if (submission && q->completes_to < NVME_QUEUES && !n->cq[q->completes_to].open)
        WARN(n, "SQ%u completes to CQ%u, whose creation was not seen", id, q->completes_to);
}

void nvme_submitted(struct nvme *n, const struct nvme_command *c, const uint8_t *entry)
{
    (void)entry;
    if (c->queue == 0 && (c->opcode == CREATE_SQ || c->opcode == CREATE_CQ))
        queue_created(n, c, c->opcode == CREATE_SQ);
}

/* Bytes of a command's data, if they are within its first page. */
static bool read_data(struct nvme *n, const struct nvme_command *c, unsigned offset, void *buffer, size_t size)
{
    uint64_t in_page = c->prp1 % page_size(n) + offset;

    return c->flags >> 6 == 0 && in_page + size <= page_size(n) &&
           n->host->read(n->device, c->prp1 + offset, buffer, size) == VFP_OK;
}

/* A string of identify's: padded with blanks; what is no character of text is left to the output to escape. */
static void add_string(struct vfp_line *l, const char *name, const uint8_t *text, size_t size)
{
    while (size && (text[size - 1] == ' ' || !text[size - 1]))
        size--;
    if (size)
        vfp_add(l, "%s%s %.*s", l->size ? ", " : "", name, (int)size, (const char *)text);
}

static void identified_controller(struct nvme *n, const struct nvme_command *c)
{
    struct vfp_line l = { 0 };
    uint8_t id[72];

    if (!read_data(n, c, 0, id, sizeof id))
        return;
    add_string(&l, "model", id + 24, 40);
    add_string(&l, "serial", id + 4, 20);
    add_string(&l, "firmware", id + 64, 8);
    if (l.size)
        NOTE(n, "%s", l.text);
}

static void identified_namespace(struct nvme *n, const struct nvme_command *c)
{
    struct vfp_line l = { 0 };
    uint8_t id[128 + 64 * 4];
    uint64_t blocks;
    unsigned format, shift, at;

    if (!read_data(n, c, 0, id, sizeof id))
        return;
    blocks = nvme_le(id, 8);
    format = (id[26] & 0xf) | (id[26] >> 1 & 0x30);
    shift = id[128 + 4 * format + 2];
    if (!blocks || shift < 9 || shift > 32)
        return;
    for (at = 0; at < NVME_NAMESPACES && !(n->namespaces[at].shift && n->namespaces[at].nsid == c->nsid); at++)
        ;
    if (at == NVME_NAMESPACES)
        at = n->next_namespace++ % NVME_NAMESPACES;
    n->namespaces[at].nsid = c->nsid;
    n->namespaces[at].shift = (uint8_t)shift;
    vfp_add(&l, "namespace %u: %" PRIu64 " blocks of ", c->nsid, blocks);
    vfp_add_size(&l, (uint64_t)1 << shift);
    NOTE(n, "%s", l.text);
}

void nvme_completed(struct nvme *n, const struct nvme_command *c, unsigned status, uint32_t result)
{
    unsigned id = c->dw10 & 0xffff;

    if (c->queue != 0)
        return;
    if (c->opcode == CREATE_SQ && status && id && id < NVME_QUEUES)
        n->sq[id].open = false;
    if (c->opcode == CREATE_CQ && status && id && id < NVME_QUEUES)
        n->cq[id].open = false;
    if (status)
        return;
    if (c->opcode == DELETE_SQ && id && id < NVME_QUEUES)
        n->sq[id].open = false;
    if (c->opcode == DELETE_CQ && id && id < NVME_QUEUES)
        n->cq[id].open = false;
    if (c->opcode == SET_FEATURES && (c->dw10 & 0xff) == FEATURE_QUEUES)
        NOTE(n, "granted: %u submission queues, %u completion queues", (result & 0xffff) + 1, (result >> 16) + 1);
    if (c->opcode == IDENTIFY && (c->dw10 & 0xff) == CNS_CONTROLLER)
        identified_controller(n, c);
    if (c->opcode == IDENTIFY && (c->dw10 & 0xff) == CNS_NAMESPACE)
        identified_namespace(n, c);
}
