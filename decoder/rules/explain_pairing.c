/*
 * Rules of commands and their replies, and of time, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_pairing[] = {
    { "reply-without-command",
      { .means = "A reply bears the id of its command, and no command of the other side with this id waits. The "
                 "receiver can give it to nobody, and the command that it was meant for goes on waiting.",
        .who = "QEMU says \"unexpected reply\" and reads no more from this connection.",
        .example = "server < #3     DEVICE_RESET               999  ok  (answers no command)\n"
                   "        ! violation by the server: no command of the client with id 999 waits for a reply [reply-without-command]",
        .todo = "Copy id and command number from the request's header. If replies are made in another thread, look "
                "for one that is sent twice, or with the id of the next request." } },
    { "reply-to-no-reply",
      { .means = "The command had the No_reply flag: its sender does not wait, and has perhaps forgotten the id. It "
                 "takes the reply for that of another command with this id, or fails the connection.",
        .who = "rust-vmm's server up to 0.1.3 answers such commands. QEMU posts register writes with No_reply where "
               "the device has nothing to map, and refuses a reply that it does not expect.",
        .example = "client > #3     DEVICE_RESET                 2  no_reply\n"
                   "server < #4     DEVICE_RESET                 2  error EINVAL  (answers no command)\n"
                   "        ! violation by the server: the command with id 2 had No_reply [reply-to-no-reply]",
        .todo = "Before a reply is sent look at bit 4 of the request's flags. That holds for error replies, too." } },
    { "duplicate-reply",
      { .means = "The command was answered before. The second reply belongs to no command, or is taken for the "
                 "answer to the next one with the same id; from then on every answer is one too late.",
        .example = "client > #3     DEVICE_RESET                 2\n"
                   "server < #4     DEVICE_RESET                 2  ok  1.0us\n"
                   "server < #5     DEVICE_RESET                 2  ok  (answers no command)\n"
                   "        ! violation by the server: the command with id 2 was answered before [duplicate-reply]",
        .todo = "Make sure that each path through the handler replies once, also that of errors and of a worker "
                "thread." } },
    { "command-mismatch",
      { .means = "The id of the reply is that of a waiting command, but its command number is another one. Either "
                 "the id or the number is wrong, and the receiver may read the payload as something that it is not.",
        .example = "client > #3     DEVICE_RESET                 7\n"
                   "server < #4     DMA_MAP                      7  ok  (answers no command)\n"
                   "        ! violation by the server: the reply says command 2, the command with id 7 (#3) was 13 [command-mismatch]",
        .todo = "Copy both from the request's header: the first four bytes as they are." } },
    { "never-answered",
      { .means = "When the connection ended, commands were still waiting for their replies, and had done so for a "
                 "while. Each command without No_reply gets one, an error reply if need be.",
        .who = "Who ends a connection often leaves something under way, so this is no more than a hint; what was "
               "sent less than a second before another side closed is not counted. A server that crashed looks like "
               "this: the oldest command is the one to look at.",
        .example = "* disconnect\n"
                   "        ! suspicious: the server: 1 of the client's commands got no reply, the oldest is #3, DEVICE_RESET, sent 0.000 s before the end [never-answered]",
        .todo = "Look at the command that is named. If the server died on it, that is where to begin; else let each "
                "way out of its handler send a reply." } },
    { "crossing",
      { .means = "Both sides sent a command at the same time on one socket, and each now waits for its own reply. A "
                 "peer that waits and reads nothing but that reply does not see the other's command, and both wait "
                 "for ever.",
        .who = "QEMU and libvfio-user do DMA by message in this way, and it works as long as each one reads commands "
               "while it waits. libvfio-user fails if it finds a command where it expects its reply.",
        .example = "client > #5     DEVICE_RESET                 3\n"
                   "server > #6     DMA_READ                     4  0x0 1 byte\n"
                   "        ! suspicious: the server: a command while the other side waits for the reply to its #5, on the same socket: see twin_socket [crossing]",
        .todo = "Agree on a twin socket in VERSION (twin_socket): the server's commands then have a socket of their "
                "own. Or read commands while waiting for a reply." } },
    { "overdue",
      { .means = "A command has been waiting for its reply for more than five seconds. The specification sets no "
                 "limit, and a reset may take long; but QEMU gives up after 5 s, and everything that the guest asks "
                 "of the device then fails.",
        .who = "A server that is blocked looks like this: on a lock, on a slow disk, or because it waits for the "
               "client's answer to a DMA_READ or DMA_WRITE. With a second client many servers answer nobody but the "
               "first; that is not counted.",
        .example = "* overdue reply to #3: DEVICE_RESET, id 2, for 6.000 s\n"
                   "        ! suspicious: the server: no reply to #3: DEVICE_RESET, id 2, for 6.000 s [overdue]",
        .todo = "See what the server does at that moment, with gdb -p PID, or as root in /proc/PID/stack. QEMU waits "
                "longer with x-msg-timeout=MS on the device." } },
    { "both-wait",
      { .means = "The command is overdue, and the side that owes its reply waits for a reply of its own. As a rule "
                 "this is a deadlock: neither reads the other's command while it waits.",
        .who = "With DMA by message it can happen whenever the server needs memory to answer a register access, and "
               "the client reads nothing but its reply meanwhile.",
        .example = "* overdue reply to #6: DMA_READ, id 4, for 6.000 s\n"
                   "        ! suspicious: the client: the client waits for a reply too [both-wait]",
        .todo = "Agree on a twin socket (twin_socket), or pass memory with a descriptor so that the server needs no "
                "messages, or read commands while waiting." } },
    { "stalled",
      { .means = "A part of a message came, and then nothing. The receiver waits for the rest, and can handle "
                 "nothing that comes behind it: the connection hangs, though neither side is busy.",
        .example = "* stalled message from client: REGION_WRITE id 0, 40 of 96 bytes, for 0.0 s\n"
                   "        ! suspicious: the client: 40 of the 96 bytes of a REGION_WRITE came, and then nothing [stalled]",
        .todo = "Write until all bytes are sent: sendmsg may take only a part of them. Compare the size in the "
                "header with what is really written." } },
    { "late-interrupt",
      { .means = "The server signalled an eventfd after the client had taken it away, and after the server had "
                 "confirmed that. The client may have closed it or may use it for something else, and the guest may "
                 "see a spurious interrupt. Shown where the tap has its own eventfd in between (--expose irq).",
        .example = "* interrupt msix 3\n"
                   "        ! suspicious: the server: msix 3 by an eventfd that was taken away before [late-interrupt]",
        .todo = "Before SET_IRQS is answered make every thread forget the old eventfd, under the lock that they take "
                "to fire." } },
    { NULL },
};
