/*
 * Requirements of device features and migration, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_migration[] = {
    { "feature-unknown",
      { .means = "A feature with a number that nobody knows gets an error reply. Clients find out by it what a "
                 "device can do.",
        .who = "QEMU takes EINVAL for \"not there\".",
        .todo = "Let the default of your switch answer EINVAL." } },
    { "feature-both",
      { .means = "Get and set at once, without probe, get an error reply: it is not clear what is asked for.",
        .todo = "Accept exactly one of get (0x10000) and set (0x20000)." } },
    { "feature-short",
      { .means = "A DEVICE_FEATURE that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 8 bytes, and the feature's data behind them where it is set." } },
    { "feature-argsz",
      { .means = "The request's argsz is 8, which leaves no room for the feature's data. It gets an error reply, or "
                 "no more than 8 bytes.",
        .todo = "Compare argsz with the size of the answer before it is sent." } },
    { "feature-full",
      { .means = "With room for everything the reply's argsz should be the size of its payload.",
        .todo = "Set argsz to 8 and the size of the data." } },
    { "probe-unknown",
      { .means = "A probe for a feature that nobody knows gets an error reply. A server that answers all probes well "
                 "promises what it does not have.",
        .todo = "Check the feature's number before the probe is answered." } },
    { "probe-both",
      { .means = "The device state can be got and set, so a probe for both at once is answered well. Only with probe "
                 "may both be set.",
        .todo = "Take the rule that get and set exclude each other for requests without probe only." } },
    { "probe-all",
      { .means = "MIGRATION can only be got, so a probe for get and set gets an error reply. A probe succeeds if all "
                 "that it asks for can be done.",
        .todo = "Keep for each feature what can be done with it, and compare." } },
    { "probe-reply",
      { .means = "The reply to a probe is the request again. There is no data in it.",
        .todo = "Copy the request's payload into the reply." } },
    { "probe-harmless",
      { .means = "A probe for setting the state STOP, with that state behind it, does not stop the device. A probe "
                 "only asks.",
        .todo = "Return before the data is looked at if probe is set." } },
    { "migration",
      { .means = "A device that answers the feature MIGRATION has stop_copy among its flags. Without it its state "
                 "can't be read while it is stopped, which is what a migration needs.",
        .todo = "Set stop_copy (1), or answer the get with an error." } },
    { "migration-probe",
      { .means = "The device state, which can be got, can be probed for that.",
        .todo = "Answer probe and get of MIG_DEVICE_STATE well." } },
    { "migration-state",
      { .means = "A device that migrates tells its state, and it is one of those that there are.",
        .todo = "Answer the get of MIG_DEVICE_STATE with the state: 2, RUNNING, from the start." } },
    { "migration-error",
      { .means = "The state ERROR can't be asked for: an error reply is due. A device comes there by itself only.",
        .todo = "Refuse state 0." } },
    { "migration-unknown",
      { .means = "A state that nobody knows (99) gets an error reply. A server that uses it as an index reads behind "
                 "its table.",
        .todo = "Check the state before it is used." } },
    { "migration-p2p",
      { .means = "The state RUNNING_P2P should be refused by a device that does not offer it. The specification does "
                 "not use it.",
        .todo = "Refuse states 5 and 7 if p2p is not among your flags." } },
    { "migration-no-pre-copy",
      { .means = "A device without pre_copy among its flags refuses the state PRE_COPY. A client that is told "
                 "otherwise waits for data that never comes.",
        .todo = "Compare the state with the flags that you answer for MIGRATION." } },
    { "data-read-state",
      { .means = "While the device runs, MIG_DATA_READ is refused: its state changes, and there is none to read.",
        .todo = "Answer EINVAL in any state but PRE_COPY and STOP_COPY." } },
    { "data-read-short",
      { .means = "A MIG_DATA_READ that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 8 bytes." } },
    { "data-write-state",
      { .means = "While the device runs, MIG_DATA_WRITE is refused: it would change the device under its driver.",
        .todo = "Answer EINVAL in any state but RESUMING." } },
    { "data-write-short",
      { .means = "A MIG_DATA_WRITE that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 8 bytes, and its data behind them." } },
    { "state-short",
      { .means = "A set of MIG_DEVICE_STATE without the state gets an error reply. A server that does not check "
                 "takes it from what lies behind the message.",
        .todo = "Check that the payload has 16 bytes." } },
    { "migration-stop",
      { .means = "The device goes from RUNNING to STOP and back, and tells its state each time. Every migration "
                 "begins and ends so.",
        .todo = "Support both arcs, and answer when the device is really stopped." } },
    { "migration-save",
      { .means = "The device goes to STOP_COPY, gives all its data, and goes over STOP to RUNNING again. This is the "
                 "source of a migration that was called off.",
        .todo = "Give data until a read is answered with less than it asked for, then accept STOP." } },
    { "migration-reply",
      { .means = "The reply to a state that is set repeats the request.",
        .todo = "Copy the request's payload into the reply." } },
    { "migration-path",
      { .means = "RUNNING is asked for in STOP_COPY, and the device walks there over STOP by itself. Ways of several "
                 "steps are the server's to walk.",
        .todo = "Walk the shortest path, with no saving state in between." } },
    { "migration-stop-copy",
      { .means = "A device that was stopped goes to STOP_COPY, gives its data, and runs again in the end.",
        .todo = "Support STOP to STOP_COPY as well as the way from RUNNING." } },
    { "migration-no-way",
      { .means = "PRE_COPY is refused in STOP_COPY. It is the one way that the specification rules out.",
        .todo = "Refuse it before a path is looked for." } },
    { "migration-load",
      { .means = "The data that the device gave is written back to it in RESUMING, and it stops and runs again. This "
                 "is the destination of a migration, with the device's own state.",
        .todo = "Take data in pieces of any size, and put it together before it is used." } },
    { "migration-path-load",
      { .means = "RESUMING is asked for in STOP_COPY, and RUNNING after that; the device walks over STOP both times.",
        .todo = "Walk the shortest path, with no saving state in between." } },
    { "migration-pre-copy",
      { .means = "A device with pre_copy goes from RUNNING to PRE_COPY, gives data while it runs, and goes back. A "
                 "migration that is called off early does so.",
        .todo = "Support both arcs, and forget on the way back what was read." } },
    { "migration-pre-stop-copy",
      { .means = "From PRE_COPY the device goes on to STOP_COPY, where the rest of its data is read. No data is lost "
                 "or repeated in between.",
        .todo = "Keep the stream when the state changes from PRE_COPY to STOP_COPY." } },
    { "migration-pre-load",
      { .means = "What was read in PRE_COPY and STOP_COPY, one after the other, is taken back in RESUMING. Together "
                 "it is the device's state.",
        .todo = "Let the reader of the state take both parts in this order." } },
    { "migration-pre-path",
      { .means = "From STOP the device goes to PRE_COPY and back, over RUNNING both times.",
        .todo = "Walk the shortest path, with no saving state in between." } },
    { "migration-reset",
      { .means = "After DEVICE_RESET a device that was stopped still is, or runs. The specification does not say "
                 "which; another state would be neither.",
        .who = "libvfio-user put a device to RUNNING until May 2026, and has kept its state since.",
        .todo = "Leave the state as it is, or set it to RUNNING." } },
    { "migration-cancel",
      { .means = "STOP_COPY can be left for STOP before all data was read. A migration may be called off at any time.",
        .todo = "Drop what was not read, and stop." } },
    { "migration-incomplete",
      { .means = "Half of the state is written, and STOP is asked for. A device that sees that refuses; in ERROR it "
                 "then stays until DEVICE_RESET, which makes it RUNNING.",
        .todo = "Answer the set with an error if the data is not complete. If you go to ERROR, let only DEVICE_RESET "
                "leave it." } },
    { "data-read-size",
      { .means = "A read of 16 bytes gets 16 or fewer, and as many as the reply's size says. The client has no room "
                 "for more.",
        .todo = "Give min(size, what is left), and set size to it." } },
    { "data-read-argsz",
      { .means = "The request's argsz is 16, too small for the 64 bytes that it asks for. It gets an error reply, or "
                 "no more than 16 bytes.",
        .todo = "Compare argsz with 8 + size." } },
    { "data-read-end",
      { .means = "When a read got fewer bytes than it asked for, there are no more: the next one gets none, or an "
                 "error. The client has taken the first one for the end.",
        .todo = "Fill each reply as far as the data goes; give less than asked for only at the end." } },
    { "data-read-stopped",
      { .means = "In STOP, MIG_DATA_READ is refused. The data transfer ended when the device left STOP_COPY.",
        .todo = "Answer EINVAL in any state but PRE_COPY and STOP_COPY." } },
    { "data-write-count",
      { .means = "A MIG_DATA_WRITE with four bytes says eight. It gets an error reply; a server that does not check "
                 "loads what lies behind the message.",
        .todo = "Check that the payload has 8 + size bytes." } },
    { NULL },
};
