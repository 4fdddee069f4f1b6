/*
 * Rules of VERSION, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_version[] = {
    { "version-not-first",
      { .means = "VERSION is the first message of a connection: it says what both sides can do. Before it the server "
                 "does not know how to read what comes, and has to refuse it.",
        .who = "libvfio-user answers EINVAL to any other first message, and closes the connection.",
        .example = "client > #1     DEVICE_RESET                 1\n"
                   "        ! violation by the client: the first message is command 13 [version-not-first]",
        .todo = "Send VERSION (1) at once after connecting, and wait for its reply." } },
    { "version-twice",
      { .means = "VERSION comes once on a connection. A second one would change what was agreed on while commands "
                 "are under way.",
        .example = "client > #1     VERSION                      1  0.0\n"
                   "server < #2     VERSION                      1  0.0  1.0us\n"
                   "client > #3     VERSION                      2  0.0\n"
                   "        ! violation by the client: a second VERSION on this connection [version-twice]",
        .todo = "For a new agreement make a new connection." } },
    { "version-unanswered",
      { .means = "The command was sent before the reply to VERSION. Until that comes nobody knows what was agreed "
                 "on: how much data, how many descriptors, whether there is a twin socket.",
        .example = "client > #1     VERSION                      1  0.0\n"
                   "client > #2     DEVICE_RESET                 2\n"
                   "        ! suspicious: the client: command 13 before the reply to VERSION [version-unanswered]",
        .todo = "Wait for VERSION's reply before the next command. A server, too, waits until its reply is sent." } },
    { "major-changed",
      { .means = "The reply has the major version that was proposed, or there is no agreement. Another number says "
                 "that messages look different, and the client has to close the connection.",
        .example = "client > #1     VERSION                      1  0.2\n"
                   "server < #2     VERSION                      1  1.0  1.0us\n"
                   "        ! violation by the server: major version 0 was proposed, 1 is answered [major-changed]",
        .todo = "Repeat the client's major version. A server that does not speak it closes the connection, or sends "
                "an error reply first, as libvfio-user does." } },
    { "minor-raised",
      { .means = "The minor version of the reply is at most the one proposed. A client that knows 0.1 can't use what "
                 "came with 0.2, and does not know that it must not.",
        .who = "QEMU proposes 0.0, libvfio-user's sample client 0.2, so a server that always answers 0.2 is wrong "
               "for QEMU, which refuses it (\"incompatible server version\").",
        .example = "client > #1     VERSION                      1  0.1\n"
                   "server < #2     VERSION                      1  0.2  1.0us\n"
                   "        ! violation by the server: minor version 1 was proposed, 2 is answered [minor-raised]",
        .todo = "Answer with the smaller one of the client's minor version and your own." } },
    { "capability-not-offered",
      { .means = "What the reply has among its capabilities is to be a part of what the client proposed. A client "
                 "that did not propose it may not know it, and would not do what it asks for.",
        .who = "libvfio-user answers with all that it has, whatever was proposed. Clients leave what they don't know "
               "alone; QEMU warns of a twin_socket that it did not offer.",
        .example = "server < #2     VERSION                      1  0.0 {\"capabilities\":{\"max_msg_fds\":8,\"pgsizes\":4096}}  1.0us\n"
                   "        ! suspicious: the server: pgsizes was not proposed [capability-not-offered]",
        .todo = "Go through what the client proposed, and answer only that. Where the client leaves out a limit, its "
                "default holds." } },
    { "capability-limit",
      { .means = "A limit in VERSION leaves nothing to work with: no transfer of 8 bytes, no mapping at all, no page "
                 "size in common or one below 4096 bytes. The connection comes up, and what needs it fails later.",
        .who = "QEMU refuses a reply whose pgsizes are no multiple of 4096.",
        .example = "server < #2     VERSION                      1  0.0 {\"capabilities\":{\"pgsizes\":65536}}  1.0us\n"
                   "        ! suspicious: the server: pgsizes 0x10000 has none of the client's 0x1000 [capability-limit]",
        .todo = "Say at least 8 for max_data_xfer_size and 1 for max_dma_maps, and page sizes that the other side "
                "has, too. Where there is no limit leave the member out." } },
    { "json-without-nul",
      { .means = "The version data is text and one NUL byte, which counts in the message's size. A reader that takes "
                 "it for a string of C reads past the message without it.",
        .who = "libvfio-user and QEMU look for the NUL, and refuse the message without one.",
        .example = "client > #1     VERSION                      1  0.0 {}\n"
                   "        ! violation by the client: the version data's last byte is 0x7d [json-without-nul]",
        .todo = "Send strlen + 1 bytes." } },
    { "json-invalid",
      { .means = "The version data is one JSON object, or nothing at all. Parsers differ in what they forgive, so "
                 "text that one peer reads another one refuses.",
        .example = "client > #1     VERSION                      1  0.0 {\n"
                   "        ! violation by the client: the version data: it is no JSON object [json-invalid]",
        .todo = "Let a JSON library write it. To say nothing send no data; an object without members is {}." } },
    { "json-wrong-type",
      { .means = "A capability has a type: numbers are whole numbers without quotes, supported and write_multiple "
                 "are true or false, twin_socket is an object. A reader that asks for the type takes a wrong one for "
                 "absent, or refuses VERSION.",
        .who = "QEMU refuses such a reply and says what is malformed in it.",
        .example = "client > #1     VERSION                      1  0.0 {\"capabilities\":{\"max_msg_fds\":\"8\"}}\n"
                   "        ! violation by the client: max_msg_fds is not an integer from 0 to 2^64 - 1 [json-wrong-type]",
        .todo = "Write \"max_msg_fds\":8, not \"8\" or 8.0. What `vfuscope decode -v` shows of VERSION is what was "
                "sent." } },
    { "write-multiple-not-agreed",
      { .means = "REGION_WRITE_MULTI may be sent only where both sides said write_multiple: true. A server that does "
                 "not know it refuses it; as it often comes with No_reply, the writes are then lost and nobody is "
                 "told.",
        .example = "client > #3     REGION_WRITE_MULTI           2  0 writes: \n"
                   "        ! violation by the client: write_multiple was not agreed on [write-multiple-not-agreed]",
        .todo = "Remember what VERSION's reply says of write_multiple; without it send one REGION_WRITE for each "
                "write." } },
    { NULL },
};
