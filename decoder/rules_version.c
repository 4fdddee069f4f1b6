/*
 * Rules of negotiation.
 */
#include "capabilities.h"
#include "rules.h"

static void check_json(struct vfu_check *c, struct vfu_capabilities *caps)
{
    const struct vfu_value *json = vfu_value_by_name(c->decoded->values, c->decoded->count, "json");
    size_t size = json ? json->size : 0;

    vfu_capabilities_parse("", 0, caps);
    if (!json || json->size < json->claimed)
        return; /* absent, or cut */
    if (json->bytes[size - 1] == '\0')
        size--;
    else
        vfu_break(c, RULE_JSON_WITHOUT_NUL, "the version data's last byte is 0x%02x", json->bytes[size - 1]);
    if (!vfu_capabilities_parse((const char *)json->bytes, size, caps)) {
        if (size)
            vfu_break(c, RULE_JSON_INVALID, "the version data is no JSON object");
        return;
    }
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (caps->wrong_type & 1u << i)
            vfu_break(c, RULE_JSON_WRONG_TYPE, "%s has the wrong type", vfu_capability_names[i].name);
}

static void check_reply(struct vfu_check *c, const struct vfu_capabilities *caps)
{
    const struct vfu_capabilities *proposed = &c->peers->known.proposed;
    unsigned major = (unsigned)vfu_check_number(c, "major"), minor = (unsigned)vfu_check_number(c, "minor");
    unsigned asked_major = (unsigned)vfu_check_asked(c, "major"), asked_minor = (unsigned)vfu_check_asked(c, "minor");

    if (!c->event->paired)
        return;
    if (major != asked_major)
        vfu_break(c, RULE_MAJOR_CHANGED, "major version %u was proposed, %u is answered", asked_major, major);
    else if (minor > asked_minor)
        vfu_break(c, RULE_MINOR_RAISED, "minor version %u was proposed, %u is answered", asked_minor, minor);
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (caps->present & ~proposed->present & 1u << i)
            vfu_break(c, RULE_CAPABILITY_NOT_OFFERED, "%s was not proposed", vfu_capability_names[i].name);
    if (caps->twin_socket && (!caps->has_fd_index || caps->fd_index >= c->event->message.nfds))
        vfu_break(c, RULE_FD_INDEX, "twin_socket has fd_index %llu, the message %u descriptors",
                  (unsigned long long)caps->fd_index, c->event->message.nfds);
    else if (caps->twin_socket && proposed->twin_socket)
        c->peers->rules.twin = true;
}

void vfu_check_version(struct vfu_check *c)
{
    struct vfu_rule_state *state = &c->peers->rules;
    struct vfu_capabilities caps;

    if (vfu_event_is_command(c->event)) {
        if (state->version_seen)
            vfu_break(c, RULE_VERSION_TWICE, "a second VERSION on this connection");
        state->version_seen = true;
    }
    check_json(c, &caps);
    if (vfu_event_is_reply(c->event))
        check_reply(c, &caps);
}
