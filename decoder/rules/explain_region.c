/*
 * Rules of regions and accesses, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_region[] = {
    { "no-such-region",
      { .means = "The device said in DEVICE_GET_INFO how many regions it has; their indexes count from 0. This "
                 "access names one behind the last, so the server has to refuse it.",
        .who = "libvfio-user answers EINVAL. Its sample client reads region 0xdeadbeef on purpose, to see that.",
        .example = "client > #13    REGION_READ                  7  9+0x0 1 byte\n"
                   "        ! violation by the client: region 9, the device has 9 [no-such-region]",
        .todo = "Keep to indexes below num_regions. For PCI, 0 to 5 are the BARs, 6 the ROM, 7 the configuration "
                "space, 8 VGA." } },
    { "region-bounds",
      { .means = "The access begins or ends behind the region, whose size the server told in its region info. A "
                 "server that does not check reads or writes memory that is not the region's.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #13    REGION_READ                  7  bar0+0xffd 4 bytes\n"
                   "        ! violation by the client: bar0+0xffd, 4 bytes, the region has 0x1000 [region-bounds]",
        .todo = "As a client keep offset + count within the size that the region info has. As a server check both, "
                "and that their sum does not wrap around." } },
    { "region-access",
      { .means = "The region's flags say whether it can be read (1) and written (2), and this access is of the other "
                 "kind. The server has to refuse it.",
        .example = "client > #13    REGION_WRITE                 7  rom+0x0 = 0x00\n"
                   "        ! violation by the client: rom can't be written: its flags are 0x1 [region-access]",
        .todo = "Look at the flags of the region info first. A server whose region can be accessed so sets the flag." } },
    { "region-not-asked",
      { .means = "The region is accessed, and nobody asked for its info on this connection. The client can't know "
                 "how large it is and whether it can be read. It is told once a region.",
        .who = "Test clients that know their device do this, and it works.",
        .example = "client > #13    REGION_READ                  7  bar1+0x0 1 byte\n"
                   "        ! suspicious: the client: bar1 is accessed, its info was not asked for [region-not-asked]",
        .todo = "Send DEVICE_GET_REGION_INFO for each region first." } },
    { "cap-chain",
      { .means = "The capabilities of an info reply are a chain: cap_offset leads to the first, next of each to the "
                 "one behind it, 0 ends it; all offsets count from the start of the payload. This chain leads into "
                 "the fixed part, behind the end, or back to where it was. A client that follows it reads garbage, "
                 "or never ends.",
        .who = "QEMU refuses a cap_offset that lies in the fixed part or behind argsz, with EINVAL.",
        .example = "server < #14    DEVICE_GET_REGION_INFO       7  bar1 size 4K read|caps msix_mappable (broken chain)  1.0us\n"
                   "        ! violation by the server: the capability at 32 has a next that makes a loop, or is outside the reply [cap-chain]",
        .todo = "Count the offsets from the start of the region info (argsz is at 0), not from the header, and set "
                "next of the last one to 0." } },
    { "cap-overlap",
      { .means = "A capability reaches into the next one, or past the end of the reply: it announces more areas, or "
                 "has a larger fixed part, than there is room for. The rest is read from what belongs to something "
                 "else.",
        .example = "server < #14    DEVICE_GET_REGION_INFO       7  bar1 size 4K read|caps type, msix_mappable  1.0us\n"
                   "        ! violation by the server: the capability at 32 does not fit before the next one or the end [cap-overlap]",
        .todo = "Let nr_areas be the number of areas that are written, and put the next capability behind the last "
                "of them." } },
    { "sparse-outside",
      { .means = "An area that can be mapped lies outside its region, or reaches past its end. A client that trusts "
                 "it maps what is not the device's, and the guest may get at it.",
        .example = "server < #14    DEVICE_GET_REGION_INFO       7  bar1 size 8K read|mmap|caps sparse_mmap 0x1000+8K  fd memfd:8K  1.0us\n"
                   "        ! violation by the server: area 0x1000+0x2000, the region has 0x2000 [sparse-outside]",
        .todo = "Offsets of areas count from the start of the region. Keep offset + size of each within the region's "
                "size." } },
    { "mmap-unaligned",
      { .means = "What is to be mapped begins at an offset that is no multiple of 4096. mmap takes only whole pages, "
                 "and fails with EINVAL. Of an area the region's offset in the file counts in.",
        .example = "server < #14    DEVICE_GET_REGION_INFO       7  bar1 size 8K read|mmap|caps sparse_mmap 0x800+4K  fd memfd:8K  1.0us\n"
                   "        ! suspicious: the server: 0x800, the offset to map, is not a multiple of 4096 [mmap-unaligned]",
        .todo = "Let areas, and the region's offset in its file, begin at a page." } },
    { "sub-region-outside",
      { .means = "A sub-region with an eventfd lies outside its region. A client that trusts it has the hypervisor "
                 "listen at addresses that belong to another device, or to none.",
        .example = "server < #14    DEVICE_GET_REGION_IO_FDS     7  bar0 1 sub-region: 0xffc+8 ioeventfd fd 0  fd eventfd  1.0us\n"
                   "        ! violation by the server: 0xffc+0x8, the region has 0x1000 bytes [sub-region-outside]",
        .todo = "Offsets of sub-regions count from the start of the region. Keep offset + size within the region's "
                "size." } },
    { "info-index",
      { .means = "The client asks for the info of a region or an interrupt type that the device does not have: the "
                 "index is not below num_regions or num_irqs. An error reply is the right answer, and does no harm.",
        .who = "QEMU asks for the ERR and REQ interrupts of each PCI device, whatever num_irqs says.",
        .example = "client > #13    DEVICE_GET_REGION_INFO       7  9\n"
                   "        ! suspicious: the client: region 9, the device has 9 [info-index]",
        .todo = "Ask for what is there. A server answers with an error, and keeps the connection." } },
    { NULL },
};
