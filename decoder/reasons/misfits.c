/*
 * The table of misfits: what has to fit together in a device, and who stumbles where it does not.
 */
#include "decoder/reasons/inside.h"

#include <string.h>

static const char section_region[] = "VFIO_USER_DEVICE_GET_REGION_INFO", section_caps[] = "VFIO region capabilities",
                  section_irqs[] = "VFIO_USER_DEVICE_GET_IRQ_INFO", section_access[] = "Read and Write Operations";

const struct vfu_rule vfu_misfit_table[MISFITS] = {
    [MISFIT_BAR_SIZE] = {
        "bar-size", VFU_MISFIT, section_region, "a BAR's size is a power of two, 4 at least",
        .explains = { .means = "PCI sizes a BAR by the address bits that can be set, so no other size can be told to a "
                               "guest. The least is 4 bytes of I/O, or 16 of memory.",
                      .who = "QEMU ends with an assertion (is_power_of_2 in pci_register_bar). libvfio-user refuses to "
                             "set up such a BAR since 2026, and told it as it was before.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar2 size 12K read|write  1.0us\n"
                                 "        ! misfit: the server: bar2 has 0x3000 bytes: PCI's are powers of two, 4 at least [bar-size]",
                      .todo = "Round the region's size up to a power of two, and answer accesses behind what the "
                              "device has with zeros." },
    },
    [MISFIT_EMPTY_REGION] = {
        "empty-region", VFU_MISFIT, section_region,
        "a region of size 0 has no mmap flag, and one of PCI's no capabilities",
        .explains = { .means = "A region of size 0 is not there: clients look no further, whatever its flags and "
                               "capabilities promise. Most likely the size was forgotten, or the region taken away and "
                               "its descriptor left. That it is readable or writable says nothing: libvfio-user's "
                               "devices take a region away so.",
                      .who = "QEMU takes the region for one that is not there; what the guest's driver looks for in it "
                             "is not found.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar3 size 0 read|mmap  1.0us\n"
                                 "        ! misfit: the server: bar3 has size 0, and can be mapped [empty-region]",
                      .todo = "Say the region's size, or leave flags and capabilities 0 too." },
    },
    [MISFIT_REGION_CLOSED] = {
        "region-closed", VFU_MISFIT, section_region, "a region with a size can be read or written",
        .explains = { .means = "Neither the read nor the write flag is set, so every access breaks a rule "
                               "(region-access), and what is mapped is mapped without any permission.",
                      .who = "QEMU looks at these flags only where it maps: it sends the accesses, and the server "
                             "refuses them. libvfio-user refuses to set up such a region.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar4 size 4K  1.0us\n"
                                 "        ! misfit: the server: bar4 has 0x1000 bytes that can't be read nor written [region-closed]",
                      .todo = "Set the flags that the region's registers need, or say size 0 if there is no such "
                              "region." },
    },
    [MISFIT_CONFIG_SIZE] = {
        "config-size", VFU_MISFIT, section_region, "config space has 256 bytes, or 4096",
        .explains = { .means = "Conventional PCI has 256 bytes of config space, PCI Express 4096. Guests read the "
                               "header (64 bytes) and the capabilities out of it, and PCI Express's extended "
                               "capabilities from 256 on.",
                      .who = "QEMU takes 256 for conventional PCI. Of any other size it reads what is there, at most "
                             "4096, and accesses of the guest behind the end are refused; without any config space "
                             "there is nothing to begin with.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  config size 64 read|write  1.0us\n"
                                 "        ! misfit: the server: config space has 0x40 bytes: PCI's has 0x100, PCI Express's 0x1000 [config-size]",
                      .todo = "Say 256, or 4096 for PCI Express, and answer what is not implemented with zeros." },
    },
    [MISFIT_CONFIG_ACCESS] = {
        "config-access", VFU_MISFIT, section_region, "config space can be read and written",
        .explains = { .means = "A driver finds the device by what it reads there, and enables it, its BARs and its "
                               "interrupts by writing there.",
                      .who = "QEMU does not look at these flags: it reads and writes config space, which breaks the "
                             "rule region-access then.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  config size 4K read  1.0us\n"
                                 "        ! misfit: the server: config space can't be written: its flags are 0x1 [config-access]",
                      .todo = "Set the read and the write flag of region 7; a write to what is read-only is ignored, "
                              "not refused." },
    },
    [MISFIT_ROM_SIZE] = {
        "rom-size", VFU_MISFIT, section_region, "an option ROM's size is a power of two, 2 KiB at least",
        .explains = { .means = "The address of an option ROM stands in bits 31 to 11 of its register, and it is sized "
                               "as a BAR is: no other size can be told to a guest.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  rom size 12K read  1.0us\n"
                                 "        ! misfit: the server: rom has 0x3000 bytes: an option ROM's are a power of two, 0x800 at least [rom-size]",
                      .todo = "Round the region's size up to a power of two, and fill what is behind the image with "
                              "0xff or zeros; without an option ROM say size 0." },
    },
    [MISFIT_ROM_SIGNATURE] = {
        "rom-signature", VFU_MISFIT, section_access, "an option ROM begins with 55 aa",
        .explains = { .means = "Each image in an option ROM begins with the bytes 55 aa. Firmware and drivers that "
                               "find anything else take it that there is no ROM, and the device does without.",
                      .who = "Linux says \"Invalid PCI ROM header signature: expecting 0xaa55\" and drivers that need "
                             "it (amdgpu's) give up; firmware does not boot from the device.",
                      .example = "server < #8     REGION_READ                  4  rom+0x0 = 0xffffffff  1.0us\n"
                                 "        ! misfit: the server: rom begins with ff ff: an option ROM with 55 aa [rom-signature]",
                      .todo = "Give the image as it is from offset 0 on, also while the ROM is not enabled in config "
                              "space: that is the VMM's matter. Without an option ROM say size 0." },
    },
    [MISFIT_VGA_REGION] = {
        "vga-region", VFU_MISFIT, section_region, "the VGA region has 768 KiB that can be read and written, or size 0",
        .explains = { .means = "The region's offsets are the legacy addresses: memory from 0xa0000 to 0xbffff, and "
                               "ports from 0x3b0 to 0x3df. So it reaches to 0xc0000.",
                      .who = "QEMU with x-vga=on refuses the device (\"unexpected VGA info\"); without, it does not "
                             "look.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  vga size 128K read|write  1.0us\n"
                                 "        ! misfit: the server: vga has 0x20000 bytes, flags 0x3: 0xc0000 that can be read and written are due [vga-region]",
                      .todo = "Say size 0xc0000 with the flags read and write, or size 0 if the device has no legacy "
                              "VGA." },
    },
    [MISFIT_AREAS_OVERLAP] = {
        "areas-overlap", VFU_MISFIT, section_caps, "mappable areas of a region do not lie over each other",
        .explains = { .means = "An area says what a client may map. What is said twice is mapped twice, at the same "
                               "guest address.",
                      .who = "cloud-hypervisor makes a memory slot of each area, and KVM refuses the second one "
                             "(EEXIST). QEMU maps both, and the guest sees one of them.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar2 size 64K read|write|mmap|caps sparse_mmap 0x0+8K, 0x8000+4K, 0x1000+4K  fd memfd:1M  1.0us\n"
                                 "        ! misfit: the server: areas of bar2 lie over each other: 0x0+0x2000, 0x1000+0x1000 [areas-overlap]",
                      .todo = "Join areas that touch or overlap into one." },
    },
    [MISFIT_AREA_UNALIGNED] = {
        "area-unaligned", VFU_MISFIT, section_caps, "mappable areas are whole pages",
        .explains = { .means = "Only whole pages can be mapped into a guest: of the smallest size among the agreed "
                               "pgsizes, 4096 where nobody says anything. What an area has beyond its whole pages "
                               "stays with messages, or the area can't be mapped at all.",
                      .who = "cloud-hypervisor makes a memory slot of each area, and KVM refuses one that is not whole "
                             "pages (EINVAL). QEMU gives the guest the whole pages in it, and none if there are none.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar2 size 64K read|write|mmap|caps sparse_mmap 0x1000+6K  fd memfd:1M  1.0us\n"
                                 "        ! misfit: the server: an area of bar2, 0x1000+0x1800, is not whole pages of 0x1000 [area-unaligned]",
                      .todo = "Let areas begin and end at pages, and give registers that must be seen pages of their "
                              "own." },
    },
    [MISFIT_AREA_EMPTY] = {
        "area-empty", VFU_MISFIT, section_caps, "a mappable area has a size",
        .explains = { .means = "There is nothing to map in an area of size 0.",
                      .who = "QEMU leaves it out. cloud-hypervisor tries to map it, which fails (EINVAL), and the "
                             "device with it.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar2 size 64K read|write|mmap|caps sparse_mmap 0x1000+0  fd memfd:1M  1.0us\n"
                                 "        ! misfit: the server: an area of bar2, at 0x1000, has size 0 [area-empty]",
                      .todo = "Leave the area out, and the capability and the mmap flag if it was the only one." },
    },
    [MISFIT_AREAS_WITHOUT_MMAP] = {
        "areas-without-mmap", VFU_MISFIT, section_caps, "a region with mappable areas has the mmap flag",
        .explains = { .means = "The areas say which parts of the region can be mapped, but without the mmap flag "
                               "nothing of it is: every access is a message. The device works, and is slow.",
                      .who = "QEMU does not look at the areas then.",
                      .example = "server < #6     DEVICE_GET_REGION_INFO       3  bar2 size 64K read|write|caps sparse_mmap 0x1000+4K  1.0us\n"
                                 "        ! misfit: the server: bar2 has mappable areas, but not the mmap flag: its flags are 0xb [areas-without-mmap]",
                      .todo = "Set the mmap flag and pass the descriptor, or leave the capability out." },
    },
    [MISFIT_INTX_COUNT] = {
        "intx-count", VFU_MISFIT, section_irqs, "INTx has one vector, or none",
        .explains = { .means = "A function has one interrupt pin, so a client asks for vector 0 and knows no other.",
                      .who = "QEMU arms vector 0 only: what the device signals on the others is never heard.",
                      .example = "server < #6     DEVICE_GET_IRQ_INFO          3  intx 4 vectors eventfd|maskable|automasked  1.0us\n"
                                 "        ! misfit: the server: intx has 4 vectors: a function has one pin [intx-count]",
                      .todo = "Say count 1, or 0 for a device without INTx; a device with more interrupts offers MSI "
                              "or MSI-X." },
    },
    [MISFIT_MSI_COUNT] = {
        "msi-count", VFU_MISFIT, section_irqs, "MSI's vectors are a power of two, 32 at most",
        .explains = { .means = "The MSI capability says in three bits how many vectors it asks for, 1 to 32, and as "
                               "many the guest's driver enables.",
                      .who = "QEMU goes by the capability in config space: where that says more than the interrupt "
                             "info, SET_IRQS is refused.",
                      .example = "server < #6     DEVICE_GET_IRQ_INFO          3  msi 3 vectors eventfd  1.0us\n"
                                 "        ! misfit: the server: msi has 3 vectors: MSI has a power of two, 32 at most [msi-count]",
                      .todo = "Say the number that the MSI capability's Multiple Message Capable has, or 0 without the "
                              "capability." },
    },
    [MISFIT_MSIX_COUNT] = {
        "msix-count", VFU_MISFIT, section_irqs, "MSI-X has 2048 vectors at most",
        .explains = { .means = "The MSI-X capability says in 11 bits how long its table is.",
                      .who = "QEMU goes by the capability in config space: vectors beyond it are never armed.",
                      .example = "server < #6     DEVICE_GET_IRQ_INFO          3  msix 2049 vectors eventfd  1.0us\n"
                                 "        ! misfit: the server: msix has 2049 vectors: MSI-X has 2048 at most [msix-count]",
                      .todo = "Say the table's length in the MSI-X capability, or 0 without the capability." },
    },
    [MISFIT_IRQ_AUTOMASKED] = {
        "irq-automasked", VFU_MISFIT, section_irqs, "only a level can be automasked, and what is can be unmasked",
        .explains = { .means = "Automasked says that the interrupt is masked when it fires until the client unmasks "
                               "it, as a level that stays (INTx) needs it. MSI and MSI-X are messages, of which each "
                               "counts; and without the flag maskable there is no way to unmask.",
                      .who = "QEMU unmasks INTx whatever the flags say, and never MSI or MSI-X: a server that means "
                             "the flag fires those once.",
                      .example = "server < #6     DEVICE_GET_IRQ_INFO          3  msix 4 vectors eventfd|maskable|automasked  1.0us\n"
                                 "        ! misfit: the server: msix is automasked: a message is no level that stays [irq-automasked]",
                      .todo = "Take the flag automasked from MSI and MSI-X; give INTx the flag maskable with it." },
    },
    [MISFIT_IRQ_WITHOUT_EVENTFD] = {
        "irq-without-eventfd", VFU_MISFIT, section_irqs, "an index with vectors takes eventfds",
        .explains = { .means = "An eventfd is the only way in which a device interrupts over this protocol. Without "
                               "that flag a client has no way to hear the vectors.",
                      .who = "QEMU does not look at the flag for INTx, MSI and MSI-X, and passes eventfds all the "
                             "same; a client that does look leaves the interrupts alone.",
                      .example = "server < #6     DEVICE_GET_IRQ_INFO          3  msix 4 vectors  1.0us\n"
                                 "        ! misfit: the server: msix has 4 vectors, and takes no eventfds: its flags are 0x0 [irq-without-eventfd]",
                      .todo = "Set the flag eventfd, or say count 0 if there are no such interrupts." },
    },
    [MISFIT_VERSION_QEMU_REFUSES] = { "version-qemu-refuses", VFU_MISFIT, "VFIO_USER_VERSION",
                                      "a client that looks like QEMU takes the VERSION that it is answered",
        .explains = { .means = "QEMU has limits of its own for the server's VERSION, some of them below what the specification allows: "
                               "max_msg_fds up to 16, max_data_xfer_size up to 64 MiB, max_dma_maps up to 65535, max_bitmap_size up to "
                               "256 MiB, pgsizes and migration.pgsize multiples of 4096, version 0.0, no descriptor with it, and no "
                               "more bytes than its own VERSION has. Beyond them the VM does not start.",
                      .who = "Servers that tell their own limits without a look at what the client proposed.",
                      .example = "server < #2     VERSION                      1  0.0 {\"capabilities\":{\"max_msg_fds\":17}}  1.0us\n"
                                 "        ! misfit: QEMU refuses this: max_msg_fds is 17, more than 16 (\"malformed max_msg_fds\") [version-qemu-refuses]",
                      .todo = "Answer with the lower one of both sides' limits, with the names that the client proposed, and nothing "
                              "else." } },
};

const struct vfu_rule *vfu_misfits(size_t *count)
{
    *count = MISFITS;
    return vfu_misfit_table;
}

enum { FIRST_MISFIT = 128 }; /* of the bits of what is ignored: behind the rules' */
_Static_assert(FIRST_MISFIT + MISFITS <= 256, "a bit for each, before those of others.c");

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
