/*
 * Rules of the DMA map and of DMA by message, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_dma[] = {
    { "map-overlap",
      { .means = "The new mapping lies over one that is still there. An address would then stand for two places in "
                 "memory, so the server has to refuse it, with EEXIST.",
        .who = "libvfio-user answers EINVAL to a part of another mapping, and takes the very same mapping again as "
               "done. A client that does not unmap first loses the new mapping, and the device reads old memory.",
        .example = "client > #3     DMA_MAP                      2  0x10000+64K readable  by message\n"
                   "server < #4     DMA_MAP                      2  ok  1.0us\n"
                   "client > #5     DMA_MAP                      3  0x1f000+8K readable  by message\n"
                   "        ! violation by the client: 0x1f000+0x2000 lies over 0x10000+0x10000 [map-overlap]",
        .todo = "Unmap what is there, with its own address and size, before it is mapped anew." } },
    { "map-size",
      { .means = "A mapping has a size, and address and size are multiples of the smallest page size that was agreed "
                 "on (pgsizes, 4096 if nothing was said). A server that maps it can't map a part of a page.",
        .example = "client > #3     DMA_MAP                      2  0x10000+0 readable  by message\n"
                   "        ! violation by the client: 0x10000+0x0, the smallest page has 0x1000 [map-size]",
        .todo = "Round to whole pages. Memory that is smaller than one is mapped with the page around it, if that "
                "may be shared." } },
    { "map-wrap",
      { .means = "Address and size together go beyond the last 64-bit address. A server that adds them without a "
                 "check takes a range for empty or for the whole of memory.",
        .example = "client > #3     DMA_MAP                      2  0xfffffffffffff000+8K readable  by message\n"
                   "        ! violation by the client: 0xfffffffffffff000+0x2000 goes beyond the last address [map-wrap]",
        .todo = "Keep address + size - 1 within 64 bits. A size near 2^64 may come of a subtraction that went below "
                "0." } },
    { "map-too-many",
      { .means = "There are as many mappings as the server takes at a time (max_dma_maps in its VERSION reply, 65535 "
                 "if it said nothing). It may refuse this one, and the device can't reach that memory.",
        .who = "A virtual IOMMU in the guest can make a mapping for every buffer.",
        .example = "client > #5     DMA_MAP                      4  0x20000+4K readable  by message\n"
                   "        ! violation by the client: there are 2 mappings, max_dma_maps is 2 [map-too-many]",
        .todo = "Unmap what is not used, join mappings that lie side by side, or let the server say more." } },
    { "map-flags",
      { .means = "The flags say that the memory can be neither read nor written, or have unknown bits, or ask for "
                 "mmap or file I/O (4 and 8) though no descriptor came. The device can't use such memory.",
        .who = "libvfio-user answers EINVAL to unknown flags, and to 4 or 8 without a descriptor.",
        .example = "client > #3     DMA_MAP                      2  0x10000+4K 0  by message\n"
                   "        ! suspicious: the client: flags 0x0: neither readable nor writeable [map-flags]",
        .todo = "Set readable (1), writeable (2) or both. Pass a descriptor, or leave 4 and 8 out so that the server "
                "uses messages." } },
    { "unmap-unknown",
      { .means = "Nothing is mapped at this address and size. An unmap names exactly what was mapped: not a part, "
                 "not two mappings at once. The server refuses it, mostly with ENOENT, and what is mapped stays "
                 "mapped.",
        .who = "QEMU unmaps ranges that it never mapped, and takes the ENOENT; a virtual IOMMU takes away whole "
               "ranges page by page. It is shown once a connection, then counted. Where a part of a mapping is "
               "named, memory may stay with the device that the client takes for freed.",
        .example = "client > #3     DMA_MAP                      2  0x10000+64K readable  by message\n"
                   "server < #4     DMA_MAP                      2  ok  1.0us\n"
                   "client > #5     DMA_UNMAP                    3  0x10000+32K\n"
                   "        ! suspicious: the client: 0x10000+0x8000 was not mapped so, but 0x10000+0x10000 [unmap-unknown]",
        .todo = "Unmap with the address and size of the mapping. The DMA map at the end of decode -c shows what is "
                "there." } },
    { "unmap-all",
      { .means = "With the flag unmap_all (2) everything is taken away, so address and size are 0 and no other flag "
                 "is set. With anything else it is not clear what is meant. The specification has no flags here; "
                 "libvfio-user knows this one.",
        .example = "client > #3     DMA_UNMAP                    2  0x0+4K unmap_all\n"
                   "        ! suspicious: the client: flags 0x2 with 0x0+0x1000 [unmap-all]",
        .todo = "Send flags 2, address 0 and size 0, or unmap each mapping by itself." } },
    { "dma-outside",
      { .means = "The server reads or writes memory that the client did not map, or that it has unmapped. The client "
                 "has to refuse it. If the guest's driver gave this address to the device, the driver or the device "
                 "model has got an address wrong; otherwise it is a use after the unmap.",
        .who = "In libvfio-user the address is looked up before any message is sent, so the device sees ENOENT "
               "instead.",
        .example = "client > #3     DMA_MAP                      2  0x10000+4K readable  by message\n"
                   "server < #4     DMA_MAP                      2  ok  1.0us\n"
                   "server > #5     DMA_READ                     3  0x11000 1 byte\n"
                   "        ! violation by the server: nothing is mapped at 0x11000 [dma-outside]",
        .todo = "Compare the address with the DMA map (decode -c). Let the server forget addresses when their memory "
                "is unmapped, before it answers the unmap." } },
    { "dma-permission",
      { .means = "The mapping's flags allow the device to read or to write, and this is the other one. A ROM, say, "
                 "is mapped readable only. The client has to refuse it.",
        .example = "client > #3     DMA_MAP                      2  0x10000+4K readable  by message\n"
                   "server < #4     DMA_MAP                      2  ok  1.0us\n"
                   "server > #5     DMA_WRITE                    3  0x10000 = 00\n"
                   "        ! violation by the server: the mapping 0x10000+0x1000 is not writeable [dma-permission]",
        .todo = "Check the flags of the mapping before DMA. If the device should be able to do so, the client sets "
                "the flag." } },
    { "twin-bypassed",
      { .means = "A twin socket was agreed on in VERSION: the server's commands and their replies run there, the "
                 "client's on the main socket. A command on the wrong one is not expected by its receiver, which may "
                 "never read it.",
        .example = "server > #5     DMA_READ                     3  0x0 1 byte\n"
                   "        ! violation by the server: a command on the main socket although a twin socket was agreed on [twin-bypassed]",
        .todo = "Send DMA_READ and DMA_WRITE on the twin socket from VERSION's reply on, and everything else on the "
                "main one." } },
    { NULL },
};
