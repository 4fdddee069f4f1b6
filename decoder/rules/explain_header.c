/*
 * Rules of the header, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_header[] = {
    { "size-impossible",
      { .means = "The size in a header counts the whole message, with the header, so it is at least 16. Where it "
                 "can't be true nobody knows where the next message begins: framing is lost, and for the receiver "
                 "the connection is of no use any more. The tap shows the bytes, and goes on where a header answers "
                 "what waits.",
        .who = "Bytes that are no message look like this: what was meant for an eventfd or for another socket, or "
               "the rest of a message that was written in two halves. libvfio-user answers EINVAL and drops the "
               "connection; QEMU says \"bad header size\" and fails the device.",
        .example = "* unframed from client: not understood from byte 100 on: a header with size 8, less than a header\n"
                   "        ! violation by the client: a header with size 8, less than a header [size-impossible]",
        .todo = "Look at what this side sent just before. Write each message whole, with one sendmsg, and put into "
                "the header the number of bytes that are written." } },
    { "size-above-agreed",
      { .means = "The two sides said in VERSION how much data they take in one message. A message that is larger "
                 "than this and 64 KiB more has more than any command explains, and its receiver may not have the "
                 "room. Dirty bitmaps are bound by no such limit, and are left out here.",
        .example = "client > #3     DEVICE_RESET                 2  (16 of 1200000 bytes at hand)\n"
                   "        ! suspicious: the client: 1200000 bytes, where max_data_xfer_size is 1048576 [size-above-agreed]",
        .todo = "Send less at a time, or propose a larger max_data_xfer_size in VERSION. If the number looks like "
                "garbage, the size field is wrong." } },
    { "reserved-flags",
      { .means = "Of the flags only the type (bits 0 to 3), No_reply (bit 4) and Error (bit 5) have a meaning. "
                 "Others may get one in a later version, so a sender leaves them 0; a receiver that checks them "
                 "refuses the message.",
        .example = "client > #3     DEVICE_RESET                 2  flags 0x40\n"
                   "        ! violation by the client: reserved flag bits are set: 0x40 [reserved-flags]",
        .todo = "Clear the whole field before the bits are set, and don't copy flags from a request into its reply." } },
    { "unknown-type",
      { .means = "The type is 0 for a command and 1 for a reply. Of any other type nobody can say whether it is to "
                 "be carried out or answers something.",
        .who = "libvfio-user answers such a message with EINVAL; QEMU says \"unknown message type\" and fails the "
               "device.",
        .example = "server ? #4     DEVICE_RESET                 2\n"
                   "        ! violation by the server: type 3 is neither command nor reply [unknown-type]",
        .todo = "Set the type to 0 in what you ask and to 1 in what you answer." } },
    { "unknown-command",
      { .means = "The command has a number that the specification does not have. The other side has to refuse it "
                 "with an error reply, and can't know what it was for.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #3     UNKNOWN 99                   2\n"
                   "        ! suspicious: the client: command 99 is not in the specification [unknown-command]",
        .todo = "Don't send it to a peer that did not say that it knows it. Use a capability in VERSION for that." } },
    { "wrong-direction",
      { .means = "Each command is sent by one side only: DMA_READ and DMA_WRITE by the server, all others by the "
                 "client. The receiver has no code for the other direction, so the command is refused at best.",
        .example = "client > #3     DMA_READ                     2  0x0 4 bytes\n"
                   "        ! violation by the client: DMA_READ is a command of the server [wrong-direction]",
        .todo = "Look at who sends this. A server that wants something from its client has only DMA_READ and "
                "DMA_WRITE, and interrupts." } },
    { "error-in-command",
      { .means = "Only a reply says that something went wrong. In a command the error flag has no meaning and the "
                 "errno is reserved. An error reply that bears type 0 is a command for who reads it: its sender "
                 "waits in vain.",
        .who = "rust-vmm's server up to 0.1.3 sends its error replies with type 0 (flags 0x20). A client that looks "
               "at the type takes them for commands, and goes on waiting for its reply.",
        .example = "server < #10    DEVICE_RESET                 6  error EINVAL  1.0us\n"
                   "        ! violation by the server: an error reply of type 0, a command's: a reply has type 1 [error-in-command]",
        .todo = "In a command set error and its flag to 0. In an error reply set the flags to 0x21: reply and error." } },
    { "error-reply-payload",
      { .means = "The specification has an error reply end with its header. A client that reads no more than the "
                 "header takes the body for the next message, and loses framing.",
        .who = "libvfio-user sends the body of a good reply along when a region access fails, and so does SPDK. "
               "Today's clients read as many bytes as the size says, and live with it.",
        .example = "server < #4     DMA_UNMAP                    2  error EINVAL 0x0+0  1.0us\n"
                   "        ! suspicious: the server: an error reply has 24 bytes of payload [error-reply-payload]",
        .todo = "Send 16 bytes, with 16 as the size. A client should read what the size says, and ignore it." } },
    { "error-without-flag",
      { .means = "There is an errno in the reply, but the error flag (0x20) is clear. Clients look at the flag, so "
                 "they take the command for done.",
        .example = "server < #4     DEVICE_RESET                 2  (error EIO without the error flag)  1.0us\n"
                   "        ! suspicious: the server: errno 5, and the error flag is clear [error-without-flag]",
        .todo = "Set the flag where the command failed, and leave the errno 0 where it did not." } },
    { "no-reply-question",
      { .means = "The command asks for something, and its No_reply flag says that no reply is wanted. The answer "
                 "never comes, so the command does nothing. Only what changes something, such as a REGION_WRITE, "
                 "makes sense with it.",
        .example = "client > #3     REGION_READ                  2  bar0+0x0 4 bytes  no_reply\n"
                   "        ! suspicious: the client: REGION_READ with No_reply asks for what never comes [no-reply-question]",
        .todo = "Leave No_reply out of this command." } },
    { NULL },
};
