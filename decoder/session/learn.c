/*
 * What a connection's messages say about it: capabilities, regions, IRQs, the DMA map, the migration state. Learned
 * from successful replies, with their requests' numbers; accesses and transfers teach nothing and cost nothing.
 */
#include "decoder/session/inside.h"

static void learn_version(struct vfu_peers *p, struct vfu_capabilities *caps, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    const struct vfu_value *json = vfu_value_by_name(d->values, d->count, "json");
    size_t size = json ? json->size : 0;

    if (size && json->bytes[size - 1] == '\0')
        size--;
    if (d->truncated)
        *caps = (struct vfu_capabilities){ .known = false }; /* what is not at hand does not mean the defaults */
    else if (p->rules.read_no == e->message.no)
        *caps = p->rules.read; /* the rules have read it already */
    else
        vfu_capabilities_parse(json ? (const char *)json->bytes : "", size, caps);
    caps->major = (uint16_t)vfu_number(d->values, d->count, "major", 0);
    caps->minor = (uint16_t)vfu_number(d->values, d->count, "minor", 0);
}

static void learn_request(struct vfu_peers *p, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;

    if (e->command_number == VFU_VERSION) {
        learn_version(p, &p->known.proposed, e);
        p->known.proposed_no = e->decoded->truncated ? 0 : e->message.no;
    } else if (e->command_number == VFU_DMA_UNMAP) {
        vfu_learn_unmap(p, e);
    } else if (e->command_number == VFU_DMA_MAP) {
        vfu_learn_map(p, e);
    } else if (e->command_number == VFU_DEVICE_FEATURE && vfu_value_by_name(d->values, d->count, "device_state")) {
        p->known.arc = (struct vfu_known_arc){ e->message.no, p->known.migration_state_no, p->known.migration_state,
                                               p->known.migration_state_known };
        p->known.migration_state_known = false; /* until the reply */
    } else if (e->command_number == VFU_DEVICE_RESET) {
        /*
         * A reset leaves ERROR for RUNNING. What it does to other states the specification does not say: libvfio-user
         * went to RUNNING until May 2026 and has kept them since, because QEMU resets devices while it saves them.
         */
        p->known.migration_state_known &= p->known.migration_state == VFU_STATE_ERROR && !(e->flags & VFU_NO_REPLY);
    }
}

/* Message `no` says so. */
static void learn_state(struct vfu_connection *c, uint64_t state, uint64_t no)
{
    c->migration_state_known = state < UINT32_MAX;
    if (!c->migration_state_known)
        return;
    c->migration_state = (uint32_t)state;
    c->migration_state_no = no;
}

/* A reply to a feature that was got or set; a SET's is the request again, or a bare part of it. */
static void learn_feature(struct vfu_connection *c, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    const struct vfu_value *state = vfu_value_by_name(d->values, d->count, "device_state");
    struct vfu_view view = { .event = e };
    uint64_t flags = vfu_request_number(&view, "flags", 0), feature = vfu_request_number(&view, "feature", 0);
    bool set = flags & VFIO_DEVICE_FEATURE_SET;

    if (flags & VFIO_DEVICE_FEATURE_PROBE)
        return;
    if (state)
        learn_state(c, state->number, set ? e->reply_to : e->message.no);
    else if (set && feature == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
        learn_state(c, vfu_request_number(&view, "device_state", UINT32_MAX), e->reply_to);
    else if (set && feature == VFIO_DEVICE_FEATURE_DMA_LOGGING_START && !c->log.started)
        c->log = (struct vfu_known_log){ .started = e->reply_to, .page_size = vfu_request_number(&view, "page_size", 0) };
    else if (set && feature == VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP)
        c->log = (struct vfu_known_log){ .stopped = e->reply_to };
    else if (feature == VFIO_DEVICE_FEATURE_MIGRATION)
        c->migration_no = e->message.no;
}

/* An error reply to one. */
static void learn_feature_refusal(struct vfu_connection *c, const struct vfu_event *e)
{
    struct vfu_view view = { .event = e };
    uint64_t flags = vfu_request_number(&view, "flags", 0), feature = vfu_request_number(&view, "feature", 0);

    if (feature == VFIO_DEVICE_FEATURE_DMA_LOGGING_START && flags & VFIO_DEVICE_FEATURE_SET && !c->log.started)
        c->log.refused = e->reply_to;
    else if (feature == VFIO_DEVICE_FEATURE_MIGRATION && !e->request_changed && !e->message.changed)
        c->migration_refused_no = e->message.no;
}

/* A SET_IRQS was refused: what it armed is not, unless the server did a part of it. */
static void learn_irqs_refusal(struct vfu_peers *p, const struct vfu_event *e)
{
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        struct vfu_armed *armed = &p->rules.armed[i];

        if (armed->no != e->reply_to)
            continue;
        if (armed->before)
            armed->unsure = true;
        else
            *armed = (struct vfu_armed){ 0 };
    }
}

static void learn_refusal(struct vfu_peers *p, const struct vfu_event *e)
{
    if (e->command_number == VFU_DEVICE_FEATURE)
        learn_feature_refusal(&p->known, e);
    else if (e->command_number == VFU_DEVICE_SET_IRQS)
        learn_irqs_refusal(p, e);
    else
        vfu_learn_map_refusal(p, e);
}

static void learn_reply(struct vfu_peers *p, const struct vfu_event *e)
{
    struct vfu_connection *c = &p->known;
    const struct vfu_decoded *d = e->decoded;
    uint64_t index = vfu_number(d->values, d->count, "index", UINT64_MAX);

    switch (e->command_number) {
    case VFU_VERSION:
        learn_version(p, &c->agreed, e);
        c->agreed_no = e->decoded->truncated ? 0 : e->message.no;
        break;
    case VFU_DMA_UNMAP:
        c->unmaps_pending -= c->unmaps_pending > 0;
        break;
    case VFU_DEVICE_GET_INFO:
        c->num_regions = (uint32_t)vfu_number(d->values, d->count, "num_regions", 0);
        c->num_irqs = (uint32_t)vfu_number(d->values, d->count, "num_irqs", 0);
        c->info_no = e->message.no;
        break;
    case VFU_DEVICE_GET_REGION_INFO:
        if (index < VFU_MAX_KNOWN_REGIONS && !d->is_short)
            c->regions[index] = (struct vfu_known_region){
                .known = true,
                .flags = (uint32_t)vfu_number(d->values, d->count, "flags", 0),
                .size = vfu_number(d->values, d->count, "size", 0),
                .no = e->message.no,
            };
        break;
    case VFU_DEVICE_GET_IRQ_INFO:
        if (index < VFU_MAX_KNOWN_IRQS && !d->is_short)
            c->irqs[index] = (struct vfu_known_irq){
                .known = true,
                .flags = (uint32_t)vfu_number(d->values, d->count, "flags", 0),
                .count = (uint32_t)vfu_number(d->values, d->count, "count", 0),
                .no = e->message.no,
            };
        break;
    case VFU_DEVICE_FEATURE:
        learn_feature(c, e);
        break;
    case VFU_DEVICE_RESET:
        if (c->migration_state_known) /* ERROR until now */
            learn_state(c, VFU_STATE_RUNNING, e->reply_to);
        break;
    default:
        break;
    }
}

/* Cut in its fixed part, by the capture: it happened, but nobody knows with which numbers. */
static void learn_cut(struct vfu_peers *p, const struct vfu_event *e)
{
    struct vfu_connection *c = &p->known;

    if (e->command_number == VFU_DMA_MAP || e->command_number == VFU_DMA_UNMAP) {
        vfu_maps_unsure(c);
        p->memory.unsure |= e->command_number == VFU_DMA_MAP;
    } else if (e->command_number == VFU_DEVICE_FEATURE) {
        c->migration_state_known = false;
        c->log = (struct vfu_known_log){ 0 };
    } else if (e->command_number == VFU_DEVICE_GET_REGION_INFO) {
        p->rules.regions_told = UINT64_MAX; /* it may have been any */
    }
}

/* Of what has something to tell. */
__attribute__((noinline)) static void learn(struct vfu_peers *p, const struct vfu_event *e)
{
    if (e->command_number != VFU_VERSION && e->decoded->truncated &&
        vfu_message_at_hand(&e->message) < (size_t)VFU_HEADER_SIZE + e->decoded->layout->size)
        learn_cut(p, e);
    else if (vfu_event_is_command(e))
        learn_request(p, e);
    else if (!vfu_event_is_reply(e) || !e->paired)
        return;
    else if (e->flags & VFU_ERROR)
        learn_refusal(p, e);
    else
        learn_reply(p, e);
}

/* Accesses, which most messages are, end here. */
void vfu_learn(struct vfu_peers *p, const struct vfu_event *e)
{
    switch (e->command_number) {
    case VFU_VERSION:
    case VFU_DMA_MAP:
    case VFU_DMA_UNMAP:
    case VFU_DEVICE_GET_INFO:
    case VFU_DEVICE_GET_REGION_INFO:
    case VFU_DEVICE_GET_IRQ_INFO:
    case VFU_DEVICE_SET_IRQS:
    case VFU_DEVICE_RESET:
    case VFU_DEVICE_FEATURE:
        learn(p, e);
        break;
    default:
        break;
    }
}
