/*
 * NVMe: where a command's data are (Base Specification, 4.1 and 4.3): PRP entries and their list, SGL descriptors and
 * their segments, and whether the device can reach them.
 */
#include "plugins/nvme/nvme.h"

enum { LIST = 512 /* entries of a PRP list, descriptors of an SGL segment, that are looked at */ };
enum { SGL_DATA = 0, SGL_BIT_BUCKET = 1, SGL_SEGMENT = 2, SGL_LAST_SEGMENT = 3, SGL_DESCRIPTOR = 16 };

/* Does the device write guest memory for this command? Opcodes say so in bits 0 and 1. */
static bool writes_memory(uint8_t opcode)
{
    return (opcode & 3) == 2;
}

void nvme_check(struct nvme *n, const char *what, uint64_t address, uint64_t size, bool to_write)
{
    if (!n->host->is_mapped(n->device, address, size, to_write) && !nvme_in_device(n, address))
        WARN(n, "%s 0x%" PRIx64 "+0x%" PRIx64 " is not in the DMA map for the device to %s", what, address, size,
             to_write ? "write" : "read");
}

/* --- PRP --- */

/* PRP2 is a list when more than two pages are moved: see that what it names is mapped, a page of the list at most. */
static void check_list(struct nvme *n, uint16_t queue, uint16_t id, uint64_t list, uint64_t left, bool to_write)
{
    unsigned page = nvme_page_size(n), room = (unsigned)((page - list % page) / 8), count;
    uint64_t pages = (left + page - 1) / page;
    uint8_t entries[8 * LIST];
    enum vfp_memory result;

    count = pages <= room ? (unsigned)pages : room - 1; /* the last one leads on */
    count = count < LIST ? count : LIST;
    result = n->host->read(n->device, list, entries, (size_t)count * 8);
    if (result != VFP_OK) {
        if (result == VFP_UNMAPPED && !nvme_in_device(n, list))
            WARN(n, "PRP list 0x%" PRIx64 "+%u: %s", list, 8 * count, n->host->why(result));
        return;
    }
    for (unsigned i = 0; i < count && left; i++) {
        uint64_t size = left < page ? left : page, address = vfp_le(entries + 8 * (size_t)i, 8);

        if (!n->host->is_mapped(n->device, address, size, to_write)) {
            if (!nvme_is_done(n, queue, id)) /* else the list is the driver's again, and may hold anything */
                nvme_check(n, "PRP list's", address, size, to_write);
            return; /* one is enough */
        }
        left -= size;
    }
}

static void add_prp(const struct nvme *n, struct vfp_line *l, const uint8_t *entry, uint64_t size)
{
    uint64_t prp1 = vfp_le(entry + 24, 8), prp2 = vfp_le(entry + 32, 8), page = nvme_page_size(n);
    uint64_t first = page - prp1 % page;

    vfp_add(l, ", PRP 0x%" PRIx64, prp1);
    if (size > first && size - first > page)
        vfp_add(l, ", list at 0x%" PRIx64 " (%" PRIu64 " pages)", prp2, (size - first + page - 1) / page);
    else if (prp2 && (size > first || !size))
        vfp_add(l, ", 0x%" PRIx64, prp2);
}

static void check_prp(struct nvme *n, uint16_t queue, const uint8_t *entry, uint64_t size)
{
    uint64_t prp1 = vfp_le(entry + 24, 8), prp2 = vfp_le(entry + 32, 8), page = nvme_page_size(n);
    uint64_t first = page - prp1 % page;
    bool to_write = writes_memory(entry[0]);

    nvme_check(n, "PRP1", prp1, !size ? 1 : size < first ? size : first, to_write);
    if (size > first && size - first <= page)
        nvme_check(n, "PRP2", prp2, size - first, to_write);
    else if (size > first)
        check_list(n, queue, (uint16_t)vfp_le(entry + 2, 2), prp2, size - first, to_write);
}

/* --- SGL --- */

static unsigned sgl_type(const uint8_t *descriptor)
{
    return descriptor[15] >> 4;
}

static void add_sgl(struct vfp_line *l, const uint8_t *descriptor)
{
    static const char *const types[] = { "data block", "bit bucket", "segment", "last segment", "keyed data block",
                                         "transport data block" };
    unsigned type = sgl_type(descriptor), size = (unsigned)vfp_le(descriptor + 8, 4);

    vfp_add(l, ", SGL %s 0x%" PRIx64 "+0x%x", type < 6 ? types[type] : "of unknown type", vfp_le(descriptor, 8), size);
    if (type == SGL_SEGMENT || type == SGL_LAST_SEGMENT)
        vfp_add(l, " (%u descriptors)", size / SGL_DESCRIPTOR);
}

/* What has been seen of an SGL while it is followed. */
struct sgl {
    uint64_t bytes;
    bool whole; /* all of it was seen */
    bool to_write;
    uint64_t bad, bad_size; /* the first block that is not mapped */
};

static void sgl_block(struct nvme *n, struct sgl *s, const uint8_t *descriptor)
{
    uint64_t address = vfp_le(descriptor, 8), size = vfp_le(descriptor + 8, 4);

    s->bytes += size;
    if (sgl_type(descriptor) == SGL_DATA && size && !s->bad_size && !n->host->is_mapped(n->device, address, size, s->to_write)) {
        s->bad = address;
        s->bad_size = size;
    }
}

/* Follows segments until the last one, or what can't be read. `at` is the descriptor of the first. */
static void sgl_segments(struct nvme *n, struct sgl *s, const uint8_t *at)
{
    uint8_t list[SGL_DESCRIPTOR * LIST], next[SGL_DESCRIPTOR];

    memcpy(next, at, sizeof next);
    for (unsigned segments = 0; segments < 16; segments++) {
        uint64_t address = vfp_le(next, 8), size = vfp_le(next + 8, 4);
        unsigned count = (unsigned)(size / SGL_DESCRIPTOR);
        bool last = sgl_type(next) == SGL_LAST_SEGMENT;
        enum vfp_memory result;

        if (!count || count > LIST)
            return;
        result = n->host->read(n->device, address, list, (size_t)count * SGL_DESCRIPTOR);
        if (result != VFP_OK) {
            if (result == VFP_UNMAPPED && !nvme_in_device(n, address))
                WARN(n, "SGL segment 0x%" PRIx64 "+0x%" PRIx64 ": %s", address, size, n->host->why(result));
            return;
        }
        memcpy(next, list + SGL_DESCRIPTOR * (size_t)(count - 1), sizeof next);
        s->whole = last || (sgl_type(next) != SGL_SEGMENT && sgl_type(next) != SGL_LAST_SEGMENT);
        for (unsigned i = 0; i < count - !s->whole; i++)
            sgl_block(n, s, list + SGL_DESCRIPTOR * (size_t)i);
        if (s->whole)
            return;
    }
}

static void check_sgl(struct nvme *n, uint16_t queue, const uint8_t *entry, uint64_t size)
{
    struct sgl s = { .to_write = writes_memory(entry[0]) };
    unsigned type = sgl_type(entry + 24);

    if (type == SGL_DATA) {
        sgl_block(n, &s, entry + 24);
        s.whole = true;
    } else if (type == SGL_SEGMENT || type == SGL_LAST_SEGMENT) {
        sgl_segments(n, &s, entry + 24);
    }
    if (!s.bad_size && !(s.whole && s.bytes < size))
        return;
    if (type != SGL_DATA && nvme_is_done(n, queue, (uint16_t)vfp_le(entry + 2, 2)))
        return; /* the segments are the driver's again, and may hold anything */
    if (s.bad_size)
        nvme_check(n, "SGL data block", s.bad, s.bad_size, s.to_write);
    if (s.whole && s.bytes < size)
        WARN(n, "the SGL has 0x%" PRIx64 " bytes, the command moves 0x%" PRIx64, s.bytes, size);
}

/* --- both --- */

void nvme_add_data(struct nvme *n, struct vfp_line *l, const uint8_t *entry, uint64_t size)
{
    if (entry[1] >> 6)
        add_sgl(l, entry + 24);
    else
        add_prp(n, l, entry, size);
}

void nvme_check_data(struct nvme *n, uint16_t queue, const uint8_t *entry, uint64_t size)
{
    if (entry[1] >> 6)
        check_sgl(n, queue, entry, size);
    else
        check_prp(n, queue, entry, size);
}

bool nvme_read_data(struct nvme *n, const struct nvme_command *c, unsigned offset, void *buffer, size_t size)
{
    bool sgl = c->flags >> 6;
    uint64_t page = nvme_page_size(n), left = page - c->prp1 % page;

    if (sgl)
        left = c->prp2 >> 60 == SGL_DATA ? c->prp2 & UINT32_MAX : 0;
    return offset + size <= left && n->host->read(n->device, c->prp1 + offset, buffer, size) == VFP_OK;
}
