/*
 * What is known to go wrong between two peers, or with one of them whoever the other is: from their sources, and seen.
 */
#include "decoder/reasons/looks.h"

#include <string.h>

static bool without_text(const struct vfu_peers *peers)
{
    return !peers->known.agreed.known;
}

static const struct {
    struct vfu_trouble trouble;
    enum vfu_peer_number client, server;
    bool (*here)(const struct vfu_peers *peers); /* NULL: always */
} troubles[] = {
    { { "posted-write-answered", "up to 0.1.3 the server answers writes that want no reply, and QEMU reads nothing behind such an answer",
        { .means = "The header's No_reply is not looked at in these versions. QEMU posts writes to memory BARs while no region of the "
                   "device can be mapped, finds a reply to nothing, and leaves the rest of it in its stream.",
          .todo = "Use a version of the crate from after April 2026, or let one region be mappable." } },
      PEER_QEMU, PEER_RUST_VMM, NULL },
    { { "error-type-0", "QEMU takes its error replies, of type 0, for commands, and waits 5 s for the reply",
        { .means = "The type of an error reply has to be that of a reply. QEMU answers it as a command that it does not know, and its own "
                   "command times out.",
          .todo = "Use a version of the crate from after April 2026." } },
      PEER_QEMU, PEER_RUST_VMM_OLD, NULL },
    { { "error-without-body", "it waits for ever on an error reply that is a bare header",
        { .means = "This client reads as many bytes as a good reply has, and does not look at the error flag. An error reply is a header "
                   "alone, so it takes what comes next for the rest of it, or waits.",
          .todo = "Refuse nothing that it does: answer reads behind the device's registers with zeros, for example." } },
      PEER_RUST_VMM_CLIENT, PEER_ANY, NULL },
    { { "version-without-text", "it can't read a VERSION reply without capabilities, and ends",
        { .means = "This client takes the reply's text for granted, though the specification does not demand one.",
          .todo = "Answer VERSION with {\"capabilities\":{}} at least." } },
      PEER_RUST_VMM_CLIENT, PEER_ANY, without_text },
    { { "error-body-left", "it leaves an error reply's body in its stream, and libvfio-user's have one where an access is refused",
        { .means = "This client stops at the error flag and does not read what stands behind the header. The next reply is read from there, "
                   "and makes no sense.",
          .todo = "Refuse no access: answer reads behind the device's registers with zeros." } },
      PEER_SPDK_INITIATOR, PEER_LIBVFIO_USER, NULL },
    { { "fd-per-area", "it wants a descriptor for each sparse area, gets one for all, and maps its descriptor 0 for the others",
        { .means = "A region has one descriptor, in which all its sparse areas lie. This client takes the second area's from the second "
                   "descriptor, which is not there.",
          .todo = "Keep to one sparse area a region." } },
      PEER_SPDK_INITIATOR, PEER_LIBVFIO_USER, NULL },
    { { "unknown-body-left", "the server leaves the body of a command that it does not know, as DEVICE_FEATURE, in its stream",
        { .means = "It reads that body as the next header, and from there on understands nothing.",
          .todo = "Send it only commands 1 to 13." } },
      PEER_VFUSCOPE_CLIENT, PEER_RUST_VMM, NULL },
};

static bool is_told(const struct vfu_peers *peers, enum vfu_side side)
{
    return peers->looks.told & 1u << side;
}

/* Of two that are known it is told with the one that is told last. */
static bool belongs(const struct vfu_peers *peers, enum vfu_side side, enum vfu_peer_number client, enum vfu_peer_number server)
{
    if (!vfu_looks_like(peers, client))
        return false;
    if (server == PEER_ANY)
        return side == VFU_CLIENT;
    return vfu_looks_like(peers, server) && is_told(peers, side == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT);
}

void vfu_find_trouble(const struct vfu_peers *peers, struct vfu_event *event)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles && event->peer.known_count < VFU_PEER_KNOWN; i++)
        if (belongs(peers, event->from, troubles[i].client, troubles[i].server) &&
            (!troubles[i].here || troubles[i].here(peers)))
            event->peer.known[event->peer.known_count++] = &troubles[i].trouble;
}

const struct vfu_trouble *vfu_trouble_by_id(const char *id)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (strcmp(troubles[i].trouble.id, id) == 0)
            return &troubles[i].trouble;
    return NULL;
}
