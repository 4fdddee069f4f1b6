/*
 * The registers that maps from files name.
 */
#include "cli/output/maps.h"
#include "cli/shell/bytes.h"
#include "cli/shell/shell.h"

#include <linux/pci_regs.h>

/* Without the device's ids, which --raw does not ask for, any map may be meant. */
static bool is_for(const struct shell_device *d, const struct vfu_devmap *m)
{
    const uint8_t *config = d->told.config;

    return !shell_knows_ids(d) || vfu_devmap_claims(m, (uint16_t)shell_load(config + PCI_VENDOR_ID, 2),
                                                    (uint16_t)shell_load(config + PCI_DEVICE_ID, 2),
                                                    (uint32_t)shell_load(config + PCI_CLASS_REVISION, 4) >> 8);
}

const struct vfu_devmap *shell_device_map(struct shell *sh, size_t *next)
{
    const struct cli_maps *maps = sh->device.maps_of_registers;

    while (maps && *next < maps->count) {
        const struct vfu_devmap *m = maps->list[(*next)++];

        if (is_for(&sh->device, m))
            return m;
    }
    return NULL;
}

bool shell_mapped_register(struct shell *sh, const char *text, struct shell_place *place)
{
    const struct vfu_register_place *p;
    const struct vfu_devmap *m;
    uint64_t index;
    size_t next = 0;

    while ((m = shell_device_map(sh, &next)) != NULL) {
        if (!vfu_devmap_find(m, text, &p, &index))
            continue;
        *place = (struct shell_place){ .region = p->region, .width = p->reg->width,
                                       .offset = p->offset + index * (p->stride ? p->stride : p->reg->width),
                                       .named = { .reg = p->reg, .index = (uint32_t)index, .indexed = p->count } };
        return true;
    }
    return false;
}
