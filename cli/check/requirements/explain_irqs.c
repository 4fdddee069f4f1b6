/*
 * Requirements of interrupts, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_irqs[] = {
    { "irq-info",
      { .means = "Each interrupt type below num_irqs has its info, and the reply repeats its index. One that the "
                 "device does not have has count 0.",
        .todo = "Answer for all of them, and copy the index from the request." } },
    { "irq-index",
      { .means = "The info of an interrupt type that does not exist (65535) gets an error reply. A server that does "
                 "not check reads behind its table.",
        .todo = "Check index < num_irqs." } },
    { "irq-argsz",
      { .means = "The request's argsz is 8, less than the reply has. It gets an error reply, or no more than 8 bytes.",
        .todo = "Refuse an argsz below 16 with EINVAL." } },
    { "irq-short",
      { .means = "A DEVICE_GET_IRQ_INFO that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 16 bytes." } },
    { "irq-set-short",
      { .means = "A DEVICE_SET_IRQS that ends before its fields do gets an error reply. A server that does not check "
                 "takes start and count from what lies behind it.",
        .todo = "Check that the payload has 20 bytes, and its data behind them." } },
    { "irq-reply",
      { .means = "The reply to DEVICE_SET_IRQS is a header alone. A client that expects no payload takes it for the "
                 "next message.",
        .todo = "Send 16 bytes." } },
    { "irq-eventfd",
      { .means = "An interrupt type whose info has the eventfd flag takes an eventfd for its first vector. Without "
                 "this no interrupt of the device reaches the guest.",
        .todo = "Handle flags 0x24 (eventfd, trigger) with one descriptor for each vector." } },
    { "irq-trigger",
      { .means = "A vector that has an eventfd, and is triggered by the client, signals it. It is the same way that "
                 "the device's own interrupts take. A server that can't do that on request refuses it, and the "
                 "requirement does not apply.",
        .todo = "On none and trigger write 1, as 8 bytes, to the eventfds of these vectors." } },
    { "irq-take-away",
      { .means = "DEVICE_SET_IRQS with the eventfd flag and without descriptors takes the eventfds of these vectors "
                 "away: they are not signalled any more.",
        .who = "QEMU does this to vectors that the guest no longer uses.",
        .todo = "Close the eventfd and forget it, before the reply is sent." } },
    { "irq-disable",
      { .means = "None and trigger with start 0 and count 0 disables the whole interrupt type: no eventfd is "
                 "signalled any more. Clients do so when the driver leaves or resets the device.",
        .todo = "Treat count 0 as its own case, before the range is looked at: close all eventfds of the index." } },
    { "irq-range",
      { .means = "A vector behind the last one is refused. A server that does not check fires or writes what is not "
                 "there.",
        .todo = "Check start + count <= the vectors of the index, in 64 bits." } },
    { "irq-wrap",
      { .means = "start and count whose sum wraps around to a small number in 32 bits are refused, for each "
                 "interrupt type that has vectors. A check of the sum alone lets them pass, and the server then "
                 "walks through all of its memory.",
        .who = "libvfio-user accepted start 1 with count 0xffffffff until it was mended.",
        .todo = "Compare in 64 bits, or check count <= vectors and start <= vectors - count." } },
    { "irq-set-index",
      { .means = "An interrupt type that does not exist (65535) can't be set up: an error reply is due.",
        .todo = "Check index < num_irqs." } },
    { "irq-two-data",
      { .means = "Two kinds of data at once (none and eventfd) are refused: it is not clear what is meant.",
        .todo = "Check that exactly one bit of flags & 0x7 is set." } },
    { "irq-two-actions",
      { .means = "Two actions at once (unmask and trigger) are refused: it is not clear what is meant.",
        .todo = "Check that exactly one bit of flags & 0x38 is set." } },
    { "irq-no-action",
      { .means = "A DEVICE_SET_IRQS without an action is refused. A server that accepts it says that something was "
                 "done.",
        .todo = "Check that exactly one bit of flags & 0x38 is set." } },
    { "irq-fewer-fds",
      { .means = "One descriptor for two vectors should be refused: it is not clear which vector it belongs to, and "
                 "the other one may have lost its own on the way.",
        .todo = "Check that there are as many descriptors as count says, or none." } },
    { "irq-more-fds",
      { .means = "Two descriptors for one vector should be refused; at the least the second one is closed.",
        .todo = "Check that there are as many descriptors as count says, or none." } },
    { "irq-bool",
      { .means = "With bool data each byte says whether its vector is triggered: 1 signals the eventfd, 0 does not. "
                 "A server that can't trigger on request refuses it, and the requirement does not apply.",
        .todo = "Look at byte i for vector start + i." } },
    { "irq-mask",
      { .means = "An interrupt type whose info says maskable takes mask and unmask. The client uses them for INTx "
                 "after each interrupt.",
        .todo = "Handle both actions with data none, or leave the flag out of the info." } },
    { "irq-replace",
      { .means = "A new eventfd for a vector takes the place of the one before, which is not signalled any more. "
                 "Clients change eventfds while the device runs.",
        .todo = "Close the old eventfd when the new one is stored." } },
    { "irq-disconnect",
      { .means = "The eventfds of a client that left should be forgotten: the next client's triggers do not signal "
                 "them.",
        .todo = "Close all eventfds when a connection ends, however it ends." } },
    { "irq-bool-short",
      { .means = "Bool data that is announced by count and not there is refused. A server that does not check takes "
                 "it from what lies behind the message.",
        .todo = "Check that the payload has 20 + count bytes." } },
    { NULL },
};
