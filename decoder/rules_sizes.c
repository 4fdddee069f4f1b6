/*
 * Rules of sizes, counts and file descriptors.
 */
#include "rules.h"

#include <string.h>

static const struct vfu_shape *shape_of(const struct vfu_event *e)
{
    return vfu_event_is_reply(e) ? &e->command->reply : &e->command->request;
}

static void check_argsz(struct vfu_check *c)
{
    const struct vfu_value *argsz = vfu_value_by_name(c->decoded->values, c->decoded->count, "argsz");
    const struct vfu_event *e = c->event;
    uint32_t payload = e->size - VFU_HEADER_SIZE, asked;

    if (!argsz)
        return;
    if (vfu_event_is_command(e)) {
        /* It is the reply's, but of two commands whose reply has nothing: there it is the request's own. */
        bool own = e->command_number == VFU_DMA_MAP || e->command_number == VFU_DEVICE_SET_IRQS;
        unsigned least = own ? e->command->request.layout->size : e->command->reply.layout->size;

        if (argsz->number < least)
            vfu_break(c, RULE_ARGSZ_TOO_SMALL, "argsz is %llu, the fixed part has %u bytes",
                      (unsigned long long)argsz->number, least);
        return;
    }
    /* To set or probe a feature the reply is the request again, whatever its argsz. */
    if (e->command_number == VFU_DEVICE_FEATURE && !(vfu_check_number(c, "flags") & VFIO_DEVICE_FEATURE_GET))
        return;
    asked = (uint32_t)vfu_check_asked(c, "argsz");
    if (e->paired && asked >= e->command->reply.layout->size && payload > asked)
        vfu_break(c, RULE_REPLY_ABOVE_ARGSZ, "%u bytes of payload, the request's argsz was %u", payload, asked);
}

/* Transfers of data: the receiver of the command set the limit, in VERSION. */
static void check_transfer(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    const struct vfu_event *e = c->event;
    bool dma = e->command_number == VFU_DMA_READ || e->command_number == VFU_DMA_WRITE;
    bool migration = e->command_number == VFU_MIG_DATA_READ || e->command_number == VFU_MIG_DATA_WRITE;
    const struct vfu_capabilities *limit = dma ? &known->proposed : &known->agreed;
    uint64_t count = migration ? vfu_check_number(c, "size") : vfu_check_range(c)->count, asked;

    if (vfu_event_is_command(e)) {
        if (c->peers->rules.version_seen && limit->max_data_xfer_size && count > limit->max_data_xfer_size)
            vfu_break(c, RULE_TRANSFER_TOO_LARGE, "%llu bytes, the receiver's max_data_xfer_size is %llu",
                      (unsigned long long)count, (unsigned long long)limit->max_data_xfer_size);
    } else if (e->paired && !migration && c->decoded->count > 0 && !c->decoded->is_short && !c->decoded->truncated) {
        asked = vfu_check_asked(c, "count");
        if (count != asked)
            vfu_break(c, count > asked ? RULE_COUNT_RAISED : RULE_COUNT_LOWERED,
                      "%llu bytes were asked for, the reply says %llu", (unsigned long long)asked,
                      (unsigned long long)count);
    }
}

static void check_writes(struct vfu_check *c)
{
    const struct vfu_value *writes = vfu_value_by_name(c->decoded->values, c->decoded->count, "writes");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    uint64_t asked;
    unsigned count;
    bool broken;

    if (vfu_event_is_reply(c->event) && c->event->paired && !c->decoded->is_short && !c->decoded->truncated) {
        asked = vfu_check_asked(c, "wr_cnt");
        if (vfu_check_number(c, "wr_cnt") > asked)
            vfu_break(c, RULE_COUNT_RAISED, "%llu writes were asked for, the reply says %llu", (unsigned long long)asked,
                      (unsigned long long)vfu_check_number(c, "wr_cnt"));
    }
    if (!writes)
        return;
    if (writes->number > VFU_MAX_WRITE_MULTI)
        vfu_break(c, RULE_TOO_MANY_WRITES, "%llu writes", (unsigned long long)writes->number);
    while (vfu_list_next(writes, &offset, &layout, values, &count, &broken)) {
        uint64_t width = vfu_number(values, count, "count", 0);

        if (width > VFU_MAX_WRITE_MULTI_DATA) {
            vfu_break(c, RULE_WRITE_TOO_WIDE, "the write at byte %zu has %llu bytes", offset, (unsigned long long)width);
            return;
        }
    }
}

/* Structs that begin with argsz may grow at their end: it says how far they reach. */
static bool has_grown(const struct vfu_check *c)
{
    const struct vfu_value *argsz = vfu_value_by_name(c->decoded->values, c->decoded->count, "argsz");

    return argsz && argsz->number == c->event->size - VFU_HEADER_SIZE;
}

void vfu_check_sizes(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_decoded *d = c->decoded;
    bool error = vfu_event_is_reply(e) && e->flags & VFU_ERROR;

    if (!e->command || error)
        return;
    if (d->is_short)
        vfu_break(c, RULE_TOO_SHORT, "%u bytes of payload are too few", e->size - VFU_HEADER_SIZE);
    if (d->extra_size && e->command_number == VFU_MIG_DATA_READ && vfu_event_is_reply(e))
        vfu_break(c, RULE_MIGRATION_PADDED, "%zu bytes more than size says", d->extra_size);
    else if (d->extra_size && !has_grown(c))
        vfu_break(c, RULE_TOO_LONG, "%zu bytes beyond the known fields", d->extra_size);
    switch (e->command_number) {
    case VFU_REGION_READ:
    case VFU_REGION_WRITE:
    case VFU_DMA_READ:
    case VFU_DMA_WRITE:
        check_transfer(c);
        break;
    case VFU_REGION_WRITE_MULTI:
        if (vfu_event_is_command(e) && c->peers->known.agreed.known && !c->peers->known.agreed.write_multiple)
            vfu_break(c, RULE_WRITE_MULTIPLE_NOT_AGREED, "write_multiple was not agreed on");
        check_writes(c);
        break;
    case VFU_MIG_DATA_READ:
    case VFU_MIG_DATA_WRITE:
        check_transfer(c);
        check_argsz(c);
        break;
    default:
        check_argsz(c);
        break;
    }
}

static bool right_kind(const struct vfu_event *e, enum vfu_fd_type type)
{
    if (type == VFU_FD_OTHER)
        return true;
    switch (e->command_number) {
    case VFU_VERSION:
        return type == VFU_FD_SOCKET;
    case VFU_DEVICE_SET_IRQS:
        return type == VFU_FD_EVENTFD;
    case VFU_DMA_MAP:
    case VFU_DEVICE_GET_REGION_INFO:
        return type == VFU_FD_MEMFD || type == VFU_FD_FILE || type == VFU_FD_DEVICE;
    default:
        return true;
    }
}

/* Should this reply have come with descriptors? A reply that was cut to argsz does not. */
static void check_missing(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_capabilities *client = &c->peers->known.proposed;

    if (!vfu_event_is_reply(e) || e->message.nfds || e->message.fds_cut || e->message.fds_unknown || c->decoded->is_short ||
        (e->command_number != VFU_DEVICE_GET_REGION_INFO && e->command_number != VFU_DEVICE_GET_REGION_IO_FDS) ||
        vfu_check_number(c, "argsz") > e->size - VFU_HEADER_SIZE || (client->known && client->max_msg_fds == 0))
        return;
    if (e->command_number == VFU_DEVICE_GET_REGION_INFO && vfu_check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP)
        vfu_break(c, RULE_FD_MISSING, "the region can be mapped, but no descriptor came");
    if (e->command_number == VFU_DEVICE_GET_REGION_IO_FDS && vfu_check_number(c, "count"))
        vfu_break(c, RULE_FD_MISSING, "there are sub-regions, but no descriptors");
}

static void check_fd_indexes(struct vfu_check *c)
{
    const struct vfu_value *list = vfu_value_by_name(c->decoded->values, c->decoded->count, "sub_regions");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken;

    while (list && c->event->message.nfds && vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        uint64_t index = vfu_number(values, count, "fd_index", 0);

        if (index >= c->event->message.nfds) {
            vfu_break(c, RULE_FD_INDEX, "fd_index %llu, the message has %u descriptors", (unsigned long long)index,
                      c->event->message.nfds);
            return;
        }
    }
}

void vfu_check_fds(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_message *m = &e->message;
    const struct vfu_capabilities *limit = m->from == VFU_CLIENT ? &c->peers->known.agreed : &c->peers->known.proposed;
    bool error = vfu_event_is_reply(e) && e->flags & VFU_ERROR;
    unsigned most;

    if (m->fds_cut)
        vfu_break(c, RULE_FDS_CUT, "the kernel cut descriptors off: %u arrived", m->nfds);
    if (!e->command)
        return;
    if (!error && !m->changed)
        check_missing(c);
    if (m->nfds == 0)
        return;
    most = error ? 0 : shape_of(e)->fds_max;
    if (m->nfds > most)
        vfu_break(c, RULE_FD_UNEXPECTED, "%u descriptors, at most %u belong here", m->nfds, most);
    else if (e->command_number != VFU_VERSION && limit->max_msg_fds && m->nfds > limit->max_msg_fds)
        vfu_break(c, RULE_TOO_MANY_FDS, "%u descriptors, the receiver's max_msg_fds is %llu", m->nfds,
                  (unsigned long long)limit->max_msg_fds);
    for (unsigned i = 0; i < m->nfds; i++) {
        if (!right_kind(e, m->fds[i].type)) {
            vfu_break(c, RULE_FD_WRONG_KIND, "descriptor %u is a %s", i, vfu_fd_type_name(m->fds[i].type));
            break;
        }
    }
    check_fd_indexes(c);
}
