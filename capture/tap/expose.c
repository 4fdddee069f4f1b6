/*
 * What --expose changes so that nothing bypasses the socket: regions that can't be mapped, memory without descriptors,
 * eventfds through the tap. And why a peer may not live with that.
 */
#include "capture/foreign.h"
#include "capture/tap/inside.h"
#include "decoder/wire/decode.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How a message's fields read. */
struct fields {
    const struct vfu_decoded *d;
    struct vfu_decoded room;
};

static const struct vfu_value *value(const struct fields *f, const char *name)
{
    return vfu_value_by_name(f->d->values, f->d->count, name);
}

static uint64_t number(const struct fields *f, const char *name)
{
    return vfu_number(f->d->values, f->d->count, name, 0);
}

static void drop_fds(struct tap_out *out)
{
    vfu_close_fds(out->fds, out->nfds);
    out->nfds = 0;
}

/* What was built, which is no larger, takes the message's place: what points into the message still may. */
static void put_back(struct vfu_build *b, struct tap_out *out, bool good)
{
    if (good && b->size <= out->size) {
        memcpy(out->bytes, b->bytes, b->size);
        out->size = b->size;
    }
    vfu_build_free(b);
}

/* --- dma --- */

static bool expose_map(struct tap_connection *n, const struct vfu_event *event, const struct fields *f,
                       struct tap_out *out)
{
    const uint64_t how = VFU_DMA_MMAP | VFU_DMA_FILE_IO;
    uint64_t flags = number(f, "flags");
    struct vfu_build b;

    if (!out->nfds && !(flags & how))
        return false;
    n->exposed.kept_memory += out->nfds > 0;
    drop_fds(out);
    if (flags & how && vfu_build_load(&b, event))
        put_back(&b, out, vfu_build_set_number(&b, "flags", flags & ~how));
    return true;
}

static void explain_map(struct tap_connection *n, const struct vfu_event *reply)
{
    if (n->exposed.said_map || !n->exposed.kept_memory || !(reply->flags & VFU_ERROR) || reply->error == EEXIST ||
        reply->error == ENOSPC || reply->error == ENOMEM) /* which are about something else */
        return;
    n->exposed.said_map = true;
    tap_say(n->tap, "connection %u: the server refuses memory that comes without a descriptor, which --expose=dma "
                    "keeps back: it may only be able to map memory; try again without dma", n->conn);
}

/* --- mmio --- */

/* Which of the region's capabilities, along the chain, is the first sparse one; `others`: are there any more? */
static int find_sparse(const struct vfu_event *event, uint64_t *next, bool *others)
{
    struct fields f;
    const struct vfu_value *list;
    const struct vfu_layout *layout;
    struct vfu_value values[VFU_MAX_VALUES];
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken = false;
    int found = -1;

    *others = false;
    vfu_decode(event, &f.room);
    f.d = &f.room;
    list = value(&f, "capabilities");
    for (int i = 0; list && vfu_list_next(list, &offset, &layout, values, &count, &broken); i++) {
        bool sparse = vfu_value_by_name(values, count, "nr_areas") != NULL;

        if (sparse && found < 0) {
            found = i;
            *next = vfu_number(values, count, "next", 0);
        } else {
            *others |= !sparse;
        }
    }
    return broken ? -1 : found;
}

/* Take the sparse areas out of the chain; other capabilities stay. */
static bool unlink_sparse(struct vfu_build *b, const struct vfu_event *event, bool *others)
{
    struct vfu_event now = *event;
    uint64_t next;
    int which;

    now.message.bytes = b->bytes;
    while ((which = find_sparse(&now, &next, others)) >= 0) {
        char field[40] = "cap_offset";

        if (which > 0)
            snprintf(field, sizeof field, "capabilities[%d].next", which - 1);
        if (!vfu_build_set_number(b, field, next))
            return false;
    }
    return true;
}

static bool expose_region(struct tap_connection *n, const struct vfu_event *event, const struct fields *f,
                          struct tap_out *out)
{
    const uint64_t caps = VFIO_REGION_INFO_FLAG_CAPS, mappable = VFIO_REGION_INFO_FLAG_MMAP;
    uint64_t flags = number(f, "flags"), index = number(f, "index");
    size_t plain = (size_t)VFU_HEADER_SIZE + f->d->layout->size;
    bool changed = out->nfds > 0, others = false, good, here = value(f, "capabilities") != NULL;
    struct vfu_build b;

    drop_fds(out);
    if (event->flags & VFU_ERROR || f->d->is_short || out->size < plain || !(flags & (caps | mappable)) ||
        !vfu_build_load(&b, event))
        return changed;
    if (index < 64 && flags & mappable)
        n->exposed.unmappable |= UINT64_C(1) << index;
    flags &= ~mappable;
    good = !here || unlink_sparse(&b, event, &others);
    /*
     * Where the capabilities did not fit into the client's room they are given up with the sparse ones: libvfio-user's
     * client, asked to come again with more room, insists on a reply of just that size.
     */
    if (!others) {
        flags &= ~caps;
        b.size = plain;
        good = good && vfu_build_set_number(&b, "cap_offset", 0) &&
               vfu_build_set_number(&b, "argsz", f->d->layout->size) && vfu_build_set_number(&b, "header.size", plain);
    }
    good = good && vfu_build_set_number(&b, "flags", flags);
    changed |= good && (b.size != out->size || memcmp(b.bytes, out->bytes, b.size) != 0);
    put_back(&b, out, good);
    return changed;
}

static void explain_access(struct tap_connection *n, const struct vfu_event *reply)
{
    struct tap_exposed *x = &n->exposed;
    const struct vfu_view view = { .event = reply };
    uint64_t region = vfu_request_number(&view, "region", UINT64_MAX);

    if (!reply->paired || region >= 64 || !(x->unmappable & ~x->said_region & UINT64_C(1) << region))
        return;
    x->said_region |= UINT64_C(1) << region;
    tap_say(n->tap, "connection %u: the server refuses an access by message to %s, which it offered to map: it may "
                    "take none there; try again without --expose=mmio", n->conn, vfu_name_of(vfu_region_names, region));
}

/* --- irq, ioeventfd --- */

static bool is_eventfd(int fd)
{
    struct vfu_fd about;

    vfu_fd_describe(fd, &about);
    return about.type == VFU_FD_EVENTFD;
}

static bool expose_irqs(struct tap_connection *n, const struct vfu_event *event, const struct fields *f,
                        struct tap_out *out)
{
    const uint64_t wanted = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    struct tap_wake as = { .kind = VFU_EVENT_INTERRUPT, .index = (uint32_t)number(f, "index"),
                           .no = event->message.no };
    bool changed = false;

    if ((number(f, "flags") & wanted) != wanted)
        return false;
    for (unsigned i = 0; i < out->nfds && i < number(f, "count"); i++) {
        as.vector = (uint32_t)number(f, "start") + i;
        if (is_eventfd(out->fds[i]))
            changed |= tap_wake_add(n, &out->fds[i], &as);
    }
    return changed;
}

/* SET_IRQS was done or refused: what it replaced, or what it set, is of no use any more. */
static void settle_irqs(struct tap_connection *n, uint64_t no, enum tap_settled how, uint64_t flags, uint64_t index,
                        uint64_t start, uint64_t count)
{
    bool all = count == 0 && flags & VFIO_IRQ_SET_DATA_NONE;

    if (flags & VFIO_IRQ_SET_ACTION_TRIGGER && (all || flags & VFIO_IRQ_SET_DATA_EVENTFD))
        tap_wake_settle(n, no, how, (uint32_t)index, (uint32_t)start, (uint32_t)count, all);
}

static bool expose_doorbells(struct tap_connection *n, const struct vfu_event *event, const struct fields *f,
                             struct tap_out *out)
{
    struct tap_wake as = { .kind = VFU_EVENT_IOEVENTFD, .index = (uint32_t)number(f, "index"),
                           .no = event->message.no };
    const struct vfu_value *list = value(f, "sub_regions");
    const struct vfu_layout *layout;
    struct vfu_value values[VFU_MAX_VALUES];
    bool done[VFU_MAX_FDS] = { false }, broken = false, changed = false;
    size_t offset = SIZE_MAX;
    unsigned count;

    while (list && vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        uint64_t which = vfu_number(values, count, "fd_index", UINT64_MAX);

        if (which >= out->nfds || done[which] || !is_eventfd(out->fds[which]) ||
            vfu_number(values, count, "type", 0) == VFU_IO_IOREGIONFD)
            continue;
        done[which] = true;
        as.offset = vfu_number(values, count, "offset", 0);
        changed |= tap_wake_add(n, &out->fds[which], &as);
    }
    return changed;
}

/* --- which message --- */

static bool expose_command(struct tap_connection *n, const struct vfu_event *event, const struct fields *f,
                           struct tap_out *out)
{
    unsigned expose = n->tap->options->expose;
    bool changed = false;

    n->exposed.dma_by_message |= event->command->moves.space == VFU_MEMORY_SPACE;
    switch (event->command_number) {
    case VFU_DMA_MAP:
        return expose & VFU_EXPOSE_DMA && expose_map(n, event, f, out);
    case VFU_DEVICE_SET_IRQS:
        if (!(expose & VFU_EXPOSE_IRQ))
            return false;
        changed = expose_irqs(n, event, f, out);
        if (event->flags & VFU_NO_REPLY)
            settle_irqs(n, event->message.no, TAP_PASSED, number(f, "flags"), number(f, "index"), number(f, "start"),
                        number(f, "count"));
        return changed;
    default:
        return false;
    }
}

static bool expose_reply(struct tap_connection *n, const struct vfu_event *event, const struct fields *f,
                         struct tap_out *out)
{
    const struct vfu_view view = { .event = event };
    unsigned expose = n->tap->options->expose;

    if (event->flags & VFU_ERROR && event->command->moves.space == VFU_REGION_SPACE)
        explain_access(n, event);
    switch (event->command_number) {
    case VFU_DMA_MAP:
        explain_map(n, event);
        return false;
    case VFU_DEVICE_SET_IRQS:
        if (expose & VFU_EXPOSE_IRQ && event->paired)
            settle_irqs(n, event->reply_to, event->flags & VFU_ERROR ? TAP_REFUSED : TAP_DONE, vfu_request_number(&view, "flags", 0),
                        vfu_request_number(&view, "index", 0), vfu_request_number(&view, "start", 0),
                        vfu_request_number(&view, "count", 0));
        return false;
    case VFU_DEVICE_GET_REGION_INFO:
        return expose & VFU_EXPOSE_MMIO && expose_region(n, event, f, out);
    case VFU_DEVICE_GET_REGION_IO_FDS:
        return expose & VFU_EXPOSE_IOEVENTFD && expose_doorbells(n, event, f, out);
    default:
        return false;
    }
}

bool tap_expose(struct tap_flow *flow, const struct vfu_event *event, struct tap_out *out)
{
    struct tap_connection *n = flow->channel->connection;
    struct fields f;

    f.d = vfu_decoded_of(event, &f.room);
    if (event->command && vfu_event_is_command(event) && event->command->from == flow->from)
        return expose_command(n, event, &f, out);
    if (event->command && vfu_event_is_reply(event) && event->command->from != flow->from)
        return expose_reply(n, event, &f, out);
    return false;
}

bool tap_expose_may(const struct tap *tap, uint32_t command)
{
    unsigned expose = tap->options->expose;

    switch (command) {
    case VFU_DMA_MAP:
        return expose & VFU_EXPOSE_DMA;
    case VFU_DEVICE_SET_IRQS:
        return expose & VFU_EXPOSE_IRQ;
    case VFU_DEVICE_GET_REGION_INFO:
        return expose & VFU_EXPOSE_MMIO;
    case VFU_DEVICE_GET_REGION_IO_FDS:
        return expose & VFU_EXPOSE_IOEVENTFD;
    default:
        return false;
    }
}

void tap_expose_passed(struct tap_connection *n, uint32_t command)
{
    n->exposed.dma_by_message |= command == VFU_DMA_READ || command == VFU_DMA_WRITE;
}

void tap_expose_explain(struct tap_connection *n)
{
    const struct tap_exposed *x = &n->exposed;

    if (x->kept_memory && !x->dma_by_message && !x->said_map)
        tap_say(n->tap, "connection %u: no DMA was seen: if the device was to do some, it can't without the "
                        "descriptors of guest memory, which --expose=dma keeps back (%llu)", n->conn,
                (unsigned long long)x->kept_memory);
}
