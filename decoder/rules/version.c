/*
 * Rules of negotiation.
 */
#include "decoder/rules/inside.h"
#include "decoder/wire/capabilities.h"

/* False: the text is not all there. */
static bool check_json(struct vfu_check *c, struct vfu_capabilities *caps)
{
    const struct vfu_value *json = vfu_value_by_name(c->decoded->values, c->decoded->count, "json");
    size_t size = json ? json->size : 0;
    const char *wrong;

    vfu_capabilities_parse("", 0, caps);
    if (!json || json->size < json->claimed)
        return !c->decoded->truncated;
    if (json->bytes[size - 1] == '\0')
        size--;
    else
        vfu_break(c, RULE_JSON_WITHOUT_NUL, "the version data's last byte is 0x%02x", json->bytes[size - 1]);
    wrong = vfu_json_wrong((const char *)json->bytes, size);
    if (wrong)
        vfu_break(c, RULE_JSON_INVALID, "the version data: %s", wrong);
    if (!vfu_capabilities_parse((const char *)json->bytes, size, caps))
        return true;
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (caps->wrong[i])
            vfu_break(c, RULE_JSON_WRONG_TYPE, "%s%s%s is not %s", vfu_capability_list[i].name,
                      caps->wrong[i] == &vfu_capability_list[i] ? "" : ".",
                      caps->wrong[i] == &vfu_capability_list[i] ? "" : caps->wrong[i]->name,
                      vfu_capability_demand(caps->wrong[i]));
    if (caps->wrong_type & 1u << VFU_CAPABILITIES)
        vfu_break(c, RULE_JSON_WRONG_TYPE, "capabilities is no object");
    return true;
}

/* Are these page sizes that a server can choose from? That they are not is not its fault. */
static bool has_pages(const struct vfu_capabilities *proposed)
{
    return proposed->known && proposed->pgsizes && !(proposed->pgsizes & (VFU_LEAST_PAGE - 1)) &&
           !(proposed->wrong_type & 1u << VFU_CAPABILITY_PGSIZES);
}

/* Limits with which nothing can be done. */
static void check_limits(struct vfu_check *c, const struct vfu_capabilities *caps)
{
    const struct vfu_capabilities *proposed = &c->peers->known.proposed;

    if (caps->max_data_xfer_size < 8)
        vfu_break(c, RULE_CAPABILITY_LIMIT, "max_data_xfer_size is %llu, a register has up to 8 bytes",
                  (unsigned long long)caps->max_data_xfer_size);
    if (caps->max_dma_maps == 0)
        vfu_break(c, RULE_CAPABILITY_LIMIT, "max_dma_maps is 0");
    if (caps->pgsizes == 0)
        vfu_break(c, RULE_CAPABILITY_LIMIT, "pgsizes is 0");
    else if (caps->pgsizes & (VFU_LEAST_PAGE - 1))
        vfu_break(c, RULE_CAPABILITY_LIMIT, "pgsizes 0x%llx has pages of less than %u bytes",
                  (unsigned long long)caps->pgsizes, VFU_LEAST_PAGE);
    else if (vfu_event_is_reply(c->event) && has_pages(proposed) && !(caps->pgsizes & proposed->pgsizes))
        vfu_break(c, RULE_CAPABILITY_LIMIT, "pgsizes 0x%llx has none of the client's 0x%llx",
                  (unsigned long long)caps->pgsizes, (unsigned long long)proposed->pgsizes);
}

static void check_twin(struct vfu_check *c, const struct vfu_capabilities *caps)
{
    const struct vfu_message *m = &c->event->message;
    bool there = caps->has_fd_index && caps->fd_index < m->nfds;

    if (!there && caps->has_fd_index && (m->fds_unknown || m->fds_cut))
        return;
    if (!there)
        vfu_break(c, RULE_FD_INDEX, "twin_socket has fd_index %llu, the message %u descriptors",
                  (unsigned long long)caps->fd_index, m->nfds);
    else if (c->peers->known.proposed.twin_socket)
        c->peers->rules.twin = true;
}

static void check_reply(struct vfu_check *c, const struct vfu_capabilities *caps)
{
    const struct vfu_capabilities *proposed = &c->peers->known.proposed;
    unsigned major = (unsigned)vfu_check_number(c, "major"), minor = (unsigned)vfu_check_number(c, "minor");
    unsigned asked_major = (unsigned)vfu_check_asked(c, "major", major);
    unsigned asked_minor = (unsigned)vfu_check_asked(c, "minor", minor);

    if (!c->event->paired)
        return;
    if (major != asked_major)
        vfu_break(c, RULE_MAJOR_CHANGED, "major version %u was proposed, %u is answered", asked_major, major);
    else if (minor > asked_minor)
        vfu_break(c, RULE_MINOR_RAISED, "minor version %u was proposed, %u is answered", asked_minor, minor);
    if (c->peers->rules.proposal_cut)
        return;
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (caps->present & ~proposed->present & 1u << i)
            vfu_break(c, RULE_CAPABILITY_NOT_OFFERED, "%s was not proposed", vfu_capability_list[i].name);
    if (caps->write_multiple && !proposed->write_multiple && proposed->present & 1u << VFU_CAPABILITY_WRITE_MULTIPLE)
        vfu_break(c, RULE_CAPABILITY_NOT_OFFERED, "write_multiple was proposed as false");
    if (!caps->twin_socket && c->event->message.nfds)
        vfu_break(c, RULE_FD_UNEXPECTED, "%u descriptors without a twin socket", c->event->message.nfds);
    if (caps->twin_socket)
        check_twin(c, caps);
}

void vfu_check_version(struct vfu_check *c)
{
    struct vfu_rule_state *state = &c->peers->rules;
    struct vfu_capabilities *caps = &state->read;
    bool whole;

    if (vfu_event_is_command(c->event)) {
        if (state->version_seen)
            vfu_break(c, RULE_VERSION_TWICE, "a second VERSION on this connection");
        state->version_seen = true;
    }
    whole = check_json(c, caps);
    state->read_no = c->event->message.no;
    if (vfu_event_is_command(c->event))
        state->proposal_cut = !whole;
    if (!whole)
        return;
    check_limits(c, caps);
    if (vfu_event_is_reply(c->event))
        check_reply(c, caps);
}
