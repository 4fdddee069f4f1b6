/*
 * Requirements of headers and replies, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_header[] = {
    { "header-id",
      { .means = "A reply has the id and the command number of its command; ids are the client's choice, 0 and "
                 "0xffff too. The client finds the waiting command by them.",
        .who = "SPDK's initiator uses 0 for every command.",
        .todo = "Copy both from the request's header. Give no id a meaning of its own." } },
    { "header-size-zero",
      { .means = "A header says that the message has 0 bytes. It costs an error reply or the connection, and the "
                 "next client is served. A server that subtracts the header from it reads 4 GiB.",
        .todo = "Check size >= 16 before anything is subtracted from it." } },
    { "header-size-short",
      { .means = "A header says that the message has 15 bytes, fewer than the header itself. It costs an error reply "
                 "or the connection, and the next client is served.",
        .todo = "Check size >= 16 before anything is subtracted from it." } },
    { "header-size-huge",
      { .means = "A header says that the message has 4 GiB. It costs an error reply or the connection, and the next "
                 "client is served. A server that allocates on its word alone may be ended by the kernel; one that "
                 "waits for the rest hangs.",
        .todo = "Refuse a size above the largest message that makes sense before memory is allocated." } },
    { "header-type",
      { .means = "A message of type 2 is neither a command nor a reply, so it is not carried out. It may cost an "
                 "error reply or the connection.",
        .todo = "Compare the whole type field (flags & 0xf) with 0, not one bit of it." } },
    { "header-reply",
      { .means = "A reply that answers nothing should not be replied to. Two sides that both did that would never "
                 "come to an end.",
        .who = "libvfio-user answers it with EINVAL.",
        .todo = "Drop replies that nobody waits for, or close the connection." } },
    { "unknown-command",
      { .means = "A command with a number that nobody knows gets an error reply. Clients of a later version find out "
                 "by it what the server can do; silence would make them wait for ever.",
        .todo = "Let the default of your switch answer an error, and read the message's body first." } },
    { "servers-command",
      { .means = "DMA_READ goes from server to client only. A server that gets one answers with an error.",
        .todo = "Treat commands of the other direction like those that you don't know." } },
    { "pipelining",
      { .means = "Sixteen commands are sent without waiting, and each gets its reply, in the order of the commands. "
                 "Clients have several under way as a rule.",
        .who = "QEMU has 5 to 8 commands outstanding at times.",
        .todo = "Read exactly one message at a time, as many bytes as its header says, and answer in order." } },
    { "ids-reused",
      { .means = "Sixteen commands with one and the same id are under way, and each gets its reply, in order. Ids "
                 "need not be unique.",
        .who = "libvfio-user's sample client uses one id for ten commands in a row, SPDK's initiator for all.",
        .todo = "Keep no table of ids. A reply takes the id of the command that is being handled." } },
    { "header-flags",
      { .means = "A good reply has type 1 and no other flag. A client that finds the error flag takes it for failed, "
                 "and one that finds No_reply or reserved bits may refuse it.",
        .todo = "Set the flags of the reply to 1; don't copy the request's." } },
    { "error-flags",
      { .means = "An error reply has flags 0x21: type 1 and the error flag. With type 0 it is a command to the "
                 "client, which goes on waiting for its reply.",
        .who = "rust-vmm's server up to 0.1.3 sends error replies with type 0.",
        .todo = "Set the flags to 0x21, and the errno if there is one." } },
    { "error-bare",
      { .means = "An error reply should be its header alone. A client that does not expect a body takes it for the "
                 "next message.",
        .who = "SPDK, through libvfio-user, sends the body of a good reply along. Today's clients read what the size "
               "says, so this is only suspicious.",
        .todo = "Set the size of an error reply to 16, and send no payload." } },
    { "refused-body",
      { .means = "A command with a body is refused, and the command behind it is answered as usual: the server has "
                 "read the body, too. One that does not takes the body for the next header, and nothing on this "
                 "connection is understood from then on.",
        .who = "rust-vmm's server leaves the body of a refused command in its stream.",
        .todo = "Read as many bytes as the header says before the command is looked at, also of one that you refuse." } },
    { "no-reply",
      { .means = "Commands with No_reply get no reply; the next command without it is answered. A reply that nobody "
                 "waits for makes clients fail.",
        .who = "rust-vmm's server up to 0.1.3 answers No_reply. QEMU posts writes with it.",
        .todo = "Check bit 4 of the request's flags where replies are sent, in one place." } },
    { "no-reply-error",
      { .means = "A command with No_reply that can't be done gets no error reply either. Its sender has forgotten it.",
        .todo = "Check No_reply in the path of errors, too. Write what went wrong to your log." } },
    { NULL },
};
