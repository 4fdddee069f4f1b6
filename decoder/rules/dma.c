/*
 * Rules of the DMA map and of DMA by message.
 */
#include "decoder/rules/inside.h"
#include "decoder/wire/grow.h"

static bool ends_before(const void *maps, size_t at, uint64_t address)
{
    const struct vfu_known_map *m = (const struct vfu_known_map *)maps + at;

    return m->size == 0 || m->address + (m->size - 1) < address;
}

/* The first mapping that ends behind `address`: where a range that begins there can lie. */
static size_t first_behind(const struct vfu_connection *known, uint64_t address)
{
    return vfu_lower_bound(known->maps, known->map_count, address, ends_before);
}

void vfu_check_map(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t address = vfu_check_number(c, "address"), size = vfu_check_number(c, "size");
    uint64_t flags = vfu_check_number(c, "flags");
    const struct vfu_capabilities *caps = known->agreed.known ? &known->agreed : &known->proposed;
    uint64_t page = caps->pgsizes ? caps->pgsizes & -caps->pgsizes : VFU_DEFAULT_PGSIZES;
    const struct vfu_known_map *next;
    size_t at;

    if (size == 0 || (address | size) & (page - 1))
        vfu_break(c, RULE_MAP_SIZE, "0x%llx+0x%llx, the smallest page has 0x%llx", (unsigned long long)address,
                  (unsigned long long)size, (unsigned long long)page);
    if (c->event->message.nfds)
        vfu_check_file(c, vfu_check_number(c, "offset"), size);
    if (!(flags & (VFU_DMA_READABLE | VFU_DMA_WRITEABLE)))
        vfu_break(c, RULE_MAP_FLAGS, "flags 0x%llx: neither readable nor writeable", (unsigned long long)flags);
    if (size && address + (size - 1) < address) {
        vfu_break(c, RULE_MAP_WRAP, "0x%llx+0x%llx goes beyond the last address", (unsigned long long)address,
                  (unsigned long long)size);
        return;
    }
    if (known->agreed.known && known->map_count >= known->agreed.max_dma_maps && !known->unmaps_pending)
        vfu_break(c, RULE_MAP_TOO_MANY, "there are %zu mappings, max_dma_maps is %llu", known->map_count,
                  (unsigned long long)known->agreed.max_dma_maps);
    at = first_behind(known, address);
    next = at < known->map_count ? &known->maps[at] : NULL;
    if (size && next && next->address <= address + (size - 1) && !known->maps_unsure)
        vfu_break(c, RULE_MAP_OVERLAP, "0x%llx+0x%llx lies over 0x%llx+0x%llx", (unsigned long long)address,
                  (unsigned long long)size, (unsigned long long)next->address, (unsigned long long)next->size);
}

void vfu_check_unmap(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t address = vfu_check_number(c, "address"), size = vfu_check_number(c, "size");
    size_t at = first_behind(known, address);
    const struct vfu_known_map *m = at < known->map_count ? &known->maps[at] : NULL;
    uint64_t flags = vfu_check_number(c, "flags");

    if (flags & VFIO_DMA_UNMAP_FLAG_ALL && (address || size || flags != VFIO_DMA_UNMAP_FLAG_ALL))
        vfu_break(c, RULE_UNMAP_ALL, "flags 0x%llx with 0x%llx+0x%llx", (unsigned long long)flags,
                  (unsigned long long)address, (unsigned long long)size);
    if (flags)
        vfu_check_bitmap_asked(c);
    if (flags & VFIO_DMA_UNMAP_FLAG_ALL || !c->peers->rules.from_start ||
        known->map_count == VFU_MAX_KNOWN_MAPS || known->maps_unsure)
        return;
    if (m && m->address == address && m->size == size)
        return;
    if (size && m && m->address <= address + (size - 1))
        vfu_break(c, RULE_UNMAP_UNKNOWN, "0x%llx+0x%llx was not mapped so, but 0x%llx+0x%llx",
                  (unsigned long long)address, (unsigned long long)size, (unsigned long long)m->address,
                  (unsigned long long)m->size);
    else
        vfu_break(c, RULE_UNMAP_UNKNOWN, "0x%llx+0x%llx: nothing is mapped there", (unsigned long long)address,
                  (unsigned long long)size);
}

void vfu_check_dma(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    const struct vfu_transfer *moves = &c->event->command->moves;
    uint64_t address = c->decoded->values[moves->at].number, left = c->decoded->values[moves->size].number;
    uint64_t from = address;
    uint32_t needed = moves->write ? VFU_DMA_WRITEABLE : VFU_DMA_READABLE;

    vfu_check_transfer(c, left);
    if (!c->peers->rules.from_start || known->map_count == VFU_MAX_KNOWN_MAPS || known->unmaps_pending ||
        known->maps_unsure)
        return;
    for (size_t at = first_behind(known, address); left > 0; at++) {
        const struct vfu_known_map *m = at < known->map_count ? &known->maps[at] : NULL;
        uint64_t there;

        if (!m || m->address > from) {
            vfu_break(c, RULE_DMA_OUTSIDE, "nothing is mapped at 0x%llx", (unsigned long long)from);
            return;
        }
        if (!(m->flags & needed)) {
            vfu_break(c, RULE_DMA_PERMISSION, "the mapping 0x%llx+0x%llx is not %s", (unsigned long long)m->address,
                      (unsigned long long)m->size, moves->write ? "writeable" : "readable");
            return;
        }
        there = m->size - (from - m->address);
        from += there < left ? there : left;
        left -= there < left ? there : left;
    }
}
