/*
 * Requirements of config space with regions and interrupts, at length. See struct vfu_explanation. Those of the
 * decoder's misfits are said there.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_pci[] = {
    { "pci-intx-pin",
      { .means = "The interrupt pin in config space (offset 0x3d) says whether the function has INTx, 0: it has not. "
                 "The interrupt info of index 0 has one vector then.",
        .who = "QEMU goes by the pin: with one it arms vector 0, and where the server refuses that the device does not "
               "come up. Without one INTx is never armed, whatever the info says.",
        .todo = "Set the pin to 1 (INTA#) where the info has a vector, else to 0." } },
    { "pci-msi-vectors",
      { .means = "The MSI capability in config space says how many vectors the device asks for, and the guest enables "
                 "as many or fewer. The interrupt info of index 1 has to have the same number, or 0 without the "
                 "capability.",
        .who = "QEMU goes by the capability; where that has more than the info SET_IRQS is refused, and the guest's "
               "driver gets no interrupts.",
        .todo = "Derive both from one number." } },
    { "pci-msix-vectors",
      { .means = "The MSI-X capability in config space says how long the table is, and the guest's driver uses as many "
                 "vectors. The interrupt info of index 2 has to have the same number, or 0 without the capability.",
        .who = "QEMU goes by the capability; a vector behind the info's last one is refused when the guest enables it. "
               "Vectors without a capability are never armed.",
        .todo = "Derive both from one number: the capability's field is one less." } },
    { "pci-msix-table",
      { .means = "The MSI-X capability says in which BAR, and where in it, the table lies, 16 bytes a vector. All of "
                 "it has to lie inside a BAR that has a size.",
        .who = "QEMU refuses the device if it does not. Linux gives it no MSI-X if the BAR has size 0.",
        .todo = "Give the region of that BAR a size that holds the table, or correct the capability." } },
    { "pci-msix-pba",
      { .means = "The MSI-X capability says in which BAR, and where in it, the pending bits (PBA) lie: a bit a vector, "
                 "in words of 64 bits. All of them have to lie inside a BAR that has a size.",
        .who = "QEMU refuses the device if they do not: the PBA is \"outside of specified BAR\".",
        .todo = "Give the region of that BAR a size that holds them, or correct the capability." } },
    { "pci-msix-overlap",
      { .means = "The MSI-X table and the pending bits may lie in one BAR, but not over each other: a vector's entry "
                 "and pending bits would be the same bytes.",
        .who = "QEMU refuses the device.",
        .todo = "Put the pending bits behind the table: 16 bytes a vector." } },
    { "pci-msix-mapped",
      { .means = "Who maps the table writes vectors that nobody hears of, so a mappable area keeps out of it unless "
                 "region info has the capability 3, MSI-X mappable.",
        .who = "QEMU cuts the table's pages out of what it maps where the capability is missing.",
        .todo = "Let the areas end before the table's page, or add the capability." } },
    { "nvme-bar0-size",
      { .means = "An NVMe controller has its registers in BAR0, and the bits 13 to 4 of its address are reserved (NVM "
                 "Express 1.0, 2.1.10), so 16 KiB is the least.",
        .who = "Windows' driver masks the address with 0xffffc000 and refuses a device with less (Code 10); Linux does "
               "not mind.",
        .todo = "Give BAR0 16 KiB, also if fewer doorbells are used." } },
    { NULL },
};
