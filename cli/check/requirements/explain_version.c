/*
 * Requirements of negotiation, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_version[] = {
    { "version",
      { .means = "VERSION with what clients usually propose is answered without error: a limit of descriptors; "
                 "limits of data and pages too; a twin socket. A server that refuses one of them can't be used by "
                 "the client that says it.",
        .todo = "Take what is known from the proposal, and leave the rest alone. Refuse only a major version that "
                "you don't speak." } },
    { "version-reply",
      { .means = "A client that speaks 0.2 is answered with major version 0. The major version says what messages "
                 "look like, so there is no other good answer.",
        .todo = "Put the client's major version into the reply, and the smaller one of both minor versions." } },
    { "version-minor",
      { .means = "A client proposes 0.0, and the reply must not say more than that. The client knows nothing of what "
                 "came with later minor versions.",
        .who = "QEMU proposes 0.0, and refuses a higher minor version (\"incompatible server version\").",
        .todo = "Answer with the smaller one of the client's minor version and your own." } },
    { "version-newer",
      { .means = "A client that proposes a minor version above all that there are is answered, with one that the "
                 "server speaks. Minor versions only add, so a new client can do with an old server.",
        .todo = "Don't compare minor versions for equality. Answer with your own if the client's is larger." } },
    { "version-major",
      { .means = "A major version that the server does not speak is refused with an error reply or by closing. If it "
                 "is accepted as if it were another one, both sides read each other's messages wrongly.",
        .todo = "Compare the major version before anything else, and close the connection if it differs." } },
    { "version-subset",
      { .means = "A client proposes max_msg_fds alone, and the reply should have no other capability. The client may "
                 "not know the others.",
        .who = "libvfio-user answers with all that it has; clients leave what they don't know alone. So this is only "
               "suspicious.",
        .todo = "Answer only the capabilities that the client named." } },
    { "version-no-data",
      { .means = "The version data is optional. A VERSION of four bytes is accepted, and all limits have their "
                 "defaults.",
        .who = "SPDK's initiator sends VERSION without JSON.",
        .todo = "Look at the size before the JSON is read. Without data take the defaults." } },
    { "version-unknown-capability",
      { .means = "A proposal has capabilities and members that nobody knows. They do no harm: what is new is to be "
                 "left alone by who does not know it.",
        .todo = "Go through the members that you know, not through those that are there." } },
    { "version-reply-nul",
      { .means = "The JSON of the reply ends with a NUL byte, which counts in the size. A client may take it for a "
                 "string of C, and reads past the message without it.",
        .todo = "Send strlen + 1 bytes." } },
    { "version-reply-json",
      { .means = "The reply's data is a JSON object, and each capability has the type that the specification gives "
                 "it. Clients refuse the connection otherwise.",
        .who = "QEMU calls such a reply malformed and does not start.",
        .todo = "Let a JSON library write the text: numbers without quotes, true and false as they are." } },
    { "version-bad-json",
      { .means = "Data that is no JSON is refused, or the connection closed. A server that goes on has understood "
                 "nothing of what the client can do.",
        .todo = "Answer EINVAL and close the connection if the parser finds a mistake." } },
    { "version-no-nul",
      { .means = "Data without its final NUL is refused, or the connection closed. A server that hands it to a "
                 "parser of strings reads what lies behind it in memory.",
        .todo = "Check that the last byte of the message is 0 before the text is parsed." } },
    { "version-short",
      { .means = "A VERSION of two bytes has no minor version, and is not accepted. A server that does not check "
                 "takes the number from what lies behind it.",
        .todo = "Refuse it if there are fewer than four bytes of payload." } },
    { "version-first",
      { .means = "A command that comes before VERSION is not carried out. Nothing was agreed on, and the client may "
                 "speak another version.",
        .todo = "Answer EINVAL to anything but VERSION as the first message, and close the connection." } },
    { "version-twice",
      { .means = "A second VERSION on a connection is refused, or the connection closed. It would change limits "
                 "while commands are under way.",
        .todo = "Remember that VERSION was answered, and refuse it from then on." } },
    { "version-twin",
      { .means = "A server that agrees on a twin socket passes the client's end with the reply, and fd_index says "
                 "which descriptor it is. Without it the client can't hear the server's commands, and has to close "
                 "the connection.",
        .todo = "Make a socket pair, pass one end with SCM_RIGHTS, and set fd_index to its place among the "
                "descriptors, from 0." } },
    { "version-fds",
      { .means = "Where no twin socket was proposed the VERSION reply brings no descriptors. The client does not "
                 "expect one, and leaks it at best.",
        .todo = "Pass the socket only if the client said supported: true." } },
    { "version-wrong-type",
      { .means = "Capabilities have types that are wrong: a number in quotes, a list, a number for an object. The "
                 "server may refuse that or not; it must not crash, and serves the next client.",
        .todo = "Ask for the type of each JSON value before it is used." } },
    { "version-deep",
      { .means = "The JSON is a text of 20000 opening brackets. A parser that calls itself for each of them runs out "
                 "of stack. The server may refuse it; it must not crash, and serves the next client.",
        .todo = "Use a parser with a limit of depth, as json-c and cJSON have." } },
    { "max-msg-fds",
      { .means = "A client that takes one descriptor a message gets no more than one. What is above its limit the "
                 "kernel may throw away, without the server's knowledge.",
        .todo = "Look at the client's max_msg_fds, 1 if it is absent, before descriptors are attached; share one "
                "among sub-regions, or leave them out." } },
    { NULL },
};
