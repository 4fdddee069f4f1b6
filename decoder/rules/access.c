/*
 * Rules of regions and their capabilities.
 */
#include "decoder/rules/inside.h"
#include "decoder/wire/area.h"
#include "decoder/wire/error.h"

/* Nearly all are; what is not is looked at below. */
static inline bool is_good(const struct vfu_connection *known, uint64_t index, uint64_t offset, uint64_t count,
                           bool write)
{
    const struct vfu_known_region *r = &known->regions[index < VFU_MAX_KNOWN_REGIONS ? index : 0];

    return index < VFU_MAX_KNOWN_REGIONS && index < known->num_regions && r->known && offset <= r->size &&
           count <= r->size - offset && r->flags & (write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ);
}

__attribute__((noinline)) static void check_one(struct vfu_check *c, uint64_t index, uint64_t offset, uint64_t count,
                                                bool write)
{
    const struct vfu_connection *known = &c->peers->known;
    const struct vfu_known_region *r = index < VFU_MAX_KNOWN_REGIONS ? &known->regions[index] : NULL;
    uint32_t needed = write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ;
    char room[24];

    if (known->num_regions && index >= known->num_regions) {
        vfu_break(c, RULE_NO_SUCH_REGION, "region %s, the device has %u", vfu_check_name(vfu_region_names, index, room),
                  known->num_regions);
        return;
    }
    if (index > VFU_MOST_INDEX) {
        vfu_break(c, RULE_NO_SUCH_REGION, "region %llu: no device has as many", (unsigned long long)index);
        return;
    }
    if (offset + count < offset) {
        vfu_break(c, RULE_REGION_BOUNDS, "%s+0x%llx, %llu byte%s: beyond the last offset",
                  vfu_check_name(vfu_region_names, index, room), (unsigned long long)offset, (unsigned long long)count,
                  vfu_plural(count));
        return;
    }
    if (!r || !r->known) {
        if (r && c->peers->rules.from_start && !(c->peers->rules.regions_told & 1ull << index))
            vfu_break(c, RULE_REGION_NOT_ASKED, "%s is accessed, its info was not asked for",
                      vfu_check_name(vfu_region_names, index, room));
        if (r) /* once is enough */
            c->peers->rules.regions_told |= 1ull << index;
        return;
    }
    if (offset > r->size || count > r->size - offset)
        vfu_break(c, RULE_REGION_BOUNDS, "%s+0x%llx, %llu byte%s, the region has 0x%llx",
                  vfu_check_name(vfu_region_names, index, room), (unsigned long long)offset, (unsigned long long)count,
                  vfu_plural(count), (unsigned long long)r->size);
    else if (count && !(r->flags & needed))
        vfu_break(c, RULE_REGION_ACCESS, "%s can't be %s: its flags are 0x%x",
                  vfu_check_name(vfu_region_names, index, room), write ? "written" : "read", r->flags);
}

void vfu_check_access(struct vfu_check *c)
{
    const struct vfu_transfer *moves = &c->event->command->moves;
    const struct vfu_value *v = c->decoded->values;
    uint64_t region = v[moves->region].number, offset = v[moves->at].number, size = v[moves->size].number;

    vfu_check_transfer(c, size);
    if (!is_good(&c->peers->known, region, offset, size, moves->write))
        check_one(c, region, offset, size, moves->write);
}

void vfu_check_multi(struct vfu_check *c)
{
    unsigned before = c->count;
    struct vfu_moved m;

    for (bool more = vfu_moved_first(&m, c->event->command, c->decoded); more && c->count == before;
         more = vfu_moved_next(&m))
        check_one(c, m.region, m.at, m.size, true);
}

/* Bytes of a region that can be mapped: by whole pages, of a file that has them. */
static void check_mappable(struct vfu_check *c, uint64_t offset, uint64_t size)
{
    if (offset % VFU_LEAST_PAGE)
        vfu_break(c, RULE_MMAP_UNALIGNED, "0x%llx, the offset to map, is not a multiple of %u",
                  (unsigned long long)offset, VFU_LEAST_PAGE);
    else if (c->event->message.nfds == 1)
        vfu_check_file(c, 0, offset, size);
}

/* An area with a file of its own: it is there, and the area in it. */
static void check_own_file(struct vfu_check *c, const struct vfu_area *area)
{
    const struct vfu_message *m = &c->event->message;

    if (area->fd >= m->nfds && !m->fds_cut && !m->fds_unknown)
        vfu_break(c, RULE_FD_INDEX, "fd_index %u, the message has %u descriptors", area->fd, m->nfds);
    else if (area->at % VFU_LEAST_PAGE)
        vfu_break(c, RULE_MMAP_UNALIGNED, "0x%llx, the fd_offset to map, is not a multiple of %u",
                  (unsigned long long)area->at, VFU_LEAST_PAGE);
    else if (area->fd < m->nfds)
        vfu_check_file(c, area->fd, area->at, area->size);
}

static void check_areas(struct vfu_check *c, const struct vfu_value *areas, uint64_t region_size)
{
    unsigned before = c->count;
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken;

    if (areas->size < areas->claimed)
        vfu_break(c, RULE_CAP_OVERLAP, "%llu areas do not fit before the next capability or the end",
                  (unsigned long long)areas->number);
    while (vfu_list_next(areas, &offset, &layout, values, &count, &broken)) {
        struct vfu_area area = vfu_area_of(values, count, vfu_check_number(c, "offset"));

        if (area.offset > region_size || area.size > region_size - area.offset) {
            vfu_break(c, RULE_SPARSE_OUTSIDE, "area 0x%llx+0x%llx, the region has 0x%llx",
                      (unsigned long long)area.offset, (unsigned long long)area.size, (unsigned long long)region_size);
            return;
        }
        if (c->count != before || !(vfu_check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP))
            continue;
        if (area.has_file)
            check_own_file(c, &area);
        else
            check_mappable(c, area.at, area.size);
    }
}

/* A capability whose fixed part the next one's place cuts off, or the reply's end. */
static bool is_cut(const struct vfu_value *values, unsigned count)
{
    uint64_t id = vfu_number(values, count, "id", 0);

    return ((id == VFIO_REGION_INFO_CAP_SPARSE_MMAP || vfu_areas_have_files(id)) && !vfu_value_by_name(values, count, "reserved")) ||
           (id == VFIO_REGION_INFO_CAP_TYPE && !vfu_value_by_name(values, count, "subtype"));
}

/* Only in a reply that is whole, on the wire and at hand: one cut to argsz ends where it ends. */
static void check_capabilities(struct vfu_check *c, uint64_t flag)
{
    bool sparse = false;
    const struct vfu_value *list = vfu_value_by_name(c->decoded->values, c->decoded->count, "capabilities");
    uint64_t payload = c->event->size - VFU_HEADER_SIZE, at = vfu_check_number(c, "cap_offset");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken = false;

    if (vfu_check_number(c, "argsz") > payload || c->decoded->truncated)
        return;
    if (vfu_check_number(c, "flags") & flag &&
        (at < c->decoded->layout->size || at + 8 > payload)) {
        vfu_break(c, RULE_CAP_CHAIN, "cap_offset is %llu, the capabilities can be from %u to %llu",
                  (unsigned long long)at, c->decoded->layout->size, (unsigned long long)payload);
        return;
    }
    while (list && vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        const struct vfu_value *areas = vfu_value_by_name(values, count, "areas");

        sparse |= areas != NULL;
        if (offset < c->decoded->layout->size)
            vfu_break(c, RULE_CAP_CHAIN, "a capability at %zu, in the fixed part", offset);
        else if (is_cut(values, count))
            vfu_break(c, RULE_CAP_OVERLAP, "the capability at %zu does not fit before the next one or the end", offset);
        else if (areas)
            check_areas(c, areas, vfu_check_number(c, "size"));
    }
    if (broken)
        vfu_break(c, RULE_CAP_CHAIN, "the capability at %zu has a next that makes a loop, or is outside the reply", offset);
    else if (!sparse && flag == VFIO_REGION_INFO_FLAG_CAPS && vfu_check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP)
        check_mappable(c, vfu_check_number(c, "offset"), vfu_check_number(c, "size"));
}

void vfu_check_device_info(struct vfu_check *c)
{
    struct vfu_rule_state *state = &c->peers->rules;
    uint64_t regions = vfu_check_number(c, "num_regions"), irqs = vfu_check_number(c, "num_irqs");

    state->device_known = true;
    state->device_flags = (uint32_t)vfu_check_number(c, "flags");
    if (state->device_flags & VFIO_DEVICE_FLAGS_PCI &&
        (regions <= VFIO_PCI_CONFIG_REGION_INDEX || irqs <= VFIO_PCI_MSIX_IRQ_INDEX))
        vfu_break(c, RULE_PCI_INFO, "%llu regions and %llu IRQ indexes, a PCI device has %u and %u at least",
                  (unsigned long long)regions, (unsigned long long)irqs, VFIO_PCI_CONFIG_REGION_INDEX + 1,
                  VFIO_PCI_MSIX_IRQ_INDEX + 1);
    check_capabilities(c, VFIO_DEVICE_FLAGS_CAPS);
}

void vfu_check_reset(struct vfu_check *c)
{
    if (c->peers->rules.device_known && !(c->peers->rules.device_flags & VFIO_DEVICE_FLAGS_RESET))
        vfu_break(c, RULE_RESET_NOT_OFFERED, "the device's flags are 0x%x, without reset",
                  c->peers->rules.device_flags);
}

/* How many descriptors the reply may bring: one, or one for each area that names its own. */
static uint64_t most_fds(const struct vfu_check *c)
{
    const struct vfu_value *list = vfu_value_by_name(c->decoded->values, c->decoded->count, "capabilities");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    uint64_t most = 1;
    unsigned count;
    bool broken;

    while (list && vfu_list_next(list, &offset, &layout, values, &count, &broken))
        if (vfu_areas_have_files(vfu_number(values, count, "id", 0)) && vfu_number(values, count, "nr_areas", 0) > most)
            most = vfu_number(values, count, "nr_areas", 0);
    return most;
}

void vfu_check_region_info(struct vfu_check *c)
{
    unsigned nfds = c->event->message.nfds;

    /* More than belong here at all were said to be too many. */
    if (nfds > 1 && nfds > most_fds(c) && nfds <= vfu_check_shape(c)->fds_max && !c->decoded->truncated)
        vfu_break(c, RULE_FD_UNEXPECTED, "%u descriptors, a region has one", nfds);
    vfu_check_missing_fds(c);
    vfu_check_repeated(c);
    check_capabilities(c, VFIO_REGION_INFO_FLAG_CAPS);
}

void vfu_check_region_asked(struct vfu_check *c)
{
    uint64_t index = vfu_check_number(c, "index");

    if (index < VFU_MAX_KNOWN_REGIONS) /* though the answer may be late, or an error */
        c->peers->rules.regions_told |= 1ull << index;
    vfu_check_info_index(c, "region", c->peers->known.num_regions);
}
