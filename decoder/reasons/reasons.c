/*
 * What is looked for: the rules, then whether what was learnt fits together; and why a command was refused.
 */
#include "decoder/reasons/inside.h"

#include <string.h>

/* Of an error reply: by its command, which the table knows. */
static unsigned because(const struct vfu_peers *peers, const struct vfu_event *reply, struct vfu_because *room)
{
    struct vfu_refusal r = { .peers = peers, .reply = reply, .request = { .event = reply }, .because = room };

    switch (reply->command_number) {
    case VFU_REGION_READ:
    case VFU_REGION_WRITE:
        vfu_reasons_access(&r);
        break;
    default:
        break;
    }
    return r.count;
}

/* Of a good reply that tells of the device. */
static unsigned misfits(struct vfu_peers *peers, const struct vfu_event *event,
                        const struct vfu_rule_settings *settings, struct vfu_problem *problems, unsigned count)
{
    struct vfu_fitting f = { .peers = peers, .event = event, .decoded = event->decoded, .settings = settings,
                             .problems = problems, .count = count };

    switch (event->command_number) {
    case VFU_DEVICE_GET_INFO:
        vfu_fit_known_regions(&f);
        vfu_fit_known_irqs(&f);
        break;
    case VFU_DEVICE_GET_REGION_INFO:
        vfu_fit_region(&f);
        break;
    case VFU_DEVICE_GET_IRQ_INFO:
        vfu_fit_irq(&f);
        break;
    case VFU_REGION_READ:
        vfu_fit_rom(&f);
        break;
    default:
        break;
    }
    return f.count;
}

/* Nearly every message is one that nothing is to be learnt from: here first, as it may be a register's. */
static bool tells(const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;

    if (e->kind != VFU_EVENT_MESSAGE || e->command_number > VFU_REGION_READ || !e->paired || e->flags & VFU_ERROR)
        return false;
    if (e->command_number == VFU_REGION_READ &&
        (d->count == 0 || d->values[e->command->moves.region].number != VFIO_PCI_ROM_REGION_INDEX))
        return false;
    return !d->is_short && e->message.captured >= (size_t)VFU_HEADER_SIZE + d->layout->size;
}

static unsigned check_event(struct vfu_peers *peers, const struct vfu_event *event,
                            const struct vfu_rule_settings *settings, struct vfu_problem *problems)
{
    unsigned count = vfu_rule_checks.event(peers, event, settings, problems);

    return tells(event) ? misfits(peers, event, settings, problems, count) : count;
}

static bool judge(const struct vfu_rule_settings *settings, struct vfu_problem *problem)
{
    if (problem->rule->plugin)
        return !vfu_others_ignored(settings, problem->rule);
    if (problem->rule->severity != VFU_MISFIT) /* the problem's may be a capture's word */
        return vfu_rule_checks.judge(settings, problem);
    return !vfu_misfit_ignored(settings, (enum vfu_misfit_number)(problem->rule - vfu_misfit_table));
}

const struct vfu_checks vfu_all_checks = { .event = check_event, .judge = judge, .because = because };

bool vfu_ignore(struct vfu_rule_settings *settings, const char *id)
{
    return vfu_misfits_ignore(settings, id) || vfu_rules_ignore(settings, id) || vfu_others_ignore(settings, id);
}

static const struct vfu_rule *find(const struct vfu_rule *rules, size_t count, const char *id, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(rules[i].id) == size && memcmp(rules[i].id, id, size) == 0)
            return &rules[i];
    return NULL;
}

const struct vfu_rule *vfu_rule_by_id(const char *id, size_t size)
{
    size_t count;
    const struct vfu_rule *rules = vfu_rules(&count), *found = find(rules, count, id, size);

    found = found ? found : find(vfu_misfit_table, MISFITS, id, size);
    return found ? found : vfu_others_by_id(id, size);
}
