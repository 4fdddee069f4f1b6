/*
 * A plugin that names registers, and says anew at each access where they are. What the value of a write to bar0+0xf00 asks for:
 * 1 what is wild: offsets and arrays up to the end of all numbers, regions that there are not, registers over each other;
 * 2 65,535 of one kind; 3 more places than there may be; 4 it crashes while it is asked; 0 a few that are as they should be.
 */
#include "plugins/plugin.h"

#include <signal.h>
#include <stdlib.h>

static const char *const words[] = { "off", "on\033[31m" };
static const struct vfp_field bits[] = { { "GO", 0, 1, words, 2 }, { "SIZE", 4, 4 }, { "NOTHING", 0, 0 }, { "BEYOND", 30, 200 }, { 0 } };

static const struct vfp_register registers[] = {
    { "fixed", 0, VFP_BAR0, 4, bits, "a register" },
    { "odd", 0, VFP_BAR0, 3, bits, "of three bytes: there is none" },
    { "moved", 0, VFP_LOCATED, 4, bits, "somewhere" },
    { "e\"vil\033[2J\x9b", 0, VFP_LOCATED + 1, 4, bits, "\033]0;title\a" },
    { 0 },
};

struct places {
    struct vfp_device *device;
    const struct vfp_host *host;
    uint64_t what;
};

static void *places_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct places *p = calloc(1, sizeof *p);

    if (p)
        *p = (struct places){ device, host, 0 };
    return p;
}

static void places_access(void *state, const struct vfp_access *a)
{
    struct places *p = state;

    if (a->is_write && a->region == VFP_BAR0 && a->offset == 0xf00)
        p->what = a->value;
    p->host->places_changed(p->device);
}

static bool places_place(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place)
{
    static const struct vfp_place wild[] = {
        { .offset = UINT64_MAX, .region = VFP_BAR0 },
        { .offset = 0, .stride = UINT64_MAX, .region = VFP_BAR0, .count = UINT32_MAX },
        { .offset = 0, .stride = 1, .region = VFP_BAR0, .count = UINT32_MAX },
        { .offset = 2, .region = UINT32_MAX },
        { .offset = 0, .region = VFP_BAR0 },
    };
    const struct places *p = state;

    if (r->region != VFP_LOCATED) { /* the evil one */
        *place = (struct vfp_place){ .offset = 0x20, .region = VFP_BAR0 };
        return number == 0;
    }
    if (p->what == 1 && number < sizeof wild / sizeof wild[0])
        *place = wild[number];
    else if (p->what == 2 || (p->what == 0 && number == 0))
        *place = (struct vfp_place){ .offset = 0x1000, .stride = 8, .region = VFP_BAR0, .count = 65535 };
    else if (p->what == 3)
        *place = (struct vfp_place){ .offset = 0x100 + 4 * (uint64_t)number, .region = VFP_BAR0 };
    else if (p->what == 4)
        raise(SIGSEGV);
    return p->what == 1 ? number < sizeof wild / sizeof wild[0] : p->what == 3 || number == 0;
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "places",
    .summary = "names registers",
    .registers = registers,
    .open = places_open,
    .close = free,
    .access = places_access,
    .place = places_place,
};
