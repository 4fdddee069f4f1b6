/*
 * Reasons that any command may have: it broke a rule, nobody knows it, the device is stopped.
 */
#include "decoder/reasons/inside.h"

#include <stdio.h>
#include <string.h>

void vfu_remember_broken(struct vfu_peers *peers, const struct vfu_event *command, const struct vfu_problem *problems,
                         unsigned count)
{
    struct vfu_rule_state *state = &peers->rules;

    for (unsigned i = 0; i < count; i++) {
        struct vfu_broken *b = &state->broken[state->broken_at % VFU_BROKEN];

        if (problems[i].at_fault != command->from)
            continue;
        b->no = command->message.no;
        b->rule = problems[i].rule;
        memcpy(b->text, problems[i].text, sizeof b->text);
        state->broken_at++;
    }
}

/* For these alone servers seldom refuse a command: what they say of it is a guess. */
static bool is_often_let_pass(const char *rule)
{
    static const char *const list[] = { "reserved-flags", "too-long", "fd-unexpected", "fd-wrong-kind", "twin-bypassed",
                                        "error-in-command", "too-many-fds" };

    for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(rule, list[i]) == 0)
            return true;
    return false;
}

static void say_rules(struct vfu_refusal *r, bool certain)
{
    for (unsigned i = 0; i < VFU_BROKEN; i++) {
        const struct vfu_broken *b = &r->peers->rules.broken[i];
        bool is_certain = b->rule && b->rule->severity == VFU_VIOLATION && !is_often_let_pass(b->rule->id);

        /* Whether commands cross, and what was asked before, is no reason to refuse anything. */
        if (!b->rule || b->no != r->reply->reply_to || is_certain != certain || strcmp(b->rule->id, "crossing") == 0)
            continue;
        (certain ? vfu_say_because : vfu_say_perhaps)(r, REASON_RULE_BROKEN, &b->no, 1, "#%llu breaks %s: %.100s",
                                                      (unsigned long long)b->no, b->rule->id, b->text);
    }
}

void vfu_because_rules(struct vfu_refusal *r)
{
    say_rules(r, true);
}

void vfu_guess_rules(struct vfu_refusal *r)
{
    say_rules(r, false);
}

void vfu_guess_legacy(struct vfu_refusal *r)
{
    vfu_say_perhaps(r, REASON_LEGACY_COMMAND, NULL, 0,
                    "%s is of an older specification: the features DMA_LOGGING_... are in its place", r->reply->command->name);
}

/* libvfio-user takes little from a device that is stopped for migration. */
void vfu_guess_stopped(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    uint32_t state = known->migration_state;
    char no[VFU_NO_ROOM];

    if (r->reply->from != VFU_SERVER || !known->migration_state_known || known->migration_state_no > r->reply->reply_to ||
        (state != VFU_STATE_STOP && state != VFU_STATE_STOP_COPY))
        return;
    switch (r->reply->command_number) {
    case VFU_REGION_READ:
    case VFU_REGION_WRITE:
        if (state == VFU_STATE_STOP)
            return;
        break;
    case VFU_DEVICE_FEATURE:
    case VFU_MIG_DATA_READ:
    case VFU_MIG_DATA_WRITE:
        return;
    default:
        break;
    }
    vfu_say_perhaps(r, REASON_DEVICE_STOPPED, &known->migration_state_no, 1, "the device is in state %s%s",
                    vfu_name_of(vfu_device_state_names, state), vfu_reason_no(known->migration_state_no, no));
}
