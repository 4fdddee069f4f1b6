/*
 * virtio: what a chain asks of a net device (5.1.6): buffers to receive into, frames to transmit, control commands.
 */
#include "plugins/virtio/virtio.h"

enum { HEAD = 12, HASH_HEAD = 20, ETHERNET = 14, CONTROL = 2 };
enum { ACK_OK = 0, ACK_ERROR = 1 };

/* The control queue stands behind the pairs that the device has: one, unless MQ was taken (5.1.2). */
static bool is_control(const struct virtio *v, unsigned queue)
{
    uint64_t pairs = 1;

    if (!virtio_took(v, NET_F_CTRL_VQ))
        return false;
    if (virtio_took(v, NET_F_MQ) && !virtio_config_value(v, "net.max_virtqueue_pairs", &pairs))
        return v->num_queues && queue == v->num_queues - 1u;
    return queue == 2 * pairs;
}

static unsigned head_size(const struct virtio *v) { return virtio_took(v, NET_F_HASH_REPORT) ? HASH_HEAD : HEAD; }

static void add_mac(struct vfp_line *l, const uint8_t *b)
{
    vfp_add(l, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

/* A frame behind its virtio header: who to, what, and what is left to be done with it. */
static void add_frame(const struct virtio *v, struct vfp_line *l, const uint8_t *head, uint64_t size)
{
    static const char *const gso[] = { "none", "TCPv4", NULL, "UDP", "TCPv6", "UDP L4" };
    const uint8_t *frame = head + head_size(v);
    unsigned kind = head[1] & 0x7f;

    vfp_add(l, "a frame of %" PRIu64 " bytes from ", size - head_size(v));
    add_mac(l, frame + 6);
    vfp_add(l, " to ");
    add_mac(l, frame);
    vfp_add(l, ", type 0x%04x", frame[12] << 8 | frame[13]);
    if (head[0] & 1)
        vfp_add(l, ", checksum wanted");
    if (kind)
        vfp_add(l, ", GSO %s of %u", kind < 6 && gso[kind] ? gso[kind] : "of unknown type", (unsigned)vfp_le(head + 4, 2));
}

static void control(struct virtio *v, struct vfp_line *l, const struct virtio_chain *c, struct virtio_waiting *w)
{
    static const struct {
        uint8_t class, command, bytes; /* bytes of a number that follows, 6: a MAC address */
        const char *name;
    } names[] = {
        { 0, 0, 1, "promiscuous" },         { 0, 1, 1, "all multicast" },    { 0, 2, 1, "all unicast" },
        { 0, 3, 1, "no multicast" },        { 0, 4, 1, "no unicast" },       { 0, 5, 1, "no broadcast" },
        { 1, 0, 0, "set MAC table" },       { 1, 1, 6, "set MAC address" },  { 2, 0, 2, "add VLAN" },
        { 2, 1, 2, "delete VLAN" },         { 3, 0, 0, "announced" },        { 4, 0, 2, "queue pairs" },
        { 4, 1, 0, "configure RSS" },       { 4, 2, 0, "configure hash" },   { 5, 0, 8, "offloads" },
        { 6, 0, 0, "transmit coalescing" }, { 6, 1, 0, "receive coalescing" }, { 6, 2, 0, "queue coalescing" },
        { 6, 3, 0, "get queue coalescing" },
    };
    struct vfp_line what = { 0 };
    uint8_t b[CONTROL + 8] = { 0 };
    size_t i;

    if (!virtio_gather(v, c, 0, b, CONTROL)) {
        vfp_add(l, "no control command: %" PRIu64 " bytes", virtio_sum(c, false));
        return;
    }
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].class == b[0] && names[i].command == b[1])
            break;
    if (i == sizeof names / sizeof names[0]) {
        vfp_add(&what, "control: class %u, command %u", b[0], b[1]);
    } else {
        vfp_add(&what, "control: %s", names[i].name);
        if (names[i].bytes && virtio_gather(v, c, CONTROL, b + CONTROL, names[i].bytes)) {
            vfp_add(&what, " ");
            if (names[i].bytes == 6)
                add_mac(&what, b + CONTROL);
            else
                vfp_add(&what, names[i].bytes == 8 ? "0x%" PRIx64 : "%" PRIu64, vfp_le(b + CONTROL, names[i].bytes));
        }
    }
    vfp_add(l, "%s", what.text);
    snprintf(w->what, sizeof w->what, "%.71s", what.text);
    w->answer = virtio_sum(c, true) ? virtio_place(c, virtio_sum(c, true) - 1) : 0;
}

bool virtio_is_receive(const struct virtio *v, unsigned queue)
{
    return v->type == TYPE_NET && queue % 2 == 0 && !is_control(v, queue);
}

void virtio_net(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_chain *c, struct virtio_waiting *w)
{
    uint64_t size = virtio_sum(c, false);
    uint8_t head[HASH_HEAD + ETHERNET];

    if (is_control(v, queue)) {
        control(v, l, c, w);
    } else if (queue % 2 == 0) {
        vfp_add(l, "a receive buffer of %" PRIu64 " bytes", virtio_sum(c, true));
        w->answer = virtio_place(c, 0);
    } else if (virtio_gather(v, c, 0, head, head_size(v) + ETHERNET)) {
        vfp_add(l, "transmit ");
        add_frame(v, l, head, size);
        snprintf(w->what, sizeof w->what, "a frame of %" PRIu64 " bytes", size - head_size(v));
    } else {
        vfp_add(l, "transmit: %" PRIu64 " bytes, no frame", size);
    }
}

bool virtio_net_result(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_waiting *w,
                       uint32_t written)
{
    uint8_t head[HASH_HEAD + ETHERNET];

    if (!w->answer)
        return true;
    if (is_control(v, queue)) {
        if (v->host->read(v->device, w->answer, head, 1) != VFP_OK)
            return true;
        if (head[0] == ACK_OK || head[0] == ACK_ERROR) /* else it is the next command's already */
            vfp_add(l, head[0] == ACK_OK ? ", ok" : ", refused");
        return head[0] != ACK_ERROR;
    }
    if (written < head_size(v) + ETHERNET || v->host->read(v->device, w->answer, head, head_size(v) + ETHERNET) != VFP_OK)
        return true;
    vfp_add(l, ": received ");
    add_frame(v, l, head, written);
    return true;
}
