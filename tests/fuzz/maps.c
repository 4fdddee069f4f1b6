/*
 * Maps of registers from files: whatever the bytes are, a map that is made can be looked up, listed and freed.
 */
#include "plugins/maps/maps.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void remark(void *context, const char *text)
{
    (void)context;
    (void)text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vfu_maps_how how = { .offset = size & 1 ? UINT64_MAX - 16 : 0, .remark = remark };
    const struct vfu_register_place *one, *other;
    struct vfu_register_at found[VFU_REGISTERS_NAMED];
    struct vfu_error error;
    struct vfu_devmap *m = vfu_maps_parse((const char *)data, size, &how, &error);
    char text[256];
    size_t at = 0;
    uint64_t index;

    for (size_t i = 0; m && i < m->map.count; i++) {
        const struct vfu_register_place *p = &m->map.places[i];
        uint64_t last = p->offset + (p->count ? p->count - 1 : 0) * (p->stride ? p->stride : p->reg->width);
        unsigned count = vfu_register_map_find(&m->map, p->region, last, p->reg->width, found);

        if (!count && p->reg->width <= 8)
            abort();
        for (unsigned k = 0; k < count; k++) {
            struct vfu_writer w = vfu_writer(text, sizeof text, NULL, NULL);

            vfu_register_write_name(&w, &found[k]);
            vfu_register_write_fields(&w, &found[k], UINT64_MAX, p->reg->width);
        }
        vfu_devmap_find(m, p->reg->name, &one, &index);
    }
    while (m && vfu_devmap_overlap(m, &at, &one, &other))
        ;
    vfu_devmap_free(m);
    return 0;
}
