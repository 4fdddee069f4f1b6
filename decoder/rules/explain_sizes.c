/*
 * Rules of sizes and of what replies repeat, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_sizes[] = {
    { "too-short",
      { .means = "The message ends before the fields of its command do, or before the data that they announce. A "
                 "receiver that does not check reads what lies behind it in memory.",
        .example = "client > #7     DMA_MAP                      4  ?+? readable|writeable  by message  too short\n"
                   "        ! violation by the client: 8 bytes of payload, the fixed part has 32 [too-short]",
        .todo = "Compare the size in the header with the layout of the command (vfio-user(7)). Data that is "
                "announced by a count is really there." } },
    { "too-long",
      { .means = "There are bytes behind the last field of this command. They mean nothing to the receiver, which "
                 "may refuse the message. Where a structure can grow at its end, argsz says so, and nothing is said "
                 "here.",
        .example = "client > #7     DEVICE_RESET                 4  +1 extra byte\n"
                   "        ! violation by the client: 1 bytes beyond the known fields [too-long]",
        .todo = "Compare the size with the layout of the command (vfio-user(7)). It may be the padding of a C "
                "structure, or the size of a buffer." } },
    { "argsz-too-small",
      { .means = "In a request argsz is how large the reply's payload may be; for DMA_MAP and DEVICE_SET_IRQS it is "
                 "the size of the request itself. It has room for the fixed part at least, and for MIG_DATA_READ for "
                 "the data that is asked for. With less there is no answer that fits.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #7     DEVICE_GET_INFO              4\n"
                   "        ! violation by the client: argsz is 8, the fixed part has 16 bytes [argsz-too-small]",
        .todo = "Set argsz to the size of the structure that you receive into, without the 16 bytes of the header." } },
    { "not-zero",
      { .means = "The field has a meaning only in the reply, and the specification asks for 0 in the request. Who "
                 "leaves what was there before sends remains of the last reply, and may one day ask for something by "
                 "it.",
        .example = "client > #7     DEVICE_GET_INFO              4\n"
                   "        ! suspicious: the client: num_regions is 0x9: only the reply fills it in [not-zero]",
        .todo = "Clear the structure before each request, then set argsz and index." } },
    { "reply-above-argsz",
      { .means = "The request's argsz said how much room there is, and the reply's payload is larger. The client "
                 "either refuses the reply or writes past its buffer.",
        .who = "QEMU says \"reply larger than recv buffer\" and reads no more from this connection.",
        .example = "client > #7     DEVICE_GET_REGION_INFO       4  bar1\n"
                   "server < #8     DEVICE_GET_REGION_INFO       4  bar1 size 4K read|caps msix_mappable  1.0us\n"
                   "        ! violation by the server: 40 bytes of payload, the request's argsz was 32 [reply-above-argsz]",
        .todo = "Send no more than argsz bytes, without descriptors, and put the size that is needed into the "
                "reply's argsz: the client asks again." } },
    { "reply-argsz",
      { .means = "The argsz of a reply is the size of the whole answer. With a smaller number the client ignores "
                 "what lies behind it; with a larger one, though the request had room, it takes the answer for cut "
                 "and asks again.",
        .example = "server < #8     DEVICE_GET_REGION_INFO       4  bar0 size 1M read|caps msix_mappable  1.0us\n"
                   "        ! suspicious: the server: argsz is 32, the payload has 40 bytes [reply-argsz]",
        .todo = "Set argsz to the size of the payload with all capabilities. Only a reply that was cut has a larger "
                "one." } },
    { "count-raised",
      { .means = "The reply says that more was done than was asked for. The client has room for what it asked for "
                 "only.",
        .who = "QEMU turns such a reply to REGION_READ into an error (E2BIG), and the guest reads all ones.",
        .example = "client > #7     REGION_READ                  4  bar0+0x0 1 byte\n"
                   "server < #8     REGION_READ                  4  bar0+0x0 = 0x2211  1.0us\n"
                   "        ! violation by the server: 1 bytes were asked for, the reply says 2 [count-raised]",
        .todo = "Do no more than the request's count, and put what was done into the reply's." } },
    { "count-lowered",
      { .means = "Less was read or written than was asked for, and no error says why. A client that does not compare "
                 "the counts takes what is missing for data.",
        .who = "QEMU takes a register access that was done in part for failed, and the guest reads all ones. A newer "
               "text of the specification allows a shorter answer to DMA_READ and DMA_WRITE, so this is no violation.",
        .example = "server > #5     DMA_READ                     3  0x0 8 bytes\n"
                   "client < #6     DMA_READ                     3  0x0 = 00000000  1.0us\n"
                   "        ! suspicious: the client: 8 bytes were asked for, the reply says 4 [count-lowered]",
        .todo = "Do the access as a whole, or refuse it with an error reply." } },
    { "reply-differs",
      { .means = "A reply repeats what its request is about: offset and region, address, index, feature. Here it "
                 "names something else. Either the wrong request was answered, or the structure was not filled in.",
        .example = "client > #7     REGION_READ                  4  bar0+0x8 2 bytes\n"
                   "server < #8     REGION_READ                  4  bar0+0x4 = 0x2211  1.0us\n"
                   "        ! violation by the server: the request has offset 0x8, the reply 0x4 [reply-differs]",
        .todo = "Copy the fixed part of the request into the reply before the rest is set." } },
    { "transfer-too-large",
      { .means = "The transfer has more bytes than the receiver said it takes (max_data_xfer_size, 1 MiB if it said "
                 "nothing). It may refuse it, or have no room. For a client's command the server's limit counts, for "
                 "DMA by message the client's.",
        .who = "QEMU fails server commands that are too large; libvfio-user refuses what is above its limit with "
               "EINVAL.",
        .example = "client > #7     REGION_READ                  4  bar0+0x0 65537 bytes\n"
                   "        ! violation by the client: 65537 bytes, the receiver's max_data_xfer_size is 65536 [transfer-too-large]",
        .todo = "Split the transfer. The limit is in the other side's VERSION." } },
    { "too-many-writes",
      { .means = "The specification names no limit for the writes in one REGION_WRITE_MULTI, but QEMU sends at most "
                 "200, and a server may have room for no more.",
        .example = "client > #7     REGION_WRITE_MULTI           4  201 writes:   too short\n"
                   "        ! suspicious: the client: 201 writes [too-many-writes]",
        .todo = "Send several messages." } },
    { "write-too-wide",
      { .means = "Each write of a REGION_WRITE_MULTI has 8 bytes for its data, whatever its count. A larger count "
                 "can't be carried out: the bytes are not in the message.",
        .example = "client > #7     REGION_WRITE_MULTI           4  1 write: bar0+0x0 = 0x1100ffeeddccbbaa\n"
                   "        ! violation by the client: the write at byte 0 has 9 bytes [write-too-wide]",
        .todo = "Send wide writes as REGION_WRITE." } },
    { NULL },
};
