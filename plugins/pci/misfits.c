/*
 * PCI: the table of misfits, with what explain says of them. Sources: PCI Local Bus Specification 3.0, and of QEMU and Linux
 * their own words.
 */
#include "plugins/pci/pci.h"

static const char msix[] = "PCI 3.0, 6.8.2 (MSI-X)", bars[] = "PCI 3.0, 6.2.5.1 (address maps)";

const struct vfp_finding pci_misfits[] = {
    [PCI_MSIX_VECTORS] = {
        .name = "msix-vectors", .section = msix, .by = VFP_SERVER,
        .help = "the MSI-X capability and the interrupt info agree on how many vectors there are",
        .means = "The guest's driver takes the number from the capability in config space, whoever arms vectors from "
                 "DEVICE_GET_IRQ_INFO. Where they differ a driver asks for vectors that can't be armed, or never gets to use some.",
        .who = "QEMU shows the guest the capability and arms what the guest uses: SET_IRQS for a vector beyond the interrupt info's "
               "is refused, and that vector never fires.",
        .example = "server < #22    REGION_READ  config+0x0 = 3412e811... (256 bytes)\n"
                   "    ! misfit: the server: MSI-X: 5 vectors, the interrupt info says 4 [pci-msix-vectors]",
        .todo = "Set the table size of the capability (vectors - 1) and the count of IRQ index 2 from one number." },
    [PCI_MSIX_TABLE_PLACE] = {
        .name = "msix-table", .section = msix, .by = VFP_SERVER, .help = "the MSI-X table lies in a BAR that is there",
        .means = "The capability names a BAR and an offset; 16 bytes a vector from there on are the table. Where the BAR "
                 "is missing or too small a driver can't set any vector up.",
        .who = "QEMU refuses the device: \"table & pba overlap, or they don't fit in BARs, or don't align\". Linux "
               "without a BAR to map gives the driver no MSI-X.",
        .example = "    ! misfit: the server: MSI-X table: bar3 has size 0 [pci-msix-table]",
        .todo = "Give the BAR that the capability names a size that holds the table, or name the BAR that has it." },
    [PCI_MSIX_PBA_PLACE] = {
        .name = "msix-pba", .section = msix, .by = VFP_SERVER, .help = "the MSI-X pending bits lie in a BAR that is there",
        .means = "The capability names a BAR and an offset for the pending bits (PBA) too: 8 bytes for each 64 vectors.",
        .who = "QEMU refuses the device: \"hardware reports invalid configuration, MSIX PBA outside of specified BAR\".",
        .example = "    ! misfit: the server: PBA: bar4+0x40000 is outside bar4 (0) [pci-msix-pba]",
        .todo = "Give the BAR that the capability names a size that holds the pending bits, or put them elsewhere." },
    [PCI_MSIX_OVERLAP] = {
        .name = "msix-overlap", .section = msix, .by = VFP_SERVER, .help = "the MSI-X table and its pending bits do not overlap",
        .means = "The table has 16 bytes a vector, the pending bits 8 bytes for each 64. Where they share bytes a driver that sets a "
                 "vector up writes pending bits.",
        .who = "QEMU refuses the device: \"table & pba overlap, or they don't fit in BARs, or don't align\".",
        .todo = "Put the pending bits behind the table's end: offset + 16 * vectors." },
    [PCI_MSIX_MAPPED] = {
        .name = "msix-mapped", .section = "VFIO region capabilities (VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)", .by = VFP_SERVER,
        .help = "areas to be mapped leave the MSI-X table out, unless capability 3 (msix_mappable) is there",
        .means = "The VMM has to see what the guest writes to the table: vectors are set up by SET_IRQS, not by the table. A "
                 "guest that writes to mapped memory there is not heard. Capability 3 says that the VMM may map the table "
                 "all the same, and see to it by itself.",
        .todo = "Leave the table's pages out of the list of areas, or offer capability 3." },
    [PCI_MSI_VECTORS] = {
        .name = "msi-vectors", .section = "PCI 3.0, 6.8.1 (MSI)", .by = VFP_SERVER,
        .help = "the MSI capability and the interrupt info agree on how many vectors there are",
        .means = "The guest's driver takes the number from the capability in config space (a power of two), whoever arms vectors from "
                 "DEVICE_GET_IRQ_INFO.",
        .who = "QEMU shows the guest the capability, and arms what the guest uses: SET_IRQS for a vector beyond the interrupt info's "
               "is refused.",
        .todo = "Set Multiple Message Capable of the capability and the count of IRQ index 1 from one number." },
    [PCI_INTX_PIN] = {
        .name = "intx-pin", .section = "PCI 3.0, 6.2.4 (interrupt pin)", .by = VFP_SERVER,
        .help = "a device whose config space has an interrupt pin has INTx",
        .means = "A pin from 1 (A) to 4 (D) in config space says that the device uses INTx; 0 says that it does not.",
        .who = "QEMU arms INTx at the start where there is a pin, and ends where that is refused.",
        .todo = "Set the interrupt pin (0x3d) to 0, or give IRQ index 0 one vector." },
    [PCI_CAP_LIST] = {
        .name = "cap-list", .section = "PCI 3.0, 6.7 (capabilities list)", .by = VFP_SERVER,
        .help = "the capability list ends, and each capability lies between 0x40 and 0x100",
        .means = "A list of capabilities begins where the byte at 0x34 says and ends with a next pointer of 0. One that comes round or "
                 "leads into the header has no end; what is behind is not found.",
        .who = "Linux and QEMU stop looking after 48 steps or below 0x40, and miss what would come behind.",
        .todo = "Have the last capability's next pointer say 0, and keep all of them between 0x40 and 0xff." },
    [PCI_HEADER] = {
        .name = "header-type", .section = "PCI 3.0, 6.2.1 (header type)", .by = VFP_SERVER,
        .help = "the header type is 0 (a device), 1 (a bridge) or 2 (CardBus)",
        .means = "The header type says where BARs and the rest of the header are. Bit 7 only says that there are other functions.",
        .who = "Linux leaves the device out: \"unknown header type, ignoring device\".",
        .todo = "Set the byte at 0x0e to 0." },
    [PCI_IO_BAR] = {
        .name = "io-bar", .section = bars, .by = VFP_SERVER, .help = "a BAR of I/O ports has no more than there are",
        .means = "Bit 0 of the BAR in config space says that it is I/O ports, of which there are 64K in all. Most likely the BAR was "
                 "meant to be memory.",
        .who = "libvfio-user's devices that set a region up without VFU_REGION_FLAG_MEM have it so. No guest finds room for the BAR.",
        .todo = "Clear bit 0 of the BAR in config space (with libvfio-user: VFU_REGION_FLAG_MEM)." },
    [PCI_WIDE_BAR] = {
        .name = "wide-bar", .section = bars, .by = VFP_SERVER, .help = "the upper half of a 64-bit BAR is no BAR of its own",
        .means = "Bits 2:1 of the BAR in config space say that it is 64-bit: the next BAR's register is the upper half of its "
                 "address. A region of that number can't be reached by a guest.",
        .todo = "Use the BAR after the next one, or say 32-bit (bits 2:1 of the BAR 0)." },
    [PCI_CLASS_BAR] = {
        .name = "class-bar", .section = "PCI Code and ID Assignment, and the interfaces' own specifications", .by = VFP_SERVER,
        .help = "the BAR that the class's drivers look at is there",
        .means = "The class code says which registers a device has, and in which BAR they are: drivers claim the device by "
                 "it, and know no other place.",
        .who = "The class's driver claims the device, finds no registers, and gives up.",
        .todo = "Give that BAR a size, or the device another class." },
    [PCI_MISFITS] = { 0 },
};
