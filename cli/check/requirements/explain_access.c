/*
 * Requirements of reads, writes and reset, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_access[] = {
    { "read",
      { .means = "Four bytes of configuration space are read, and four come. Clients build everything on this.",
        .todo = "Send the 16 bytes of the request, then the data, and count as it was asked for." } },
    { "read-echo",
      { .means = "The reply to REGION_READ repeats offset and region of the request. Clients may check them.",
        .todo = "Copy the first 16 bytes of the request into the reply." } },
    { "read-end",
      { .means = "A read that begins where the region ends gets an error reply. A server that does not check gives "
                 "away what lies behind it in memory.",
        .todo = "Check offset <= size and count <= size - offset." } },
    { "read-past-end",
      { .means = "A read that begins inside the region and ends behind it gets an error reply. A server that looks "
                 "at the offset alone gives away what lies behind it in memory.",
        .todo = "Check offset <= size and count <= size - offset." } },
    { "read-wrap",
      { .means = "A read whose end wraps around in 64 bits gets an error reply. offset + count is then small, and a "
                 "check of the sum alone lets it pass.",
        .todo = "Compare count with size - offset instead of adding." } },
    { "read-region",
      { .means = "A read of the region behind the last one gets an error reply.",
        .todo = "Check region < num_regions." } },
    { "read-short",
      { .means = "A REGION_READ that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 16 bytes." } },
    { "read-whole",
      { .means = "The configuration space is read in one message. Clients take a copy of it that way at start.",
        .todo = "Handle reads of any size up to max_data_xfer_size; walk through the registers if your code knows "
                "only 1, 2 and 4 bytes." } },
    { "read-mappable",
      { .means = "What can be mapped can be read by message too. The specification demands both ways; clients go "
                 "back to messages at times.",
        .who = "QEMU stops using the mappings of all BARs while INTx is pending.",
        .todo = "Let REGION_READ and REGION_WRITE reach the same memory that is mapped." } },
    { "read-absent",
      { .means = "A region that is empty, or whose flags do not allow reading, is not read: an error reply is due.",
        .todo = "Check size and flags of the region before the access." } },
    { "read-too-much",
      { .means = "A read of one byte more than max_data_xfer_size should be refused. The server said that it takes "
                 "no more, and may have no room for it.",
        .todo = "Compare count with your own max_data_xfer_size." } },
    { "reset",
      { .means = "A device whose info has the reset flag takes DEVICE_RESET, and answers with a header alone. "
                 "Clients reset it when the guest does.",
        .todo = "Reset the registers, stop DMA, and answer when that is done; or leave the flag out." } },
    { "multi-not-agreed",
      { .means = "REGION_WRITE_MULTI without write_multiple in VERSION should be refused. A client that sends it has "
                 "made a mistake, and should hear of it.",
        .todo = "Remember whether both sides said write_multiple: true." } },
    { "multi-short",
      { .means = "wr_cnt says ten writes, and none is there. That is refused; a server that does not check writes "
                 "what lies behind the message into its registers.",
        .todo = "Check that the payload has 8 + 24 * wr_cnt bytes, without letting the product wrap." } },
    { "write",
      { .means = "The reply to REGION_WRITE repeats offset, region and count. The command register of configuration "
                 "space is written here, with what was read from it.",
        .todo = "Copy the first 16 bytes of the request into the reply; send no data back." } },
    { "write-flags",
      { .means = "The reply to a write has type 1, and no other flags.",
        .todo = "Set the flags of the reply to 1; don't copy the request's." } },
    { "write-short",
      { .means = "A write has two bytes of data and says four. It gets an error reply; a server that does not check "
                 "writes what lies behind the message.",
        .todo = "Check that the payload has 16 + count bytes." } },
    { "write-end",
      { .means = "A write that begins where the region ends gets an error reply. A server that does not check writes "
                 "over its own memory.",
        .todo = "Check offset <= size and count <= size - offset." } },
    { "write-wrap",
      { .means = "A write whose end wraps around in 64 bits gets an error reply. offset + count is then small, and a "
                 "check of the sum alone lets it pass.",
        .todo = "Compare count with size - offset instead of adding." } },
    { "write-region",
      { .means = "A write to the region behind the last one gets an error reply.",
        .todo = "Check region < num_regions." } },
    { "write-absent",
      { .means = "A region that is empty, or whose flags do not allow writing, is not written: an error reply is "
                 "due. A write to a read-only register of a region that can be written is another matter: devices "
                 "ignore it.",
        .todo = "Check size and flags of the region before the access." } },
    { "write-too-much",
      { .means = "A write of one byte more than max_data_xfer_size should not be done. It may cost an error reply or "
                 "the connection, and the next client is served.",
        .todo = "Refuse messages above your limit before memory is allocated for them." } },
    { "write-posted",
      { .means = "A write with No_reply is done before the next command is answered, so that a read behind it sees "
                 "its effect. Commands are carried out in order.",
        .who = "QEMU posts writes to memory BARs in this way.",
        .todo = "Handle No_reply as any other command, and leave out only the reply." } },
    { "write-posted-error",
      { .means = "A write with No_reply that can't be done gets no error reply; the next command is answered.",
        .todo = "Check No_reply in the path of errors, too." } },
    { "state-retained",
      { .means = "What a client wrote into a register should still be there for the next client. The specification "
                 "has the device's state outlive a connection, so that a VMM can come back to it.",
        .todo = "Keep the registers when a client leaves. Only its memory and eventfds are to be released." } },
    { "multi",
      { .means = "The reply to REGION_WRITE_MULTI says how many writes were done. Clients compare it with what they "
                 "sent.",
        .todo = "Answer 8 bytes: the number of writes that were done." } },
    { "multi-many",
      { .means = "200 writes in one message are done. It is the most that QEMU sends.",
        .todo = "Make room for 8 + 200 * 24 bytes of payload." } },
    { "multi-part",
      { .means = "One write can be done, the next one can't. The reply then counts only those before it, or is an "
                 "error.",
        .todo = "Stop at the first write that fails, and answer the number of those that were done, or its error." } },
    { "multi-wide",
      { .means = "A write with a count of 9 is refused: each has 8 bytes for its data. A server that copies count "
                 "bytes reads into the next one.",
        .todo = "Check count <= 8 for each." } },
    { "multi-order",
      { .means = "The writes of one message are done in their order: of two to the same register the last one stays. "
                 "Drivers depend on it.",
        .todo = "Walk through the writes from the first to the last." } },
    { "multi-posted",
      { .means = "REGION_WRITE_MULTI with No_reply is done before the next command is answered.",
        .who = "QEMU sends it only in this way.",
        .todo = "Handle No_reply as any other command, and leave out only the reply." } },
    { NULL },
};
