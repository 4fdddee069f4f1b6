/*
 * virtio: bytes of a chain of descriptors, counted and read as if they were in one piece.
 */
#include "plugins/virtio/virtio.h"

uint64_t virtio_sum(const struct virtio_chain *c, bool writeable)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < c->count; i++)
        if (c->parts[i].writeable == writeable)
            total += c->parts[i].size;
    return total;
}

uint64_t virtio_place(const struct virtio_chain *c, uint64_t at)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (!c->parts[i].writeable)
            continue;
        if (at < c->parts[i].size)
            return c->parts[i].address + at;
        at -= c->parts[i].size;
    }
    return 0;
}

bool virtio_gather(struct virtio *v, const struct virtio_chain *c, uint64_t skip, uint8_t *to, size_t size)
{
    for (unsigned i = 0; i < c->count && size; i++) {
        const struct virtio_part *p = &c->parts[i];
        uint64_t piece;

        if (p->writeable)
            continue;
        if (skip >= p->size) {
            skip -= p->size;
            continue;
        }
        piece = p->size - skip < size ? p->size - skip : size;
        if (v->host->read(v->device, p->address + skip, to, (size_t)piece) != VFP_OK)
            return false;
        to += piece;
        size -= (size_t)piece;
        skip = 0;
    }
    return size == 0;
}

/* A table of descriptors elsewhere in memory (2.7.5.3, 2.8.7): split ones are linked, packed ones follow each other. */
static void append_table(struct virtio *v, struct virtio_chain *c, uint64_t table, uint32_t bytes, bool packed)
{
    uint32_t size = bytes / VIRTIO_DESC, index = 0;

    if (!size || bytes % VIRTIO_DESC)
        c->wrong = "an indirect table of no whole descriptors";
    for (uint32_t steps = 0; !c->wrong && steps < size; steps++) {
        uint8_t d[VIRTIO_DESC];
        enum vfp_memory result;
        uint16_t flags;

        if (index >= size) {
            c->wrong = "an index beyond the table";
            return;
        }
        result = v->host->read(v->device, table + (uint64_t)index * VIRTIO_DESC, d, sizeof d);
        flags = (uint16_t)vfp_le(d + (packed ? 14 : 12), 2);
        if (result != VFP_OK)
            c->wrong = v->host->why(result);
        else if (flags & DESC_INDIRECT)
            c->wrong = "a misplaced indirect table";
        c->cut = virtio_is_out_of_reach(result);
        if (c->wrong || !virtio_append(v, c, d, packed) || (!packed && !(flags & DESC_NEXT)))
            return;
        index = packed ? index + 1 : (uint32_t)vfp_le(d + 14, 2);
    }
    if (!packed && !c->wrong)
        c->wrong = "a loop";
}

bool virtio_append(struct virtio *v, struct virtio_chain *c, const uint8_t *d, bool packed)
{
    uint64_t address = vfp_le(d, 8);
    uint32_t size = (uint32_t)vfp_le(d + 8, 4);
    uint16_t flags = (uint16_t)vfp_le(d + (packed ? 14 : 12), 2);

    if (flags & DESC_INDIRECT) {
        if (c->count || flags & DESC_NEXT)
            c->wrong = "a misplaced indirect table";
        else if (!virtio_took(v, F_INDIRECT_DESC) && v->driver_known == 3)
            c->wrong = "an indirect table, which was not agreed on";
        else
            append_table(v, c, address, size, packed);
        return false;
    }
    if (c->count == VIRTIO_PARTS) {
        c->cut = true;
        return false;
    }
    c->parts[c->count++] = (struct virtio_part){ address, size, flags & DESC_WRITE };
    return true;
}
