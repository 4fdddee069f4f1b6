/*
 * Requirements of what a device says of itself, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_info[] = {
    { "info",
      { .means = "DEVICE_GET_INFO is answered with 16 bytes, and an argsz of at least that: flags, the number of "
                 "regions, the number of interrupt types. Without it no client knows what to ask for.",
        .todo = "Fill in all four fields, and set argsz to 16." } },
    { "info-regions",
      { .means = "A PCI device should have at least 9 regions: six BARs, the ROM, configuration space, VGA. Clients "
                 "index them by number.",
        .todo = "Say 9, and give those that are not there size 0." } },
    { "info-argsz",
      { .means = "The request's argsz is 8, less than the reply has. It gets an error reply, or no more than 8 "
                 "bytes. A client with a small buffer must not be sent more than fits.",
        .todo = "Compare argsz with the size of the answer; refuse with EINVAL what has no room for the fixed part." } },
    { "info-short",
      { .means = "A DEVICE_GET_INFO that ends before its fields do gets an error reply. A server that does not check "
                 "reads what an earlier message left in its buffer.",
        .todo = "Check that the payload has 16 bytes." } },
    { "region-info",
      { .means = "Each region below num_regions has its info, and the reply repeats its index. A region that is "
                 "empty has an info with size 0.",
        .todo = "Answer for all of them, and copy the index from the request." } },
    { "region-index",
      { .means = "The info of the region behind the last one gets an error reply. A server that does not check reads "
                 "behind its table.",
        .todo = "Check index < num_regions." } },
    { "region-argsz",
      { .means = "The request's argsz is 16, and the fixed part of the reply has 32 bytes. It gets an error reply, "
                 "or no more than 16 bytes.",
        .todo = "Refuse an argsz below 32 with EINVAL." } },
    { "region-short",
      { .means = "A DEVICE_GET_REGION_INFO that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 32 bytes." } },
    { "region-full",
      { .means = "With room for everything the reply's argsz should be the size of its payload. A client that is "
                 "told of more asks again, and one that is told of less ignores the capabilities.",
        .todo = "Set argsz to 32 and the size of all capabilities." } },
    { "region-cut",
      { .means = "With an argsz of 32 a region that has capabilities is answered with the fixed part alone, without "
                 "descriptors, and argsz says how much room all of it takes. Clients ask in this way first, then "
                 "with the room that they were told of.",
        .who = "QEMU asks twice for each such region.",
        .todo = "Send min(argsz, full size) bytes, attach descriptors only to a whole reply, and set argsz to the "
                "full size always." } },
    { "region-fd",
      { .means = "A region with the mmap flag comes with one descriptor, and areas of it are offsets into that one "
                 "file. Only the capability that gives each area a file of its own brings more.",
        .who = "QEMU and rust-vmm's client give up the connection on two.",
        .todo = "Put all areas of a region into one file, and send its descriptor with the whole reply." } },
    { "region-map",
      { .means = "What the reply says can be mapped is mapped here: the areas, or the whole region, with the access "
                 "that its flags allow. mmap has to succeed.",
        .todo = "Open the file for reading and writing, and let offsets and sizes be whole pages, sizes above 0." } },
    { "region-chain",
      { .means = "The capabilities of each region info form a chain that stays inside the reply and ends, none lies "
                 "over another, and the areas lie inside their region. Clients follow it blindly or refuse the "
                 "device.",
        .todo = "See the rules cap-chain, cap-overlap and sparse-outside, which are applied here." } },
    { "region-type",
      { .means = "A region behind those of PCI (index 9 and up) that is not empty has a type capability. Without it "
                 "no client can know what the region is for.",
        .todo = "Add capability 2 (type, subtype) to its info." } },
    { "io-fds",
      { .means = "Where a region has sub-regions with eventfds, the reply brings descriptors, and each fd_index "
                 "names one of them. Where it has none, no descriptor comes.",
        .todo = "Set fd_index by the order of the descriptors, from 0, and count to the number of sub-regions." } },
    { "io-fds-reply",
      { .means = "The reply of DEVICE_GET_REGION_IO_FDS has flags 0 and, with room for everything, an argsz that is "
                 "the size of its payload. The client finds the sub-regions by argsz: (argsz - 16) / count bytes "
                 "each.",
        .todo = "Set argsz to 16 + count * the size of a sub-region." } },
    { "io-fds-cut",
      { .means = "With an argsz of 16 there is no room for sub-regions: they are left out, with their descriptors, "
                 "and argsz says what to ask for.",
        .todo = "Attach descriptors only to a whole reply." } },
    { "io-fds-kind",
      { .means = "The descriptor of a sub-region of type ioeventfd is an eventfd. The client gives it to KVM, which "
                 "takes nothing else.",
        .todo = "Make it with eventfd(2), and check fd_index." } },
    { "io-fds-index",
      { .means = "The region behind the last one has no I/O descriptors: an error reply is due.",
        .todo = "Check index < num_regions." } },
    { NULL },
};
