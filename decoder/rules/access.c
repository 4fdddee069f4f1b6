/*
 * Rules of regions, their capabilities, and interrupts.
 */
#include "decoder/rules/inside.h"
#include "decoder/wire/error.h"

enum { PAGE = 4096 /* the smallest there is: what is no multiple of it can be mapped nowhere */ };

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
static void check_mappable(struct vfu_check *c, uint64_t at, uint64_t size)
{
    uint64_t offset = vfu_check_number(c, "offset") + at;

    if (offset % PAGE)
        vfu_break(c, RULE_MMAP_UNALIGNED, "0x%llx, the offset to map, is not a multiple of %u",
                  (unsigned long long)offset, PAGE);
    else
        vfu_check_file(c, offset, size);
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
        uint64_t at = vfu_number(values, count, "offset", 0), size = vfu_number(values, count, "size", 0);

        if (at > region_size || size > region_size - at) {
            vfu_break(c, RULE_SPARSE_OUTSIDE, "area 0x%llx+0x%llx, the region has 0x%llx", (unsigned long long)at,
                      (unsigned long long)size, (unsigned long long)region_size);
            return;
        }
        if (c->count == before && vfu_check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP)
            check_mappable(c, at, size);
    }
}

/* A capability whose fixed part the next one's place cuts off, or the reply's end. */
static bool is_cut(const struct vfu_value *values, unsigned count)
{
    uint64_t id = vfu_number(values, count, "id", 0);

    return (id == VFIO_REGION_INFO_CAP_SPARSE_MMAP && !vfu_value_by_name(values, count, "reserved")) ||
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
        if (is_cut(values, count))
            vfu_break(c, RULE_CAP_OVERLAP, "the capability at %zu does not fit before the next one or the end", offset);
        else if (areas)
            check_areas(c, areas, vfu_check_number(c, "size"));
    }
    if (broken)
        vfu_break(c, RULE_CAP_CHAIN, "the capability at %zu has a next that goes back, or outside the reply", offset);
    else if (!sparse && flag == VFIO_REGION_INFO_FLAG_CAPS && vfu_check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP)
        check_mappable(c, 0, vfu_check_number(c, "size"));
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

void vfu_check_region_info(struct vfu_check *c)
{
    vfu_check_missing_fds(c);
    vfu_check_repeated(c);
    check_capabilities(c, VFIO_REGION_INFO_FLAG_CAPS);
}

/* A question about what is not there. */
static void check_info_index(struct vfu_check *c, const char *what, uint32_t there)
{
    uint64_t index = vfu_check_number(c, "index");

    if (there && index >= there)
        vfu_break(c, RULE_INFO_INDEX, "%s %llu, the device has %u", what, (unsigned long long)index, there);
}

void vfu_check_region_asked(struct vfu_check *c)
{
    uint64_t index = vfu_check_number(c, "index");

    if (index < VFU_MAX_KNOWN_REGIONS) /* though the answer may be late, or an error */
        c->peers->rules.regions_told |= 1ull << index;
    check_info_index(c, "region", c->peers->known.num_regions);
}

void vfu_check_irq_asked(struct vfu_check *c)
{
    check_info_index(c, "IRQ index", c->peers->known.num_irqs);
}

static bool one_bit(uint64_t bits)
{
    return bits && !(bits & (bits - 1));
}

static void check_set_irqs(struct vfu_check *c, const struct vfu_known_irq *irq, const char *name)
{
    uint64_t flags = vfu_check_number(c, "flags"), start = vfu_check_number(c, "start");
    uint64_t count = vfu_check_number(c, "count");
    unsigned nfds = c->event->message.nfds;
    bool wrong = flags & VFIO_IRQ_SET_DATA_EVENTFD ? nfds && nfds != count : nfds > 0;

    if (!one_bit(flags & VFIO_IRQ_SET_DATA_TYPE_MASK) || !one_bit(flags & VFIO_IRQ_SET_ACTION_TYPE_MASK))
        vfu_break(c, RULE_IRQ_FLAGS, "flags 0x%llx: of 0x%x and of 0x%x one is to be set", (unsigned long long)flags,
                  VFIO_IRQ_SET_DATA_TYPE_MASK, VFIO_IRQ_SET_ACTION_TYPE_MASK);
    if (wrong && !(c->event->message.fds_cut && nfds < count)) /* some did not arrive */
        vfu_break(c, RULE_IRQ_FD_COUNT, "%u descriptors for %llu vectors, flags 0x%llx", nfds,
                  (unsigned long long)count, (unsigned long long)flags);
    if (!irq || !irq->known)
        return;
    if (start + count > irq->count)
        vfu_break(c, RULE_IRQ_RANGE, "%s %llu+%llu, the index has %u vectors", name, (unsigned long long)start,
                  (unsigned long long)count, irq->count);
    if (flags & (VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK) && !(irq->flags & VFIO_IRQ_INFO_MASKABLE))
        vfu_break(c, RULE_IRQ_ACTION, "%s is not maskable: its flags are 0x%x", name, irq->flags);
    if (nfds && !(irq->flags & VFIO_IRQ_INFO_EVENTFD))
        vfu_break(c, RULE_IRQ_ACTION, "%s takes no eventfds: its flags are 0x%x", name, irq->flags);
}

void vfu_check_set_irqs(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t index = vfu_check_number(c, "index");
    char room[24];
    const char *name = vfu_check_name(vfu_irq_names, index, room);

    if (known->num_irqs && index >= known->num_irqs)
        vfu_break(c, RULE_NO_SUCH_IRQ, "IRQ index %s, the device has %u", name, known->num_irqs);
    else
        check_set_irqs(c, index < VFU_MAX_KNOWN_IRQS ? &known->irqs[index] : NULL, name);
}
