/*
 * Which checks a message goes through.
 */
#include "decoder/rules/inside.h"
#include "decoder/rules/rules.h"

typedef void check_function(struct vfu_check *c);
static check_function *const checks[] = {
    [VFU_CHECK_VERSION] = vfu_check_version,
    [VFU_CHECK_MAP] = vfu_check_map,
    [VFU_CHECK_UNMAP] = vfu_check_unmap,
    [VFU_CHECK_DEVICE_INFO] = vfu_check_device_info,
    [VFU_CHECK_REGION_ASKED] = vfu_check_region_asked,
    [VFU_CHECK_REGION_INFO] = vfu_check_region_info,
    [VFU_CHECK_IO_FDS] = vfu_check_io_fds,
    [VFU_CHECK_IRQ_ASKED] = vfu_check_irq_asked,
    [VFU_CHECK_SET_IRQS] = vfu_check_set_irqs,
    [VFU_CHECK_ACCESS] = vfu_check_access,
    [VFU_CHECK_WRITES] = vfu_check_writes,
    [VFU_CHECK_MULTI] = vfu_check_multi,
    [VFU_CHECK_DMA] = vfu_check_dma,
    [VFU_CHECK_RESET] = vfu_check_reset,
    [VFU_CHECK_BITMAP_ASKED] = vfu_check_bitmap_asked,
    [VFU_CHECK_FEATURE_ARGSZ] = vfu_check_feature_argsz,
    [VFU_CHECK_FEATURE] = vfu_check_feature,
    [VFU_CHECK_MIG_DATA] = vfu_check_mig_data,
};
_Static_assert(sizeof checks / sizeof *checks == VFU_CHECKS, "a function for each");

static void check_payload(struct vfu_check *c, bool reply)
{
    const struct vfu_event *e = c->event;
    const struct vfu_decoded *d = c->decoded;
    const struct vfu_shape *shape = reply ? &e->command->reply : &e->command->request;

    if (d->is_short || d->extra_size)
        vfu_check_length(c);
    if (shape->zero)
        vfu_check_zero(c, shape->zero);
    if (shape->sized)
        checks[shape->sized](c);
    else if (shape->layout->fields->is_argsz)
        (reply ? vfu_check_reply_argsz : vfu_check_argsz)(c);
    /* A reply cut to a small argsz has less than its fixed part, and is not called short. */
    if (!d->is_short && vfu_message_at_hand(&e->message) >= (size_t)VFU_HEADER_SIZE + d->layout->size) {
        if (shape->whole)
            checks[shape->whole](c);
        else if (reply && e->command->repeats)
            vfu_check_repeated(c);
    }
}

/* The numbers of the last replies and of commands that get none, for replies that nobody waits for. */
static void remember(struct vfu_recent *recent, const struct vfu_event *e, enum vfu_recent_kind kind)
{
    struct vfu_recent_command *last = &recent->last[recent->at++ % VFU_RECENT];

    last->id = e->id;
    last->command = e->command_number;
    last->kind = kind;
}

/* Nearly every header: a good reply, or the client's command while the server waits for nothing on that socket. */
static bool is_usual(const struct vfu_peers *p, const struct vfu_event *e)
{
    if (e->size < VFU_HEADER_SIZE || e->size > VFU_DEFAULT_MAX_DATA_XFER_SIZE || e->error || !e->command)
        return false;
    if (e->flags == VFU_TYPE_REPLY)
        return e->paired;
    return (e->flags & ~(uint32_t)VFU_NO_REPLY) == VFU_TYPE_COMMAND && p->rules.settled &&
           e->channel == VFU_MAIN && e->from == VFU_CLIENT && e->command->from == VFU_CLIENT &&
           p->pairing[VFU_MAIN][VFU_SERVER].count == 0;
}

static void check_message(struct vfu_check *c)
{
    const struct vfu_event *event = c->event;
    struct vfu_peers *peers = c->peers;
    struct vfu_recent *recent = peers->rules.recent[event->channel];
    bool reply = vfu_event_is_reply(event), usual = is_usual(peers, event);

    if (!usual)
        vfu_check_header(c);
    if (usual || (vfu_size_is_true(event->size) && (reply || vfu_event_is_command(event)))) {
        if (event->message.nfds || event->message.fds_cut)
            vfu_check_fds(c);
        peers->rules.client_fds |= event->from == VFU_CLIENT &&
                                   (event->message.nfds || event->message.fds_cut || event->message.fds_unknown);
        /* Of an error reply nothing is believed. */
        if (usual || (event->command && !(reply && event->flags & VFU_ERROR)))
            check_payload(c, reply);
    }
    if (event->paired) {
        remember(&recent[!event->from], event, VFU_ANSWERED);
        if (event->command_number == VFU_VERSION) {
            peers->rules.settled = true;
            peers->rules.version_seen &= !(event->flags & VFU_ERROR); /* refused, the client may try another */
        }
    } else if (event->flags & VFU_TYPE_MASK) { /* a reply that nobody waits for, too: libvfio-user refuses it */
        remember(&recent[event->from], event, VFU_NO_COMMAND);
    } else if (!reply && event->flags & VFU_NO_REPLY) {
        vfu_check_no_reply(c);
        remember(&recent[event->from], event, VFU_WITHOUT_REPLY);
    }
}

unsigned vfu_rules_event(struct vfu_peers *peers, const struct vfu_event *event, const struct vfu_rule_settings *settings,
                         struct vfu_problem *problems)
{
    struct vfu_check c = { .peers = peers, .event = event, .decoded = event->decoded, .settings = settings,
                           .problems = problems };

    if (event->kind == VFU_EVENT_MESSAGE)
        check_message(&c);
    else if (event->kind == VFU_EVENT_DISCONNECT)
        vfu_check_end(&c);
    else if (event->kind == VFU_EVENT_OVERDUE)
        vfu_check_overdue(&c);
    else if (event->kind == VFU_EVENT_INTERRUPT)
        vfu_check_interrupt(&c);
    else if (event->kind == VFU_EVENT_STALLED)
        vfu_check_stalled(&c);
    else if (event->kind == VFU_EVENT_UNFRAMED)
        vfu_check_unframed(&c);
    return c.count;
}

const struct vfu_checks vfu_rule_checks = { .event = vfu_rules_event, .judge = vfu_judge };
