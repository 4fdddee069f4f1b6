/*
 * Rules of file descriptors.
 */
#include "decoder/rules/inside.h"

static bool right_kind(const struct vfu_event *e, enum vfu_fd_type type)
{
    return type == VFU_FD_OTHER || !e->command->fd_kinds || e->command->fd_kinds & 1u << type;
}

/* Should this reply have come with descriptors? A reply that was cut to argsz does not, nor one to a client that takes none. */
void vfu_check_missing_fds(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_capabilities *client = &c->peers->known.proposed;
    bool unseen = !client->known && (c->peers->rules.cut || !c->peers->rules.from_start); /* it may be such a one */

    if (e->message.nfds || e->message.fds_cut || e->message.fds_unknown ||
        vfu_check_number(c, "argsz") > e->size - VFU_HEADER_SIZE || unseen ||
        (client->known && client->max_msg_fds == 0))
        return;
    if (e->command->reply.fds_due && vfu_decoded_holds(e->command->reply.fds_due, e, c->decoded))
        vfu_break(c, RULE_FD_MISSING, "%s", e->command->reply.fds_missing);
}

void vfu_check_file(struct vfu_check *c, unsigned index, uint64_t offset, uint64_t size)
{
    const struct vfu_message *m = &c->event->message;
    uint64_t most = index < m->nfds && !m->fds_cut && m->fds[index].has_size ? m->fds[index].size : UINT64_MAX;

    if (most > UINT64_MAX - VFU_LEAST_PAGE)
        return;
    most = (most + VFU_LEAST_PAGE - 1) / VFU_LEAST_PAGE * VFU_LEAST_PAGE; /* of a file's last page all can be touched */
    if (offset > most || size > most - offset)
        vfu_break(c, RULE_FILE_TOO_SMALL, "0x%llx bytes at 0x%llx of the descriptor's file, which has 0x%llx",
                  (unsigned long long)size, (unsigned long long)offset, (unsigned long long)m->fds[index].size);
}

void vfu_check_fds(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_message *m = &e->message;
    const struct vfu_capabilities *limit = m->from == VFU_CLIENT ? &c->peers->known.agreed : &c->peers->known.proposed;
    bool error = vfu_event_is_reply(e) && e->flags & VFU_ERROR;
    unsigned most;

    if (m->fds_cut && m->nfds == VFU_MAX_FDS) /* over the pieces that it came in, each may bring as many */
        vfu_break(c, RULE_FDS_CUT, "more than the %u descriptors that one message carries", m->nfds);
    else if (m->fds_cut)
        vfu_break(c, RULE_FDS_CUT, "the kernel cut descriptors off: %u arrived", m->nfds);
    if (!e->command || m->nfds == 0)
        return;
    most = error ? 0 : vfu_check_shape(c)->fds_max;
    if (m->nfds > most)
        vfu_break(c, RULE_FD_UNEXPECTED, "%u descriptors, at most %u belong here", m->nfds, most);
    else if (e->command_number != VFU_VERSION && (limit->known || limit->max_msg_fds) && m->nfds > limit->max_msg_fds)
        vfu_break(c, RULE_TOO_MANY_FDS, "%u descriptors, the receiver's max_msg_fds is %llu", m->nfds,
                  (unsigned long long)limit->max_msg_fds);
    for (unsigned i = 0; i < m->nfds; i++) {
        if (!right_kind(e, m->fds[i].type)) {
            vfu_break(c, RULE_FD_WRONG_KIND, "descriptor %u is a %s", i, vfu_fd_type_name(m->fds[i].type));
            break;
        }
    }
}

/* A sub-region's place, and its eventfd or socket among the reply's descriptors. False: enough was said. */
static bool check_sub_region(struct vfu_check *c, const struct vfu_known_region *region, const struct vfu_value *values,
                             unsigned count)
{
    const struct vfu_message *m = &c->event->message;
    uint64_t index = vfu_number(values, count, "fd_index", 0);
    uint64_t at = vfu_number(values, count, "offset", 0), size = vfu_number(values, count, "size", 0);
    uint64_t type = vfu_number(values, count, "type", 0), shadow = vfu_number(values, count, "shadow_mem_fd_index", 0);

    if (!vfu_value_by_name(values, count, "type"))
        return false; /* the capture cut it off, and what stands behind it */
    if (region && region->known && (at > region->size || size > region->size - at)) {
        vfu_break(c, RULE_SUB_REGION_OUTSIDE, "0x%llx+0x%llx, the region has 0x%llx bytes", (unsigned long long)at,
                  (unsigned long long)size, (unsigned long long)region->size);
        return false;
    }

    if (index == UINT32_MAX || (index >= m->nfds && m->fds_cut))
        return true; /* -1: libvfio-user's, where its device gave it none */
    if (index >= m->nfds) {
        vfu_break(c, RULE_FD_INDEX, "fd_index %llu, the message has %u descriptors", (unsigned long long)index,
                  m->nfds);
        return false;
    }
    if (type == VFU_IO_SHADOW_IOEVENTFD && shadow >= m->nfds && !m->fds_cut) {
        vfu_break(c, RULE_FD_INDEX, "shadow_mem_fd_index %llu, the message has %u descriptors",
                  (unsigned long long)shadow, m->nfds);
        return false;
    }
    if (type != VFU_IO_IOREGIONFD && m->fds[index].type != VFU_FD_EVENTFD &&
        m->fds[index].type != VFU_FD_OTHER) {
        vfu_break(c, RULE_FD_WRONG_KIND, "descriptor %llu, of an ioeventfd, is a %s", (unsigned long long)index,
                  vfu_fd_type_name(m->fds[index].type));
        return false;
    }
    return true;
}

void vfu_check_io_fds(struct vfu_check *c)
{
    const struct vfu_value *list = vfu_value_by_name(c->decoded->values, c->decoded->count, "sub_regions");
    uint64_t index = vfu_check_number(c, "index");
    const struct vfu_known_region *region = index < VFU_MAX_KNOWN_REGIONS ? &c->peers->known.regions[index] : NULL;
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    bool broken, more = true;

    vfu_check_missing_fds(c);
    vfu_check_repeated(c);
    while (more && list && c->event->message.nfds && vfu_list_next(list, &offset, &layout, values, &count, &broken))
        more = check_sub_region(c, region, values, count);
}
