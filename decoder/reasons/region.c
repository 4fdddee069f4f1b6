/*
 * Whether what region info says of a region fits together, and what its option ROM begins with.
 */
#include "decoder/reasons/inside.h"

#include <linux/pci_regs.h>

#define READ VFIO_REGION_INFO_FLAG_READ
#define WRITE VFIO_REGION_INFO_FLAG_WRITE

enum {
    LEAST_BAR = 4,         /* of I/O; of memory 16, but which one it is config space says, not region info */
    LEAST_ROM = 2048,      /* the ROM's BAR has its address in the bits from 11 on */
    VGA_REGION = 0xc0000,  /* as vfio has it: offsets are addresses, of memory from 0xa0000 to 0xbffff and of ports */
};

static bool is_power_of_two(uint64_t n)
{
    return n && !(n & (n - 1));
}

static void fit_config(struct vfu_fitting *f, uint64_t flags, uint64_t size)
{
    if (size != PCI_CFG_SPACE_SIZE && size != PCI_CFG_SPACE_EXP_SIZE)
        vfu_misfit_by(f, MISFIT_CONFIG_SIZE, VFU_SERVER,
                      "config space has 0x%llx bytes: PCI's has 0x%x, PCI Express's 0x%x",
                      (unsigned long long)size, PCI_CFG_SPACE_SIZE, PCI_CFG_SPACE_EXP_SIZE);
    if (size && (flags & (READ | WRITE)) != (READ | WRITE))
        vfu_misfit_by(f, MISFIT_CONFIG_ACCESS, VFU_SERVER, "config space can't be %s: its flags are 0x%llx",
                      flags & READ ? "written" : flags & WRITE ? "read" : "read nor written",
                      (unsigned long long)flags);
}

/* What PCI says of its own regions, bar0 to vga. */
static void fit_pci(struct vfu_fitting *f, uint64_t flags, uint64_t size)
{
    if (f->index == VFIO_PCI_CONFIG_REGION_INDEX)
        fit_config(f, flags, size);
    else if (size == 0)
        return;
    else if (f->index <= VFIO_PCI_BAR5_REGION_INDEX && (!is_power_of_two(size) || size < LEAST_BAR))
        vfu_misfit_by(f, MISFIT_BAR_SIZE, VFU_SERVER, "bar%u has 0x%llx bytes: PCI's are powers of two, %d at least",
                      f->index, (unsigned long long)size, LEAST_BAR);
    else if (f->index == VFIO_PCI_ROM_REGION_INDEX && (!is_power_of_two(size) || size < LEAST_ROM))
        vfu_misfit_by(f, MISFIT_ROM_SIZE, VFU_SERVER,
                      "rom has 0x%llx bytes: an option ROM's are a power of two, 0x%x at least",
                      (unsigned long long)size, LEAST_ROM);
    else if (f->index == VFIO_PCI_VGA_REGION_INDEX &&
             (size < VGA_REGION || (flags & (READ | WRITE)) != (READ | WRITE)))
        vfu_misfit_by(f, MISFIT_VGA_REGION, VFU_SERVER,
                      "vga has 0x%llx bytes, flags 0x%llx: 0x%x that can be read and written are due",
                      (unsigned long long)size, (unsigned long long)flags, VGA_REGION);
}

/*
 * The fixed part. A region of size 0 may be readable: libvfio-user's devices take a region away so. And one of the
 * device's own may have a type though it has no bytes yet.
 */
static void fit(struct vfu_fitting *f, uint64_t flags, uint64_t size)
{
    bool pci = vfu_fit_is_pci(f), config = pci && f->index == VFIO_PCI_CONFIG_REGION_INDEX;
    uint64_t full = VFIO_REGION_INFO_FLAG_MMAP;
    char room[24];

    if (pci && f->index <= VFIO_PCI_VGA_REGION_INDEX) {
        full |= VFIO_REGION_INFO_FLAG_CAPS;
        fit_pci(f, flags, size);
    }
    if (size == 0 && flags & full)
        vfu_misfit_by(f, MISFIT_EMPTY_REGION, VFU_SERVER, "%s has size 0, and %s",
                      vfu_fit_name(f, vfu_region_names, room),
                      flags & VFIO_REGION_INFO_FLAG_MMAP ? "can be mapped" : "capabilities");
    else if (size && !config && !(flags & (READ | WRITE)))
        vfu_misfit_by(f, MISFIT_REGION_CLOSED, VFU_SERVER, "%s has 0x%llx bytes that can't be read nor written",
                      vfu_fit_name(f, vfu_region_names, room), (unsigned long long)size);
}

void vfu_fit_region(struct vfu_fitting *f)
{
    uint64_t index = vfu_fit_number(f, "index"), flags = vfu_fit_number(f, "flags");

    if (index >= VFU_MAX_KNOWN_REGIONS)
        return;
    f->index = (unsigned)index;
    fit(f, flags, vfu_fit_number(f, "size"));
    vfu_fit_areas(f, flags);
}

void vfu_fit_known_regions(struct vfu_fitting *f)
{
    for (f->index = 0; f->index < VFU_MAX_KNOWN_REGIONS; f->index++)
        if (f->peers->known.regions[f->index].known)
            fit(f, f->peers->known.regions[f->index].flags, f->peers->known.regions[f->index].size);
}

/* A reply to a read of the region rom. */
void vfu_fit_rom(struct vfu_fitting *f)
{
    static const uint8_t signature[] = { 0x55, 0xaa };
    const struct vfu_value *data = vfu_value_by_name(f->decoded->values, f->decoded->count, "data");

    if (!vfu_fit_is_pci(f) || vfu_fit_number(f, "offset") != 0 || !data || data->size < sizeof signature)
        return;
    f->index = VFIO_PCI_ROM_REGION_INDEX;
    if (data->bytes[0] != signature[0] || data->bytes[1] != signature[1])
        vfu_misfit_by(f, MISFIT_ROM_SIGNATURE, VFU_SERVER, "rom begins with %02x %02x: an option ROM with %02x %02x",
                      data->bytes[0], data->bytes[1], signature[0], signature[1]);
}
