/*
 * Whether the mappable areas of a region fit together. Where they lie, and whether their file has them, are rules.
 */
#include "decoder/reasons/inside.h"
#include "decoder/wire/area.h"

enum {
    LEAST_PAGE = 4096, /* what begins at no multiple of it in its file breaks a rule: mmap-unaligned */
    COMPARED = 64,     /* areas, with all that come after them: no device has as many, and time is bounded */
};

struct areas {
    struct vfu_area first[COMPARED];
    unsigned count;
    uint64_t page, region_size;
    bool mappable;
};

/* The smallest page that both sides can map, by what they agreed on. */
static uint64_t page_size(const struct vfu_peers *p)
{
    uint64_t sizes = p->known.agreed.pgsizes, least = sizes & (~sizes + 1);

    return least > LEAST_PAGE ? least : LEAST_PAGE;
}

/* Does it begin or end within a page? One that is its whole region, however small, is as good as none. */
static bool is_unaligned(const struct areas *known, const struct vfu_area *area)
{
    bool whole = area->offset == 0 && area->size == known->region_size, told = area->at % LEAST_PAGE;

    return known->mappable && !whole && !told && (area->offset % known->page || area->size % known->page);
}

static bool overlap(const struct vfu_area *a, const struct vfu_area *b)
{
    return a->offset <= b->offset ? b->offset - a->offset < a->size : a->offset - b->offset < b->size;
}

static void fit_area(struct vfu_fitting *f, struct areas *known, const struct vfu_area *area)
{
    char room[24];
    const char *name = vfu_fit_name(f, vfu_region_names, room);

    if (area->size == 0) {
        vfu_misfit_by(f, MISFIT_AREA_EMPTY, VFU_SERVER, "an area of %s, at 0x%llx, has size 0", name,
                      (unsigned long long)area->offset);
        return;
    }
    if (is_unaligned(known, area))
        vfu_misfit_by(f, MISFIT_AREA_UNALIGNED, VFU_SERVER,
                      "an area of %s, 0x%llx+0x%llx, is not whole pages of 0x%llx", name,
                      (unsigned long long)area->offset, (unsigned long long)area->size,
                      (unsigned long long)known->page);
    for (unsigned i = 0; i < known->count; i++) {
        const struct vfu_area *other = &known->first[i];

        if (!overlap(other, area))
            continue;
        vfu_misfit_by(f, MISFIT_AREAS_OVERLAP, VFU_SERVER,
                      "areas of %s lie over each other: 0x%llx+0x%llx, 0x%llx+0x%llx", name,
                      (unsigned long long)other->offset, (unsigned long long)other->size,
                      (unsigned long long)area->offset, (unsigned long long)area->size);
        break;
    }
    if (known->count < COMPARED)
        known->first[known->count++] = *area;
}

static void fit_list(struct vfu_fitting *f, struct areas *known, const struct vfu_value *areas)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken;

    while (vfu_list_next(areas, &offset, &layout, values, &count, &broken)) {
        struct vfu_area area = vfu_area_of(values, count, vfu_fit_number(f, "offset"));

        if (vfu_value_by_name(values, count, "size")) /* what the capture cut off is not 0 */
            fit_area(f, known, &area);
    }
}

void vfu_fit_areas(struct vfu_fitting *f, uint64_t flags)
{
    struct areas known = { .page = page_size(f->peers), .region_size = vfu_fit_number(f, "size"),
                           .mappable = flags & VFIO_REGION_INFO_FLAG_MMAP };
    const struct vfu_value *list = vfu_value_by_name(f->decoded->values, f->decoded->count, "capabilities"), *areas;
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken;
    char room[24];

    while (list && vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        areas = vfu_value_by_name(values, count, "areas");
        if (!areas)
            continue;
        if (!known.mappable)
            vfu_misfit_by(f, MISFIT_AREAS_WITHOUT_MMAP, VFU_SERVER,
                          "%s has mappable areas, but not the mmap flag: its flags are 0x%llx",
                          vfu_fit_name(f, vfu_region_names, room), (unsigned long long)flags);
        fit_list(f, &known, areas);
    }
}
