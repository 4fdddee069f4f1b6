/*
 * The table of misfits: what has to fit together in a device, and who stumbles where it does not.
 */
#include "decoder/reasons/inside.h"

#include <string.h>

const struct vfu_rule vfu_misfit_table[MISFITS] = {
    [MISFIT_BAR_SIZE] = { "bar-size", VFU_MISFIT, "VFIO_USER_DEVICE_GET_REGION_INFO", "a BAR's size is a power of two",
                          .explains = { .means = "PCI sizes a BAR by the address bits that can be set, so no other size can be told to "
                                                 "a guest. A VMM rounds it up, or refuses the device.",
                                        .todo = "Round the region's size up to a power of two, and answer accesses behind "
                                                "what the device has with zeros." } },
};

const struct vfu_rule *vfu_misfits(size_t *count)
{
    *count = MISFITS;
    return vfu_misfit_table;
}

enum { FIRST_MISFIT = 128 }; /* of the bits of what is ignored: behind the rules' */
_Static_assert(FIRST_MISFIT + MISFITS <= 64 * VFU_IGNORED_WORDS, "a bit for each");

bool vfu_misfit_ignored(const struct vfu_rule_settings *settings, enum vfu_misfit_number misfit)
{
    unsigned bit = FIRST_MISFIT + misfit;

    return settings->ignored[bit / 64] & 1ull << bit % 64;
}

bool vfu_misfits_ignore(struct vfu_rule_settings *settings, const char *id)
{
    for (unsigned i = 0; i < MISFITS; i++) {
        if (strcmp(vfu_misfit_table[i].id, id) == 0) {
            settings->ignored[(FIRST_MISFIT + i) / 64] |= 1ull << (FIRST_MISFIT + i) % 64;
            return true;
        }
    }
    return false;
}
