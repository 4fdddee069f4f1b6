/*
 * Rules of the DMA map and of DMA by message.
 */
#include "decoder/rules/inside.h"

static void check_map_flags(struct vfu_check *c, uint64_t flags)
{
    const struct vfu_message *m = &c->event->message;
    uint64_t unknown = flags & ~(uint64_t)(VFU_DMA_READABLE | VFU_DMA_WRITEABLE | VFU_DMA_MMAP | VFU_DMA_FILE_IO);

    if (!(flags & (VFU_DMA_READABLE | VFU_DMA_WRITEABLE)))
        vfu_break(c, RULE_MAP_FLAGS, "flags 0x%llx: neither readable nor writeable", (unsigned long long)flags);
    if (unknown)
        vfu_break(c, RULE_MAP_FLAGS, "flags 0x%llx are unknown", (unsigned long long)unknown);
    else if (flags & (VFU_DMA_MMAP | VFU_DMA_FILE_IO) && !m->nfds && !m->fds_cut && !m->fds_unknown) {
        c->peers->rules.fds_missed = true;
        vfu_break(c, RULE_MAP_FLAGS, "flags 0x%llx: to be reached by a descriptor, and none came",
                  (unsigned long long)flags);
    }
}

void vfu_check_map(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t address = vfu_check_number(c, "address"), size = vfu_check_number(c, "size");
    uint64_t flags = vfu_check_number(c, "flags");
    const struct vfu_capabilities *caps = known->agreed.known ? &known->agreed : &known->proposed;
    uint64_t page = caps->pgsizes ? caps->pgsizes & -caps->pgsizes : VFU_DEFAULT_PGSIZES;
    const struct vfu_known_map *there = vfu_ranges_over(&known->maps, address, size);

    if (size == 0 || (address | size) & (page - 1))
        vfu_break(c, RULE_MAP_SIZE, "0x%llx+0x%llx, the smallest page has 0x%llx", (unsigned long long)address,
                  (unsigned long long)size, (unsigned long long)page);
    if (c->event->message.nfds == 1)
        vfu_check_file(c, 0, vfu_check_number(c, "offset"), size);
    check_map_flags(c, flags);
    if (size && address + (size - 1) < address) {
        vfu_break(c, RULE_MAP_WRAP, "0x%llx+0x%llx goes beyond the last address", (unsigned long long)address,
                  (unsigned long long)size);
        return;
    }
    if (known->agreed.known && known->maps.count >= known->agreed.max_dma_maps && !known->unmaps_pending)
        vfu_break(c, RULE_MAP_TOO_MANY, "there are %zu mappings, max_dma_maps is %llu", known->maps.count,
                  (unsigned long long)known->agreed.max_dma_maps);
    if (there && !known->maps_unsure)
        vfu_break(c, RULE_MAP_OVERLAP, "0x%llx+0x%llx lies over 0x%llx+0x%llx", (unsigned long long)address,
                  (unsigned long long)size, (unsigned long long)there->address, (unsigned long long)there->size);
}

/* A virtual IOMMU takes away whole ranges page by page, whether anything is there or not: shown once. */
static void say_unmapped(struct vfu_check *c, uint64_t address, uint64_t size)
{
    struct vfu_rule_state *state = &c->peers->rules;
    unsigned before = c->count;

    vfu_break(c, RULE_UNMAP_UNKNOWN, "0x%llx+0x%llx: nothing is mapped there", (unsigned long long)address,
              (unsigned long long)size);
    if (c->count == before)
        return;
    c->problems[before].repeated = state->unmapped_nothing;
    state->unmapped_nothing = true;
}

void vfu_check_unmap(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t address = vfu_check_number(c, "address"), size = vfu_check_number(c, "size");
    const struct vfu_known_map *m = vfu_ranges_over(&known->maps, address, size);
    uint64_t flags = vfu_check_number(c, "flags");

    if (flags & VFIO_DMA_UNMAP_FLAG_ALL && (address || size || flags != VFIO_DMA_UNMAP_FLAG_ALL))
        vfu_break(c, RULE_UNMAP_ALL, "flags 0x%llx with 0x%llx+0x%llx", (unsigned long long)flags,
                  (unsigned long long)address, (unsigned long long)size);
    if (flags)
        vfu_check_bitmap_asked(c);
    if (flags & VFIO_DMA_UNMAP_FLAG_ALL || !c->peers->rules.from_start ||
        known->maps.count == VFU_MAX_KNOWN_MAPS || known->maps_unsure)
        return;
    if (m && m->address == address && m->size == size)
        return;
    if (m)
        vfu_break(c, RULE_UNMAP_UNKNOWN, "0x%llx+0x%llx was not mapped so, but 0x%llx+0x%llx",
                  (unsigned long long)address, (unsigned long long)size, (unsigned long long)m->address,
                  (unsigned long long)m->size);
    else
        say_unmapped(c, address, size);
}

void vfu_check_dma(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    const struct vfu_transfer *moves = &c->event->command->moves;
    uint64_t address = c->decoded->values[moves->at].number, left = c->decoded->values[moves->size].number;
    uint64_t from = address;
    uint32_t needed = moves->write ? VFU_DMA_WRITEABLE : VFU_DMA_READABLE;

    vfu_check_transfer(c, left);
    if (!c->peers->rules.from_start || known->maps.count == VFU_MAX_KNOWN_MAPS || known->unmaps_pending ||
        known->maps_unsure)
        return;
    for (const struct vfu_known_map *m = vfu_ranges_from(&known->maps, address); left > 0;
         m = vfu_ranges_next(&known->maps, m)) {
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
