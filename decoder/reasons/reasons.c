/*
 * What is looked for: the rules, then whether what was learnt fits together; and why a command was refused.
 */
#include "decoder/reasons/inside.h"
#include "decoder/reasons/looks.h"

#include <stdio.h>
#include <string.h>

/* By command: what speaks for its refusal for certain, and what may. */
static const struct looks {
    void (*reasons)(struct vfu_refusal *r), (*guesses)(struct vfu_refusal *r);
} looks[] = {
    [VFU_VERSION] = { vfu_reasons_version, vfu_guess_version },
    [VFU_DMA_MAP] = { vfu_reasons_map, vfu_guess_map },
    [VFU_DMA_UNMAP] = { vfu_reasons_unmap, NULL },
    [VFU_DEVICE_GET_INFO] = { NULL, NULL },
    [VFU_DEVICE_GET_REGION_INFO] = { vfu_reasons_region_asked, NULL },
    [VFU_DEVICE_GET_REGION_IO_FDS] = { vfu_reasons_region_asked, NULL },
    [VFU_DEVICE_GET_IRQ_INFO] = { vfu_reasons_irq_asked, NULL },
    [VFU_DEVICE_SET_IRQS] = { vfu_reasons_set_irqs, vfu_guess_set_irqs },
    [VFU_REGION_READ] = { vfu_reasons_access, vfu_guess_access },
    [VFU_REGION_WRITE] = { vfu_reasons_access, vfu_guess_access },
    [VFU_DMA_READ] = { vfu_reasons_dma, NULL },
    [VFU_DMA_WRITE] = { vfu_reasons_dma, NULL },
    [VFU_DEVICE_RESET] = { vfu_reasons_reset, NULL },
    [VFU_DIRTY_PAGES] = { NULL, vfu_guess_legacy },
    [VFU_REGION_WRITE_MULTI] = { vfu_reasons_multi, NULL },
    [VFU_DEVICE_FEATURE] = { vfu_reasons_feature, vfu_guess_feature },
    [VFU_MIG_DATA_READ] = { vfu_reasons_mig_data, vfu_guess_feature },
    [VFU_MIG_DATA_WRITE] = { vfu_reasons_mig_data, vfu_guess_feature },
};

/*
 * What the tap did itself is nobody's fault. It has made what it answers in a peer's place and what it asks itself, and has
 * changed other commands, or held them. Of a reply that it changed nothing is said: its capture has what was known before.
 */
static bool is_injected(struct vfu_refusal *r)
{
    if (r->reply->request_changed)
        vfu_say_because(r, REASON_INJECTED, &r->reply->reply_to, 1,
                        "the tap had a hand in #%llu: an injection, an interception, --expose, or a probe",
                        (unsigned long long)r->reply->reply_to);
    return r->reply->request_changed || r->reply->message.changed;
}

/* Of an error reply: the best reasons first; a guess only where there is none. */
static unsigned because(const struct vfu_peers *peers, const struct vfu_event *reply, struct vfu_because *room)
{
    struct vfu_refusal r = { .peers = peers, .reply = reply, .request = { .event = reply }, .because = room,
                             .seen_all = peers->rules.from_start && !peers->rules.cut && !peers->rules.unframed[VFU_MAIN] &&
                                         !peers->rules.unframed[VFU_TWIN] };
    const struct looks *look = reply->command ? &looks[reply->command_number] : NULL;

    if (is_injected(&r))
        return r.count;
    if (!look) {
        vfu_say_because(&r, REASON_UNKNOWN_COMMAND, NULL, 0, "nobody knows a command %u", reply->command_number);
        return r.count;
    }
    vfu_because_form(&r);
    if (r.count == 0 && look->reasons)
        look->reasons(&r);
    if (r.count == 0)
        vfu_because_rules(&r);
    if (r.count == 0)
        vfu_guess_large(&r);
    if (r.count == 0)
        vfu_guess_stopped(&r);
    if (r.count == 0 && look->guesses)
        look->guesses(&r);
    if (r.count == 0)
        vfu_guess_rules(&r);
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
    case VFU_VERSION:
        vfu_fit_version(&f);
        break;
    default:
        break;
    }
    return f.count;
}

/* Is there something to be learnt of the device from a message? */
static bool tells(const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;

    if (e->command_number > VFU_REGION_READ || !e->paired || e->flags & VFU_ERROR)
        return false;
    if (e->command_number == VFU_REGION_READ &&
        (d->count == 0 || d->values[e->command->moves.region].number != VFIO_PCI_ROM_REGION_INDEX))
        return false;
    return !d->is_short && vfu_message_at_hand(&e->message) >= (size_t)VFU_HEADER_SIZE + d->layout->size;
}

/* Of a message that broke `count` rules. */
static unsigned look_further(struct vfu_peers *peers, const struct vfu_event *event,
                             const struct vfu_rule_settings *settings, struct vfu_problem *problems, unsigned count)
{
    if (count && vfu_event_is_command(event))
        vfu_remember_broken(peers, event, problems, count);
    if (event->command_number == VFU_VERSION || peers->looks.watching)
        vfu_look(peers, event);
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

static void name_peer(struct vfu_peers *peers, struct vfu_event *told)
{
    snprintf(told->peer.name, sizeof told->peer.name, "%s", peers->looks.sides[told->from].name);
    vfu_find_trouble(peers, told);
}

const struct vfu_checks vfu_all_checks = { .event = vfu_rules_event, .further = look_further, .judge = judge, .because = because, .peer = name_peer };

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
