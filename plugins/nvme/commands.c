/*
 * NVMe: the words of a command (NVM Command Set Specification, 3; Base Specification, 5), and what its completion tells.
 */
#include "plugins/nvme/nvme.h"

enum {
    DELETE_SQ = 0x00,
    CREATE_SQ = NVME_CREATE_SQ,
    GET_LOG_PAGE = 0x02,
    DELETE_CQ = 0x04,
    CREATE_CQ = NVME_CREATE_CQ,
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
enum { FEATURE_QUEUES = 0x07, FEATURE_KEEP_ALIVE = 0x0f };

static uint32_t dword(const uint8_t *entry, unsigned number)
{
    return (uint32_t)vfp_le(entry + 4 * (size_t)number, 4);
}

static uint8_t block_shift(const struct nvme *n, uint32_t nsid)
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

    vfp_add(l, " %u, %u deep at 0x%" PRIx64, dw10 & 0xffff, (dw10 >> 16) + 1, vfp_le(entry + 24, 8));
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
        else if (entry[0] == SET_FEATURES && (dw10 & 0xff) == FEATURE_KEEP_ALIVE)
            vfp_add(l, " = %u ms", dw11);
        else if (entry[0] == SET_FEATURES)
            vfp_add(l, " = 0x%x", dw11);
        break;
    case ABORT:
        vfp_add(l, " SQ%u id %u", dw10 & 0xffff, dw10 >> 16);
        break;
    case DOORBELL_BUFFER:
        vfp_add(l, ": doorbells at 0x%" PRIx64 " in guest memory from here on; only few will be messages",
                vfp_le(entry + 24, 8));
        break;
    default:
        break;
    }
}

static bool is_transfer(uint8_t opcode)
{
    return opcode == NVM_READ || opcode == NVM_WRITE || opcode == NVM_COMPARE;
}

/* What is deallocated: known as long as the command is not done. */
static void add_ranges(struct nvme *n, struct vfp_line *l, uint16_t queue, const uint8_t *entry)
{
    enum { NAMED = 4, RANGE = 16 };
    struct nvme_command c = { .flags = entry[1], .prp1 = vfp_le(entry + 24, 8), .prp2 = vfp_le(entry + 32, 8) };
    unsigned count = (dword(entry, 10) & 0xff) + 1, named = count < NAMED ? count : NAMED;
    uint8_t ranges[NAMED * RANGE];

    vfp_add(l, " %u range%s%s", count, count == 1 ? "" : "s", dword(entry, 11) & 4 ? ", deallocate" : "");
    if (!nvme_read_data(n, &c, 0, ranges, (size_t)named * RANGE) ||
        (nvme_is_hidden(n, queue) && nvme_is_done(n, queue, (uint16_t)vfp_le(entry + 2, 2))))
        return;
    for (unsigned i = 0; i < named; i++)
        vfp_add(l, "%s LBA 0x%" PRIx64 "+%" PRIu64, i ? "," : ":", vfp_le(ranges + RANGE * i + 8, 8), vfp_le(ranges + RANGE * i + 4, 4));
    if (count > named)
        vfp_add(l, " and %u more", count - named);
}

static void add_nvm(struct nvme *n, struct vfp_line *l, uint16_t queue, const uint8_t *entry)
{
    uint64_t lba = vfp_le(entry + 40, 8), blocks = (dword(entry, 12) & 0xffff) + (uint64_t)1;
    uint8_t shift = block_shift(n, dword(entry, 1));

    if (nvme_has_blocks(entry[0])) {
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, lba, blocks);
        if (shift) {
            vfp_add(l, " (");
            vfp_add_size(l, blocks << shift);
            vfp_add(l, ")");
        }
        if (dword(entry, 12) >> 30 & 1)
            vfp_add(l, ", FUA");
    } else if (entry[0] == NVM_DATASET_MANAGEMENT) {
        add_ranges(n, l, queue, entry);
    }
}

/* --- where the data are --- */

/* How many bytes a command moves, as far as that is known; 0: not, or none. */
static uint64_t data_size(const struct nvme *n, bool admin, const uint8_t *entry)
{
    uint32_t dw10 = dword(entry, 10), dw11 = dword(entry, 11);
    uint8_t shift = block_shift(n, dword(entry, 1));

    if (admin && entry[0] == IDENTIFY)
        return 4096;
    if (admin && entry[0] == GET_LOG_PAGE)
        return (((uint64_t)(dw11 & 0xffff) << 16 | dw10 >> 16) + 1) * 4;
    if (!admin && is_transfer(entry[0]) && shift)
        return ((dword(entry, 12) & 0xffff) + (uint64_t)1) << shift;
    return !admin && entry[0] == NVM_DATASET_MANAGEMENT ? ((uint64_t)(dw10 & 0xff) + 1) * 16 : 0;
}

uint64_t nvme_bytes(const struct nvme *n, uint16_t queue, const uint8_t *entry) { return data_size(n, queue == 0, entry); }

bool nvme_has_blocks(uint8_t opcode)
{
    return is_transfer(opcode) || opcode == NVM_WRITE_ZEROES || opcode == NVM_VERIFY || opcode == NVM_WRITE_UNCORRECTABLE;
}

/* Some commands have no data, and no one can tell of a vendor's. */
static bool has_data(bool admin, const uint8_t *entry)
{
    if (admin && (entry[0] == CREATE_SQ || entry[0] == CREATE_CQ))
        return false;
    return (entry[0] & 3) != 0 && vfp_le(entry + 24, 8) != 0;
}

void nvme_describe(struct nvme *n, struct vfp_line *l, uint16_t queue, const uint8_t *entry)
{
    bool admin = queue == 0;
    uint64_t size = data_size(n, admin, entry);

    nvme_add_opcode(l, admin, entry[0]);
    if (admin)
        add_admin(l, entry);
    else
        add_nvm(n, l, queue, entry);
    if (dword(entry, 1))
        vfp_add(l, dword(entry, 1) == UINT32_MAX ? ", all namespaces" : ", namespace %u", dword(entry, 1));
    if (entry[1] & 3)
        vfp_add(l, ", fused");
    if (has_data(admin, entry))
        nvme_add_data(n, l, entry, size);
    NOTE(n, "%s", l->text);
    if (has_data(admin, entry))
        nvme_check_data(n, queue, entry, size);
}

/* --- what submissions and completions change --- */

static void queue_created(struct nvme *n, const struct nvme_command *c, bool submission)
{
    unsigned id = c->dw10 & 0xffff, shift = (unsigned)vfp_bits(nvme_value(n, NVME_CC, 4, NULL), submission ? 16 : 20, 4);
    unsigned least = submission ? NVME_SQE : NVME_CQE;
    struct nvme_queue q = { .in_pieces = !(c->dw11 & 1),
                            .depth = (c->dw10 >> 16) + 1,
                            .entry = 1u << shift > least ? 1u << shift : least,
                            .base = c->prp1,
                            .completes_to = submission ? (uint16_t)(c->dw11 >> 16) : 0,
                            .vector = submission ? 0 : (uint16_t)(c->dw11 >> 16) };

    if (id == 0 || id >= NVME_QUEUES)
        return;
    nvme_open_queue(n, submission, id, &q);
    if ((submission ? &n->sq[id] : &n->cq[id])->in_device)
        NOTE(n, "%cQ%u is in the controller memory buffer: its entries are not seen", submission ? 'S' : 'C', id);
    else if (q.in_pieces)
        nvme_fit_pieces(n, submission, id);
    else
        nvme_fit_queue(n, submission ? &n->sq[id] : &n->cq[id], submission ? "submission queue" : "completion queue", !submission);
    if (submission && q.completes_to < NVME_QUEUES && !n->cq[q.completes_to].open)
        (n->unsure ? n->host->note : n->host->warn)(n->device, "SQ%u completes to CQ%u, whose creation was not seen", id,
                                                    q.completes_to);
}

/* What a queue that is deleted did is looked at before it is not any more. */
static void queue_deleted(struct nvme *n, const struct nvme_command *c)
{
    unsigned id = c->dw10 & 0xffff;

    if (id == 0 || id >= NVME_QUEUES)
        return;
    if (c->opcode == DELETE_CQ)
        n->cq[id].ends = true;
    else if (n->sq[id].open && n->sq[id].completes_to < NVME_QUEUES)
        n->cq[n->sq[id].completes_to].ends = true;
}

void nvme_submitted(struct nvme *n, const struct nvme_command *c)
{
    if (c->queue == 0 && (c->opcode == DELETE_SQ || c->opcode == DELETE_CQ))
        queue_deleted(n, c);
    if (c->queue == 0 && (c->opcode == CREATE_SQ || c->opcode == CREATE_CQ))
        queue_created(n, c, c->opcode == CREATE_SQ);
}

/* Identify's strings are of ASCII. The data of a command that was seen late may be another's by then. */
static bool is_text(const uint8_t *text, size_t size)
{
    while (size && (text[size - 1] == 0 || (text[size - 1] >= ' ' && text[size - 1] <= '~')))
        size--;
    return size == 0;
}

/* A string of identify's: padded with blanks. */
static void add_string(struct vfp_line *l, const char *name, const uint8_t *text, size_t size)
{
    while (size && (text[size - 1] == ' ' || !text[size - 1]))
        size--;
    if (size)
        vfp_add(l, "%s%s %.*s", l->size ? ", " : "", name, (int)size, (const char *)text);
}

/* May the driver use the command's memory for something else by now? */
static bool is_late(const struct nvme *n, uint16_t queue) { return nvme_is_hidden(n, queue); }

/* The vendor's ids in identify's data are those of config space (5.17.2.1). */
static bool is_of_device(const struct nvme *n, const uint8_t *id)
{
    uint8_t vendor[2], subsystem[2];

    return n->host->config(n->device, PCI_VENDOR_ID, vendor, sizeof vendor) && memcmp(id, vendor, 2) == 0 &&
           n->host->config(n->device, PCI_SUBSYSTEM_VENDOR_ID, subsystem, sizeof subsystem) &&
           (!vfp_le(subsystem, 2) || memcmp(id + 2, subsystem, 2) == 0);
}

static void identified_controller(struct nvme *n, const struct nvme_command *c)
{
    struct vfp_line l = { 0 };
    uint8_t id[72];

    if (!nvme_read_data(n, c, 0, id, sizeof id) || !is_text(id + 4, 68) || (is_late(n, c->queue) && !is_of_device(n, id)))
        return;
    add_string(&l, "model", id + 24, 40);
    add_string(&l, "serial", id + 4, 20);
    add_string(&l, "firmware", id + 64, 8);
    if (l.size)
        NOTE(n, "%s", l.text);
}

/* There is no id in it: the formats behind the last one that there is, and what is reserved, are zeros. */
static bool is_namespace(const uint8_t *id)
{
    unsigned formats = id[25] + 1u;
    bool zeros = true;

    for (unsigned at = 128 + 4 * formats; at < 128 + 64 * 4; at++)
        zeros = zeros && !id[at];
    return formats <= 64 && ((id[26] & 0xfu) | (id[26] >> 1 & 0x30u)) < formats && zeros;
}

static void identified_namespace(struct nvme *n, const struct nvme_command *c)
{
    struct vfp_line l = { 0 };
    uint8_t id[128 + 64 * 4];
    uint64_t blocks;
    unsigned format, shift, at;

    if (!nvme_read_data(n, c, 0, id, sizeof id) || (is_late(n, c->queue) && !is_namespace(id)))
        return;
    blocks = vfp_le(id, 8);
    format = (id[26] & 0xf) | (id[26] >> 1 & 0x30);
    shift = id[128 + 4 * format + 2];
    if (!blocks || vfp_le(id + 8, 8) > blocks || vfp_le(id + 16, 8) > blocks || shift < 9 || shift > 32)
        return;
    for (at = 0; at < NVME_NAMESPACES && !(n->namespaces[at].shift && n->namespaces[at].nsid == c->nsid); at++)
        ;
    if (at == NVME_NAMESPACES)
        at = n->next_namespace++ % NVME_NAMESPACES;
    n->namespaces[at].nsid = c->nsid;
    n->namespaces[at].shift = (uint8_t)shift;
    n->namespaces[at].blocks = blocks;
    vfp_add(&l, "namespace %u: %" PRIu64 " blocks of ", c->nsid, blocks);
    vfp_add_size(&l, (uint64_t)1 << shift);
    NOTE(n, "%s", l.text);
}

/* How many queues there may be; a driver uses no more than it asked for. */
static void granted(struct nvme *n, uint32_t asked, uint32_t result)
{
    unsigned submission = (result & 0xffff) + 1, completion = (result >> 16) + 1;

    NOTE(n, "granted: %u submission queues, %u completion queues", submission, completion);
    submission = submission < (asked & 0xffff) + 1 ? submission : (asked & 0xffff) + 1;
    completion = completion < (asked >> 16) + 1 ? completion : (asked >> 16) + 1;
    nvme_fit_doorbells(n, (submission > completion ? submission : completion) + 1);
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
        nvme_close_queue(n, (uint16_t)id);
    if (c->opcode == DELETE_CQ && id && id < NVME_QUEUES) {
        nvme_bury_queue(n, &n->cq[id]);
        n->cq[id].open = false;
    }
    if (c->opcode == DOORBELL_BUFFER)
        n->shadow = c->prp1;
    if (c->opcode == SET_FEATURES && (c->dw10 & 0xff) == FEATURE_QUEUES)
        granted(n, c->dw11, result);
    if (c->opcode == IDENTIFY && (c->dw10 & 0xff) == CNS_CONTROLLER)
        identified_controller(n, c);
    if (c->opcode == IDENTIFY && (c->dw10 & 0xff) == CNS_NAMESPACE)
        identified_namespace(n, c);
}
