/*
 * Rules of file descriptors, and of what a device says of itself, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_fds[] = {
    { "fd-missing",
      { .means = "The reply says that the region can be mapped, or names sub-regions with eventfds, and no "
                 "descriptor came along. The client has nothing to map or to listen to. A reply that was cut to "
                 "argsz comes without, and is not meant.",
        .who = "A relay that does not pass ancillary data on, such as socat, does this to every message.",
        .example = "server < #8     DEVICE_GET_REGION_INFO       4  bar1 size 4K read|mmap  1.0us\n"
                   "        ! violation by the server: the region can be mapped, but no descriptor came [fd-missing]",
        .todo = "Send the descriptor with SCM_RIGHTS in the same sendmsg as the message's first byte. If the server "
                "does so, look for what is in between." } },
    { "fd-unexpected",
      { .means = "Descriptors came with a message that has none, or more than belong to it. The receiver may leak "
                 "them, take them for those of the next message, or refuse the message.",
        .who = "QEMU takes one descriptor with region info and gives up the connection on two (\"unexpected FDs\"); "
               "so does rust-vmm. SPDK's initiator takes one for each sparse area, but the specification has one a "
               "region.",
        .example = "server < #14    DEVICE_GET_REGION_INFO       7  bar1 size 16K read|mmap|caps sparse_mmap 0x0+4K, 0x2000+4K  fds memfd:16K,file:16K  1.0us\n"
                   "        ! violation by the server: 2 descriptors, a region has one [fd-unexpected]",
        .todo = "Send one descriptor for a region, and offsets into it for its areas. Close what you receive and did "
                "not ask for." } },
    { "too-many-fds",
      { .means = "The receiver said in VERSION how many descriptors it takes with one message: max_msg_fds, and 1 if "
                 "it said nothing. The kernel throws away those that its buffer has no room for, so interrupts or "
                 "files get lost.",
        .who = "rust-vmm's client sends 16 whatever was agreed on. QEMU's own limit is 16, and it refuses a server "
               "that says more.",
        .example = "client > #7     DEVICE_SET_IRQS              4  intx 0+5 eventfd|trigger  fds eventfd,eventfd,eventfd,eventfd,eventfd\n"
                   "        ! violation by the client: 5 descriptors, the receiver's max_msg_fds is 4 [too-many-fds]",
        .todo = "Send several messages: SET_IRQS can arm a part of the vectors at a time." } },
    { "fd-wrong-kind",
      { .means = "The descriptor is of another kind than the message needs: memory where a file can be mapped, an "
                 "eventfd for interrupts, a socket for the twin socket. Using it fails later, far from here.",
        .example = "server < #14    DEVICE_GET_REGION_IO_FDS     7  bar0 1 sub-region: 0x0+4 ioeventfd fd 0  fd memfd:4K  1.0us\n"
                   "        ! violation by the server: descriptor 0, of an ioeventfd, is a memfd [fd-wrong-kind]",
        .todo = "Look at which descriptor is put into the message; an index that is off by one shows like this." } },
    { "fd-index",
      { .means = "The message says which of its descriptors is meant, and there is none at that place. Indexes count "
                 "the descriptors of this message from 0.",
        .who = "Descriptors that get lost on the way, in a relay such as socat, look the same.",
        .example = "server < #14    DEVICE_GET_REGION_INFO       7  bar1 size 16K read|mmap|caps sparse_mmap_fds 0x0+4K fd 1  fd memfd:4K  1.0us\n"
                   "        ! violation by the server: fd_index 1, the message has 1 descriptors [fd-index]",
        .todo = "Count the descriptors in the same loop that puts them into the message." } },
    { "fds-cut",
      { .means = "The kernel did not deliver all of the message's descriptors: the receiver had too little room, or "
                 "too many files open. Those that are missing are gone, and what needed them does not work.",
        .who = "With SET_IRQS it is some vectors that never fire.",
        .example = "client > #7     DMA_MAP                      4  0x100000+4K readable  (the kernel cut fds off)\n"
                   "        ! suspicious: the client: the kernel cut descriptors off: 0 arrived [fds-cut]",
        .todo = "Raise the limit of open files (ulimit -n) of the process that receives. Keep to max_msg_fds." } },
    { "file-too-small",
      { .means = "Offset and size reach past the end of the file that came along. mmap succeeds, and the first "
                 "access behind the end kills the process with SIGBUS. The last page of a file counts as whole.",
        .example = "client > #3     DMA_MAP                      2  0x10000+8K readable offset 0x1000  fd memfd:8K\n"
                   "        ! suspicious: the client: 0x2000 bytes at 0x1000 of the descriptor's file, which has 0x2000 [file-too-small]",
        .todo = "Make the file as large as the region or the mapping (ftruncate), or correct offset and size." } },
    { "pci-info",
      { .means = "The device says that it is a PCI device, and has too few regions or interrupt types for one: the "
                 "configuration space is region 7, MSI-X is interrupt index 2. Clients ask for these by their "
                 "numbers.",
        .who = "QEMU does not start with such a device (\"unexpected number of io regions\", \"unexpected number of "
               "irqs\").",
        .example = "server < #14    DEVICE_GET_INFO              7  7 regions, 3 IRQs, pci  1.0us\n"
                   "        ! suspicious: the server: 7 regions and 3 IRQ indexes, a PCI device has 8 and 3 at least [pci-info]",
        .todo = "Say 9 regions and 5 interrupt types, as VFIO does; what the device does not have gets size or count "
                "0." } },
    { "reset-not-offered",
      { .means = "DEVICE_RESET was sent to a device whose info has no reset flag. It may refuse it, and the state of "
                 "the device is then what it was.",
        .example = "client > #15    DEVICE_RESET                 8\n"
                   "        ! suspicious: the client: the device's flags are 0x2, without reset [reset-not-offered]",
        .todo = "Look at bit 0 of the flags of DEVICE_GET_INFO. A server that can reset its device should set it." } },
    { NULL },
};
