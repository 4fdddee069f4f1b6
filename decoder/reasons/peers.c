/*
 * The table of peers: programs that speak vfio-user, and by what they are told apart. The more exact ones stand first.
 * Only what no other program is known to say or do is a sign: of who looks like none of them nothing is said.
 */
#include "decoder/reasons/looks.h"

/* QEMU makes its text of a hash, which gives the members this order. */
#define QEMU_TEXT                                                                                                       \
    "{\"capabilities\": {\"pgsizes\": #, \"max_msg_fds\": #, \"max_dma_maps\": #, \"max_data_xfer_size\": #, "            \
    "\"migration\": {\"max_bitmap_size\": #, \"pgsize\": #}, \"write_multiple\": true}}"
#define RUST_VMM_TEXT "{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":#}}}"

const struct vfu_peer_kind vfu_peer_kinds[PEERS] = {
    /* Clients */
    [PEER_QEMU] = { "qemu", VFU_CLIENT, "QEMU 11 (10.1 or later)", .json = QEMU_TEXT, .minor = 0, .version_id = ANY,
        .explains = { .means = "QEMU's vfio-user-pci, which is in QEMU since 10.1: VERSION 0.0, with a text whose members have an "
                               "order that nobody else's have.",
                      .who = "It gives up on a reply after 5 s, and sends no DEVICE_FEATURE (11.1).",
                      .todo = "Keep to its limits in VERSION's reply (misfit version-qemu-refuses)." } },
    [PEER_RUST_VMM_CLIENT] = { "rust-vmm-client", VFU_CLIENT, "rust-vmm's vfio-user (cloud-hypervisor)", .json = RUST_VMM_TEXT,
        .minor = 1, .version_id = 0,
        .explains = { .means = "The client of rust-vmm's crate vfio-user, which cloud-hypervisor is built with: VERSION 0.1 with the "
                               "protocol's defaults in full, among them max_msg_fds 1.",
                      .todo = "Answer each of its commands with the full body: it reads that of an error reply, too." } },
    [PEER_SPDK_INITIATOR] = { "spdk-initiator", VFU_CLIENT, "SPDK's initiator", .json = NULL, .minor = 1, .version_id = 0,
        .later = 1u << SIGN_REGION_INFO_4080,
        .explains = { .means = "SPDK's own client (transport VFIOUSER): VERSION without a text, id 0 in all commands, and a "
                               "DEVICE_GET_REGION_INFO of 4,080 bytes, with the room for its reply.",
                      .todo = "Pair its replies by their order; each command waits for its reply." } },
    [PEER_LIBVFIO_USER_SAMPLE] = { "libvfio-user-sample", VFU_CLIENT, "libvfio-user's sample client",
        .json = "{\"capabilities\":{\"max_msg_fds\":#,\"max_data_xfer_size\":#[,\"migration\":{\"pgsize\":#}]}}", .minor = ANY,
        .version_id = 0xda55,
        .explains = { .means = "samples/client of libvfio-user: its VERSION has the id 0xda55.",
                      .todo = "Ids repeat while they are outstanding: pair by id and command, the oldest first." } },
    [PEER_LIBVFIO_USER_TESTS] = { "libvfio-user-tests", VFU_CLIENT, "libvfio-user's Python tests",
        .json = "{\"capabilities\": {\"max_data_xfer_size\": #, \"max_msg_fds\": #[, \"migration\": {\"pgsize\": #}]"
                "[, \"twin_socket\": {\"supported\": true}]}}", .minor = 1, .version_id = ANY,
        .explains = { .means = "test/py of libvfio-user, whose client and server are one process.",
                      .who = "They break the protocol on purpose.",
                      .todo = "Take what is said of them for what they are for." } },
    [PEER_VFUSCOPE_CLIENT] = { "vfuscope-client", VFU_CLIENT, "vfuscope shell (or ping)",
        .json = "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535,"
                "\"write_multiple\":true,\"twin_socket\":{\"supported\":true},\"migration\":{\"pgsize\":4096,"
                "\"max_bitmap_size\":268435456}}}", .minor = 2, .version_id = ANY,
        .explains = { .means = "What this program proposes: shell and ping without --caps.",
                      .todo = "Have the shell propose something else with --caps." } },
    [PEER_VFUSCOPE_CHECK] = { "vfuscope-check", VFU_CLIENT, "vfuscope check",
        .json = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535,"
                "\"write_multiple\":true}}", .minor = ANY, .version_id = ANY,
        .explains = { .means = "What check proposes on most of its connections.",
                      .who = "It breaks the protocol on purpose.",
                      .todo = "Take what is said of it for what it is for." } },

    /* Servers */
    [PEER_LIBVFIO_USER] = { "libvfio-user", VFU_SERVER, "libvfio-user",
        .json = "{ \"capabilities\": { \"max_msg_fds\": #, \"max_data_xfer_size\": #[, \"migration\": { \"pgsize\": # }]"
                "[, \"twin_socket\": { \"supported\": true, \"fd_index\": # }] } }", .minor = ANY, .version_id = ANY,
        .explains = { .means = "A server made with libvfio-user since September 2023, when its text came from json-c with that "
                               "library's blanks: SPDK's targets and libvfio-user's samples, for example.",
                      .who = "It serves one client at a time, and keeps the others waiting in the listener's queue.",
                      .todo = "Send each message whole with one sendmsg: it takes no header in pieces." } },
    [PEER_LIBVFIO_USER_OLD] = { "libvfio-user-2023", VFU_SERVER, "libvfio-user of before September 2023",
        .json = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":#}}}",
        .minor = ANY, .version_id = ANY,
        .explains = { .means = "A server made with an older libvfio-user, of a device that migrates. Without migration its text is one "
                               "that others have too.",
                      .todo = "As for libvfio-user: messages whole, one client at a time." } },
    [PEER_RUST_VMM_OLD] = { "rust-vmm-0.1.3", VFU_SERVER, "rust-vmm up to 0.1.3", .json = RUST_VMM_TEXT, .minor = 0, .version_id = ANY,
        .later = 1u << SIGN_ERROR_TYPE_0,
        .explains = { .means = "A server made with rust-vmm's crate vfio-user, up to version 0.1.3: its error replies have the type "
                               "of a command (flags 0x20).",
                      .who = "It also answers commands that want no reply, and leaves the body of a command that it refuses in "
                             "its stream.",
                      .todo = "Use a version from after April 2026." } },
    [PEER_RUST_VMM] = { "rust-vmm", VFU_SERVER, "rust-vmm's vfio-user", .json = RUST_VMM_TEXT, .minor = 0, .version_id = ANY,
        .explains = { .means = "A server made with rust-vmm's crate vfio-user. Which version shows when it refuses a command.",
                      .who = "It leaves the body of a command that it does not know in its stream, and reads that as the next "
                             "header.",
                      .todo = "Send it only commands 1 to 13." } },
    [PEER_VFUSCOPE_SERVE] = { "vfuscope-serve", VFU_SERVER, "vfuscope serve",
        .json = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535"
                "[,\"write_multiple\":true][,\"twin_socket\":{\"supported\":true,\"fd_index\":0}]}}", .minor = ANY, .version_id = ANY,
        .explains = { .means = "This program's own server, asked by a client that proposes the four limits.",
                      .todo = "Ask for its devices with serve --device." } },
};

const struct vfu_peer_kind *vfu_peers_known(size_t *count)
{
    *count = PEERS;
    return vfu_peer_kinds;
}
